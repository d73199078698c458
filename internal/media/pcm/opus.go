package pcm

import (
	"errors"
	"fmt"

	"github.com/spaces-cli/spaces/internal/media/opus"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// opusDecoder decodes Opus. Its samples have 16 bits and
// are cut off at full scale; the gain of the header comes after that (RFC 7845
// §5.1).
type opusDecoder struct {
	dec      *opus.Streams
	channels int
	factor   float32
	full     bool // of the unit decoded last, samples are at full scale
}

func newOpus(c track.Config) (*opusDecoder, error) {
	h, err := opus.ParseHead([]byte(c.Specific))
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %v", ErrUnsupported, c, err)
	}
	if h.Channels != c.Channels || c.SampleRate != opus.Rate {
		return nil, fmt.Errorf("%w: %s that the decoder takes for %d Hz %d ch", ErrUnsupported, c, opus.Rate, h.Channels)
	}
	dec, err := opus.NewStreams(h)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %v", ErrUnsupported, c, err)
	}
	return &opusDecoder{dec: dec, channels: c.Channels, factor: h.Factor()}, nil
}

func (o *opusDecoder) reset()       { o.dec.Reset() }
func (o *opusDecoder) prime([]byte) {}

func (o *opusDecoder) decode(dst []float32, unit []byte) error {
	o.full = false
	samples, err := o.packet(unit)
	if err == nil && len(samples) != len(dst) {
		err = fmt.Errorf("%w: %d samples instead of %d", ErrDamaged, len(samples)/o.channels, len(dst)/o.channels)
	}
	if err != nil {
		// Packets after it are decoded as after one that was lost.
		_, _ = o.conceal(len(dst) / o.channels)
		clear(dst)
		return err
	}
	o.full = o.dec.AtFullScale()
	for i, v := range samples {
		dst[i] = v * o.factor
	}
	return nil
}

func (o *opusDecoder) packet(unit []byte) (samples []float32, err error) {
	defer recovered(&err)
	if samples, err = o.dec.Decode(unit); err != nil {
		err = fmt.Errorf("%w: %v", ErrDamaged, err)
	}
	return samples, err
}

func (o *opusDecoder) conceal(samples int) (_ []float32, err error) {
	defer recovered(&err)
	return o.dec.Conceal(samples)
}

func (o *opusDecoder) atFullScale() bool { return o.full }

// errNotLowered means that packets hold nothing that could be shifted down.
var errNotLowered = errors.New("packets of Opus cannot be shifted")

func (o *opusDecoder) lowered([]float32, int) error { return errNotLowered }
