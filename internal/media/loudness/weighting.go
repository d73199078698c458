package loudness

import "math"

// weighting is the K-weighting of BS.1770-4, Annex 1: a shelf that lifts the
// treble as a head does, and a high pass ("RLB"). The standard prints
// coefficients for 48 kHz only; those for other rates come from the analogue
// prototypes that these stand for.
type weighting struct {
	b0, b1, b2, a1, a2 float64 // shelf
	c1, c2             float64 // denominator of the high pass; its numerator is 1 -2 1
}

func newWeighting(rate float64) weighting {
	var w weighting

	const (
		shelfFreq = 1681.974450955533
		shelfGain = 3.999843853973347 // dB
		shelfQ    = 0.7071752369554196
	)
	k := math.Tan(math.Pi * shelfFreq / rate)
	high := math.Pow(10, shelfGain/20)
	band := math.Pow(high, 0.4996667741545416)
	a0 := 1 + k/shelfQ + float64(k*k)
	w.b0 = (high + band*k/shelfQ + float64(k*k)) / a0
	w.b1 = 2 * (float64(k*k) - high) / a0
	w.b2 = (high - band*k/shelfQ + float64(k*k)) / a0
	w.a1 = 2 * (float64(k*k) - 1) / a0
	w.a2 = (1 - k/shelfQ + float64(k*k)) / a0

	const (
		passFreq = 38.13547087602444
		passQ    = 0.5003270373238773
	)
	k = math.Tan(math.Pi * passFreq / rate)
	a0 = 1 + k/passQ + float64(k*k)
	w.c1 = 2 * (float64(k*k) - 1) / a0
	w.c2 = (1 - k/passQ + float64(k*k)) / a0
	return w
}

// filterState is the memory of both filters in transposed direct form II.
type filterState struct{ s1, s2, t1, t2 float64 }

// settle clears what is too small to matter. In long silence the state would
// otherwise fade into denormal numbers, which some processors handle a
// hundred times slower.
func (f *filterState) settle() {
	const tiny = 1e-30
	if math.Abs(f.s1)+math.Abs(f.s2)+math.Abs(f.t1)+math.Abs(f.t2) < tiny {
		*f = filterState{}
	}
}

// run filters x and returns the sum of the squared output. The conversions keep
// compilers for other processors from fusing products and sums, which would round
// otherwise. Of each sum, what waits for the output before comes last.
func (w *weighting) run(f *filterState, x []float32) float64 {
	s1, s2, t1, t2 := f.s1, f.s2, f.t1, f.t2
	var sum float64
	for _, v := range x {
		in := float64(v)
		y := float64(w.b0*in) + s1
		s1 = (s2 + float64(w.b1*in)) - float64(w.a1*y)
		s2 = float64(w.b2*in) - float64(w.a2*y)
		z := y + t1
		t1 = (t2 - (y + y)) - float64(w.c1*z)
		t2 = y - float64(w.c2*z)
		sum += float64(z * z)
	}
	*f = filterState{s1, s2, t1, t2}
	f.settle()
	return sum
}

// runPair does the same for two channels of equal length. Each sample waits
// for the one before it; two chains keep the processor busy.
func (w *weighting) runPair(f, g *filterState, x, x2 []float32) (sum, sum2 float64) {
	s1, s2, t1, t2 := f.s1, f.s2, f.t1, f.t2
	p1, p2, q1, q2 := g.s1, g.s2, g.t1, g.t2
	x2 = x2[:len(x)]
	for i, v := range x {
		in := float64(v)
		y := float64(w.b0*in) + s1
		s1 = (s2 + float64(w.b1*in)) - float64(w.a1*y)
		s2 = float64(w.b2*in) - float64(w.a2*y)
		z := y + t1
		t1 = (t2 - (y + y)) - float64(w.c1*z)
		t2 = y - float64(w.c2*z)
		sum += float64(z * z)

		in = float64(x2[i])
		y = float64(w.b0*in) + p1
		p1 = (p2 + float64(w.b1*in)) - float64(w.a1*y)
		p2 = float64(w.b2*in) - float64(w.a2*y)
		z = y + q1
		q1 = (q2 - (y + y)) - float64(w.c1*z)
		q2 = y - float64(w.c2*z)
		sum2 += float64(z * z)
	}
	*f = filterState{s1, s2, t1, t2}
	*g = filterState{p1, p2, q1, q2}
	f.settle()
	g.settle()
	return sum, sum2
}
