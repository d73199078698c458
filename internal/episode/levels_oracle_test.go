package episode

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/encode"
	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/media/pcm"
)

var (
	summaryI    = regexp.MustCompile(`(?s)Summary:.*?I: +(-?[0-9.]+|-?inf) LUFS`)
	summaryPeak = regexp.MustCompile(`(?s)True peak:\s+Peak: +(-?[0-9.]+|-?inf) dBFS`)
)

// ebur128 is what ffmpeg's meter says of a file: LUFS and dBTP.
func ebur128(t testing.TB, file string) (integrated, peak float64) {
	t.Helper()
	var talk bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "ffmpeg", "-nostats", "-hide_banner", "-i", file, "-map", "0:a", "-af", "ebur128=peak=true:framelog=verbose", "-f", "null", "-")
	cmd.Stderr = &talk
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, &talk)
	}
	number := func(x *regexp.Regexp) float64 {
		m := x.FindSubmatch(talk.Bytes())
		if m == nil {
			t.Fatalf("ffmpeg says nothing of %v:\n%s", x, &talk)
		}
		v, err := strconv.ParseFloat(string(m[1]), 64)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	return number(summaryI), number(summaryPeak)
}

// shaped is the sound of one function for all channels, held within full scale.
func shaped(f pcm.Format, seconds float64, value func(t float64, c int) float64) []float32 {
	out := make([]float32, int(seconds*float64(f.SampleRate))*f.Channels)
	for i := range out {
		out[i] = float32(max(-1, min(1, value(float64(i/f.Channels)/float64(f.SampleRate), i%f.Channels))))
	}
	return out
}

// band is music of a kind: chords that differ from side to side, a bass and
// drums with hard attacks.
func band(f pcm.Format, seconds float64) []float32 {
	rnd := rand.New(rand.NewPCG(7, 7))
	return shaped(f, seconds, func(t float64, c int) float64 {
		bar := math.Floor(t / 2)
		v := 0.0
		for k, n := range []float64{0, 4, 7, 11} {
			hz := 220 * math.Pow(2, (n+3*math.Mod(bar, 4))/12)
			v += 0.09 * math.Sin(2*math.Pi*hz*t+float64(k*c)) * (1 + 0.3*math.Sin(2*math.Pi*hz*2.01*t))
		}
		v += 0.2 * math.Sin(2*math.Pi*55*math.Pow(2, math.Mod(bar, 4)/12)*t)
		beat := math.Mod(t, 0.5)
		return v + 0.8*rnd.NormFloat64()*math.Exp(-beat*90) + 0.6*math.Sin(2*math.Pi*60*beat)*math.Exp(-beat*20)
	})
}

// sounds are what is brought to loudness. Those that are short run always.
var sounds = []struct {
	name  string
	short bool
	make  func(f pcm.Format, seconds float64) []float32
}{
	{"loud and quiet speakers", true, func(f pcm.Format, s float64) []float32 {
		return voice(f, s, 2, func(t float64) float64 {
			if math.Mod(t, 5) < 2.5 {
				return 0.8
			}
			return 0.05
		})
	}},
	{"music", true, band},
	{"quiet speech", false, func(f pcm.Format, s float64) []float32 { return voice(f, s, 3, steady(0.15)) }},
	{"clipping", false, func(f pcm.Format, s float64) []float32 { return voice(f, s, 4, steady(9)) }},
	{"near full scale", false, func(f pcm.Format, s float64) []float32 { return voice(f, s, 5, steady(1.5)) }},
	{"clicks in speech", false, func(f pcm.Format, s float64) []float32 {
		out := voice(f, s, 6, steady(0.1))
		for i := f.SampleRate * f.Channels; i < len(out); i += 2 * f.SampleRate * f.Channels {
			for k := range 6 * f.Channels {
				if i+k < len(out) {
					out[i+k] = float32(1 - 2*(k/f.Channels%2))
				}
			}
		}
		return out
	}},
	{"much silence", false, func(f pcm.Format, s float64) []float32 {
		return voice(f, s, 8, func(t float64) float64 {
			if math.Mod(t, 10) < 2 {
				return 0.3
			}
			return 1e-4
		})
	}},
	{"high tones", false, func(f pcm.Format, s float64) []float32 {
		return shaped(f, s, func(t float64, c int) float64 {
			return 0.5*math.Sin(2*math.Pi*11025*t+1)*math.Exp(-2*math.Mod(t, 1)) + 0.1*math.Sin(2*math.Pi*400*t)
		})
	}},
	{"loud music", false, func(f pcm.Format, s float64) []float32 {
		out := band(f, s)
		for i := range out {
			out[i] = float32(math.Tanh(3 * float64(out[i])))
		}
		return out
	}},
	{"noise", false, func(f pcm.Format, s float64) []float32 {
		rnd := rand.New(rand.NewPCG(9, 9))
		return shaped(f, s, func(float64, int) float64 { return 0.02 * rnd.NormFloat64() })
	}},
}

