package encode

import (
	"math"
	"math/rand/v2"
	"testing"
)

// The filter bank as the standard writes it down (ISO/IEC 11172-3, figure
// 3-C.1): the window, and then a matrix of cosines.
func TestPolyphase(t *testing.T) {
	p := newPolyphase()
	rnd := rand.New(rand.NewPCG(1, 2))
	var x [reach]float32
	for i := range x {
		x[i] = float32(rnd.Float64()*2 - 1)
	}
	var got [subbands]float32
	p.slot(&got, &x)
	for sb := range subbands {
		var want float64
		for k := range reach {
			want += math.Cos(float64((2*sb+1)*(k%64-16))*math.Pi/64) * float64(analysis(k)) * float64(x[511-k])
		}
		if math.Abs(want-float64(got[sb])) > 1e-5 {
			t.Errorf("subband %d: %g, want %g", sb, got[sb], want)
		}
	}
}

// The transform as the standard writes it down (3-C.1.5.3.3).
func TestMDCT(t *testing.T) {
	m := newMDCT()
	rnd := rand.New(rand.NewPCG(1, 2))
	var in [subbands]subband
	for i := range in[0] {
		in[0][i] = float32(rnd.Float64()*2 - 1)
	}
	sum := func(z []float32, i int) float64 {
		n := len(z)
		var s float64
		for k, v := range z {
			s += float64(v) * math.Cos(math.Pi/float64(2*n)*float64((2*k+1+n/2)*(2*i+1)))
		}
		return s * 4 / float64(n)
	}
	for _, b := range []blockType{long, start, stop} {
		var got [lines]float32
		m.transform(&got, &in, b, 1)
		var z [36]float32
		for i := range z {
			z[i] = in[0][i] * m.window[b][i]
		}
		for i := range slots {
			if want := sum(z[:], i); math.Abs(want-float64(got[i])) > 1e-5 {
				t.Errorf("block %d line %d: %g, want %g", b, i, got[i], want)
			}
		}
	}
	var got [lines]float32
	m.transform(&got, &in, short, 1)
	for w := range 3 {
		var z [12]float32
		for i := range z {
			z[i] = in[0][6+6*w+i] * m.window[short][i]
		}
		for i := range 6 {
			if want := sum(z[:], i); math.Abs(want-float64(got[3*i+w])) > 1e-5 {
				t.Errorf("window %d line %d: %g, want %g", w, i, got[3*i+w], want)
			}
		}
	}
}

func TestFFT(t *testing.T) {
	f := newFFT()
	rnd := rand.New(rand.NewPCG(1, 2))
	var re, im [fftSize]float32
	for i := range re {
		re[i], im[i] = float32(rnd.NormFloat64()), float32(rnd.NormFloat64())
	}
	x, y := re, im
	f.run(&re, &im)
	for _, k := range []int{0, 1, 2, 5, 255, 256, 511, 512, 1000, 1023} {
		var sr, si float64
		for i := range x {
			s, c := math.Sincos(-2 * math.Pi * float64(i*k%fftSize) / fftSize)
			sr += float64(x[i])*c - float64(y[i])*s
			si += float64(x[i])*s + float64(y[i])*c
		}
		at := f.order[k]
		if math.Hypot(sr-float64(re[at]), si-float64(im[at])) > 1e-3 {
			t.Errorf("value %d: %g%+gi, want %g%+gi", k, re[at], im[at], sr, si)
		}
	}
}

// The lines of white noise have the energy that the model of hearing takes
// them to have, and its FFT too.
func TestLinePower(t *testing.T) {
	p, m := newPolyphase(), newMDCT()
	rnd := rand.New(rand.NewPCG(1, 2))
	x := make([]float32, 100*lines+reach)
	for i := range x {
		x[i] = float32(rnd.NormFloat64())
	}
	var in [subbands]subband
	energy := [2]float64{}
	n := 0
	for s := 0; 32*s+reach <= len(x); s++ {
		var out [subbands]float32
		p.slot(&out, (*[reach]float32)(x[32*s:]))
		for sb, v := range out {
			if sb&1 == 1 && s&1 == 1 {
				v = -v
			}
			in[sb][slots+s%slots] = v
		}
		if s%slots == slots-1 {
			for i, b := range []blockType{long, short} {
				var got [lines]float32
				m.transform(&got, &in, b, subbands)
				for _, v := range got {
					energy[i] += float64(v * v)
				}
			}
			n++
			for sb := range in {
				copy(in[sb][:slots], in[sb][slots:])
			}
		}
	}
	for i, want := range []float64{linePower, 3 * linePower} {
		if got := energy[i] / float64(n*lines); math.Abs(got/want-1) > 0.1 {
			t.Errorf("%d: a line has %g, want %g", i, got, want)
		}
	}
}
