package mp4

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
)

// A Video is a track of H.264 pictures, each shown as long as the others but
// for the last, which lasts until the sound ends, or After frames longer. All are shown in the order
// in which they are decoded.
type Video struct {
	Width, Height int
	SPS, PPS      []byte // the parameter sets as NAL units
	// Frames are shown in Ticks/Frames of a second: 25, 1 or 30000, 1001.
	Frames, Ticks int
	// Units is the number of access units. FrameCount says how many a sound
	// needs.
	Units int64
	// After is how many of them are shown when the sound has ended.
	After int64
	// Size returns the size in bytes of unit i, in which each NAL unit is
	// preceded by its length in four bytes (ISO/IEC 14496-15, 5.3.3).
	Size func(i int64) int
	// Key reports whether decoding can begin at unit i. Both are called
	// several times for each.
	Key func(i int64) bool
	// Read returns unit i. It is called once for each, in order.
	Read func(i int64) ([]byte, error)
}

// FrameCount returns how many frames, of which frames are shown in ticks of a
// second, cover so many samples best: the last one lasts from half as long as
// the others to half as long again.
func FrameCount(samples int64, sampleRate, frames, ticks int) int64 {
	return max(1, rescale(samples, int64(frames), int64(sampleRate)*int64(ticks)))
}

// A VideoWriter writes an .mp4 file of pictures and sound front to back, as a
// Writer does one of sound.
type VideoWriter struct {
	*Writer
	p    *plan
	seen cursor // what has been written of the video
}

// NewVideoWriter writes everything that stands before the media. The sound of m
// is that of the file; its units are written by WriteUnit. The pictures of v
// are read between them, about a second at a time.
func NewVideoWriter(w io.Writer, m *Movie, v *Video) (*VideoWriter, error) {
	p, err := m.plan()
	if err != nil {
		return nil, err
	}
	if p.video, err = v.plan(p); err != nil {
		return nil, err
	}
	p.bytes += p.video.bytes
	p.long = p.bytes+int64(len(p.text)) > math.MaxUint32-longSlack
	out, err := p.begin(w)
	if err != nil {
		return nil, err
	}
	return &VideoWriter{Writer: out, p: p}, nil
}

// WriteUnit writes the next access unit of the sound, and before it the
// pictures that are shown by then. The VideoWriter is of no use after an error.
func (w *VideoWriter) WriteUnit(data []byte) error {
	if w.err == nil && w.next < w.units && w.next%w.p.perChunk == 0 {
		w.pictures(w.p.chunkTime(w.next))
	}
	return w.Writer.WriteUnit(data)
}

// Close completes the file; it does not close what it writes to. It fails if
// units are missing.
func (w *VideoWriter) Close() error {
	if w.err == nil && w.next == w.units {
		w.pictures(math.MaxInt64)
	}
	return w.Writer.Close()
}

// pictures writes the chunks of pictures that begin by a time of the sound.
func (w *VideoWriter) pictures(until int64) {
	v := w.p.video
	from := w.seen.unit
	v.pass(&w.seen, until)
	for i := from; i < w.seen.unit && w.err == nil; i++ {
		data, err := v.Read(i)
		switch {
		case err != nil:
			w.err = err
		case len(data) != v.Size(i):
			w.err = fmt.Errorf("mp4: picture %d has %d bytes; %d were planned", i, len(data), v.Size(i))
		default:
			if _, err := w.w.Write(data); err != nil {
				w.err = fmt.Errorf("mp4: %w", err)
			}
		}
	}
}

// A videoPlan is a Video with what follows from it.
type videoPlan struct {
	*Video
	scale    int   // timescale, a multiple of the sample rate
	ticks    int64 // that a frame lasts
	last     int64 // that the last one lasts
	duration int64
	shown    int64 // the same in samples, the units of the movie
	factor   int64 // scale / sample rate
	perChunk int64
	keys     int64
	bytes    int64
}

// maxPicture bounds the size of a unit; it is far beyond what a level allows.
const maxPicture = 64 << 20

// errVideo is what is wrong with a Video.
var errVideo = errors.New("mp4: cannot write the video")

