package recode

import (
	"fmt"
	"math"

	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/media/vorbis"
)

// vorbisDecoder decodes Vorbis to 16 bits: what goes beyond full scale is cut off.
type vorbisDecoder struct {
	channels int
	dec      *vorbis.Decoder
}

func newVorbis(c track.Config) (*vorbisDecoder, error) {
	h, err := vorbis.ParseSpecific([]byte(c.Specific))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnsupported, err)
	}
	if h.Channels != c.Channels || h.SampleRate != c.SampleRate {
		return nil, fmt.Errorf("%w: %s with headers of %d Hz %d ch", ErrUnsupported, c, h.SampleRate, h.Channels)
	}
	dec, err := vorbis.NewDecoder(h)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnsupported, err)
	}
	return &vorbisDecoder{channels: h.Channels, dec: dec}, nil
}

func (v *vorbisDecoder) bits() int { return 16 }

func (v *vorbisDecoder) decode(dst []int32, unit []byte, samples int) ([]int32, error) {
	n := samples * v.channels
	from := len(dst)
	dst = append(dst, make([]int32, n)...)
	got, err := v.dec.Decode(unit)
	if err != nil {
		return dst, fmt.Errorf("%w: %w", errDamaged, err)
	}
	// Behind a packet that could not be decoded there is nothing to join the next
	// one to, and it makes no samples.
	for i, s := range got[:min(len(got), n)] {
		dst[from+i] = int32(max(math.MinInt16, min(math.MaxInt16, math.RoundToEven(float64(s)*(1<<15)))))
	}
	return dst, nil
}
