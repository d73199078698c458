package loudness

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/sinc"
)

// BS.1770-4, tables 1 and 2.
func TestWeightingMatchesTheStandardAt48k(t *testing.T) {
	w := newWeighting(48000)
	got := []float64{w.b0, w.b1, w.b2, w.a1, w.a2, w.c1, w.c2}
	want := []float64{1.53512485958697, -2.69169618940638, 1.19839281085285, -1.69065929318241, 0.73248077421585,
		-1.99004745483398, 0.99007225036621}
	for i := range got {
		if math.Abs(got[i]-want[i]) > 1e-8 {
			t.Errorf("coefficient %d is %.14f, want %.14f", i, got[i], want[i])
		}
	}
}

func TestToneIsEquallyLoudAtEveryRate(t *testing.T) {
	for _, rate := range []int{8000, 11025, 12000, 16000, 24000, 32000, 69313, 88200, 96000, 176400, 192000} {
		near(t, fmt.Sprint(rate, " Hz: integrated loudness"),
			measure(t, rate, 2, tones(rate, tone{-23, 4})).Integrated, -23, 0.1, 0.1)
	}
}

func TestMonoCountsOnce(t *testing.T) {
	stereo := tones(48000, tone{-23, 5})
	mono := make([]float32, len(stereo)/2)
	for i := range mono {
		mono[i] = stereo[2*i]
	}
	near(t, "mono", measure(t, 48000, 1, mono).Integrated, -26.01, 0.02, 0.02)
}

func TestLevelsDoNotDependOnBlocks(t *testing.T) {
	for _, channels := range []int{1, 2, 3, 6} {
		in := speechLike(22050, channels, 5)
		want := measure(t, 22050, channels, in)
		rnd := rand.New(rand.NewPCG(3, uint64(channels)))
		m := newMeter(t, 22050, channels)
		for rest := in; len(rest) > 0; {
			n := min(len(rest), channels*rnd.IntN(700))
			m.Write(rest[:n])
			rest = rest[n:]
			if rnd.IntN(20) == 0 {
				m.Result() // must change nothing
			}
		}
		if got := m.Result(); got != want {
			t.Errorf("%d channels: in blocks %+v, at once %+v", channels, got, want)
		}
	}
}

// What is left out because of the bound must not be what counts.
func TestTruePeakIsThatOfEverySample(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	for _, rate := range []int{8000, 48000, 96000, 192000} {
		for round := range 20 {
			in := make([]float32, 3000)
			for i := range in {
				in[i] = float32(rnd.NormFloat64() * math.Pow(10, -2*rnd.Float64()) * 0.3)
			}
			got := measure(t, rate, 1, in)

			all := newPeakMeter(rate)
			padded := slices.Concat(make([]float32, history), in, make([]float32, history))
			for _, x := range in {
				all.samplePeak = max(all.samplePeak, abs(x))
			}
			all.truePeak = all.samplePeak
			if all.factor > 1 {
				all.interpolate(padded)
			}
			if want := decibels(float64(all.truePeak)); got.TruePeak != want {
				t.Fatalf("%d Hz, round %d: true peak %v, want %v", rate, round, got.TruePeak, want)
			}
			if rate == 192000 && got.TruePeak != got.SamplePeak {
				t.Fatalf("interpolated at %d Hz", rate)
			}
		}
	}
}

func TestBoundHoldsForTheWorstInput(t *testing.T) {
	p := newInterpolator()
	for _, fraction := range []float64{0.25, 0.5, 0.75} {
		var worst float64
		for _, h := range sinc.Between(half, fraction) {
			worst += math.Abs(h)
		}
		if worst > float64(p.bound) {
			t.Errorf("position %v reaches %v, bound %v", fraction, worst, p.bound)
		}
	}
}

func TestClippingIsRunsAtFullScale(t *testing.T) {
	const full = 32767.0 / 32768
	for _, c := range []struct {
		name          string
		in            []float32
		clipped, runs int64
	}{
		{"one", []float32{0, 1, 0}, 0, 0},
		{"two", []float32{0, 1, 1, 0}, 0, 0},
		{"three", []float32{0, 1, 1, 1, 0}, 3, 1},
		{"sixteen bits", []float32{full, full, full, full, 0}, 4, 1},
		{"just below", []float32{0.9999, 0.9999, 0.9999, 0.9999}, 0, 0},
		{"negative and over", []float32{-1, -1.5, -1, 0, 2, 2, 2}, 6, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			for lead := range 3 * 480 { // over every boundary of cells
				if lead > 4 && (lead < 470 || lead > 490) {
					continue
				}
				in := append(make([]float32, lead), c.in...)
				r := measure(t, 48000, 1, in)
				if r.Clipped != c.clipped || r.ClippedRuns != c.runs {
					t.Errorf("%s after %d: %d samples in %d runs, want %d in %d", c.name, lead, r.Clipped, r.ClippedRuns, c.clipped, c.runs)
				}
			}
		})
	}
}

