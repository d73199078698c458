package clip

import (
	"context"
	"encoding/binary"
	"io"
	"math"

	"github.com/spaces-cli/spaces/internal/media/mp4"
	"github.com/spaces-cli/spaces/internal/media/wav"
)

// encodeWAV writes 16-bit PCM, which is what the decoders make.
func encodeWAV(ctx context.Context, w io.Writer, s *sound, _ mp4.Tags, _ []byte) error {
	f := wav.Format{Channels: s.Format().Channels, SampleRate: s.Format().SampleRate, Bits: 16, ValidBits: 16}
	out, err := wav.NewWriter(w, f.Config(), s.samples)
	if err != nil {
		return err
	}
	var b []byte
	err = s.frames(ctx, blockFrames, func(block []float32) error {
		b = append16(b[:0], block)
		return out.WriteUnit(b)
	})
	if err != nil {
		return err
	}
	return out.Close()
}

// append16 appends samples as 16-bit little-endian integers.
func append16(b []byte, block []float32) []byte {
	for _, v := range block {
		b = binary.LittleEndian.AppendUint16(b, uint16(int16(to16(v))))
	}
	return b
}

// to16 rounds a sample to 16 bits; what is beyond full scale is clipped.
func to16(v float32) int32 {
	return int32(max(math.MinInt16, min(math.MaxInt16, math.RoundToEven(float64(v)*(1<<15)))))
}
