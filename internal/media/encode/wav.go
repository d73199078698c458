package encode

import (
	"context"
	"io"
	"math"

	"github.com/spaces-cli/spaces/internal/media/wav"
)

// WAV writes PCM of so many bits as the sound has, without tags.
func WAV(ctx context.Context, w io.Writer, s Sound, _ Options) error {
	f := wav.Format{Channels: s.Format().Channels, SampleRate: s.Format().SampleRate, Bits: s.bits(), ValidBits: s.bits()}
	out, err := wav.NewWriter(w, f.Config(), s.Samples)
	if err != nil {
		return err
	}
	var b []byte
	err = s.Frames(ctx, blockFrames, func(block []float32) error {
		b = appendIntegers(b[:0], block, s.bits())
		return out.WriteUnit(b)
	})
	if err != nil {
		return err
	}
	return out.Close()
}

// appendIntegers appends samples as little-endian integers of 16 or 24 bits.
func appendIntegers(b []byte, block []float32, bits int) []byte {
	for _, v := range block {
		n := uint32(integer(v, bits))
		b = append(b, byte(n), byte(n>>8))
		if bits == 24 {
			b = append(b, byte(n>>16))
		}
	}
	return b
}

// Stored returns what a file that loses nothing but has so many bits holds of a
// sample: it is rounded, and clipped at full scale.
func Stored(v float32, bits int) float32 {
	return float32(integer(v, bits)) / float32(int64(1)<<(bits-1))
}

// integer rounds a sample to so many bits; what is beyond full scale is
// clipped.
func integer(v float32, bits int) int32 {
	full := float64(int64(1) << (bits - 1))
	return int32(max(-full, min(full-1, math.RoundToEven(float64(v)*full))))
}
