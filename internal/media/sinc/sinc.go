// Package sinc makes the filters that find values between two samples.
package sinc

import "math"

// beta is the shape of the Kaiser window.
const beta = 5

// Between returns the 2 × half coefficients that interpolate at a fraction, more
// than 0 and less than 1, between the two middle samples: a sinc under a Kaiser
// window, of unit gain at 0 Hz.
func Between(half int, fraction float64) []float64 {
	h := make([]float64, 2*half)
	var sum float64
	for k := range h {
		t := float64(k-(half-1)) - fraction
		w := t / float64(half)
		h[k] = float64(math.Sin(math.Pi*t) / (math.Pi * t) * bessel(beta*math.Sqrt(1-float64(w*w))))
		sum += h[k]
	}
	for k := range h {
		h[k] /= sum
	}
	return h
}

// bessel is the modified Bessel function of the first kind, order 0.
func bessel(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > 1e-12*sum; k++ {
		term = float64(term * (x / (2 * k) * (x / (2 * k))))
		sum += term
	}
	return sum
}