// The published limits: half a unit around the target, and a true peak of
// -1 dBTP, a tenth over which meters may disagree.
const (
	mayMiss   = 0.5
	mayExceed = 0.1
)

// What is published has the loudness that was asked for, and no peak beyond
// the ceiling, says ffmpeg's meter.
func TestLoudnessByFFmpeg(t *testing.T) {
	tool(t, "ffmpeg")
	long := os.Getenv("SPACES_LONG") != ""
	seconds, channels, lossy := 7.0, []int{2}, []format.Format{format.M4A}
	if long {
		seconds, channels, lossy = 30, []int{1, 2}, []format.Format{format.M4A, format.Opus, format.FLAC}
	}
	if _, err := encode.FindProgram(""); err == nil {
		lossy = append(lossy, format.MP3)
	}
	for _, sound := range sounds {
		if !sound.short && !long {
			continue
		}
		for _, n := range channels {
			name := fmt.Sprintf("%s, %d channels", sound.name, n)
			t.Run(name, func(t *testing.T) {
				f := pcm.Format{SampleRate: 48000, Channels: n}
				l, r := imported(t, f, sound.make(f, seconds))
				want := map[int]float64{1: -19, 2: -16}[n]
				for _, format := range lossy {
					res := exported(t, l, r, t.TempDir(), Request{Format: format})
					lufs, peak := ebur128(t, res.Path)
					if math.Abs(lufs-want) > mayMiss || peak > -1+mayExceed+1e-9 {
						t.Errorf("%s: %.1f LUFS, %.1f dBTP; we say %s LUFS, %s dBTP, remarks %q", format, lufs, peak, level(res.After.Integrated), level(res.After.TruePeak), res.Notes)
					}
					if d := lufs - *res.After.Integrated; math.Abs(d) > 0.15 {
						t.Errorf("%s: ffmpeg measures %.1f LUFS, we %.2f", format, lufs, *res.After.Integrated)
					}
				}
			})
		}
	}
}

func level(v *float64) string {
	if v == nil {
		return "-"
	}
	return fmt.Sprintf("%.2f", *v)
}

// What is next to silent is reported, and amplified by no more than MaxGain;
// what is silent stays so.
func TestNearSilenceIsNotPumpedUp(t *testing.T) {
	tool(t, "ffmpeg")
	f := pcm.Format{SampleRate: 48000, Channels: 1}
	for _, test := range []struct {
		name  string
		level float64
	}{{"far away", 0.004}, {"silence", 0}} {
		t.Run(test.name, func(t *testing.T) {
			l, r := imported(t, f, voice(f, 6, 10, steady(test.level)))
			before, _ := ebur128(t, r.Files[0].Name())
			res := exported(t, l, r, t.TempDir(), Request{Format: format.M4A})
			after, _ := ebur128(t, res.Path)
			if len(res.Notes) == 0 {
				t.Errorf("%s: nothing is reported", test.name)
			}
			switch {
			case test.level == 0 && res.After.Integrated != nil:
				t.Errorf("%s: %.2f LUFS", test.name, *res.After.Integrated)
			case test.level > 0 && (before > -41 || math.Abs(after-before-MaxGain) > 0.3):
				t.Errorf("%s: from %.1f to %.1f LUFS", test.name, before, after)
			}
		})
	}
}
