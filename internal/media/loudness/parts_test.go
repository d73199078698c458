package loudness

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Parts that are weighed one by one make the loudness of the whole, and the
// largest of their peaks is that of the whole.
func TestPartsMakeTheWhole(t *testing.T) {
	const rate, channels, seconds = 48000, 2, 12
	random := rand.New(rand.NewPCG(1, 1))
	planes := make([][]float32, channels)
	whole := make([]float32, 0, channels*rate*seconds)
	for i := range rate * seconds {
		level := 0.02 + 0.3*math.Pow(math.Sin(float64(i)/30000), 4)
		for c := range planes {
			v := float32(level * (random.Float64()*2 - 1))
			planes[c] = append(planes[c], v)
			whole = append(whole, v)
		}
	}
	m, err := NewMeter(rate, channels)
	if err != nil {
		t.Fatal(err)
	}
	m.Write(whole)
	w, err := NewWeigher(rate, channels)
	if err != nil {
		t.Fatal(err)
	}
	p, peaks := NewProgramme(rate), NewPeakFinder(rate)
	var peak float32
	const step = rate / 10
	for at := 0; at < len(planes[0]); at += step {
		part := make([][]float32, channels)
		for c := range planes {
			part[c] = planes[c][at : at+step]
			x := make([]float32, step+2*PeakReach)
			for i := range x {
				if k := at + i - PeakReach; k >= 0 && k < len(planes[c]) {
					x[i] = planes[c][k]
				}
			}
			peak = max(peak, peaks.Find(x, 0))
		}
		p.Add(w.Energy(part))
	}
	want, got := m.Result(), p.Result()
	for _, c := range []struct {
		name      string
		got, want Level
		most      float64
	}{
		{"integrated", got.Integrated, want.Integrated, 1e-9},
		{"range", got.Range, want.Range, 1e-9},
		{"short-term", got.MaxShortTerm, want.MaxShortTerm, 0.05},
		{"momentary", got.MaxMomentary, want.MaxMomentary, 0.2},
		{"true peak", decibels(float64(peak)), want.TruePeak, 1e-6},
	} {
		if d := math.Abs(float64(c.got - c.want)); !(d <= c.most) {
			t.Errorf("%s %.4f, want %.4f", c.name, c.got, c.want)
		}
	}
	if _, err := NewWeigher(100, 1); err == nil {
		t.Error("a rate of 100 is taken")
	}
}
