package pcm

import (
	"errors"
	"fmt"
	"io"

	"github.com/spaces-cli/spaces/internal/media/track"
)

// A File is audio whose units adjoin and are indexed, of which any stretch can
// be decoded. It may be used by several goroutines.
//
// It is decoded in pieces that lie on a fixed grid of units. Before a piece as
// many units are decoded, and dropped, as its first sample depends on. So every
// sample has the same value in whatever span, with however many goroutines it
// is decoded, and except for one thing the value that it has when the file is
// decoded from its start: where AAC substitutes noise for a band (PNS, ISO/IEC
// 14496-3, 4.6.13), it is other noise of the same power.
type File struct {
	r       io.ReaderAt
	start   int64 // of the first unit in r
	index   *track.Index
	config  track.Config
	samples int64 // in all units
}

// Units in a piece: so many that those decoded before it hardly count, and so
// few that a piece of two channels takes some megabytes.
const (
	pieceUnits    = 256
	pieceUnitsPCM = 64 // and of FLAC, whose frames are often longer
)

// maxUnits and maxUnitSamples bound what a File takes an index and a
// configuration for, well above what a recording can hold.
const (
	maxUnits       = 1 << 40
	maxUnitSamples = 1 << 16
)

// NewFile returns the File of the units in r that x lists, of which the first
// begins at start, and which c describes. For an .m4a, start is what
// mp4.MediaStart says, for an .mp3 the end of the Info frame, for a .wav the
// content of the data chunk. The error wraps ErrUnsupported if there is no
// decoder for c.
func NewFile(r io.ReaderAt, start int64, x *track.Index, c track.Config) (*File, error) {
	dec, err := NewDecoder(c)
	if err != nil {
		return nil, err
	}
	if c.UnitSamples < 1 || c.UnitSamples > maxUnitSamples {
		return nil, fmt.Errorf("%w: units of %d samples", ErrUnsupported, c.UnitSamples)
	}
	if x.SampleRate != c.SampleRate || x.UnitSamples != c.UnitSamples || x.Units > maxUnits {
		return nil, fmt.Errorf("%w: it is not that of the file (%s)", track.ErrBadIndex, c)
	}
	f := &File{r: r, start: start, index: x, config: c, samples: x.Units * int64(c.UnitSamples)}
	// The last unit may be shorter than the others.
	switch codec := dec.codec.(type) {
	case *linearDecoder:
		f.samples = x.Bytes / int64(codec.size*c.Channels)
	case *flacDecoder:
		if codec.info.Samples > 0 {
			f.samples = codec.info.Samples
		}
	}
	if f.samples > x.Units*int64(c.UnitSamples) || f.samples <= (x.Units-1)*int64(c.UnitSamples) {
		return nil, fmt.Errorf("%w: %d units for %d samples (%s)", track.ErrBadIndex, x.Units, f.samples, c)
	}
	return f, nil
}

// Format returns the format of the samples.
func (f *File) Format() Format {
	return Format{SampleRate: f.config.SampleRate, Channels: f.config.Channels}
}

// Samples returns how many sample frames all units last, priming and padding
// included. Positions in the file are counted from the first of them.
func (f *File) Samples() int64 { return f.samples }

// grid returns how many units make a piece.
func (f *File) grid() int64 {
	if f.config.Codec == track.PCM || f.config.Codec == track.FLAC {
		return pieceUnitsPCM
	}
	return pieceUnits
}

// unitSamples returns how many samples unit i lasts.
func (f *File) unitSamples(i int64) int {
	n := int64(f.config.UnitSamples)
	return int(min(n, f.samples-i*n))
}

// A piece is a part of a span that is decoded in one go. It is used again for
// others.
type piece struct {
	span  Span
	fresh bool // the decoder has not decoded the units before

	units  units
	block  block
	out    []float32 // of block: the span
	losses []Loss    // in the span
	err    error
	done   chan struct{} // closed when it is decoded
	ready  bool          // that has been seen
}

