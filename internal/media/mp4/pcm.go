package mp4

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/spaces-cli/spaces/internal/media/linear"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// A pcm is how a sample entry stores PCM.
type pcm struct {
	linear.Form
	// frames says that a sample of the tables is one number for each channel,
	// whatever they say of its size, as QuickTime has it.
	frames bool
}

// linearEntry reads the sample entry of PCM: a sound sample description of
// QuickTime (QuickTime File Format, "Sound Sample Descriptions"), or ipcm and
// fpcm of ISO/IEC 23003-5. head are its fixed fields, which are longer in
// version 2 of QuickTime; boxes follow at ext.
func (w *window) linearEntry(kind string, version uint16, head []byte, ext, end int64) (d description, err error) {
	be := binary.BigEndian
	p := &pcm{frames: true}
	p.Form = linear.Form{Big: true, Channels: int(be.Uint16(head[16:])), Bits: int(be.Uint16(head[18:])), Rate: int(be.Uint32(head[24:]) >> 16)}
	if version == 2 {
		const fields = 36
		b, err := w.bytes(ext-fields, fields)
		if err != nil {
			return d, err
		}
		if rate := math.Float64frombits(be.Uint64(b[4:])); rate >= 1 && rate < math.MaxInt32 {
			p.Rate = int(rate + 0.5)
		}
		p.Channels, p.Bits = int(min(be.Uint32(b[12:]), math.MaxUint16)), int(min(be.Uint32(b[20:]), math.MaxUint16))
		if kind == "lpcm" {
			p.flags(be.Uint32(b[24:]), be.Uint32(b[28:]))
		}
	}
	switch kind {
	case "sowt":
		p.Big = false
	case "raw ", "NONE":
		if p.Bits <= 8 {
			p.Kind = linear.Unsigned
		}
	case "in24":
		p.Bits = 24
	case "in32":
		p.Bits = 32
	case "fl32":
		p.Kind, p.Bits = linear.Float, 32
	case "fl64":
		p.Kind, p.Bits = linear.Float, 64
	case "ulaw":
		p.Kind, p.Bits = linear.MuLaw, 8
	case "alaw":
		p.Kind, p.Bits = linear.ALaw, 8
	case "ipcm", "fpcm":
		if err := w.isoForm(p, kind, ext, end); err != nil {
			return d, err
		}
	}
	switch kind {
	case "in24", "in32", "fl32", "fl64":
		little, err := w.littleEndian(ext, end)
		if err != nil {
			return d, err
		}
		p.Big = !little
	}
	p.Bits = (p.Bits + 7) / 8 * 8
	if d.config, err = p.Config(); err != nil {
		d.err = fmt.Errorf("%w: %w", ErrCodec, err)
		return d, nil
	}
	d.pcm = p
	return d, nil
}

// flags reads the formatSpecificFlags of version 2, and how many bytes a sample
// of all channels takes.
func (p *pcm) flags(flags, frame uint32) {
	const isFloat, isBig, isSigned, isHigh = 1, 2, 4, 16
	p.Big = flags&isBig != 0
	switch {
	case flags&isFloat != 0:
		p.Kind = linear.Float
	case flags&isSigned == 0:
		p.Kind = linear.Unsigned
	}
	if p.Channels < 1 || p.Channels > math.MaxUint8 || int(frame)%p.Channels != 0 {
		return
	}
	if stored := int(frame) / p.Channels * 8; stored > p.Bits && flags&isHigh != 0 {
		p.Valid, p.Bits = p.Bits, stored
	}
}

// littleEndian reads the box enda, which stands in a box wave.
func (w *window) littleEndian(pos, end int64) (bool, error) {
	enda, err := w.path(pos, end, "wave", "enda")
	if err == nil && !enda.exists() {
		enda, err = w.child("enda", pos, end)
	}
	if err != nil || !enda.exists() {
		return false, err
	}
	c, err := w.content(enda, 2)
	return len(c) == 2 && binary.BigEndian.Uint16(c) == 1, err
}

