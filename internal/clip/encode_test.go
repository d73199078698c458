package clip

import (
	"math"
	"math/rand/v2"
	"os/exec"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/recording"
)

// correlate returns how similar two stretches of one channel are, 1 for the
// same up to a factor.
func correlate(a, b []float32) float64 {
	var ab, aa, bb float64
	for i := range a {
		ab += float64(a[i]) * float64(b[i])
		aa += float64(a[i]) * float64(a[i])
		bb += float64(b[i]) * float64(b[i])
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return ab / math.Sqrt(aa*bb)
}

// left returns the first channel.
func left(samples []float32, channels int) []float32 {
	out := make([]float32, len(samples)/channels)
	for i := range out {
		out[i] = samples[i*channels]
	}
	return out
}

// What is encoded again has every sample at its place, and no more of them.
func TestEncodedIsAligned(t *testing.T) {
	tool(t, "ffmpeg")
	tool(t, "lame")
	list := []testSound{sources[0], sources[1], sources[8], sources[9], sources[14], sources[15]}
	if testing.Short() {
		list = list[:2]
	}
	for _, src := range list {
		t.Run(src.name, func(t *testing.T) {
			file := src.make(t, t.TempDir())
			want := decode(t, file)
			l, id := importFile(t, file)
			r := open(t, l, id)
			channels := r.Files[0].Config.Channels
			rnd := rand.New(rand.NewPCG(3, 4))
			for _, f := range []format.Format{format.M4A, format.WAV, format.FLAC, format.Opus, format.MP3} {
				start := rnd.Int64N(r.Samples / 2)
				s := span(start, int64(r.Rate)*3+rnd.Int64N(5000))
				res, clip := cut(t, Request{Recording: r, Span: s, Format: f, Strict: true})
				exact := src.name[:3] == "wav" && (f == format.WAV || f == format.FLAC)
				if res.Lossless != exact || res.Samples != s.Samples {
					t.Errorf("%s: %+v became %+v", f, s, res)
				}
				rate := r.Format(f.Entry().Rates...).SampleRate
				got := left(decode(t, clip), channels)
				ref := left(want[s.Start*int64(channels):s.End()*int64(channels)], channels)
				if n := int(recording.Rescale(s.Samples, rate, r.Rate)); len(got) < n || len(got) > n+1024 || f != format.M4A && len(got) != n {
					t.Errorf("%s: %d samples come out, not %d", f, len(got), n)
					continue
				}
				if rate != r.Rate {
					continue // compared in TestResampledIsAligned
				}
				if f == format.WAV || f == format.FLAC {
					limit := 2.5 / (1 << 15)
					if exact {
						limit = 0
					}
					if w := worst(ref, got); w > limit {
						t.Errorf("%s: differs by up to %g", f, w)
					}
					continue
				}
				// The middle fits best where it is, better than a sample away.
				mid := ref[1000 : len(ref)-1000]
				best, at := -1.0, 0
				for lag := -12; lag <= 12; lag++ {
					if c := correlate(mid, got[1000+lag:][:len(mid)]); c > best {
						best, at = c, lag
					}
				}
				if at != 0 || best < 0.9 {
					t.Errorf("%s: fits best %d samples late (%.4f)", f, at, best)
				}
			}
		})
	}
}

// At another rate the sound is where it was: seen by going there and back.
func TestResampledIsAligned(t *testing.T) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("ffmpeg is not installed")
	}
	src := sources[1] // 44.1 kHz
	file := src.make(t, t.TempDir())
	l, id := importFile(t, file)
	r := open(t, l, id)
	s := span(100000, 100000)
	_, opus := cut(t, Request{Recording: r, Span: s, Format: format.Opus})
	back := run(t, "ffmpeg", "-v", "error", "-i", opus, "-ar", "44100", "-f", "f32le", "pipe:1")
	got := floats(back)
	want := decode(t, file)[s.Start:s.End()]
	best, at := -1.0, 0
	mid := want[2000:90000]
	for lag := -20; lag <= 20; lag++ {
		if c := correlate(mid, got[2000+lag:][:len(mid)]); c > best {
			best, at = c, lag
		}
	}
	if at != 0 || best < 0.9 {
		t.Errorf("fits best %d samples late (%.4f)", at, best)
	}
}

func TestEffects(t *testing.T) {
	src := sources[0]
	file := src.make(t, t.TempDir())
	l, id := importFile(t, file)
	r := open(t, l, id)
	s := span(48000, 5*48000)
	plain := func(e Effects) []float32 {
		_, clip := cut(t, Request{Recording: r, Span: s, Format: format.WAV, Effects: e})
		return decode(t, clip)
	}
	before := plain(Effects{})
	faded := plain(Effects{Fade: time.Second})
	if v := math.Abs(float64(faded[0])); v > 0.001 {
		t.Errorf("a fade begins at %g", v)
	}
	mid := 2*48000 + 24000
	if faded[2*mid] != before[2*mid] {
		t.Error("a fade changes the middle")
	}
	mono := plain(Effects{Mono: true})
	if len(mono) != int(s.Samples) {
		t.Fatalf("%d samples in mono", len(mono))
	}
	for i := range mono {
		if d := math.Abs(float64(mono[i]) - float64(before[2*i]+before[2*i+1])/2); d > 2.0/(1<<15) {
			t.Fatalf("sample %d of mono is %g off", i, d)
		}
	}
	target := -30.0
	_, clip := cut(t, Request{Recording: r, Span: s, Format: format.FLAC, Effects: Effects{Normalize: &target}})
	if got := loudnessOf(t, clip); math.Abs(got-target) > 0.2 {
		t.Errorf("normalized to %g LUFS, ffmpeg measures %g", target, got)
	}
	loud := 0.0 // more than the peaks allow
	_, clip = cut(t, Request{Recording: r, Span: s, Format: format.WAV, Effects: Effects{Normalize: &loud}})
	peak := 0.0
	for _, v := range decode(t, clip) {
		peak = max(peak, math.Abs(float64(v)))
	}
	if db := 20 * math.Log10(peak); db > peakLimit+0.05 || db < peakLimit-1 {
		t.Errorf("as loud as it can be has a peak of %.2f dBFS", db)
	}
}
