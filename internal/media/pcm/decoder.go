package pcm

import (
	"fmt"

	"github.com/spaces-cli/spaces/internal/media/track"
)

// A Decoder decodes the access units of one configuration, in their order.
// It is not for use by several goroutines at once.
type Decoder struct {
	config track.Config
	codec  codec
	lossy  lossy // codec, where its samples can go beyond full scale
	wide   []float32
	cut    int64
}

// A codec decodes units of one coding.
type codec interface {
	// decode fills dst with the samples of unit.
	decode(dst []float32, unit []byte) error
	// prime takes note of a unit that is not to be decoded but comes before
	// units that are.
	prime(unit []byte)
	// reset forgets all units before.
	reset()
}

// A lossy codec is one whose sound can go beyond full scale, where the decoder
// cuts it off. Units that reach full scale are decoded again, shifted down as a
// whole, and scaled back.
type lossy interface {
	codec
	// atFullScale reports whether samples of the unit decoded last are at full
	// scale.
	atFullScale() bool
	// lowered fills dst with the unit decoded last, shifted down by steps of
	// 2^(1/4). It decodes as many units before it as its samples depend on, also
	// shifted down, and changes nothing that decode depends on.
	lowered(dst []float32, steps int) error
}

// lower are the steps by which units are shifted down. The least that is enough
// is taken: the rounding to 16 bits becomes coarser by 2^(steps/4).
var lower = [...]int{4, 12, 24}

// MayCutOff reports whether the decoder of a codec can cut samples off at full
// scale: those of units that cannot be shifted.
func MayCutOff(c track.Codec) bool { return c == track.AACLC || c == track.MP3 || c == track.Opus }

// maxChannels is more than any recording has.
const maxChannels = 255

// NewDecoder returns a Decoder of units that c describes, or an error that
// wraps ErrUnsupported.
func NewDecoder(c track.Config) (*Decoder, error) {
	if c.Channels < 1 || c.Channels > maxChannels || c.SampleRate < 1 {
		return nil, fmt.Errorf("%w: %s", ErrUnsupported, c)
	}
	var coding codec
	var err error
	switch c.Codec {
	case track.AACLC:
		coding, err = newAAC(c)
	case track.MP3:
		coding, err = newMP3(c)
	case track.PCM:
		coding, err = newLinear(c)
	case track.FLAC:
		coding, err = newFLAC(c)
	case track.Opus:
		coding, err = newOpus(c)
	case track.HEAAC:
		err = fmt.Errorf("%w: HE-AAC (AAC with spectral band replication), %d Hz %d ch", ErrUnsupported, c.SampleRate, c.Channels)
	case track.AACOther:
		err = fmt.Errorf("%w: AAC of another kind than LC, %d Hz %d ch", ErrUnsupported, c.SampleRate, c.Channels)
	default:
		err = fmt.Errorf("%w: %s", ErrUnsupported, c)
	}
	if err != nil {
		return nil, err
	}
	d := &Decoder{config: c, codec: coding}
	d.lossy, _ = coding.(lossy)
	return d, nil
}

// Format returns the format of the samples.
func (d *Decoder) Format() Format {
	return Format{SampleRate: d.config.SampleRate, Channels: d.config.Channels}
}

// Decode decodes unit to dst, which has room for exactly the samples that the
// unit lasts. It always fills dst. If the unit cannot be decoded, dst holds
// silence (or the end of the sound before it), and the error wraps ErrDamaged
// or ErrUnsupported. Units after it can be decoded: what comes in the place of
// one that is missing altogether is for the caller to say.
//
// A unit of sound that the decoder does not support looks no different from a
// damaged one. Only where no unit can be decoded and some are unsupported is it
// the coding that is to blame.
//
// Samples of AAC and MP3 go beyond ±1 where the coded sound does. They are then
// rounded to 2, 8 or 64 parts in 32768. See CutOff for units of which that is not
// known.
func (d *Decoder) Decode(dst []float32, unit []byte) error {
	err := d.codec.decode(dst, unit)
	if d.lossy != nil && d.lossy.atFullScale() && (err != nil || !d.widen(dst)) {
		d.cut++
	}
	return err
}

// CutOff returns how many units were cut off at full scale so far, because they
// cannot be shifted.
func (d *Decoder) CutOff() int64 { return d.cut }

// widen puts into dst what the unit decoded last is, shifted down and scaled back.
// Where units cannot be shifted so far dst stays as it is.
func (d *Decoder) widen(dst []float32) (ok bool) {
	d.wide = resize(d.wide, len(dst))
	for _, steps := range lower {
		if d.lossy.lowered(d.wide, steps) != nil {
			return false
		}
		if beyond(d.wide) {
			continue
		}
		factor := float32(int(1) << (steps / 4))
		for i, v := range d.wide {
			dst[i] = v * factor
		}
		return true
	}
	return false
}

// fullScale is the largest sample that 16 bits hold.
const fullScale = 32767.0 / 32768

// beyond reports whether samples are at full scale.
func beyond(samples []float32) bool {
	for _, v := range samples {
		if v >= fullScale || v <= -fullScale {
			return true
		}
	}
	return false
}

// Reset forgets all units before, as where a recording begins.
func (d *Decoder) Reset() { d.codec.reset() }

// recovered turns a panic of a decoder into an error. The decoders are other
// people's, and units come from anywhere.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%w: the decoder failed: %v", ErrDamaged, p)
	}
}