// split returns the part of s that lies in one piece, and what is left of s.
func (f *File) split(s Span) (part, rest Span) {
	grid := f.grid() * int64(f.config.UnitSamples)
	n := min(s.Samples, grid-s.Start%grid)
	return Span{s.Start, n}, Span{s.Start + n, s.Samples - n}
}

// extent returns which units have to be decoded for a span within a piece.
func (f *File) extent(s Span) (first, end int64) {
	n := int64(f.config.UnitSamples)
	first, end = s.Start/n, (s.Start+s.Samples+n-1)/n
	if f.config.Codec == track.AACLC {
		// Noise depends on all units since the decoder began.
		first -= first % f.grid()
	}
	return first, end
}

// Units that must have been decoded for the next one to come out right.
//
// A unit of AAC overlaps with the one before it, and has its own window shape
// for the first half from there. A frame of MP3 needs the granule before it for
// the overlap, and that one right for the 15 past slots of the synthesis filter
// (ISO/IEC 11172-3, 2.4.3.4); a frame of MPEG-2 has but one granule.
const (
	leadAAC = 1
	leadMP3 = 2
)

// maxPrime is how many frames of MP3 are at most looked at for the bit
// reservoir. No more are needed if each has 8 bytes of main data; the shortest
// there can be, 8 kb/s at 24 kHz, has 11.
const maxPrime = 64

// lead returns how many of the units before unit first the decoder has to
// decode, and how many before those it has to be shown.
func (f *File) lead(first int64) (decode, prime int64) {
	switch f.config.Codec {
	case track.AACLC:
		decode = leadAAC
	case track.MP3:
		decode, prime = leadMP3, maxPrime
	}
	decode = min(decode, first)
	return decode, min(prime, first-decode)
}

// decode decodes p with d.
func (f *File) decode(p *piece, d *Decoder) error {
	first, end := f.extent(p.span)
	if p.fresh {
		decode, prime := f.lead(first)
		if err := f.read(&p.units, first-decode-prime, end); err != nil {
			return err
		}
		d.Reset()
		for range prime {
			d.codec.prime(p.units.next())
		}
		first -= decode
	} else if err := f.read(&p.units, first, end); err != nil {
		return err
	}
	p.block.reset()
	for i := first; i < end; i++ {
		p.block.decode(d, p.units.next(), f.unitSamples(i))
	}
	if err := p.block.unsupported(f.config); err != nil {
		return err
	}
	f.crop(p, first)
	return nil
}

// crop finds the span of p in its block, which begins with unit first.
func (f *File) crop(p *piece, first int64) {
	at := first * int64(f.config.UnitSamples)
	end := p.span.Start + p.span.Samples
	p.losses = p.losses[:0]
	for _, l := range p.block.bad {
		from, to := max(at+l.Start, p.span.Start), min(at+l.Start+l.Samples, end)
		if from < to {
			p.losses = append(p.losses, Loss{Unit: first + l.Unit, Units: 1, Span: Span{from, to - from}})
		}
	}
	channels := int64(f.config.Channels)
	p.out = p.block.samples[(p.span.Start-at)*channels : (end-at)*channels]
}

// units are access units that adjoin.
type units struct {
	data  []byte
	sizes track.Sizes
	done  int // how many units have been handed out
	at    int // where in data the next one begins
}

// next returns the next unit.
func (u *units) next() []byte {
	end := u.at + int(u.sizes[u.done])
	unit := u.data[u.at:end:end]
	u.done, u.at = u.done+1, end
	return unit
}

// read reads units first up to end into u.
func (f *File) read(u *units, first, end int64) error {
	offset, sizes, err := f.index.Extent(first, end-first, u.sizes[:0])
	if err != nil {
		return err
	}
	n := int(sizes.Sum())
	if int64(n) > f.index.Bytes-offset {
		return track.ErrBadIndex
	}
	if cap(u.data) < n {
		u.data = make([]byte, n)
	}
	*u = units{data: u.data[:n], sizes: sizes}
	if got, err := f.r.ReadAt(u.data, f.start+offset); got < n {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return fmt.Errorf("reading the units from byte %d on: %w", f.start+offset, err)
	}
	return nil
}
