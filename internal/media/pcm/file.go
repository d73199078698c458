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
// is decoded, and except for two things the value that it has when the file is
// decoded from its start: where AAC substitutes noise for a band (PNS, ISO/IEC
// 14496-3, 4.6.13), it is other noise of the same power; and the memory of Opus
// has no end, so that it may differ by what is 40 dB below the sound.
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

// Grid is how many samples of AAC a piece has: a span that begins with a
// multiple of it is decoded with nothing but a unit before it.
const Grid = pieceUnits * aacUnitSamples

// listedPiece is how many samples a piece has where units differ.
const listedPiece = 1 << 18

// maxPiece bounds how many bytes are read for a piece, whatever a damaged index
// says: twice what samples of 8 channels and 32 bits take.
const maxPiece = 32 << 20

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
	if x.SampleRate != c.SampleRate || !x.Listed && x.UnitSamples != c.UnitSamples || x.Units > maxUnits {
		return nil, fmt.Errorf("%w: it belongs to another file (%s)", track.ErrBadIndex, c)
	}
	f := &File{r: r, start: start, index: x, config: c, samples: x.Samples}
	if x.Listed {
		return f, nil
	}
	if c.Codec == track.Opus {
		return nil, fmt.Errorf("%w: it lists no lengths of packets", track.ErrBadIndex)
	}
	if c.UnitSamples < 1 || c.UnitSamples > maxUnitSamples {
		return nil, fmt.Errorf("%w: units of %d samples", ErrUnsupported, c.UnitSamples)
	}
	if f.samples == 0 {
		f.samples = x.Units * int64(c.UnitSamples)
		// The last unit may be shorter than the others.
		switch codec := dec.codec.(type) {
		case *linearDecoder:
			f.samples = x.Bytes / int64(codec.size*c.Channels)
		case *flacDecoder:
			if codec.info.Samples > 0 {
				f.samples = codec.info.Samples
			}
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
	if f.config.Codec.Varies() {
		return pieceUnitsPCM
	}
	return pieceUnits
}

// lengths returns the sample that unit first begins with, and how many samples
// each unit from there up to end lasts, in the room of list.
func (f *File) lengths(first, end int64, list []uint32) (at int64, _ []uint32, err error) {
	list = list[:0]
	if !f.index.Listed {
		n := int64(f.config.UnitSamples)
		for i := first; i < end; i++ {
			list = append(list, uint32(min(n, f.samples-i*n)))
		}
		return first * n, list, nil
	}
	if at, list, err = f.index.Lengths(first, end-first, list); err != nil {
		return 0, nil, err
	}
	for _, n := range list {
		if n > maxUnitSamples {
			return 0, nil, fmt.Errorf("%w: a unit of %d samples", track.ErrBadIndex, n)
		}
	}
	return at, list, nil
}

// A piece is a part of a span that is decoded in one go. It is used again for
// others.
type piece struct {
	span  Span
	fresh bool // the decoder has not decoded the units before

	units   units
	lengths []uint32 // of units, those left out that only prime the decoder
	block   block
	out     []float32 // of block: the span
	losses  []Loss    // in the span
	cut     int64     // units that were cut off at full scale

	first, firstAt int // where in units those begin that were decoded
	lead           int // how many of these only come before the span
	err            error
	done           chan struct{} // closed when it is decoded
	ready          bool          // that has been seen
}

// split returns the part of s that lies in one piece, and what is left of s.
func (f *File) split(s Span) (part, rest Span, err error) {
	grid := f.grid() * int64(f.config.UnitSamples)
	if f.index.Listed {
		grid = listedPiece
	}
	n := grid - s.Start%grid
	if f.config.Codec == track.Opus {
		// What a unit decodes to depends on those before it, so that none may be
		// in two pieces.
		var unit, end int64
		if unit, err = f.index.Find(s.Start); err == nil {
			last := min(pieceOf(unit)+pieceUnits, f.index.Units)
			end, _, err = f.lengths(last, last, nil)
		}
		n = end - s.Start
	}
	n = max(0, min(s.Samples, n))
	return Span{s.Start, n}, Span{s.Start + n, s.Samples - n}, err
}

// pieceOf returns the first unit of the piece that a unit of Opus is in.
func pieceOf(unit int64) int64 { return unit - unit%pieceUnits }

// extent returns which units have to be decoded for a span within a piece.
func (f *File) extent(s Span) (first, end int64, err error) {
	if f.index.Listed {
		if first, err = f.index.Find(s.Start); err == nil {
			end, err = f.index.Find(s.Start + s.Samples - 1)
		}
		if f.config.Codec == track.Opus {
			// The sound depends on all units since the decoder began.
			first = pieceOf(first)
		}
		return first, min(end+1, f.index.Units), err
	}
	n := int64(f.config.UnitSamples)
	first, end = s.Start/n, (s.Start+s.Samples+n-1)/n
	if f.config.Codec == track.AACLC {
		// Noise depends on all units since the decoder began.
		first -= first % f.grid()
	}
	return first, end, nil
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

// leadOpus is how many samples of Opus must have been decoded. Its filters and
// predictions have no end; after half a second CELT gives the samples of a
// decoder that began earlier, after one second SILK nearly always does.
const leadOpus = 48000

// maxPrime is how many frames of MP3 are at most looked at for the bit
// reservoir. No more are needed if each has 8 bytes of main data; the shortest
// there can be, 8 kb/s at 24 kHz, has 11.
const maxPrime = 64

// lead returns how many of the units before unit first the decoder has to
// decode, and how many before those it has to be shown.
func (f *File) lead(first int64) (decode, prime int64, err error) {
	switch f.config.Codec {
	case track.Opus:
		at, _, err := f.lengths(first, first, nil)
		if err != nil {
			return 0, 0, err
		}
		begin, err := f.index.Find(max(0, at-leadOpus))
		return first - begin, 0, err
	case track.AACLC:
		decode = leadAAC
	case track.MP3:
		decode, prime = leadMP3, maxPrime
	}
	decode = min(decode, first)
	return decode, min(prime, first-decode), nil
}

// decode decodes p with d.
func (f *File) decode(p *piece, d *Decoder) error {
	p.lead = 0
	first, end, err := f.extent(p.span)
	if err != nil {
		return err
	}
	if p.fresh {
		decode, prime, err := f.lead(first)
		if err != nil {
			return err
		}
		if err := f.read(&p.units, first-decode-prime, end); err != nil {
			return err
		}
		d.Reset()
		for range prime {
			d.codec.prime(p.units.next())
		}
		first -= decode
		p.lead = int(decode)
	} else if err := f.read(&p.units, first, end); err != nil {
		return err
	}
	p.first, p.firstAt = p.units.done, p.units.at
	p.block.reset()
	var at int64
	if at, p.lengths, err = f.lengths(first, end, p.lengths); err != nil {
		return err
	}
	before := d.CutOff()
	for _, n := range p.lengths {
		p.block.decode(d, p.units.next(), int(n))
	}
	p.cut = d.CutOff() - before
	if err := p.block.unsupported(f.config); err != nil {
		return err
	}
	return f.crop(p, first, at)
}

// crop finds the span of p in its block, which begins with unit first, that is
// sample at.
func (f *File) crop(p *piece, first, at int64) error {
	end := p.span.Start + p.span.Samples
	p.losses = p.losses[:0]
	for _, l := range p.block.bad {
		from, to := max(at+l.Start, p.span.Start), min(at+l.Start+l.Samples, end)
		if from < to {
			p.losses = append(p.losses, Loss{Unit: first + l.Unit, Units: 1, Span: Span{from, to - from}})
		}
	}
	channels := int64(f.config.Channels)
	if p.span.Start < at || (end-at)*channels > int64(len(p.block.samples)) {
		return fmt.Errorf("%w: it finds samples %d to %d in other units", track.ErrBadIndex, p.span.Start, end)
	}
	p.out = p.block.samples[(p.span.Start-at)*channels : (end-at)*channels]
	return nil
}

// each calls visit with each unit of the piece and its samples.
func (p *piece) each(channels int, visit func(unit []byte, samples []float32) error) error {
	units, samples := p.units, p.block.samples
	units.done, units.at = p.first, p.firstAt
	for i, n := range p.lengths {
		unit := units.next()
		part := samples[:int(n)*channels]
		samples = samples[len(part):]
		if i < p.lead {
			continue
		}
		if err := visit(unit, part); err != nil {
			return err
		}
	}
	return nil
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
	if int64(n) > f.index.Bytes-offset || n > maxPiece {
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
		return fmt.Errorf("cannot read the units from byte %d on: %w", f.start+offset, err)
	}
	return nil
}
