package gain

import (
	"github.com/spaces-cli/spaces/internal/media/pcm"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// A Decoder decodes units as a pcm.Decoder does, but for those that the decoder
// cuts off at full scale: they are decoded again, shifted down, and their samples
// go beyond ±1. It is for one goroutine at a time.
type Decoder struct {
	decoder, low *pcm.Decoder
	coding       *coding
	before       [][]byte // the units before the next, as many as a sample depends on
	shifted      []byte
	scratch      []float32
}

// How many units before one its samples depend on: in AAC the overlap, in MP3
// the filter bank and main data that lie in the frames before, of which there can
// be nine (ISO/IEC 11172-3, 2.4.3.4.3).
const (
	aacBefore = 1
	mp3Before = 10
)

// wider are the steps by which units are shifted down, the least that is enough:
// each makes the rounding of 16 bits coarser.
var wider = [...]int{4, 12, 24}

// NewDecoder returns a Decoder of units that c describes. The error is that of
// pcm.NewDecoder, or an *UnsupportedError.
func NewDecoder(c track.Config) (*Decoder, error) {
	coding, err := newCoding(c)
	if err != nil {
		return nil, err
	}
	d := &Decoder{coding: coding, before: make([][]byte, 0, mp3Before)}
	if d.decoder, err = pcm.NewDecoder(c); err != nil {
		return nil, err
	}
	d.low, err = pcm.NewDecoder(c)
	return d, err
}

// Decode decodes unit to dst, like that of a pcm.Decoder.
func (d *Decoder) Decode(dst []float32, unit []byte) error {
	err := d.decoder.Decode(dst, unit)
	if err == nil && beyond(dst) {
		d.widen(dst, unit)
	}
	most := mp3Before
	if d.coding.exact {
		most = aacBefore
	}
	var spare []byte
	if len(d.before) == most {
		spare = d.before[0]
		d.before = append(d.before[:0], d.before[1:]...)
	}
	d.before = append(d.before, append(spare[:0], unit...))
	return err
}

// widen puts into dst what unit decodes to, shifted down and scaled back. Where
// units cannot be shifted so far dst stays as it is.
func (d *Decoder) widen(dst []float32, unit []byte) {
	d.scratch = append(d.scratch[:0], dst...)
	for _, steps := range wider {
		d.low.Reset()
		for _, before := range d.before {
			// What cannot be decoded without units before it is not needed.
			_ = d.lowered(d.scratch, before, steps)
		}
		if d.lowered(d.scratch, unit, steps) != nil {
			return
		}
		if beyond(d.scratch) {
			continue
		}
		factor := float32(Factor(steps))
		for i, v := range d.scratch {
			dst[i] = v * factor
		}
		return
	}
}

// lowered decodes a unit that is shifted down by steps.
func (d *Decoder) lowered(dst []float32, unit []byte, steps int) error {
	d.shifted = append(d.shifted[:0], unit...)
	if err := d.coding.shift(d.shifted, -steps); err != nil {
		return err
	}
	return d.low.Decode(dst, d.shifted)
}

// fullScale is the largest sample that 16 bits hold.
const fullScale = 32767.0 / 32768

// beyond reports whether samples stand at full scale.
func beyond(samples []float32) bool {
	for _, v := range samples {
		if v >= fullScale || v <= -fullScale {
			return true
		}
	}
	return false
}