// plan checks v, which goes with the sound of p.
func (v *Video) plan(p *plan) (*videoPlan, error) {
	switch {
	case v.Width < 1 || v.Height < 1 || v.Width > math.MaxUint16 || v.Height > math.MaxUint16:
		return nil, fmt.Errorf("%w: pictures of %d×%d", errVideo, v.Width, v.Height)
	case len(v.SPS) < 4 || len(v.SPS) > math.MaxUint16 || len(v.PPS) < 1 || len(v.PPS) > math.MaxUint16:
		return nil, fmt.Errorf("%w: parameter sets of %d and %d bytes", errVideo, len(v.SPS), len(v.PPS))
	case v.Frames < 1 || v.Ticks < 1 || v.Frames > maxFrameRate || v.Ticks > maxFrameRate:
		return nil, fmt.Errorf("%w: %d/%d frames a second", errVideo, v.Frames, v.Ticks)
	case v.Units < 1 || v.Units > maxUnits || v.After < 0 || v.After > v.Units:
		return nil, fmt.Errorf("%w: %d frames", errVideo, v.Units)
	}
	rate := p.Config.SampleRate
	f := &videoPlan{Video: v, factor: int64(v.Frames / gcd(rate, v.Frames))}
	scale := f.factor * int64(rate)
	if scale > math.MaxUint32 {
		return nil, fmt.Errorf("%w: %d/%d frames a second beside %d samples", errVideo, v.Frames, v.Ticks, rate)
	}
	f.scale = int(scale)
	f.ticks = scale / int64(v.Frames) * int64(v.Ticks)
	f.duration = addTicks(mulTicks(p.played, f.factor), mulTicks(v.After, f.ticks))
	f.shown = f.duration / f.factor
	f.last = f.duration - mulTicks(v.Units-1, f.ticks)
	if f.last < 1 || f.last > math.MaxUint32 || f.ticks > math.MaxUint32 {
		return nil, fmt.Errorf("%w: %d frames do not cover %d samples", errVideo, v.Units, p.played)
	}
	f.perChunk = max(1, int64(v.Frames/v.Ticks))
	for i := range v.Units {
		n := v.Size(i)
		if n < 1 || n > maxPicture {
			return nil, fmt.Errorf("%w: frame %d of %d bytes", errVideo, i, n)
		}
		f.bytes += int64(n)
		if v.Key(i) {
			f.keys++
		}
	}
	if !v.Key(0) {
		return nil, fmt.Errorf("%w: decoding cannot begin at the first frame", errVideo)
	}
	return f, nil
}

// maxFrameRate bounds both terms of a frame rate.
const maxFrameRate = 1 << 20

func gcd(a, b int) int {
	for b > 0 {
		a, b = b, a%b
	}
	return a
}

// A cursor is how far one has come in a film.
type cursor struct {
	unit  int64
	bytes int64
}

// pass moves c over the chunks that begin by a time of the sound, in its
// samples, and returns how many bytes they have. A nil film has none.
func (f *videoPlan) pass(c *cursor, until int64) int64 {
	if f == nil {
		return 0
	}
	before := c.bytes
	for c.unit < f.Units && mulTicks(c.unit, f.ticks)/f.factor <= until {
		for end := min(c.unit+f.perChunk, f.Units); c.unit < end; c.unit++ {
			c.bytes += int64(f.Size(c.unit))
		}
	}
	return c.bytes - before
}

// writePictureOffsets writes the entries of the video's stco or co64 box.
func (p *plan) writePictureOffsets(w *bufio.Writer) error {
	var b []byte
	at := p.start
	var seen cursor
	chunks := func(until int64) error {
		for from := seen.unit; p.video.pass(&seen, until) > 0; from = seen.unit {
			for i := from; i < seen.unit; i++ {
				if i%p.video.perChunk == 0 {
					b = p.appendOffset(b[:0], at)
					if _, err := w.Write(b); err != nil {
						return err
					}
				}
				at += int64(p.video.Size(i))
			}
		}
		return nil
	}
	for i := range p.Units {
		if i%p.perChunk == 0 {
			if err := chunks(p.chunkTime(i)); err != nil {
				return err
			}
		}
		at += int64(p.Size(i))
	}
	return chunks(math.MaxInt64)
}

