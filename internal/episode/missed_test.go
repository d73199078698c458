package episode

import (
	"math"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/loudness"
	"github.com/spaces-cli/spaces/internal/media/pcm"
)

// claps is quiet sound with claps that reach full scale, so that raising it means
// to limit them.
func claps(f pcm.Format, seconds, level float64) []float32 {
	samples := voice(f, seconds, 13, steady(level))
	every, length := f.SampleRate*f.Channels/2, f.SampleRate*f.Channels/100
	noise := voice(f, seconds, 14, steady(1))
	for i := range samples {
		if at := i % every; at < length {
			fade := 1 - float64(at)/float64(length)
			samples[i] = float32(max(-0.95, min(0.95, 40*float64(noise[i]))) * fade)
		}
	}
	return samples
}

// A target that is missed is told with the loudness that was reached and the reason,
// also by an export that finds the episode there; and sound that re-encoding hardly
// brings nearer stays as it is coded.
func TestMissedLoudness(t *testing.T) {
	f := pcm.Format{SampleRate: 48000, Channels: 1}
	loud := -10.0
	for _, test := range []struct {
		name      string
		samples   []float32
		loudness  *float64
		reEncoded bool
		note      string
		within    float64 // LU
	}{
		{"too quiet for the gain", voice(f, 8, 10, steady(0.004)), nil, false, "the gain is limited to 20 dB", 0.1},
		{"limited peaks", claps(f, 12, 0.2), &loud, true, "the limiter, which keeps the true peak at -1 dBTP or lower", 0.1},
		{"claps", claps(f, 12, 0.01), nil, false, "because of the peaks: re-encoding would bring it to", 0.1},
	} {
		t.Run(test.name, func(t *testing.T) {
			lib, r, _ := codedAs(t, f, test.samples)
			q := &Request{Library: lib, Recording: r, Version: "test", Dir: t.TempDir(), Jobs: 2, NoCover: true, Loudness: test.loudness}
			res := made(t, q)
			t.Logf("%.1f → %.1f LUFS, %v: %q", *res.Before.Integrated, *res.After.Integrated, *res.Settings.Loudness, res.Notes)
			if res.ReEncoded != test.reEncoded || !res.MissedLoudness() {
				t.Fatalf("re-encoded: %t", res.ReEncoded)
			}
			said := strings.Join(res.Notes, "\n")
			if !strings.Contains(said, test.note) || strings.Contains(said, "20 dB") != strings.Contains(test.note, "20 dB") {
				t.Errorf("no word of %q", test.note)
			}
			want := integrated(t, res.Path, f)
			if d := want - *res.After.Integrated; math.Abs(d) > test.within {
				t.Errorf("the record says %.2f LUFS, the file has %.2f", *res.After.Integrated, want)
			}
			again := made(t, q)
			if again.Status != Done || strings.Join(again.Notes, "\n") != said {
				t.Errorf("once more, %s: %q", again.Status, again.Notes)
			}
		})
	}
}

// integrated is the loudness of a file in LUFS.
func integrated(t *testing.T, name string, f pcm.Format) float64 {
	t.Helper()
	m, err := loudness.NewMeter(f.SampleRate, f.Channels)
	if err != nil {
		t.Fatal(err)
	}
	m.Write(samplesOf(t, name))
	return float64(m.Result().Integrated)
}
