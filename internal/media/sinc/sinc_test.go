package sinc

import (
	"math"
	"testing"
)

// The filter passes a constant unchanged, and finds a slow sine between its
// samples.
func TestBetween(t *testing.T) {
	const half = 8
	for _, fraction := range []float64{0.25, 0.5, 0.75} {
		var constant, sine float64
		for k, c := range Between(half, fraction) {
			constant += c
			sine += c * math.Sin(0.3*float64(k-(half-1)))
		}
		if math.Abs(constant-1) > 1e-12 {
			t.Errorf("at %v the gain at 0 Hz is %v", fraction, constant)
		}
		if want := math.Sin(0.3 * fraction); math.Abs(sine-want) > 1e-3 {
			t.Errorf("at %v the sine is %v, want %v", fraction, sine, want)
		}
	}
}