// writeKeys writes the entries of the stss box.
func (f *videoPlan) writeKeys(w *bufio.Writer) error {
	var b []byte
	for i := range f.Units {
		if f.Key(i) {
			b = binary.BigEndian.AppendUint32(b[:0], uint32(i+1))
			if _, err := w.Write(b); err != nil {
				return err
			}
		}
	}
	return nil
}

// videoFileType appends the ftyp box of a file with pictures (§4.3). The brand
// avc1 is that of H.264 (§E.4).
func (b *builder) videoFileType() {
	b.box("ftyp", func() {
		b.str("isom")
		b.u32(0x200)
		b.str("isomavc1mp42")
	})
}

// videoTrack appends the track of the pictures, if there are any.
func (b *builder) videoTrack(p *plan) {
	f := p.video
	if f == nil {
		return
	}
	b.box("trak", func() {
		b.trackHeader(p, videoTrack, enabled)
		b.box("edts", func() { b.editList([]Edit{{Samples: f.shown}}) })
		b.box("mdia", func() {
			b.mediaHeader(p, f.scale, f.duration)
			b.handler("vide", "", "VideoHandler")
			b.box("minf", func() {
				b.fullBox("vmhd", 0, 1, func() { b.zero(2 + 6) }) // §12.1.2
				b.dataInformation()
				b.box("stbl", func() { b.pictureTable(p) })
			})
		})
	})
}

// pictureTable appends what stands in the stbl box of the pictures (§8.5).
func (b *builder) pictureTable(p *plan) {
	f := p.video
	b.fullBox("stsd", 0, 0, func() {
		b.u32(1)
		b.pictureEntry(f)
	})
	b.fullBox("stts", 0, 0, func() { // §8.6.1.2
		list := [][2]int64{{f.Units - 1, f.ticks}, {1, f.last}}
		if f.last == f.ticks {
			list = [][2]int64{{f.Units, f.ticks}}
		}
		list = slices.DeleteFunc(list, func(e [2]int64) bool { return e[0] == 0 })
		b.u32(uint32(len(list)))
		for _, e := range list {
			b.u32(uint32(e[0]))
			b.u32(uint32(e[1]))
		}
	})
	b.fullBox("stss", 0, 0, func() { // §8.6.2
		b.u32(uint32(f.keys))
		b.table(4*f.keys, f.writeKeys)
	})
	b.fullBox("stsc", 0, 0, func() { b.chunkShape(f.Units, f.perChunk) })
	b.sampleSizes(f.Units, f.Size)
	b.chunkOffsets(p, (f.Units+f.perChunk-1)/f.perChunk, p.writePictureOffsets)
}

// pictureEntry appends an avc1 box (§12.1.3; ISO/IEC 14496-15, 5.4.2.1).
func (b *builder) pictureEntry(f *videoPlan) {
	b.box("avc1", func() {
		b.zero(6)
		b.u16(1) // data_reference_index
		b.zero(2 + 2 + 12)
		b.u16(uint16(f.Width))
		b.u16(uint16(f.Height))
		b.u32(72 << 16) // dots per inch
		b.u32(72 << 16)
		b.zero(4)
		b.u16(1)   // frame_count
		b.zero(32) // compressorname
		b.u16(24)  // depth: colour without alpha
		b.u16(math.MaxUint16)
		b.box("avcC", func() { // ISO/IEC 14496-15, 5.3.3.1.2
			b.u8(1)
			b.bytes(f.SPS[1:4]) // profile_idc, constraint flags, level_idc
			b.u8(0xFC | 3)      // lengths have four bytes
			b.u8(0xE0 | 1)
			b.u16(uint16(len(f.SPS)))
			b.bytes(f.SPS)
			b.u8(1)
			b.u16(uint16(len(f.PPS)))
			b.bytes(f.PPS)
		})
		b.box("pasp", func() { // §12.1.4: square
			b.u32(1)
			b.u32(1)
		})
		b.box("colr", func() { // §12.1.5: BT.709, with head- and footroom
			b.str("nclx")
			b.u16(1)
			b.u16(1)
			b.u16(1)
			b.u8(0)
		})
	})
}
