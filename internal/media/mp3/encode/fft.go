package encode

import "math"

// fftSize is how many samples the psychoacoustic model looks at at once.
const fftSize = 1024

// An fft is a Fourier transform of 1024 complex values.
type fft struct {
	order [fftSize]uint16 // where the values come out
	cos   [3 * fftSize / 4]float32
	sin   [3 * fftSize / 4]float32
}

func newFFT() *fft {
	f := new(fft)
	for i := range f.cos {
		s, c := math.Sincos(2 * math.Pi * float64(i) / fftSize)
		f.cos[i], f.sin[i] = float32(c), float32(-s)
	}
	for i := range f.order {
		r := 0
		for k, d := i, 0; d < 5; d++ {
			r = r<<2 | k&3
			k >>= 2
		}
		f.order[i] = uint16(r)
	}
	return f
}

// run transforms re and im in place; value k comes out at order[k]. It goes
// through stages of four, decimating in frequency.
func (f *fft) run(re, im *[fftSize]float32) {
	for n, stride := fftSize, 1; n >= 4; n, stride = n/4, stride*4 {
		q := n / 4
		for base := 0; base < fftSize; base += n {
			r0, i0 := re[base:base+q], im[base:base+q]
			r1, i1 := re[base+q:base+2*q], im[base+q:base+2*q]
			r2, i2 := re[base+2*q:base+3*q], im[base+2*q:base+3*q]
			r3, i3 := re[base+3*q:base+n], im[base+3*q:base+n]
			i0, r1, i1 = i0[:len(r0)], r1[:len(r0)], i1[:len(r0)]
			r2, i2, r3, i3 = r2[:len(r0)], i2[:len(r0)], r3[:len(r0)], i3[:len(r0)]
			for k := range r0 {
				ar, ai := r0[k]+r2[k], i0[k]+i2[k]
				br, bi := r0[k]-r2[k], i0[k]-i2[k]
				cr, ci := r1[k]+r3[k], i1[k]+i3[k]
				dr, di := i1[k]-i3[k], r3[k]-r1[k] // −i(x1−x3)
				r0[k], i0[k] = ar+cr, ai+ci
				er, ei := br+dr, bi+di
				gr, gi := ar-cr, ai-ci
				hr, hi := br-dr, bi-di
				t := k * stride
				c, s := f.cos[t], f.sin[t]
				r1[k], i1[k] = float32(er*c)-float32(ei*s), float32(er*s)+float32(ei*c)
				c, s = f.cos[2*t], f.sin[2*t]
				r2[k], i2[k] = float32(gr*c)-float32(gi*s), float32(gr*s)+float32(gi*c)
				c, s = f.cos[3*t], f.sin[3*t]
				r3[k], i3[k] = float32(hr*c)-float32(hi*s), float32(hr*s)+float32(hi*c)
			}
		}
	}
}
