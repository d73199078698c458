package encode

import (
	"math"

	window "github.com/spaces-cli/spaces/internal/media/polyphase"
)

const (
	subbands = 32
	slots    = 18                 // values of each subband in a granule
	lines    = subbands * slots   // of a granule
	reach    = window.Reach       // samples under the window of the polyphase filter bank
	history  = lines + reach - 32 // samples before a granule's own that its lines depend on
)

// A polyphase is the filter bank that splits samples into 32 subbands (ISO/IEC
// 11172-3, 3-C.1.3 and figure 3-C.1), with its window laid out for folding:
// the cosines of the matrix are even around row 16 and odd around row 48, so
// that 32 sums are enough, and then a cosine transform of 32 values.
type polyphase struct {
	fold [16][32]float32
	lee  [31]float32 // factors of the stages of the transform, that of 32 first
}

// analysis is the window at k, as table C.1 has it.
func analysis(k int) float32 {
	return float32(float64(window.Window(k)) / (1 << 16) / 32)
}

func newPolyphase() *polyphase {
	p := new(polyphase)
	for j := range 8 {
		p.fold[2*j][0] = analysis(16 + 64*j)
		for m := 1; m <= 16; m++ {
			p.fold[2*j][m] = analysis(16 + m + 64*j)
			p.fold[2*j+1][m] = analysis(16 - m + 64*j)
		}
		for m := 17; m < 32; m++ {
			p.fold[2*j][m] = analysis(16 + m + 64*j)
			p.fold[2*j+1][m] = -analysis(80 - m + 64*j)
		}
	}
	at := 0
	for n := 32; n > 1; n /= 2 {
		for i := range n / 2 {
			p.lee[at] = float32(2 * math.Cos(math.Pi*float64(2*i+1)/float64(2*n)))
			at++
		}
	}
	return p
}

// slot computes a value of each subband from 512 samples, the oldest first.
func (p *polyphase) slot(out *[subbands]float32, x *[reach]float32) {
	var v [32]float32
	for j := range 8 {
		w := &p.fold[2*j]
		u := &p.fold[2*j+1]
		// x[511−k] is the sample that row k of the standard takes.
		fwd := (*[32]float32)(x[511-47-64*j : 511-15-64*j]) // rows 47 to 16
		low := (*[16]float32)(x[511-15-64*j : 511+1-64*j])  // rows 15 to 0
		top := (*[15]float32)(x[511-63-64*j : 511-48-64*j]) // rows 63 to 49
		for m := range 32 {
			v[m] += float32(w[m] * fwd[31-m])
		}
		for m := 1; m <= 16; m++ {
			v[m] += float32(u[m] * low[m-1])
		}
		for m := 17; m < 32; m++ {
			v[m] += float32(u[m] * top[m-17])
		}
	}
	p.cosines(out, &v)
}

// cosines computes out[i] = Σ v[m] cos((2i+1)mπ/64), by halves as Lee did
// (A New Algorithm to Compute the Discrete Cosine Transform, 1984).
func (p *polyphase) cosines(out, v *[32]float32) {
	var a, b [32]float32
	split(a[:16], a[16:], v[:])
	split(b[:8], b[8:16], a[:16])
	split(b[16:24], b[24:], a[16:])
	for i := 0; i < 32; i += 8 {
		split(a[i:i+4], a[i+4:i+8], b[i:i+8])
	}
	for i := 0; i < 32; i += 4 {
		transform4(b[i:i+4], a[i:i+4])
	}
	for i := 0; i < 32; i += 8 {
		p.join(a[i:i+8], b[i:i+4], b[i+4:i+8], p.lee[24:28])
	}
	for i := 0; i < 32; i += 16 {
		p.join(b[i:i+16], a[i:i+8], a[i+8:i+16], p.lee[16:24])
	}
	p.join(out[:], b[:16], b[16:], p.lee[:16])
}

// split halves a transform: even gets the even coefficients, odd the sums of
// neighbouring odd ones.
func split(even, odd, v []float32) {
	n := len(even)
	odd = odd[:n]
	v = v[:2*n]
	even[0], odd[0] = v[0], v[1]
	for i := 1; i < n; i++ {
		even[i] = v[2*i]
		odd[i] = v[2*i-1] + v[2*i+1]
	}
}

// join puts the halves' outputs together: f is 2cos((2i+1)π/2n).
func (p *polyphase) join(out, even, odd, f []float32) {
	n := len(even)
	odd = odd[:n]
	f = f[:n]
	out = out[:2*n]
	for i := range n {
		o := odd[i] / f[i]
		out[i] = even[i] + o
		out[2*n-1-i] = even[i] - o
	}
}

// transform4 is the transform of four values, written out.
func transform4(out, v []float32) {
	const (
		c1 = 0.92387953251128675613 // cos(π/8)
		c2 = 0.70710678118654752440
		c3 = 0.38268343236508977173 // cos(3π/8)
	)
	_, _ = out[3], v[3]
	e := float32(v[2] * c2)
	p, m := v[0]+e, v[0]-e
	a := float32(v[1]*c1) + float32(v[3]*c3)
	b := float32(v[1]*c3) - float32(v[3]*c1)
	out[0], out[3] = p+a, p-a
	out[1], out[2] = m+b, m-b
}