func TestInvalidSamplesAreZeros(t *testing.T) {
	good := speechLike(48000, 2, 4)
	bad := slices.Clone(good)
	for i := 100; i < len(good); i += 5000 {
		good[i] = 0
		bad[i] = []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), math.MaxFloat32}[i/5000%4]
	}
	want, got := measure(t, 48000, 2, good), measure(t, 48000, 2, bad)
	if got.Invalid == 0 {
		t.Error("invalid samples were not counted")
	}
	got.Invalid = 0
	if got != want {
		t.Errorf("with invalid samples %+v, with zeros %+v", got, want)
	}
}

func TestSilenceAndNothing(t *testing.T) {
	for _, in := range [][]float32{nil, make([]float32, 48000*8), {0}, make([]float32, 99)} {
		r := measure(t, 48000, 2, in)
		want := Result{Integrated: silence, MaxMomentary: silence, MaxShortTerm: silence, TruePeak: silence, SamplePeak: silence}
		if r != want {
			t.Errorf("%d samples of silence: %+v", len(in), r)
		}
	}
}

// After something very loud, what is quiet must still be measured right.
func TestLoudDoesNotSpoilQuiet(t *testing.T) {
	loud := slices.Repeat([]float32{1e8, -1e8}, 48000)
	m := newMeter(t, 48000, 2)
	var last Step
	m.OnStep = func(s Step) { last = s }
	m.Write(loud)
	m.Write(tones(48000, tone{-60, 8}))
	near(t, "short-term loudness", last.ShortTerm, -60, 0.1, 0.1)
}

func TestMergeIsOneProgramme(t *testing.T) {
	a, b := tones(48000, tone{-20, 30}), tones(44100, tone{-26, 30})
	whole := newMeter(t, 48000, 2)
	whole.Write(a)
	part := newMeter(t, 44100, 2)
	part.Write(b)
	part.Write([]float32{0.9, 0.9}) // in a cell that is not complete
	whole.Merge(part)
	r := whole.Result()
	want := 10 * math.Log10((math.Pow(10, -2.0)+math.Pow(10, -2.6))/2)
	near(t, "integrated loudness", r.Integrated, want, 0.05, 0.05)
	near(t, "range", r.Range, 6, 0.1, 0.1)
	near(t, "maximum", r.MaxShortTerm, -20, 0.1, 0.1)
	near(t, "sample peak", r.SamplePeak, 20*math.Log10(0.9), 0.001, 0.001)
}

func TestUnsupported(t *testing.T) {
	for _, c := range [][2]int{{0, 1}, {MinRate - 1, 1}, {MaxRate + 1, 1}, {48000, 0}, {48000, 7}, {-1, -1}} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			if _, err := NewMeter(c[0], c[1]); err == nil {
				t.Errorf("%d Hz with %d channels was taken", c[0], c[1])
			}
		})
	}
	for _, rate := range []int{MinRate, 7350, MaxRate} {
		newMeter(t, rate, 6).Write(make([]float32, 6*rate))
	}
}

func TestLevelInJSON(t *testing.T) {
	b, err := json.Marshal([]Level{-23.04567, silence, 0, -0.0001})
	if err != nil || string(b) != "[-23.046,null,0,0]" {
		t.Fatalf("%s, %v", b, err)
	}
	var back []Level
	if err := json.Unmarshal(b, &back); err != nil || !slices.Equal(back, []Level{-23.046, silence, 0, 0}) {
		t.Fatalf("read back as %v, %v", back, err)
	}
}

func TestWriteDoesNotAllocate(t *testing.T) {
	m := newMeter(t, 48000, 2)
	in := speechLike(48000, 2, 1)
	if n := testing.AllocsPerRun(5, func() { m.Write(in) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzMeter(f *testing.F) {
	f.Add(48000, 2, []byte{0, 0, 128, 63, 0, 0, 192, 127, 255, 255, 127, 127})
	f.Add(7350, 6, []byte("\x00\x00\x80\x7f\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, rate, channels int, data []byte) {
		m, err := NewMeter(rate, channels)
		if err != nil {
			return
		}
		var in []float32
		for ; len(data) >= 4; data = data[4:] {
			in = append(in, math.Float32frombits(binary.LittleEndian.Uint32(data)))
		}
		if len(in) == 0 {
			return
		}
		for written := 0; written < rate*channels/2; written += len(in) + channels {
			m.Write(in)
		}
		r := m.Result()
		for name, l := range map[string]Level{
			"integrated": r.Integrated, "momentary": r.MaxMomentary, "short-term": r.MaxShortTerm,
			"true peak": r.TruePeak, "sample peak": r.SamplePeak,
		} {
			if math.IsNaN(float64(l)) || math.IsInf(float64(l), 1) {
				t.Errorf("%s is %v", name, l)
			}
		}
		if math.IsNaN(float64(r.Range)) || r.Range < 0 || r.TruePeak < r.SamplePeak || r.Clipped < 3*r.ClippedRuns || r.Integrated > r.MaxMomentary+0.01 {
			t.Errorf("%+v", r)
		}
		if m.Result() != r {
			t.Error("a second Result differs from the first")
		}
	})
}
