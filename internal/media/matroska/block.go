package matroska

import (
	"encoding/binary"
	"slices"

	"github.com/spaces-cli/spaces/internal/media/alac"
	"github.com/spaces-cli/spaces/internal/media/flac"
	"github.com/spaces-cli/spaces/internal/media/mp3"
	"github.com/spaces-cli/spaces/internal/media/opus"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// A clock tells from timestamps how much is missing where a file is damaged.
type clock struct {
	known   bool
	next    float64 // when the next block is due, in seconds
	unit    float64 // how long the last unit lasts
	damaged bool    // since the last block
}

// Values of the lacing bits of a block (RFC 9559 §10.3).
const (
	lacingXiph  = 1
	lacingFixed = 2
	lacingEBML  = 3
)

// readBlock reads a block, if it is one of ours, and finds its frames (RFC 9559
// §10.1 and §10.2).
func (r *Reader) readBlock(e element) error {
	const longestHead = 8 + 2 + 1
	b, err := r.w.content(e, longestHead)
	if err != nil {
		return err
	}
	number, n := vint(b)
	if r.sound.kind == 0 || n > 0 && number != r.sound.number {
		r.ours = false
		return nil
	}
	bad := track.Damage{Kind: track.BadUnit, Offset: e.start, Bytes: e.end() - e.start, Unit: r.t.Units(), Lost: 1}
	if n == 0 || len(b) < n+3 || e.size > maxBlock {
		r.t.Damage.Add(bad)
		return nil
	}
	ticks := int64(int16(binary.BigEndian.Uint16(b[n:])))
	lacing := int(b[n+2] >> 1 & 3)
	if b, err = r.w.bytes(e.body, int(e.size)); err != nil {
		return err
	}
	r.block = b
	var ok bool
	if r.frames, ok = laced(r.frames[:0], b, n+3, lacing); !ok {
		r.frames = r.frames[:0]
		r.t.Damage.Add(bad)
		return nil
	}
	for i := range r.frames {
		r.frames[i].offset = e.body + int64(r.frames[i].from)
	}
	r.ours, r.padding = true, 0
	r.tell(float64(r.time+ticks) * float64(r.tick) / 1e9)
	return nil
}

// tell notes, if something was damaged before a block, how much is missing.
func (r *Reader) tell(at float64) {
	const longest = 24 * 3600
	l, kept := &r.last, r.kept()
	n := len(r.t.Damage.Places)
	if l.damaged && l.known && l.unit > 0 && n > 0 && r.t.Damage.Count == int64(n) {
		if gap := at - kept - l.next; gap > l.unit/2 && gap < longest {
			d := &r.t.Damage.Places[n-1]
			lost := int64(gap/l.unit + 0.5)
			r.t.Damage.Lost += lost - d.Lost
			d.Lost = lost
		}
	}
	l.damaged, l.known, l.next = false, true, at-kept
}

// laced appends the frames of a block whose header ends at at. ok is false if
// the sizes contradict that of the block.
func laced(frames []frame, b []byte, at, lacing int) (_ []frame, ok bool) {
	if lacing == 0 {
		return append(frames, frame{from: at, to: len(b)}), at < len(b)
	}
	if at >= len(b) {
		return frames, false
	}
	count := int(b[at]) + 1
	at++
	sizes := make([]int, 0, 256)
	left := func() int { return len(b) - at }
	sum := 0
	switch lacing {
	case lacingXiph:
		for range count - 1 {
			size := 0
			for {
				if left() == 0 {
					return frames, false
				}
				c := int(b[at])
				at++
				size += c
				if c < 255 {
					break
				}
			}
			sizes = append(sizes, size)
			sum += size
		}
	case lacingEBML:
		size := int64(0)
		for i := range count - 1 {
			v, n := vint(b[at:])
			if n == 0 || v == unknownSize {
				return frames, false
			}
			if i > 0 { // the difference from the size before, biased (§10.3.3)
				v += size - (1<<(7*n-1) - 1)
			}
			if v < 0 || v > int64(len(b)) {
				return frames, false
			}
			at += n
			size = v
			sizes = append(sizes, int(v))
			sum += int(v)
		}
	case lacingFixed:
		if left()%count != 0 {
			return frames, false
		}
		for range count - 1 {
			sizes = append(sizes, left()/count)
		}
		sum = left() / count * (count - 1)
	}
	if sum > left() {
		return frames, false
	}
	for _, n := range append(sizes, left()-sum) {
		frames = append(frames, frame{from: at, to: at + n})
		at += n
	}
	return frames, true
}

// unit puts a frame into p, or notes why it is left out. Of PCM it is kept until
// there is enough for a unit.
func (r *Reader) unit(f frame, p *track.Packet) (ok bool, err error) {
	if r.sound.config.Codec == track.PCM {
		r.keep(f)
		return false, nil
	}
	data := r.block[f.from:f.to]
	if len(r.sound.prefix) > 0 {
		r.whole = append(append(r.whole[:0], r.sound.prefix...), data...)
		data = r.whole
	}
	config, samples := r.sound.config, r.sound.config.UnitSamples
	if r.implicit != nil {
		config = r.implicit.Config(data)
		samples = config.UnitSamples
	}
	ok = f.to > f.from && len(data) <= maxUnit
	switch {
	case !ok:
	case config.Codec == track.MP3:
		h, err := mp3.ParseHeader(data)
		if ok = err == nil; ok {
			config = mp3.ConfigOf(h)
			samples = config.UnitSamples
		}
	case config.Codec == track.Opus:
		samples, ok = opus.Samples(data)
	case config.Codec == track.Vorbis:
		samples, ok = r.sound.clock.Samples(data)
	case config.Codec == track.ALAC:
		samples, ok = alac.UnitSamples(data, config.UnitSamples)
	case config.Codec == track.FLAC:
		samples, ok = flac.FrameSamples(data)
	}
	if !ok {
		r.t.Damage.Add(track.Damage{Kind: track.BadUnit, Offset: f.offset, Bytes: int64(f.to - f.from), Unit: r.t.Units(), Lost: 1})
		return false, nil
	}
	return true, r.deliver(p, config, f.offset, data, samples)
}

// deliver puts a unit into p.
func (r *Reader) deliver(p *track.Packet, config track.Config, offset int64, data []byte, samples int) error {
	runs := len(r.t.Runs)
	run, err := r.t.AddUnit(config, samples, len(data))
	if err != nil {
		return err
	}
	if r.fresh && len(r.t.Runs) > runs {
		r.t.Runs[run].Skip = r.sound.skip(config.SampleRate)
	}
	r.fresh = false
	r.last.unit = float64(samples) / float64(config.SampleRate)
	r.last.next += r.last.unit
	*p = track.Packet{Offset: offset, Data: data, Run: run, Samples: samples}
	return nil
}

// keep keeps the PCM of a frame until there is enough for a unit.
func (r *Reader) keep(f frame) {
	data := r.block[f.from:f.to]
	if rest := len(data) % r.sound.align; rest > 0 {
		data = data[:len(data)-rest]
		r.t.Damage.Add(track.Damage{Kind: track.BadUnit, Offset: f.offset + int64(len(data)), Bytes: int64(rest), Unit: r.t.Units()})
	}
	r.fill = append(r.fill[:0], r.fill[r.filled:]...)
	r.filled = 0
	if len(r.fill) == 0 {
		r.fillFrom = f.offset
	}
	r.fillEnd = f.offset + int64(len(data))
	from := len(r.fill)
	r.fill = append(r.fill, data...)
	if n := r.sound.swap; n > 0 {
		for b := r.fill[from:]; len(b) > 0; b = b[n:] {
			slices.Reverse(b[:n])
		}
	}
}

// samples puts a unit of the PCM that is kept into p, if there is enough for
// one, or the last one.
func (r *Reader) samples(p *track.Packet, last bool) (ok bool, err error) {
	left := len(r.fill) - r.filled
	n := track.PCMUnit * r.sound.align
	if left < n {
		if !last || left == 0 {
			return false, nil
		}
		n = left
	}
	data := r.fill[r.filled:][:n]
	from := r.fillFrom
	r.filled += n
	r.fillFrom = r.fillEnd - int64(left-n) // no more is left than the last frame had
	return true, r.deliver(p, r.sound.config, from, data, n/r.sound.align)
}

// kept returns how many seconds of PCM are kept.
func (r *Reader) kept() float64 {
	if r.sound.align == 0 {
		return 0
	}
	return float64((len(r.fill)-r.filled)/r.sound.align) / float64(r.sound.config.SampleRate)
}
