package encode

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"math/rand/v2"
	"os/exec"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/pcm"
)

// memoryReader is a Reader of samples in memory.
type memoryReader struct {
	format pcm.Format
	rest   []float32
}

func (s *memoryReader) Format() pcm.Format { return s.format }

func (s *memoryReader) Read(dst []float32) (int, error) {
	if len(s.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(dst, s.rest)
	s.rest = s.rest[n:]
	return n / s.format.Channels, nil
}

// ffmpeg reads what lossless formats hold to the last bit, whatever the sound:
// also where the two channels have nothing in common, so that their difference
// takes a bit more than they do.
func TestLosslessIsExact(t *testing.T) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("ffmpeg is not installed")
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	sounds := map[string]func(i, c int) float64{
		"noise":     func(i, c int) float64 { return 2*rnd.Float64() - 1 },
		"opposites": func(i, c int) float64 { return float64(1-2*c) * float64(1-2*(i/50%2)) },
		"tone":      func(i, c int) float64 { return 0.7 * math.Sin(float64(i)*0.03+float64(c)) },
		"faint":     func(i, c int) float64 { return 3e-5 * rnd.NormFloat64() },
		"silence":   func(i, c int) float64 { return 0 },
		"bursts":    func(i, c int) float64 { return float64(1-i/5000%2) * (2*rnd.Float64() - 1) },
	}
	const frames = 5*4096 + 17
	for name, sound := range sounds {
		for _, bits := range []int{16, 24} {
			for _, channels := range []int{1, 2} {
				in := make([]float32, frames*channels)
				want := make([]int32, len(in))
				for i := range in {
					in[i] = float32(sound(i/channels, i%channels))
					want[i] = integer(in[i], bits) << (32 - bits)
				}
				for format, encode := range map[string]func(io.Writer, Sound) error{
					"flac": func(w io.Writer, s Sound) error { return FLAC(t.Context(), w, s, Options{}) },
					"wav":  func(w io.Writer, s Sound) error { return WAV(t.Context(), w, s, Options{}) },
				} {
					var file bytes.Buffer
					s := Sound{Reader: &memoryReader{pcm.Format{SampleRate: 48000, Channels: channels}, in}, Samples: frames, Bits: bits}
					if err := encode(&file, s); err != nil {
						t.Errorf("%s of %d bits, %d channels, %s: %v", format, bits, channels, name, err)
						continue
					}
					cmd := exec.Command("ffmpeg", "-v", "error", "-f", format, "-i", "pipe:0", "-f", "s32le", "-c:a", "pcm_s32le", "pipe:1")
					cmd.Stdin = &file
					var talk bytes.Buffer
					cmd.Stderr = &talk
					out, err := cmd.Output()
					if err != nil || talk.Len() > 0 {
						t.Errorf("%s of %d bits, %d channels, %s: %v %s", format, bits, channels, name, err, &talk)
					}
					if len(out) != 4*len(want) {
						t.Errorf("%s of %d bits, %d channels, %s: %d samples, not %d", format, bits, channels, name, len(out)/4, len(want))
						continue
					}
					for i, w := range want {
						if got := int32(binary.LittleEndian.Uint32(out[4*i:])); got != w {
							t.Errorf("%s of %d bits, %d channels, %s: sample %d is %d, not %d", format, bits, channels, name, i, got, w)
							break
						}
					}
				}
			}
		}
	}
}
