package gain

import (
	"math"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/pcm"
)

// Where a change is loud, its true peak is found from the units around it. Before,
// it is only bounded.
func TestSettler(t *testing.T) {
	for _, c := range []struct {
		name   string
		stream func() *stream
		steps  func(f int) int8
	}{
		{"MP3, a step", func() *stream { return encoded(t, tones, "lame", "-b", "128") }, func(f int) int8 { return int8(f / 12 % 2) }},
		{"MP3, many steps", func() *stream { return encoded(t, attacks, "lame", "-V", "5") }, func(f int) int8 { return int8(f / 20 % 2 * -4) }},
		{"MP3 of half the rate", func() *stream { return encoded(t, tones, "lame", "--resample", "22.05", "-b", "32") }, func(f int) int8 { return int8(f / 17 % 3) }},
		{"AAC, many steps", func() *stream { return speech(t, 1) }, func(f int) int8 { return int8(f / 9 % 2 * 5) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := c.stream()
			a := s.analyze(t)
			steps := make([]int8, len(s.at))
			for f := range steps {
				steps[f] = c.steps(f)
			}
			p := a.tally(steps)
			bound := p.TruePeak
			out := s.shift(t, p.Runs)
			if p.Settler(s.config) == nil {
				t.Fatal("its true peak is known")
			}
			out.settleUnits(t, &p)
			r := out.measured(t)
			t.Logf("%.2f dBTP, at most %.2f; the meter says %.2f", p.TruePeak, bound, r.TruePeak)
			if math.Abs(float64(r.TruePeak-p.TruePeak)) > 0.1 || p.TruePeak > bound {
				t.Errorf("%.2f dBTP, at most %.2f; the meter says %.2f", p.TruePeak, bound, r.TruePeak)
			}
		})
	}
}

// settleUnits finds the true peaks of the changes of a plan from the shifted stream.
func (s *stream) settleUnits(t *testing.T, p *Plan) {
	t.Helper()
	settler := p.Settler(s.config)
	if settler == nil {
		return
	}
	var d *pcm.Decoder
	samples := make([]float32, s.config.UnitSamples*s.config.Channels)
	for i := range s.at {
		needed, anew := settler.Needs(int64(i))
		if !needed {
			continue
		}
		if anew {
			var err error
			if d, err = pcm.NewDecoder(s.config); err != nil {
				t.Fatal(err)
			}
		}
		if d.Decode(samples, s.unit(i)) != nil {
			clear(samples)
		}
		settler.Add(int64(i), samples)
	}
	settler.Settle()
	if p.Settler(s.config) != nil {
		t.Error("it is not settled")
	}
}
