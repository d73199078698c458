package judge

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// noise returns seconds of white noise of an RMS amplitude.
func noise(seed uint64, rms, seconds float64, rate int) []float32 {
	r := rand.New(rand.NewPCG(seed, 99))
	x := make([]float32, int(seconds*float64(rate)))
	for n := range x {
		x[n] = float32(rms * r.NormFloat64())
	}
	return x
}

func tone(f, amplitude, seconds float64, rate int) []float32 {
	x := make([]float32, int(seconds*float64(rate)))
	for n := range x {
		x[n] = float32(amplitude * math.Sin(2*math.Pi*f*float64(n)/float64(rate)))
	}
	return x
}

// narrow returns noise one Bark wide around f, as many sines.
func narrow(f, rms, seconds float64, rate int) []float32 {
	const sines = 40
	r := rand.New(rand.NewPCG(7, 99))
	x := make([]float32, int(seconds*float64(rate)))
	for range sines {
		g, phase := hertz(bark(f)-0.5+r.Float64()), r.Float64()*2*math.Pi
		for n := range x {
			x[n] += float32(rms * math.Sqrt(2./sines) * math.Sin(2*math.Pi*g*float64(n)/float64(rate)+phase))
		}
	}
	return x
}

func plus(a, b []float32) []float32 {
	sum := slices.Clone(a)
	for n := range sum {
		sum[n] += b[n]
	}
	return sum
}

// compare compares one channel.
func compare(t *testing.T, orig, coded []float32, rate int) Report {
	t.Helper()
	r, err := Compare([][]float32{orig}, [][]float32{coded}, rate)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if !(math.Abs(got-want) <= within) {
		t.Errorf("%s is %.2f, want %.2f ± %.2f", what, got, want, within)
	}
}

var rates = []int{16000, 22050, 24000, 32000, 44100, 48000}

func TestIdentical(t *testing.T) {
	for _, rate := range rates {
		for _, x := range [][]float32{noise(1, 0.1, 1, rate), make([]float32, rate), tone(997, 0.5, 1, rate)} {
			r := compare(t, x, x, rate)
			if r.NMR != leastNMR || r.Total != leastNMR || r.Worst != leastNMR || r.Over != 0 || r.Disturbed != 0 || r.SegSNR != 80 || r.Lag != 0 || math.Abs(r.Gain) > 1e-9 {
				t.Errorf("at %d Hz: %+v", rate, r)
			}
		}
	}
}

// direct spreads as the Recommendation writes it, in decibels, band by band.
func direct(e *ear, energies []float64) []float64 {
	n := len(energies)
	// row returns what one band excites in each.
	row := func(j int, energy float64) []float64 {
		line := make([]float64, n)
		var sum float64
		for k := range line {
			slope := 27.
			if k >= j {
				slope = -24 - 230/e.bands[j].centre + 0.2*10*math.Log10(energy)
			}
			line[k] = math.Pow(10, slope*width*float64(k-j)/10)
			sum += line[k]
		}
		for k := range line {
			line[k] *= energy / sum
		}
		return line
	}
	sum, norm, out := make([]float64, n), make([]float64, n), make([]float64, n)
	for j := range n {
		line, flat := row(j, energies[j]), row(j, 1)
		for k := range n {
			sum[k] += math.Pow(line[k], 0.4)
			norm[k] += math.Pow(flat[k], 0.4)
		}
	}
	for k := range out {
		out[k] = math.Pow(sum[k]/norm[k], 1/0.4)
	}
	return out
}

// One loud band, two, and a slope: what they excite is what the formula says.
func TestSpreading(t *testing.T) {
	e := newEar(48000)
	for _, loud := range [][]int{{50}, {20, 80}, {0}, {len(e.bands) - 1}} {
		for k := range e.heard {
			e.heard[k] = float64(k)
		}
		for _, k := range loud {
			e.heard[k] = 1e7
		}
		with := slices.Clone(e.heard)
		for k := range with {
			with[k] += e.bands[k].noise
		}
		want := direct(e, with)
		for k, got := range e.excitation() {
			near(t, "excitation", decibels(got), decibels(want[k]), 0.01)
		}
	}
}