// isoForm reads the boxes of an entry of ISO/IEC 23003-5: pcmC, and srat where
// the rate is above 65535 (ISO/IEC 14496-12 §12.2.3).
func (w *window) isoForm(p *pcm, kind string, pos, end int64) error {
	const littleEndian, header = 1, 4
	p.frames = false
	if kind == "fpcm" {
		p.Kind = linear.Float
	}
	b, err := w.child("pcmC", pos, end)
	if err != nil {
		return err
	}
	if b.exists() {
		c, err := w.content(b, header+2)
		if err != nil {
			return err
		}
		if len(c) == header+2 {
			p.Big, p.Bits = c[header]&littleEndian == 0, int(c[header+1])
		}
	}
	if b, err = w.child("srat", pos, end); err != nil || !b.exists() {
		return err
	}
	c, err := w.content(b, header+4)
	if err == nil && len(c) == header+4 {
		p.Rate = int(min(binary.BigEndian.Uint32(c[header:]), math.MaxInt32))
	}
	return err
}

// readFrames returns several samples of PCM, which lie behind one another, as
// one: so tables of one sample for each number cost little.
func (s *sampleTable) readFrames(p *pcm) (sample, error) {
	size := s.sizes.constant
	if p.frames {
		size = int64(p.Align())
	}
	n := min(s.chunkLeft, s.sizes.count-s.next, max(1, track.PCMUnit*int64(p.Align())/size))
	ticks, err := s.advance(n)
	if err != nil {
		return sample{}, err
	}
	v := sample{offset: s.offset, size: n * size, ticks: ticks, entry: s.entry}
	s.offset += v.size
	return v, nil
}

// A linearFill keeps PCM until there is enough for a unit.
type linearFill struct {
	buf    []byte
	done   int   // bytes of buf that were given
	at     int64 // where in the file the rest begins
	end    int64 // and ends
	pcm    *pcm
	config track.Config
}

// keep takes what a sample holds.
func (f *linearFill) keep(d *description, offset int64, data []byte) {
	f.buf = append(f.buf[:0], f.buf[f.done:]...)
	f.done = 0
	if len(f.buf) == 0 {
		f.at = offset
	}
	f.pcm, f.config, f.end = d.pcm, d.config, offset+int64(len(data))
	f.buf = d.pcm.Append(f.buf, data)
}

// keepSamples keeps the PCM of a sample. Where the form changes, what was kept
// before becomes a unit first.
func (r *Reader) keepSamples(p *track.Packet, d *description, offset int64, data []byte) (ok bool, err error) {
	f := &r.linear
	if f.pcm != nil && f.pcm != d.pcm {
		if ok, err = r.samplesKept(p, true); err != nil {
			return false, err
		}
		f.buf, f.done = nil, 0 // p has the old one
	}
	if rest := len(data) % d.pcm.Align(); rest > 0 {
		data = data[:len(data)-rest]
		r.t.Damage.Add(track.Damage{Kind: track.BadUnit, Offset: offset + int64(len(data)), Bytes: int64(rest), Unit: r.units})
	}
	f.keep(d, offset, data)
	r.unitEnd = r.now
	return ok, nil
}

// samplesKept puts a unit of the PCM that is kept into p, if there is enough for one,
// or the last one.
func (r *Reader) samplesKept(p *track.Packet, last bool) (ok bool, err error) {
	f := &r.linear
	left := len(f.buf) - f.done
	if left == 0 {
		return false, nil
	}
	align := f.pcm.Made()
	n := track.PCMUnit * align
	if left < n {
		if !last {
			return false, nil
		}
		n = left
	}
	data := f.buf[f.done:][:n]
	run, err := r.t.AddUnit(f.config, n/align, n)
	if err != nil {
		return false, err
	}
	f.done += n
	r.units++
	*p = track.Packet{Offset: f.at, Data: data, Run: run, Samples: n / align}
	f.at = max(f.at, f.end-int64((left-n)/align*f.pcm.Align())) // what is left came last
	return true, nil
}
