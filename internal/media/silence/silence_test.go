package silence

import (
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"
)

// signal makes mono audio at 48 kHz of stretches of a 200 Hz tone.
func signal(stretches ...[2]float64) []float32 { // dBFS RMS, seconds
	var out []float32
	for _, s := range stretches {
		amp := math.Sqrt2 * math.Pow(10, s[0]/20)
		for n := range int(s[1] * 48000) {
			out = append(out, float32(amp*math.Sin(2*math.Pi*200*float64(n)/48000)))
		}
	}
	return out
}

func find(t *testing.T, rate, channels int, o Options, in []float32) []Pause {
	t.Helper()
	f, err := NewFinder(rate, channels, o)
	if err != nil {
		t.Fatal(err)
	}
	f.Write(in)
	return f.Pauses()
}

func TestSpans(t *testing.T) {
	const s = 48000
	for _, c := range []struct {
		name string
		o    Options
		in   []float32
		want []Pause
	}{
		{"nothing", Options{}, nil, nil},
		{"all silent", Options{}, signal([2]float64{-60, 2.005}), []Pause{{0, 2.005 * s}}},
		{"all loud", Options{}, signal([2]float64{-20, 2}), nil},
		{"start, middle and end", Options{},
			signal([2]float64{-70, 1}, [2]float64{-20, 1}, [2]float64{-51, 0.5}, [2]float64{-49, 1}, [2]float64{-90, 3}),
			[]Pause{{0, 1 * s}, {2 * s, 2.5 * s}, {3.5 * s, 6.5 * s}}},
		{"too short", Options{}, signal([2]float64{-20, 1}, [2]float64{-70, 0.48}, [2]float64{-20, 1}), nil},
		{"shorter wanted", Options{Min: 100 * time.Millisecond},
			signal([2]float64{-20, 1}, [2]float64{-70, 0.1}, [2]float64{-20, 1}), []Pause{{1 * s, 1.1 * s}}},
		{"other threshold", Options{Threshold: -30}, signal([2]float64{-20, 1}, [2]float64{-31, 1}), []Pause{{1 * s, 2 * s}}},
		{"peak is above RMS", Options{Peak: true}, signal([2]float64{-51, 1}), nil},
		{"loud at the very end", Options{}, signal([2]float64{-70, 1}, [2]float64{-20, 0.01}), []Pause{{0, 1 * s}}},
		{"short window at the end", Options{}, signal([2]float64{-20, 1}, [2]float64{-70, 0.51}), []Pause{{1 * s, 1.51 * s}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := find(t, s, 1, c.o, c.in); !reflect.DeepEqual(got, c.want) {
				t.Errorf("%s: %v, want %v", c.name, got, c.want)
			}
		})
	}
}

func TestOffsetIsSilence(t *testing.T) {
	in := make([]float32, 48000)
	for i := range in {
		in[i] = 0.1
	}
	if got := find(t, 48000, 1, Options{}, in); len(got) != 1 {
		t.Errorf("a constant is not silent: %v", got)
	}
}

func TestOneLoudChannelIsNotSilence(t *testing.T) {
	mono := signal([2]float64{-20, 2})
	in := make([]float32, 2*len(mono))
	for i, v := range mono {
		in[2*i+1] = v
	}
	if got := find(t, 48000, 2, Options{}, in); got != nil {
		t.Errorf("silence at %v", got)
	}
}

func TestSpansDoNotDependOnBlocks(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	in := make([]float32, 2*11025*20)
	level := float32(0)
	for i := range in {
		if i%4000 == 0 {
			level = []float32{0, 0.001, 0.5}[rnd.IntN(3)]
		}
		in[i] = level * (2*rnd.Float32() - 1)
	}
	want := find(t, 11025, 2, Options{Min: 60 * time.Millisecond}, in)
	if len(want) < 5 {
		t.Fatalf("only %v", want)
	}
	f, err := NewFinder(11025, 2, Options{Min: 60 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	for rest := in; len(rest) > 0; {
		n := min(len(rest), 2*rnd.IntN(500))
		f.Write(rest[:n])
		rest = rest[n:]
		f.Pauses() // must change nothing
	}
	if got := f.Pauses(); !reflect.DeepEqual(got, want) {
		t.Errorf("in blocks %v, at once %v", got, want)
	}
}

func TestInvalidSamples(t *testing.T) {
	in := make([]float32, 48000)
	for i := range in {
		in[i] = float32(math.NaN())
	}
	if got := find(t, 48000, 1, Options{}, in); len(got) != 1 {
		t.Errorf("NaN is not silent: %v", got)
	}
	in[0] = float32(math.Inf(1))
	if got := find(t, 48000, 1, Options{}, in); len(got) != 1 || got[0].From != 960 {
		t.Errorf("after infinity: %v", got)
	}
	if _, err := NewFinder(0, 0, Options{}); err == nil {
		t.Error("no rate and no channels were taken")
	}
}