// White noise has the same power in every hertz, so what the ear gets of it can
// be written down; noise of another seed 20 dB below has then a ratio to the
// threshold that is known.
func TestKnownNoiseHasKnownRatio(t *testing.T) {
	const rms, below = 0.05, 20
	for _, rate := range []int{16000, 44100, 48000} {
		e := newEar(rate)
		heard := make([]float64, len(e.bands))
		with := make([]float64, len(e.bands))
		for k := range e.bands {
			low := hertz(bark(lowest) + width*float64(k))
			high := min(hertz(bark(lowest)+width*float64(k+1)), highest, float64(rate)/2)
			f := (low + high) / 2000
			ear := -0.6*3.64*math.Pow(f, -0.8) + 6.5*math.Exp(-0.6*(f-3.3)*(f-3.3)) - 1e-3*math.Pow(f, 3.6)
			// Energy 1 is 0 dB SPL, and a sine with a mean square of 1/2 is 92 dB.
			heard[k] = math.Pow(10, 9.2) * 2 * rms * rms * (high - low) / (float64(rate) / 2) * math.Pow(10, ear/10)
			with[k] = heard[k] + math.Pow(10, 0.4*0.364*math.Pow(e.bands[k].centre/1000, -0.8))
		}
		var ratio float64
		for k, excitation := range direct(e, with) {
			offset := max(3, 0.25*float64(k)*width)
			ratio += heard[k] * math.Pow(10, -below/10.) / (excitation / math.Pow(10, offset/10))
		}
		want := 10 * math.Log10(ratio/float64(len(e.bands)))

		x := noise(1, rms, 2, rate)
		r := compare(t, x, plus(x, noise(2, rms*math.Pow(10, -below/20.), 2, rate)), rate)
		t.Logf("%d Hz: %.2f dB, expected %.2f", rate, r.NMR, want)
		// Bands of few bins vary from frame to frame, and so does their sum.
		near(t, "NMR", r.NMR, want, 1)
		near(t, "segmental SNR", r.SegSNR, below, 0.1)

		// Ten times the noise, ten decibels, and the other way round. So
		// much noise that is not like the sound leaves the level alone.
		for _, more := range []float64{-20, 5} {
			if rate != 44100 {
				continue
			}
			rms := rms * math.Pow(10, (more-below)/20)
			s := compare(t, x, plus(x, noise(2, rms, 2, rate)), rate)
			near(t, "NMR", s.NMR, r.NMR+more, 0.1)
			near(t, "segmental SNR", s.SegSNR, r.SegSNR-more, 0.1)
		}
	}
}

// Noise around a tone is masked; the same noise two octaves higher is heard.
func TestNoiseBesideToneIsMasked(t *testing.T) {
	const rate = 44100
	x := tone(1000, 0.5, 2, rate)
	masked := compare(t, x, plus(x, narrow(1000, 0.005, 2, rate)), rate)
	heard := compare(t, x, plus(x, narrow(4000, 0.005, 2, rate)), rate)
	t.Logf("masked %+.1f worst %.1f, heard %+.1f worst %.1f", masked.NMR, masked.Worst, heard.NMR, heard.Worst)
	if masked.NMR > -15 || masked.Worst > 0 || masked.Over != 0 {
		t.Errorf("noise 37 dB below a tone beside it is not masked: %+v", masked)
	}
	if heard.NMR < 5 || heard.Worst < 20 || heard.Over < 0.02 || heard.Disturbed != 1 {
		t.Errorf("noise two octaves above a tone is masked: %+v", heard)
	}
	// It is in the critical band in which 4 kHz lies.
	worst := 0
	for i, v := range heard.Bands {
		if v > heard.Bands[worst] {
			worst = i
		}
	}
	near(t, "band of the noise", float64(worst), bark(4000)-bark(lowest), 1)
	// Masking reaches further up than down.
	up := compare(t, x, plus(x, narrow(1500, 0.002, 2, rate)), rate)
	down := compare(t, x, plus(x, narrow(650, 0.002, 2, rate)), rate)
	if up.Worst > down.Worst-10 {
		t.Errorf("above the tone %.1f dB, below it %.1f", up.Worst, down.Worst)
	}
}

// Without a sound, what is heard is what is above the threshold of hearing.
func TestThresholdOfHearing(t *testing.T) {
	const rate = 48000
	x := make([]float32, 2*rate)
	for _, c := range []struct {
		f, dBSPL float64
		heard    bool
	}{
		{1000, -5, false}, {1000, 15, true}, {3300, -10, false}, {3300, 5, true},
		{100, 18, false}, {100, 26, true}, {15000, 5, false}, {15000, 35, true},
	} {
		t.Run(fmt.Sprintf("%g Hz at %g dB SPL", c.f, c.dBSPL), func(t *testing.T) {
			r := compare(t, x, tone(c.f, math.Pow(10, (c.dBSPL-92)/20), 2, rate), rate)
			if (r.Worst > 0) != c.heard {
				t.Errorf("%g Hz at %g dB SPL: %.1f dB over threshold", c.f, c.dBSPL, r.Worst)
			}
		})
	}
}

// Noise soon after a loud sound is masked in part, noise long after it is not.
func TestMaskingDecays(t *testing.T) {
	const rate = 48000
	x := noise(1, 0.1, 2, rate)
	clear(x[rate:])
	burst := func(at float64) float64 {
		y := slices.Clone(x)
		for n, v := range noise(2, 0.001, 0.02, rate) {
			y[rate+int(at*rate)+n] += v
		}
		return compare(t, x, y, rate).Worst
	}
	soon, late := burst(0.05), burst(0.3)
	t.Logf("50 ms after a sound %.1f dB, 300 ms after it %.1f", soon, late)
	if late < 10 || soon > late-6 {
		t.Errorf("50 ms after a sound %.1f dB, 300 ms after it %.1f", soon, late)
	}
}

func TestSegmentalSNR(t *testing.T) {
	const rate = 48000
	x := noise(1, 0.1, 2, rate)
	clear(x[rate:]) // silence, which must not count
	y := slices.Clone(x)
	for n := range y[rate:] {
		y[rate+n] = 0.001
	}
	if got := compare(t, x, y, rate).SegSNR; got != 80 {
		t.Errorf("noise in silence: %.1f dB", got)
	}
	clear(y[rate/2:]) // and half of the rest lost: 0 dB
	near(t, "half lost", compare(t, x, y, rate).SegSNR, 40, 0.5)
	for n := range y {
		y[n] = -10 * x[n]
	}
	near(t, "all wrong", compare(t, x, y, rate).SegSNR, -10, 0)
}
