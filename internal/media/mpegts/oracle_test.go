package mpegts

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/adts"
)

// ffmpeg runs ffmpeg. The test is skipped where it is missing.
func ffmpeg(t *testing.T, args ...string) {
	t.Helper()
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("ffmpeg is not installed")
	}
	out, err := exec.Command("ffmpeg", append([]string{"-v", "error", "-y"}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("ffmpeg %v: %v\n%s", args, err, out)
	}
}

// TestAgainstFFmpeg compares the units of streams that ffmpeg writes with the
// frames that ffmpeg takes out of them.
func TestAgainstFFmpeg(t *testing.T) {
	dir := t.TempDir()
	ts, aac := filepath.Join(dir, "a.ts"), filepath.Join(dir, "a.aac")
	const seconds = "8"
	sound := []string{"-f", "lavfi", "-t", seconds, "-i", "anoisesrc=a=0.1:r=48000:seed=5", "-ac", "2"}
	picture := []string{"-f", "lavfi", "-t", seconds, "-i", "testsrc=s=320x180:r=10", "-c:v", "mpeg2video"}
	code := []string{"-c:a", "aac", "-b:a", "96k"}
	for _, c := range []struct {
		name  string
		args  []string
		video bool
	}{
		{"audio", join(sound, code, []string{ts}), false},
		{"one frame a PES", join(sound, code, []string{"-pes_payload_size", "0", ts}), false},
		{"M2TS", join(sound, code, []string{"-mpegts_m2ts_mode", "1", ts}), false},
		{"video", join(sound, picture, code, []string{ts}), true},
		{"constant rate", join(sound, code, []string{"-muxrate", "500000", ts}), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			ffmpeg(t, c.args...)
			ffmpeg(t, "-i", ts, "-map", "0:a", "-c", "copy", "-f", "adts", aac)
			want := adtsUnits(t, aac)
			b, err := os.ReadFile(ts)
			if err != nil {
				t.Fatal(err)
			}
			r, units := mustRead(t, b)
			if len(units) != len(want) || !r.Track().Damage.Empty() || r.Track().Video != c.video {
				t.Fatalf("%d units, ffmpeg has %d; video %v, damage %+v", len(units), len(want), r.Track().Video, r.Track().Damage.Places)
			}
			for i := range units {
				if !bytes.Equal(units[i], want[i]) {
					t.Fatalf("unit %d is another one than ffmpeg's", i)
				}
			}

			// With packets lost, what is left is right, and nearly all.
			if c.name == "M2TS" {
				return
			}
			lost, said := 0, int64(0)
			const seeds = 10
			for seed := range uint64(seeds) {
				rnd := rand.New(rand.NewPCG(seed, 1))
				r, got := mustRead(t, drop(b, func(int) bool { return rnd.IntN(1000) == 0 }))
				k := 0
				for _, u := range got {
					for k < len(want) && !bytes.Equal(want[k], u) {
						k++
					}
					if k == len(want) {
						t.Fatalf("seed %d: a unit is none of ffmpeg's", seed)
					}
					k++
				}
				lost += len(want) - len(got)
				said += r.Track().Damage.Lost
			}
			all := seeds * len(want)
			t.Logf("%d of %d lost at 0.1 %% packet loss, %d reported", lost, all, said)
			if float64(lost) > 0.005*float64(all) {
				t.Errorf("%d of %d units lost at 0.1 %% packet loss", lost, all)
			}

			// A chunk from the middle needs no tables.
			_, units = mustRead(t, b[len(b)/2:])
			if len(units) < len(want)/2-20 || !bytes.Equal(units[len(units)-1], want[len(want)-1]) {
				t.Errorf("of the second half: %d units", len(units))
			}
		})
	}
}

func join(args ...[]string) (all []string) {
	for _, a := range args {
		all = append(all, a...)
	}
	return all
}

// adtsUnits returns the raw data blocks of an ADTS file that has no damage.
func adtsUnits(t *testing.T, file string) (units [][]byte) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for len(b) > 0 {
		h, err := adts.ParseHeader(b)
		if err != nil {
			t.Fatal(err)
		}
		units = append(units, b[h.HeaderLen:h.Length])
		b = b[h.Length:]
	}
	return units
}
