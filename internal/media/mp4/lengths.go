package mp4

import (
	"bufio"
	"encoding/binary"
	"fmt"

	"github.com/spaces-cli/spaces/internal/media/opus"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// A sampleRun is units in a row that last equally long: an entry of an stts box
// (§8.6.1.2).
type sampleRun struct{ units, samples int64 }

// lengths finds how long the units last, when chunks begin, and how many units
// are decoded before the one that is sought.
func (p *plan) lengths() error {
	c := p.Config
	if c.Codec != track.Opus {
		p.duration = p.Units * p.unit
		p.times = []sampleRun{{p.Units, p.unit}}
		// Each unit of AAC overlaps the one before it: to play from a unit on,
		// decoding begins one earlier (ISO/IEC 14496-3, 4.6.11).
		p.roll = 1
		return nil
	}
	if p.Lengths.Units != p.Units {
		return fmt.Errorf("mp4: %d access units and the lengths of %d", p.Units, p.Lengths.Units)
	}
	h, err := opus.ParseHead([]byte(c.Specific))
	if err != nil || h.Channels != c.Channels || c.SampleRate != opus.Rate {
		return fmt.Errorf("mp4: cannot write a track of %v: %w", c, opus.ErrHead)
	}
	least, i := int64(opus.MaxFrame), int64(0)
	for n := range p.Lengths.All() {
		n := int64(n)
		if n < 1 || n > opus.MaxFrame {
			return fmt.Errorf("mp4: cannot write access unit %d of %d samples", i, n)
		}
		if i%p.perChunk == 0 {
			p.chunkAt = append(p.chunkAt, p.duration)
		}
		if k := len(p.times); k > 0 && p.times[k-1].samples == n {
			p.times[k-1].units++
		} else {
			p.times = append(p.times, sampleRun{1, n})
		}
		p.duration += n
		least = min(least, n)
		i++
	}
	// As many of the shortest as 80 ms hold: longer ones are more than enough
	// ("Encapsulation of Opus in ISO Base Media File Format", 4.3.6.2).
	p.roll = (opus.Preroll + least - 1) / least
	return nil
}

// chunkTime returns when the unit i of the sound, with which a chunk begins,
// begins in samples of the media: chunks are interleaved by that, the little that
// edits leave out at the start notwithstanding.
func (p *plan) chunkTime(i int64) int64 {
	if p.chunkAt != nil {
		return p.chunkAt[i/p.perChunk]
	}
	return i * p.unit
}

// writeTimes writes the entries of the stts box.
func (p *plan) writeTimes(w *bufio.Writer) error {
	var b []byte
	for _, r := range p.times {
		b = binary.BigEndian.AppendUint32(b[:0], uint32(r.units))
		b = binary.BigEndian.AppendUint32(b, uint32(r.samples))
		if _, err := w.Write(b); err != nil {
			return err
		}
	}
	return nil
}

// opusEntry appends an Opus box ("Encapsulation of Opus in ISO Base Media File
// Format", 4.3.1 and 4.3.2). PreSkip is informative there, as the edit list says
// what is not heard. It is 0, because Chromium, where it decodes a whole file, leaves
// out both.
func (b *builder) opusEntry(p *plan) {
	head := []byte(p.Config.Specific)
	h, err := opus.ParseHead(head)
	if err != nil {
		b.err = err // lengths has seen that there is none
		return
	}
	b.box("Opus", func() {
		b.zero(6)
		b.u16(1) // data_reference_index
		b.zero(8)
		b.u16(uint16(h.Channels))
		b.u16(16) // samplesize
		b.zero(4)
		b.u32(opus.Rate << 16)
		b.box("dOps", func() {
			const version, rate, mapping = 0, 12, 18
			b.u8(version)
			b.u8(byte(h.Channels))
			b.u16(0) // PreSkip
			b.u32(binary.LittleEndian.Uint32(head[rate:]))
			b.u16(uint16(h.Gain))
			b.bytes(h.Bytes[mapping:])
		})
	})
}
