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

// CutsOff reports whether the decoder of a codec cuts samples off at full scale.
// Of lossy codings they go beyond it where the sound was loud.
func CutsOff(c track.Codec) bool { return c == track.AACLC || c == track.MP3 }

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
	default:
		err = fmt.Errorf("%w: %s", ErrUnsupported, c)
	}
	if err != nil {
		return nil, err
	}
	return &Decoder{config: c, codec: coding}, nil
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
func (d *Decoder) Decode(dst []float32, unit []byte) error {
	return d.codec.decode(dst, unit)
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
