package recode

import (
	"fmt"

	"github.com/spaces-cli/spaces/internal/media/layer2"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// layerDecoder decodes MPEG audio Layers I and II to 16 bits.
type layerDecoder struct {
	config track.Config
	dec    *layer2.Decoder
}

func newLayer(c track.Config) (*layerDecoder, error) {
	if c.Channels < 1 || c.Channels > 2 {
		return nil, fmt.Errorf("%w: %s", ErrUnsupported, c)
	}
	return &layerDecoder{config: c, dec: layer2.NewDecoder()}, nil
}

func (l *layerDecoder) bits() int { return 16 }

func (l *layerDecoder) decode(dst []int32, unit []byte, samples int) ([]int32, error) {
	from, n := len(dst), samples*l.config.Channels
	h, err := layer2.ParseHeader(unit)
	if err == nil && h.Config() != l.config {
		err = fmt.Errorf("a frame of %s in %s", h.Config(), l.config)
	}
	if err == nil {
		dst, err = l.dec.Decode(dst, unit)
	}
	// A unit lasts as long as its container says.
	for len(dst) < from+n {
		dst = append(dst, 0)
	}
	dst = dst[:from+n]
	if err != nil {
		return dst, fmt.Errorf("%w: %w", errDamaged, err)
	}
	return dst, nil
}
