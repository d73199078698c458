package judge

import (
	"math"
	"math/bits"
	"math/cmplx"
)

// An fft transforms blocks of one length, a power of two.
type fft struct {
	turns []complex128 // exp(-2πik/n) for the first half of k
}

func newFFT(n int) *fft {
	f := &fft{turns: make([]complex128, n/2)}
	for k := range f.turns {
		f.turns[k] = cmplx.Rect(1, -2*math.Pi*float64(k)/float64(n))
	}
	return f
}

// transform replaces x by its discrete Fourier transform, without a factor
// (Cooley & Tukey, radix 2, decimation in time).
func (f *fft) transform(x []complex128) {
	n := len(x)
	shift := bits.UintSize - bits.Len(uint(n-1))
	for i := range x {
		if j := int(bits.Reverse(uint(i)) >> shift); j > i {
			x[i], x[j] = x[j], x[i]
		}
	}
	for half := 1; half < n; half *= 2 {
		step := n / (2 * half)
		for at := 0; at < n; at += 2 * half {
			low, high := x[at:at+half], x[at+half:at+2*half]
			for k := range low {
				t := high[k] * f.turns[k*step]
				low[k], high[k] = low[k]+t, low[k]-t
			}
		}
	}
}

// lagWindow is how many samples of the loudest stretch are compared to find the lag,
// and maxLag how large a lag can be found.
const (
	lagWindow = 1 << 15
	maxLag    = 4096
)

// lag returns by how many samples y comes later than x, by the largest
// correlation of the sums of their channels. No lag is taken to be right if it
// correlates nearly as well, because tones agree with themselves one period on.
func lag(x, y [][]float32) int {
	n := min(len(x[0]), len(y[0]))
	size := min(lagWindow, n)
	if size == 0 {
		return 0
	}
	mono := func(x [][]float32, at int) float64 {
		var sum float64
		for c := range x {
			// Unequal weights, so that a signal in opposite phase does not vanish.
			sum += float64(x[c][at]) / float64(1+c)
		}
		return sum
	}
	var at int
	var loudest float64
	for start := 0; start+size <= n; start += size {
		var e float64
		for i := start; i < start+size; i++ {
			e += mono(x, i) * mono(x, i)
		}
		if e > loudest {
			at, loudest = start, e
		}
	}
	f := newFFT(2 * lagWindow)
	a, b := make([]complex128, 2*lagWindow), make([]complex128, 2*lagWindow)
	for i := range size {
		a[i] = complex(mono(x, at+i), 0)
	}
	for i := range size + 2*maxLag {
		if j := at + i - maxLag; j >= 0 && j < len(y[0]) {
			b[i] = complex(mono(y, j), 0)
		}
	}
	f.transform(a)
	f.transform(b)
	// The inverse transform, by way of the conjugate.
	for i := range a {
		a[i] = cmplx.Conj(b[i]) * a[i]
	}
	f.transform(a)
	best := maxLag
	for i := range 2*maxLag + 1 {
		if real(a[i]) > real(a[best]) {
			best = i
		}
	}
	if real(a[maxLag]) >= 0.98*real(a[best]) {
		return 0
	}
	return best - maxLag
}
