package moments

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/cmplx"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/media/pcm"
)

// A wave is sound made by a function of the sample.
type wave struct {
	format  pcm.Format
	at, end int64
	value   func(i int64) float64
	losses  pcm.Losses
	err     error
}

func (w *wave) Format() pcm.Format  { return w.format }
func (w *wave) Losses() *pcm.Losses { return &w.losses }
func (w *wave) Close() error        { return nil }
func (w *wave) Read(dst []float32) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	n := 0
	for ; (n+1)*w.format.Channels <= len(dst) && w.at < w.end; n++ {
		for c := range w.format.Channels {
			dst[n*w.format.Channels+c] = float32(w.value(w.at))
		}
		w.at++
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// waveRun is a run of such sound.
func waveRun(f pcm.Format, first, samples int64, value func(i int64) float64) run {
	return run{first, f.SampleRate, samples, func(_ context.Context, s pcm.Span) (lossReader, error) {
		return &wave{format: f, at: s.Start, end: s.Start + s.Samples, value: value}, nil
	}}
}

func scanWave(t *testing.T, rate int, seconds float64, value func(i int64) float64) *features {
	t.Helper()
	n := int64(seconds * float64(rate))
	f, err := scan(t.Context(), rate, n, []run{waveRun(pcm.Format{SampleRate: rate, Channels: 2}, 0, n, value)}, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func tone(rate int, hz, amplitude float64) func(int64) float64 {
	return func(i int64) float64 { return amplitude * math.Sin(2*math.Pi*hz*float64(i)/float64(rate)) }
}

// noise is the same at the same sample, whoever asks.
func noise(level float64) func(int64) float64 {
	return func(i int64) float64 { return level * rand.New(rand.NewPCG(uint64(i), 5)).NormFloat64() }
}

func TestHops(t *testing.T) {
	for _, rate := range []int{8000, 11025, 16000, 22050, 44100, 48000, 96000} {
		quiet := scanWave(t, rate, 2, tone(rate, 440, 0.1*math.Sqrt2))
		loud := scanWave(t, rate, 2, noise(0.1))
		if len(quiet.hops) != 2*hopsASecond {
			t.Fatalf("%d Hz: %d hops in 2 s", rate, len(quiet.hops))
		}
		mean := func(f *features) (x float64) {
			for _, h := range f.hops {
				x += float64(h.noise) / 255 / float64(len(f.hops))
				if math.Abs(h.decibels()+20) > 1.5 || h.flags != 0 {
					t.Fatalf("%d Hz: %.1f dBFS, flags %d; want -20 dBFS", rate, h.decibels(), h.flags)
				}
			}
			return x
		}
		if a, b := mean(quiet), mean(loud); a > 0.2 || b < 0.75 {
			t.Errorf("%d Hz: a tone is noise by %.2f, noise by %.2f", rate, a, b)
		}
	}
}

func TestClippedHops(t *testing.T) {
	f := scanWave(t, 48000, 1, func(i int64) float64 {
		if i >= 24000 && i < 24005 {
			return 1
		}
		return 0.999 * float64(i%2) // two in a row are not enough
	})
	for i, h := range f.hops {
		if got := h.flags&clipped != 0; got != (i == 20) {
			t.Errorf("hop %d: clipped is %v", i, got)
		}
	}
}

// The transform is that of the definition, for both of the signals.
func TestTransform(t *testing.T) {
	s := newSpectrometer(8000)
	rng := rand.New(rand.NewPCG(1, 1))
	a, b := make([]float32, 200), make([]float32, 200)
	for i := range a {
		a[i], b[i] = float32(rng.NormFloat64()), float32(rng.NormFloat64())
	}
	s.pair(a, b)
	for k := 1; k < s.size/2; k++ {
		for sign, x := range map[float64][]float32{1: a, -1: b} {
			var sum complex128
			for i, w := range s.window {
				sum += complex(w*float64(x[i]), 0) * cmplx.Rect(1, -2*math.Pi*float64(i*k)/float64(s.size))
			}
			want := real(sum)*real(sum) + imag(sum)*imag(sum)
			if got := s.power(k, sign); math.Abs(got-want) > 1e-9*(1+want) {
				t.Fatalf("bin %d: power %g, want %g", k, got, want)
			}
		}
	}
}

// What is no number does no harm.
func TestInvalidSamples(t *testing.T) {
	bad := []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e30}
	f := scanWave(t, 16000, 1, func(i int64) float64 { return bad[i%4] })
	for _, h := range f.hops {
		if h.level != 0 {
			t.Fatalf("%+v is made of what is no number", h)
		}
	}
}

// Nothing depends on how many chunks are decoded at once.
func TestJobs(t *testing.T) {
	r := made(7, 150)
	one, err := r.scan(1)
	if err != nil {
		t.Fatal(err)
	}
	four, err := r.scan(4)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(one.hops, four.hops) {
		t.Error("the hops depend on the number of jobs")
	}
}

// A hop lies where its sound is, also in a run of another rate.
func TestRuns(t *testing.T) {
	loudAfter := func(n int64) func(int64) float64 {
		return func(i int64) float64 {
			if i >= n {
				return 0.5
			}
			return 0
		}
	}
	alternate := func(f func(int64) float64) func(int64) float64 {
		return func(i int64) float64 { return f(i) * float64(1-2*(i/20%2)) }
	}
	// Three seconds at 48 kHz, then three at 44.1 kHz, loud from second 5 on.
	runs := []run{
		waveRun(pcm.Format{SampleRate: 48000, Channels: 2}, 0, 3*48000, func(int64) float64 { return 0 }),
		waveRun(pcm.Format{SampleRate: 44100, Channels: 1}, 3*48000, 3*44100, alternate(loudAfter(2*44100))),
	}
	f, err := scan(t.Context(), 48000, 6*48000, runs, 2, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, h := range f.hops {
		if loud := h.level > 200; loud != (i >= 5*hopsASecond) || h.flags != 0 {
			t.Errorf("hop %d is %+v", i, h)
		}
	}
}

// Units that do not decode are marked where they are.
func TestLosses(t *testing.T) {
	r := waveRun(pcm.Format{SampleRate: 16000, Channels: 1}, 0, 10*16000, noise(0.1))
	play := r.play
	r.play = func(ctx context.Context, s pcm.Span) (lossReader, error) {
		src, err := play(ctx, s)
		src.(*wave).losses = pcm.Losses{Places: []pcm.Loss{{Units: 1, Span: pcm.Span{Start: 4*16000 + 100, Samples: 1024}}}, Units: 1, Samples: 1024}
		return src, err
	}
	f, err := scan(t.Context(), 16000, 10*16000, []run{r}, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, h := range f.hops {
		if got, want := h.flags&lost != 0, i >= 160 && i <= 162; got != want {
			t.Errorf("hop %d: lost is %v", i, got)
		}
	}
}

func TestScanStops(t *testing.T) {
	broken := errors.New("broken")
	bad := run{0, 16000, 600 * 16000, func(context.Context, pcm.Span) (lossReader, error) {
		return &wave{format: pcm.Format{SampleRate: 16000, Channels: 1}, err: broken}, nil
	}}
	if _, err := scan(t.Context(), 16000, 600*16000, []run{bad}, 3, nil); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	sound := waveRun(pcm.Format{SampleRate: 16000, Channels: 1}, 0, 600*16000, noise(0.1))
	if _, err := scan(ctx, 16000, 600*16000, []run{sound}, 2, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v after the context was done", err)
	}
}

// On silence and on what never changes nothing stands out.
func TestNoMomentsFound(t *testing.T) {
	sounds := map[string]func(int64) float64{
		"silence": func(int64) float64 { return 0 },
		"faint":   noise(1e-5),
		"tone":    tone(16000, 440, 0.3),
		"noise":   noise(0.05),
		"hum": func(i int64) float64 {
			return 0.2*math.Sin(2*math.Pi*50*float64(i)/16000) + 0.05*math.Sin(2*math.Pi*150*float64(i)/16000)
		},
		"clicks": func(i int64) float64 { return map[bool]float64{true: 0.5}[i%8000 < 20] },
		"offset": func(int64) float64 { return 0.5 },
	}
	for name, sound := range sounds {
		t.Run(name, func(t *testing.T) {
			f := scanWave(t, 16000, 90, sound)
			for length := 10 * time.Second; length <= 80*time.Second; length += 35 * time.Second {
				if list := rank(f, nil, nil, Options{Top: 10, Length: length}); len(list) > 0 {
					t.Errorf("%s: %+v", name, list)
				}
			}
		})
	}
	if list := rank(&features{rate: 48000}, nil, nil, Options{Top: 10, Length: 30 * time.Second}); list != nil {
		t.Errorf("in no sound: %+v", list)
	}
}

// voices adds up so many voices, each of pulses through formants at a pitch of
// its own.
func voices(rate int, pitches ...float64) func(int64) float64 {
	return func(i int64) float64 {
		sum := 0.0
		for _, hz := range pitches {
			// A damped ring after each pulse.
			now := math.Mod(float64(i)/float64(rate), 1/hz)
			sum += 0.1 * math.Exp(-500*now) * (math.Sin(2*math.Pi*650*now) + 0.5*math.Sin(2*math.Pi*1200*now))
		}
		return sum
	}
}

// One voice, low or high, is told from breath and from several at once, at any
// sample rate, in a noise that hides what is above its first formants, and
// whatever hums beside it.
func TestVoice(t *testing.T) {
	both := func(a, b func(int64) float64) func(int64) float64 {
		return func(i int64) float64 { return a(i) + b(i) }
	}
	for _, rate := range []int{8000, 11025, 16000, 44100, 48000} {
		hum := tone(rate, 50, 0.03)
		for _, c := range []struct {
			name     string
			sound    func(int64) float64
			min, max float64
		}{
			{"a low voice", voices(rate, 85), 0.85, 1},
			{"a voice", voices(rate, 143), 0.85, 1},
			{"a high voice", voices(rate, 310), 0.8, 1},
			{"a voice and a fan", both(voices(rate, 143), noise(0.006)), 0.75, 1},
			{"a voice and a hum", both(voices(rate, 143), hum), 0.8, 1},
			{"breath", noise(0.05), 0, 0.45},
			{"breath and a hum", both(noise(0.1), hum), 0, 0.5},
			{"four voices", voices(rate, 171, 229, 283, 347), 0, 0.75},
			{"silence", func(int64) float64 { return 0 }, 0, 0},
			{"an offset", func(int64) float64 { return 0.5 }, 0, 0},
		} {
			t.Run(fmt.Sprintf("%s, %d Hz", c.name, rate), func(t *testing.T) {
				f := scanWave(t, rate, 1, c.sound)
				mean := 0.0
				for _, h := range f.hops[1:] {
					mean += float64(h.voice) / 255 / float64(len(f.hops)-1)
				}
				if !(mean >= c.min && mean <= c.max+1e-9) {
					t.Errorf("%d Hz: %s is one voice by %.2f, not %.2f to %.2f", rate, c.name, mean, c.min, c.max)
				}
			})
		}
	}
}
