package gain

import (
	"math"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/loudness"
	"github.com/spaces-cli/spaces/internal/media/pcm"
)

// The peaks of each unit are bounds of what interpolating everything finds, and
// near it where it is above the floor.
func TestPeaksAreBounds(t *testing.T) {
	for name, s := range map[string]*stream{
		"X":       speech(t, 1),
		"attacks": encoded(t, attacks, "-b:a", "128k"),
		"tones":   encoded(t, tones, "-b:a", "96k"),
		"hiss":    encoded(t, "aevalsrc=0.5*(random(0)-0.5)*lt(mod(t\\,0.3)\\,0.1)+0.4*sin(2*PI*9000*t)|0.3*(random(1)-0.5):s=44100:d=2", "-b:a", "160k"),
	} {
		t.Run(name, func(t *testing.T) {
			a := s.analyze(t)
			d, err := pcm.NewDecoder(s.config)
			if err != nil {
				t.Fatal(err)
			}
			n, channels := s.config.UnitSamples, s.config.Channels
			planes := make([][]float32, channels)
			for c := range planes {
				planes[c] = make([]float32, loudness.PeakReach)
			}
			unit := make([]float32, n*channels)
			var kinds [][2]slope
			var last shape
			coding, err := newCoding(s.config)
			if err != nil {
				t.Fatal(err)
			}
			for f := range s.at {
				if err := d.Decode(unit, s.unit(f)); err != nil {
					t.Fatal(err)
				}
				kinds = append(kinds, last.falls)
				if _, _, err := coding.look(s.unit(f), &last); err != nil {
					t.Fatal(err)
				}
				for i, v := range unit {
					planes[i%channels] = append(planes[i%channels], v)
				}
			}
			finder := loudness.NewPeakFinder(s.config.SampleRate)
			level := func(p float32) float64 { return 20 * math.Log10(float64(p)) }
			kept := func(p int16) float64 { return float64(p) * StepDecibels / fine }
			var most, changed float64 // by how much the bounds are too high
			for f := range len(s.at) - 1 {
				var peak, louder, softer float32
				for c, plane := range planes {
					x := append([]float32(nil), plane[f*n:f*n+n+2*loudness.PeakReach]...)
					peak = max(peak, changedPeak(finder, x, newOverlap(longSine, n), 1))
					o := newOverlap(kinds[f][c], n)
					louder = max(louder, changedPeak(finder, x, o, Factor(1)))
					softer = max(softer, changedPeak(finder, x, o, Factor(-1)))
				}
				b := &a.blocks[f]
				if level(peak) < DefaultFloor {
					continue
				}
				if kept(b.peak) < level(peak)-0.001 {
					t.Fatalf("unit %d: a peak of %.3f dBTP, kept as %.3f", f, level(peak), kept(b.peak))
				}
				if kept(b.louder) < level(louder)-0.02 || kept(b.softer) < level(softer)-0.02 {
					t.Fatalf("unit %d: %.3f and %.3f dBTP changed, kept as %.3f and %.3f", f, level(louder), level(softer), kept(b.louder), kept(b.softer))
				}
				most = max(most, kept(b.peak)-level(peak))
				if level(peak) < DefaultFloor+nearCeiling+2.2 { // where one channel is below
					continue
				}
				changed = max(changed, kept(b.louder)-level(louder), kept(b.softer)-level(softer))
			}
			t.Logf("at most %.3f dB too high, and %.3f where the steps change", most, changed)
			if most > 0.13 || changed > 0.13 {
				t.Errorf("%.3f dB too high, and %.3f where the steps change", most, changed)
			}
		})
	}
}

// changedPeak returns the true peak of x, which has neighbours on both sides, if
// its second unit is louder by a factor.
func changedPeak(finder *loudness.PeakFinder, x []float32, o overlap, factor float64) float32 {
	const reach = loudness.PeakReach
	n, more := len(x)-2*reach, float32(factor-1)
	y := append([]float32(nil), x[:reach]...)
	for i := range n {
		y = append(y, x[reach+i]*(1+more*o.rise[i])-more*o.cross[i]*x[reach+n-1-i])
	}
	for _, v := range x[reach+n:] {
		y = append(y, v*(1+more))
	}
	var peak float32
	for _, v := range y[reach : reach+n+1] {
		peak = max(peak, v, -v)
	}
	return max(peak, finder.Between(y[1:]))
}
