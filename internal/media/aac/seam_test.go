package aac

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/pcm"
)

// music is chords that glide into each other, a bass, and a drum with hard
// attacks in every fifth second only, so that there are stretches of both
// kinds of block.
func music(f pcm.Format, frames int) []float32 {
	rnd := rand.New(rand.NewPCG(3, 3))
	out := make([]float32, frames*f.Channels)
	var phases [8]float64
	for i := range frames {
		t := float64(i) / float64(f.SampleRate)
		v := 0.0
		for k := range phases {
			n := float64([...]int{0, 4, 7, 11, 14, 19, 24, 31}[k])
			hz := 110 * math.Pow(2, (n+5*math.Sin(t/3))/12)
			phases[k] += 2 * math.Pi * hz / float64(f.SampleRate)
			v += 0.06 * (math.Sin(phases[k]) + 0.4*math.Sin(3*phases[k]))
		}
		beat := math.Mod(t, 0.37)
		if int(t)%5 == 4 {
			v += 0.7 * rnd.NormFloat64() * math.Exp(-beat*120)
		}
		for c := range f.Channels {
			out[i*f.Channels+c] = float32(max(-1, min(1, v*(1-0.4*float64(c)*math.Sin(t)))))
		}
	}
	return out
}

// pauses is speech that stops again and again, also where pieces meet.
func pauses(f pcm.Format, frames int) []float32 {
	out := speech(f, frames)
	for i := range out {
		if t := float64(i/f.Channels) / float64(f.SampleRate); math.Mod(t, 1.7) < 0.6 {
			out[i] *= 0.002
		}
	}
	return out
}

// played is what ffmpeg makes of the units, priming left out.
func played(t testing.TB, s Stream, units [][]byte) []float32 {
	t.Helper()
	rate := slices.Index([]int{96000, 88200, 64000, 48000, 44100}, s.Config.SampleRate)
	var file bytes.Buffer
	for _, u := range units { // ISO/IEC 14496-3, 1.A.2.2: ADTS, no CRC, AAC-LC
		n, channels := len(u)+7, s.Config.Channels
		file.Write([]byte{0xFF, 0xF1, byte(1<<6 | rate<<2 | channels>>2), byte(channels<<6 | n>>11), byte(n >> 3), byte(n<<5 | 0x1F), 0xFC})
		file.Write(u)
	}
	cmd := exec.CommandContext(t.Context(), "ffmpeg", "-v", "error", "-f", "aac", "-i", "pipe:0", "-f", "f32le", "-c:a", "pcm_f32le", "pipe:1")
	var talk bytes.Buffer
	cmd.Stdin, cmd.Stderr = &file, &talk
	b, err := cmd.Output()
	if err != nil || talk.Len() > 0 {
		t.Fatalf("ffmpeg: %v %s", err, &talk)
	}
	out := make([]float32, len(b)/4)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return out[Delay*s.Config.Channels:]
}

// Within 20 frames of every join the error against the input, as ffmpeg plays
// it, is at most 1 dB worse than that of one encoder that goes through it all:
// with music, with attacks in every block, with speech and its pauses. The long
// version has the grid of a minute that exports have.
func TestSeamsByFFmpeg(t *testing.T) {
	if testing.Short() {
		t.Skip("encodes for long")
	}
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("ffmpeg is not installed")
	}
	stereo := pcm.Format{SampleRate: 48000, Channels: 2}
	list, seconds, gridSeconds := []pcm.Format{stereo}, 6, 2
	if os.Getenv("SPACES_LONG") != "" {
		list, seconds, gridSeconds = append(slices.Clone(formats), stereo), 130, pieceSeconds
	}
	for name, sound := range map[string]func(pcm.Format, int) []float32{"music": music, "attacks": attacksIn, "speech": speech, "pauses": pauses} {
		for _, f := range list {
			t.Run(fmt.Sprintf("%s %v", name, f), func(t *testing.T) {
				in := sound(f, seconds*f.SampleRate)
				grid := gridSeconds * f.SampleRate / frameSamples
				s, joined := encodeAll(t, f, in, grid, 2)
				_, single := encodeAll(t, f, in, len(in)/frameSamples+1, 1)
				if len(joined) != len(single) {
					t.Fatalf("%d units, not %d", len(joined), len(single))
				}
				a, b := played(t, s, joined), played(t, s, single)
				if len(a) != len(b) || len(a) < len(in) {
					t.Fatalf("%d and %d samples come out of %d", len(a), len(b), len(in))
				}
				noise := func(x []float32, from, to int) float64 {
					sum := 1e-9
					for i := from * frameSamples * f.Channels; i < to*frameSamples*f.Channels; i++ {
						d := float64(x[i] - in[i])
						sum += d * d
					}
					return 10 * math.Log10(sum)
				}
				joins, worst := 0, math.Inf(-1)
				for at := grid; at+lead < len(in)/f.Channels/frameSamples; at += grid {
					joins++
					// The join lies up to lead-settle frames before the grid, or
					// up to tail after it.
					for g := at - (lead - settle); g <= at+tail; g++ {
						d := noise(a, g-20, g+20) - noise(b, g-20, g+20)
						if worst = max(worst, d); d > 1 {
							t.Errorf("around frame %d the error is %.2f dB worse", g, d)
						}
					}
				}
				if joins < 2 {
					t.Fatalf("%d joins", joins)
				}
				t.Logf("%d joins, at worst %+.2f dB", joins, worst)
			})
		}
	}
}

// attacksIn has something begin in every block, so that an encoder chooses
// short blocks throughout.
func attacksIn(f pcm.Format, frames int) []float32 {
	rnd := rand.New(rand.NewPCG(8, 8))
	out := make([]float32, frames*f.Channels)
	for i := range out {
		out[i] = float32(0.5 * rnd.NormFloat64() * math.Exp(-float64(i/f.Channels%900)/30))
	}
	return out
}
