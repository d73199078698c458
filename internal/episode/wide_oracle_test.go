package episode

import (
	"math"
	"path/filepath"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/format"
)

// An export that lowers the level of sound beyond full scale has no flat tops: it
// is what ffmpeg decodes in floats, at the other level.
func TestSoundBeyondFullScaleIsNotClipped(t *testing.T) {
	tool(t, "ffmpeg")
	for _, name := range []string{"loud.m4a", "loud.mp3"} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), name)
			// Without what our decoders do in another way: noise, and short blocks of joint stereo.
			run(t, "ffmpeg", "-v", "error", "-i", filepath.Join("..", "fixture", "testdata", "guest.aac"), "-af", "volume=14dB", "-aac_pns", "0", "-joint_stereo", "0", "-b:a", "128k", file)
			target := -28.0 // the limiter has nothing to do
			l, r := taken(t, file)
			res := exported(t, l, r, t.TempDir(), Request{Format: format.FLAC, Loudness: &target})
			want, got := decoded(t, file), decoded(t, res.Path)
			if len(got) != len(want) {
				t.Fatalf("%d samples, want %d", len(got), len(want))
			}
			var cross, energy float64
			over := 0
			for i, v := range want {
				cross += float64(v) * float64(got[i])
				energy += float64(v) * float64(v)
				if v > 1.1 || v < -1.1 {
					over++
				}
			}
			if over < 100 {
				t.Fatalf("%d samples beyond 1.1", over)
			}
			gain := cross / energy
			var wrong float64
			for i, v := range want {
				d := float64(got[i]) - gain*float64(v)
				wrong += d * d
			}
			below := 10 * math.Log10(gain*gain*energy/wrong)
			t.Logf("%d samples beyond 1.1; changed by %.2f dB, with an error %.1f dB below the sound", over, 20*math.Log10(gain), below)
			if gain > 0.7 || below < 60 {
				t.Errorf("changed by %.2f dB, with an error %.1f dB below the sound", 20*math.Log10(gain), below)
			}
		})
	}
}
