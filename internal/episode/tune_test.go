package episode

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/media/loudness"
	"github.com/spaces-cli/spaces/internal/media/pcm"
	"github.com/spaces-cli/spaces/internal/recording"
	"github.com/spaces-cli/spaces/internal/stream"
)

// What a forecast says of a gain is what amplifying, limiting and measuring
// give.
func TestForecastIsWhatTheLimiterDoes(t *testing.T) {
	const ceiling = -2.5
	for _, sound := range sounds {
		for _, f := range []pcm.Format{{SampleRate: 48000, Channels: 2}, {SampleRate: 44100, Channels: 1}} {
			if (!sound.short || f.Channels == 2) && os.Getenv("SPACES_LONG") == "" {
				continue
			}
			t.Run(fmt.Sprintf("%s, %d channels", sound.name, f.Channels), func(t *testing.T) {
				samples := sound.make(f, 10)
				gains := []float64{-6, 0, 4, 9, 15}
				fc := newForecast(f.SampleRate, f.SampleRate/(10*partsPerStep), ceiling, gains)
				err := scanAll(t.Context(), &memoryReader{f, samples}, pcm.Decibels(ceiling-15), func(energy, peak float64, frames int) { fc.add(energy, peak, frames, true) }, fc)
				if err != nil {
					t.Fatal(err)
				}
				plain := measured(t, &memoryReader{f, samples})
				if d := fc.loudness() - float64(plain.Integrated); math.Abs(d) > 0.02 {
					t.Errorf("%.3f LUFS, the meter measures %.3f", fc.loudness(), float64(plain.Integrated))
				}
				for i, loss := range fc.losses() {
					got := measured(t, pcm.Limit(pcm.Gain(&memoryReader{f, samples}, pcm.Decibels(gains[i])), pcm.Decibels(ceiling)))
					want := float64(plain.Integrated) + gains[i] - float64(got.Integrated)
					if math.Abs(loss-want) > 0.1 {
						t.Errorf("%+.0f dB: the limiter takes %.2f LU, the forecast was %.2f", gains[i], want, loss)
					}
				}
			})
		}
	}
}

func measured(t *testing.T, src pcm.Reader) loudness.Result {
	t.Helper()
	m, err := measure(t.Context(), src, nil)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// The gain that is found from samples of a recording brings all of it to the
// target, though the speakers differ and one talks for a short time only.
func TestGainFromSamples(t *testing.T) {
	f := pcm.Format{SampleRate: 48000, Channels: 1}
	seconds := 340.0
	for _, c := range []struct {
		name  string
		level func(t float64) float64
	}{
		{"the same throughout", steady(0.5)},
		{"louder and louder", func(t float64) float64 { return 0.05 + t/seconds }},
		{"a loud minute", func(t float64) float64 {
			if t > 100 && t < 160 {
				return 2
			}
			return 0.2
		}},
		{"laughs", func(t float64) float64 {
			if math.Mod(t, 17) < 0.4 {
				return 2
			}
			return 0.3
		}},
	} {
		if c.name != "laughs" && os.Getenv("SPACES_LONG") == "" {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			l, r := imported(t, f, voice(f, seconds, 11, c.level))
			e := limiting(t, &Request{Library: l, Recording: r, Format: format.FLAC, Version: "test", Jobs: 2}, -14)
			played := &counter{}
			e.chain.progress = played
			if err := e.work(t.Context()); err != nil {
				t.Fatal(err)
			}
			if played.frames > 0 {
				t.Errorf("%d samples were played, not only parts", played.frames)
			}
			if !e.chain.limit {
				t.Fatal("the limiter has nothing to do")
			}
			if m, err := e.chain.measure(t.Context(), nil); err != nil || math.Abs(float64(m.Integrated)+14) > 0.15 {
				t.Errorf("%.2f LUFS, not -14 (%v); the gain is %.2f dB", float64(m.Integrated), err, e.chain.gain)
			}
		})
	}
}

// What is played otherwise than it was measured is played once more, not more
// often.
func TestGainFromOnePass(t *testing.T) {
	f := pcm.Format{SampleRate: 48000, Channels: 2}
	seconds := 40.0
	if os.Getenv("SPACES_LONG") != "" {
		seconds = 120
	}
	l, r := imported(t, f, voice(f, seconds, 12, func(t float64) float64 {
		if math.Mod(t, 8) > 5 {
			return 0
		}
		return 0.6
	}))
	for _, q := range []Request{{Mono: true}, {CutSilence: 1e9}, {TrimSilence: true, CutSilence: 5e8, Mono: true}} {
		q.Library, q.Recording, q.Format, q.Version, q.Jobs = l, r, format.FLAC, "test", 2
		e := limiting(t, &q, -13)
		played := &counter{}
		e.chain.progress = played
		if err := e.work(t.Context()); err != nil {
			t.Fatal(err)
		}
		if played.frames != e.chain.samples {
			t.Errorf("%d samples were played of %d", played.frames, e.chain.samples)
		}
		if m, err := e.chain.measure(t.Context(), nil); err != nil || math.Abs(float64(m.Integrated)+13) > 0.15 {
			t.Errorf("%.2f LUFS, not -13 (%v); the gain is %.2f dB", float64(m.Integrated), err, e.chain.gain)
		}
	}
}

// limiting prepares an export at a loudness.
func limiting(t *testing.T, q *Request, target float64) *export {
	t.Helper()
	q.Loudness = &target
	e := &export{Request: *q, progress: stream.NoProgress{}}
	if err := e.settle(); err != nil {
		t.Fatal(err)
	}
	var err error
	if e.measured, err = recording.Measure(t.Context(), q.Library, q.Recording.Space.ID, q.Jobs, nil); err != nil {
		t.Fatal(err)
	}
	if err := e.prepare(); err != nil {
		t.Fatal(err)
	}
	return e
}

// A counter counts the frames that a chain plays.
type counter struct {
	stream.NoProgress
	frames int64
}

func (c *counter) Add(n int64) { c.frames += n }

// Nothing in it is heard, at any gain.
func TestForecastOfSilence(t *testing.T) {
	f := pcm.Format{SampleRate: 48000, Channels: 1}
	fc := newForecast(f.SampleRate, 32, -1, []float64{0, 20})
	err := scanAll(t.Context(), &memoryReader{f, make([]float32, 48000)}, 0.01, func(energy, peak float64, frames int) { fc.add(energy, peak, frames, true) }, fc)
	if err != nil || !math.IsInf(fc.loudness(), -1) || fc.losses()[1] != 0 {
		t.Errorf("%v LUFS, %v, %v", fc.loudness(), fc.losses(), err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := scanAll(ctx, &memoryReader{f, make([]float32, 48000)}, 0.01, func(float64, float64, int) {}, fc); !errors.Is(err, context.Canceled) {
		t.Errorf("after an interruption: %v", err)
	}
}

func BenchmarkForecast(b *testing.B) {
	f := pcm.Format{SampleRate: 48000, Channels: 2}
	const seconds = 10
	samples := voice(f, seconds, 1, steady(0.5))
	for b.Loop() {
		fc := newForecast(f.SampleRate, 32, -2.5, spread(6, prospects[:]))
		if err := scanAll(b.Context(), &memoryReader{f, samples}, 0.1, func(energy, peak float64, frames int) { fc.add(energy, peak, frames, true) }, fc); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(seconds*float64(b.N)/b.Elapsed().Seconds(), "x-realtime")
}
