package judge

import (
	"math"
	"math/rand/v2"
)

// numbers returns the same random numbers for the same seed.
func numbers(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 5)) }

// chord is three notes with twelve partials each, in a new chord every two
// seconds; the notes decay, and stand at different places between left and right.
func chord(_ *corpusBuilder, rate int) ([][]float32, error) {
	x := silenceOf(2, seconds*rate)
	roots := []float64{110, 146.83, 98, 164.81, 123.47, 220}
	for i, root := range roots {
		for v, step := range []float64{1, 1.25992, 1.49831} {
			left := 0.2 + 0.3*float32(v)
			for h := 1.; h <= 12; h++ {
				f := root * step * h
				for n := range min(2*rate, len(x[0])-2*i*rate) {
					t := float64(n) / float64(rate)
					a := 0.12 / h * (1 - math.Exp(-t/0.01)) * math.Exp(-t*(0.5+h/6))
					s := float32(a * math.Sin(2*math.Pi*f*t+h))
					x[0][2*i*rate+n] += left * s
					x[1][2*i*rate+n] += (1 - left) * s
				}
			}
		}
	}
	return x, nil
}

// clicks are bursts of noise that decay within milliseconds, like castanets,
// 60 to 400 ms apart, each at a place of its own between left and right, over
// noise at -75 dBFS.
func clicks(_ *corpusBuilder, rate int) ([][]float32, error) {
	r := numbers(1)
	x := silenceOf(2, seconds*rate)
	for c := range x {
		for n := range x[c] {
			x[c][n] = float32(r.NormFloat64() * 1.8e-4)
		}
	}
	for at := rate / 5; at < len(x[0])-rate/10; at += rate*60/1000 + r.IntN(rate*340/1000) {
		left, loud := r.Float32(), 0.25+0.5*r.Float64()
		decay := (0.002 + 0.006*r.Float64()) * float64(rate)
		f := 1200 + 2500*r.Float64() // castanets have a pitch of a kind
		for n := range rate / 10 {
			a := loud * math.Exp(-float64(n)/decay)
			s := a * (0.4*r.NormFloat64() + 0.6*math.Sin(2*math.Pi*f*float64(n)/float64(rate)))
			x[0][at+n] += left * float32(s)
			x[1][at+n] += (1 - left) * float32(s)
		}
	}
	return x, nil
}

// clicks1 is one channel of clicks.
func clicks1(k *corpusBuilder, rate int) ([][]float32, error) {
	x, err := clicks(k, rate)
	for n, v := range x[1] {
		x[0][n] = (x[0][n] + v) / 2
	}
	return x[:1], err
}

// white is noise at -20 dBFS.
func white(_ *corpusBuilder, rate int) ([][]float32, error) {
	r := numbers(2)
	x := silenceOf(1, seconds*rate)
	for n := range x[0] {
		x[0][n] = float32(0.1 * r.NormFloat64())
	}
	return x, nil
}

// pink is noise that falls by 3 dB an octave, half of it the same on both
// sides: a sum of low-passes an octave apart.
func pink(_ *corpusBuilder, rate int) ([][]float32, error) {
	r := numbers(3)
	x := silenceOf(2, seconds*rate)
	var state [3][10]float64
	for n := range x[0] {
		var sum [3]float64
		for s := range state {
			for o := range state[s] {
				cut := 1 - math.Exp(-2*math.Pi*20*math.Exp2(float64(o))/float64(rate))
				state[s][o] += cut * (r.NormFloat64() - state[s][o])
				// Power in proportion to 1/f: each octave's low-pass has the
				// same power, so its amplitude falls as its width grows.
				sum[s] += state[s][o] / math.Sqrt(cut)
			}
		}
		x[0][n] = float32(0.025 * (sum[0] + sum[2]))
		x[1][n] = float32(0.025 * (sum[1] + sum[2]))
	}
	return x, nil
}
