package recode

import (
	"fmt"

	"github.com/spaces-cli/spaces/internal/media/alac"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// alacDecoder decodes Apple Lossless of up to 24 bits.
type alacDecoder struct {
	config alac.Config
	dec    *alac.Decoder
}

func newALAC(c track.Config) (*alacDecoder, error) {
	config, err := alac.ParseCookie([]byte(c.Specific))
	const widest = 24
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrUnsupported, err)
	case config.Channels != c.Channels || config.SampleRate != c.SampleRate:
		return nil, fmt.Errorf("%w: %s with a cookie of %d Hz %d ch", ErrUnsupported, c, config.SampleRate, config.Channels)
	case config.Bits > widest:
		return nil, fmt.Errorf("%w: Apple Lossless of %d bits", ErrUnsupported, config.Bits)
	}
	return &alacDecoder{config: config, dec: alac.NewDecoder(config)}, nil
}

func (a *alacDecoder) bits() int { return a.config.Bits }

func (a *alacDecoder) decode(dst []int32, unit []byte, samples int) ([]int32, error) {
	n := samples * a.config.Channels
	from := len(dst)
	dst = append(dst, make([]int32, n)...)
	if err := a.dec.Decode(dst[from:], unit); err != nil {
		return dst, fmt.Errorf("%w: %w", errDamaged, err)
	}
	return dst, nil
}
