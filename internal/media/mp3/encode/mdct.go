package encode

import "math"

// A blockType says how the lines of a granule are windowed, as block_type in
// the side information codes it (ISO/IEC 11172-3, 2.4.2.7).
type blockType uint8

const (
	long blockType = iota
	start
	short
	stop
)

// An mdct is the second half of the hybrid filter bank: it splits each subband
// into 18 lines, or three times into 6 (ISO/IEC 11172-3, 3-C.1.5.3.3).
type mdct struct {
	window [4][2 * slots]float32
	long   [slots][slots]float32
	short  [6][6]float32
	// Of the butterflies that take out aliasing between subbands.
	cs, ca [8]float32
}

func newMDCT() *mdct {
	m := new(mdct)
	sine := func(i, n int) float32 { return float32(math.Sin(math.Pi / float64(n) * (float64(i) + 0.5))) }
	for i := range 2 * slots {
		m.window[long][i] = sine(i, 36)
		switch {
		case i < 18:
			m.window[start][i] = sine(i, 36)
		case i < 24:
			m.window[start][i] = 1
		case i < 30:
			m.window[start][i] = sine(i-18, 12)
		}
	}
	for i := range 2 * slots {
		m.window[stop][i] = m.window[start][35-i]
	}
	for i := range 12 {
		m.window[short][i] = sine(i, 12)
	}
	// The decoder's transform has no factor of its own, so that all of it is
	// here: 2/n for n lines, and n/2 terms fold to one.
	cosines := func(k, i, n int) float32 {
		return float32(2 / float64(n) * math.Cos(math.Pi/float64(4*n)*float64((2*k+1)*(2*i+1))))
	}
	for i := range slots {
		for k := range slots {
			m.long[i][k] = cosines(k, i, slots)
		}
	}
	for i := range 6 {
		for k := range 6 {
			m.short[i][k] = cosines(k, i, 6)
		}
	}
	for i, c := range [8]float64{-0.6, -0.535, -0.33, -0.185, -0.095, -0.041, -0.0142, -0.0037} {
		m.cs[i] = float32(1 / math.Sqrt(1+float64(c*c)))
		m.ca[i] = float32(c / math.Sqrt(1+float64(c*c)))
	}
	return m
}

// A subband holds the values of one subband in the granule before and in the
// one that is transformed.
type subband [2 * slots]float32

// fold turns 2n windowed values into n, whose cosine transform of type IV is
// the MDCT.
func fold(out, z []float32) {
	n := len(out)
	h := n / 2
	z = z[:2*n]
	for i := range h {
		out[i] = -z[3*h-1-i] - z[3*h+i]
		out[h+i] = z[i] - z[n-1-i]
	}
}

// transform computes the lines of all subbands below bands, and zeros above.
// Short blocks come out as their lines alternate in a subband: line k of
// window w is at 3k+w.
func (m *mdct) transform(out *[lines]float32, in *[subbands]subband, t blockType, bands int) {
	for sb := range bands {
		x := &in[sb]
		o := (*[slots]float32)(out[slots*sb : slots*sb+slots])
		if t == short {
			m.transformShort(o, x)
			continue
		}
		var z subband
		w := &m.window[t]
		for i := range z {
			z[i] = x[i] * w[i]
		}
		var f [slots]float32
		fold(f[:], z[:])
		for i := range o {
			c := &m.long[i]
			var s, u float32
			for k := 0; k < slots; k += 2 {
				s += float32(c[k] * f[k])
				u += float32(c[k+1] * f[k+1])
			}
			o[i] = s + u
		}
	}
	clear(out[slots*bands:])
	if t == short {
		return
	}
	for sb := 1; sb < bands; sb++ {
		lo := (*[8]float32)(out[slots*sb-8 : slots*sb])
		hi := (*[8]float32)(out[slots*sb : slots*sb+8])
		for i := range 8 {
			a, b := lo[7-i], hi[i]
			lo[7-i] = float32(a*m.cs[i]) + float32(b*m.ca[i])
			hi[i] = float32(b*m.cs[i]) - float32(a*m.ca[i])
		}
	}
}

func (m *mdct) transformShort(o *[slots]float32, x *subband) {
	w := &m.window[short]
	for win := range 3 {
		var z [12]float32
		for i := range z {
			z[i] = x[6+6*win+i] * w[i]
		}
		var f [6]float32
		fold(f[:], z[:])
		for i := range 6 {
			c := &m.short[i]
			o[3*i+win] = float32(c[0]*f[0]) + float32(c[1]*f[1]) + float32(c[2]*f[2]) + float32(c[3]*f[3]) + float32(c[4]*f[4]) + float32(c[5]*f[5])
		}
	}
}
