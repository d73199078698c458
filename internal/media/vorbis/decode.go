package vorbis

import (
	"fmt"

	"github.com/jfreymuth/vorbis"
)

// A Decoder decodes packets in their order.
type Decoder struct {
	headers *Headers
	dec     vorbis.Decoder
	buf     []float32
}

// NewDecoder returns a Decoder. The error is ErrHeader.
func NewDecoder(h *Headers) (d *Decoder, err error) {
	defer recovered(&err, ErrHeader)
	d = &Decoder{headers: h}
	for _, header := range [][]byte{h.id, h.setup} {
		if err := d.dec.ReadHeader(header); err != nil {
			return nil, fmt.Errorf("%w: %v", ErrHeader, err)
		}
	}
	d.buf = make([]float32, d.dec.BufferSize())
	return d, nil
}

// Decode returns the samples of a packet, of all channels one after the other in
// the order of WAV, valid until the next call. The first packet makes none.
func (d *Decoder) Decode(packet []byte) (samples []float32, err error) {
	defer recovered(&err, ErrDamaged)
	if samples, err = d.dec.DecodeInto(packet, d.buf); err != nil {
		return nil, fmt.Errorf("%w: %v", ErrDamaged, err)
	}
	reorder(samples, d.headers.Channels)
	return samples, nil
}

// reorder puts channels into the order of WAV (§4.3.9).
func reorder(samples []float32, channels int) {
	order := [maxChannels + 1][]int{3: {0, 2, 1}, 5: {0, 2, 1, 3, 4}, 6: {0, 2, 1, 5, 3, 4}, 7: {0, 2, 1, 6, 5, 3, 4}, 8: {0, 2, 1, 7, 5, 6, 3, 4}}[channels]
	var was [maxChannels]float32
	for ; len(order) > 0 && len(samples) >= channels; samples = samples[channels:] {
		copy(was[:], samples[:channels])
		for i, from := range order {
			samples[i] = was[from]
		}
	}
}

// recovered turns a panic of the decoder into an error.
func recovered(err *error, kind error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%w: the decoder failed: %v", kind, p)
	}
}
