package gain

import (
	"math"
	"slices"
)

// A slope is the kind of an overlap.
type slope uint8

const (
	longSine slope = iota
	longKBD
	shortSine
	shortKBD
	hybrid // of MP3
	slopes
)

// An overlap holds, for each sample of a unit, the square of the window that
// rises, and the product of that and the one that falls.
type overlap struct {
	rise, cross []float32
	// Of each group: the mean square and the largest of cross, and the lowest and
	// the highest of rise.
	crossed, most, low, high []float32
	uneven                   float32 // what an interpolation within a group can make more of them
}

// newOverlap returns the overlap of a kind in units of so many samples.
func newOverlap(kind slope, samples int) overlap {
	length := samples
	switch kind {
	case shortSine, shortKBD:
		length = samples / 8
	case hybrid:
		length = 576
	}
	var w []float64
	switch kind {
	case longKBD:
		w = kaiserBessel(length, 4)
	case shortKBD:
		w = kaiserBessel(length, 6)
	default:
		w = make([]float64, length)
		for n := range w {
			w[n] = math.Sin(math.Pi / float64(2*length) * (float64(n) + 0.5))
		}
	}
	first := (samples - length) / 2
	if kind == hybrid {
		first = 0
	}
	o := overlap{rise: make([]float32, samples), cross: make([]float32, samples), uneven: 1.001}
	if length < samples {
		o.uneven = 1.01
	}
	for n := range samples {
		switch k := n - first; {
		case k < 0:
		case k >= length:
			o.rise[n] = 1
		default:
			o.rise[n] = float32(w[k] * w[k])
			o.cross[n] = float32(w[k] * w[length-1-k])
		}
	}
	for from := 0; from < samples; from += group {
		part := o.cross[from:min(from+group, samples)]
		var square float64
		for _, v := range part {
			square += float64(float64(v) * float64(v))
		}
		rise := o.rise[from:min(from+group, samples)]
		o.crossed = append(o.crossed, float32(square/float64(len(part))))
		o.most, o.low, o.high = append(o.most, slices.Max(part)), append(o.low, slices.Min(rise)), append(o.high, slices.Max(rise))
	}
	return o
}

// kaiserBessel returns the rising half of a Kaiser-Bessel-derived window
// (ISO/IEC 14496-3, 4.6.11.3.2).
func kaiserBessel(length int, alpha float64) []float64 {
	w := make([]float64, length)
	var sum float64
	for n := range length + 1 {
		r := (float64(n) - float64(float64(length)/2)) / (float64(length) / 2)
		sum += bessel(math.Pi * alpha * math.Sqrt(max(0, 1-float64(r*r))))
		if n < length {
			w[n] = sum
		}
	}
	for n := range w {
		w[n] = math.Sqrt(w[n] / sum)
	}
	return w
}

// bessel is the modified Bessel function of the first kind, order 0.
func bessel(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > 1e-15*sum; k++ {
		term *= x / (2 * k) * (x / (2 * k))
		sum += float64(term)
	}
	return sum
}
