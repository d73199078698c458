package layer2

import (
	"math"

	"github.com/spaces-cli/spaces/internal/media/polyphase"
)

// A bank puts the subbands of a channel together (ISO/IEC 11172-3 §2.4.3.2.2 and
// figure A.2).
type bank struct {
	window [polyphase.Reach]float64
	lee    [subbands]float64            // of the stage for n values at n/2
	past   [2 * polyphase.Reach]float64 // V of the standard, in a ring
	at     int                          // where the newest 64 values begin
}

func (b *bank) init() {
	for k := range b.window {
		b.window[k] = float64(polyphase.Window(k)) / (1 << 16)
	}
	for n := subbands; n > 1; n /= 2 {
		for i := range n / 2 {
			b.lee[n/2+i] = 1 / (2 * math.Cos(math.Pi*float64(2*i+1)/float64(2*n)))
		}
	}
}

// slot makes 32 samples of a value of each subband.
func (b *bank) slot(out, in *[subbands]float64) {
	const half, row = subbands / 2, 2 * subbands
	b.at = (b.at + len(b.past) - row) % len(b.past)
	x := *in
	var spare [subbands]float64
	b.transform(x[:], spare[:])
	// Row i of the matrix is Σ cos((16+i)(2k+1)π/64) s[k]: the cosines of the
	// transform, which are odd around row 16 and even around row 48.
	v := b.past[b.at : b.at+row]
	v[half] = 0
	for i := range half {
		v[i] = x[half+i]
	}
	for i := half + 1; i <= half+subbands; i++ {
		v[i] = -x[half+subbands-i]
	}
	for i := half + subbands + 1; i < row; i++ {
		v[i] = -x[i-half-subbands]
	}
	*out = [subbands]float64{}
	for i := 0; i < polyphase.Reach/row; i++ {
		from := (b.at + 2*row*i) % len(b.past)
		late := (b.at + 2*row*i + row + subbands) % len(b.past)
		u, w := b.past[from:from+subbands], b.past[late:late+subbands]
		d := b.window[row*i : row*(i+1)]
		for j := range out {
			out[j] += float64(u[j]*d[j]) + float64(w[j]*d[subbands+j])
		}
	}
}

// transform replaces x by Σ x[k] cos((2k+1)nπ/2N), by halves as Lee did (A New
// Algorithm to Compute the Discrete Cosine Transform, 1984).
func (b *bank) transform(x, spare []float64) {
	n := len(x) / 2
	if n == 0 {
		return
	}
	even, odd, f := spare[:n], spare[n:2*n], b.lee[n:2*n]
	for i := range n {
		p, q := x[i], x[2*n-1-i]
		even[i], odd[i] = p+q, (p-q)*f[i]
	}
	b.transform(even, x[:n])
	b.transform(odd, x[n:])
	for i := range n - 1 {
		x[2*i], x[2*i+1] = even[i], odd[i]+odd[i+1]
	}
	x[2*n-2], x[2*n-1] = even[n-1], odd[n-1]
}
