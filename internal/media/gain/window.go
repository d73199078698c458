package gain

import "math"

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
type overlap struct{ rise, cross []float32 }

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
	o := overlap{make([]float32, samples), make([]float32, samples)}
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
	return o
}

// kaiserBessel returns the rising half of a Kaiser-Bessel-derived window
// (ISO/IEC 14496-3, 4.6.11.3.2).
func kaiserBessel(length int, alpha float64) []float64 {
	w := make([]float64, length)
	var sum float64
	for n := range length + 1 {
		r := (float64(n) - float64(length)/2) / (float64(length) / 2)
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
