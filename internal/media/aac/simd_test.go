package aac

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/pcm"
)

// Builds with the tag goaac_simd, as released, make the same bytes as those
// without it, on every processor. When go-aac itself changes, so does the sum.
func TestSameBytesWithAndWithoutSIMD(t *testing.T) {
	const want = "1cef5f3b2d989a0a14bcef9d31708872bdffa3e5a0bb8eb7c4f98e5671809926"
	f := pcm.Format{SampleRate: 48000, Channels: 2}
	// Noise through resonators of integers, louder and quieter, with clicks.
	state, low, band := uint32(1), int64(0), int64(0)
	samples := make([]float32, 2*48000*6)
	for i := range samples {
		state = state*1664525 + 1013904223
		noise := int64(int32(state)) >> 16
		if i%9001 < 40 {
			noise *= 6
		}
		freq := int64(3000 + i/97%9000)
		low += band * freq >> 16
		band += ((noise - low - band/3) * freq) >> 16
		level := int64(i/24000%7) * 5
		samples[i] = float32(max(-32768, min(32767, band*level/24))) / 32768
	}
	sum := sha256.New()
	_, err := Encode(t.Context(), &memoryReader{format: f, rest: samples}, Options{BitRate: 128000, Jobs: 2}, func(unit []byte) error {
		sum.Write(unit)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != want {
		t.Errorf("the access units have the SHA-256 %s", got)
	}
}
