package h264

// pixels are the samples of a macroblock, row by row.
type pixels struct {
	y [256]uint8
	c [2][64]uint8 // Cb, Cr
}

// load takes the macroblock at column x and row y of p.
func (m *pixels) load(p *Picture, x, y int) {
	at := 16 * (y*p.Stride + x)
	for i := 0; i < 256; i += 16 {
		copy(m.y[i:i+16], p.Y[at:at+16])
		at += p.Stride
	}
	half := p.Stride / 2
	at = 8 * (y*half + x)
	for i := 0; i < 64; i += 8 {
		copy(m.c[0][i:i+8], p.Cb[at:at+8])
		copy(m.c[1][i:i+8], p.Cr[at:at+8])
		at += half
	}
}

// loadAt takes the samples from a pixel on, with even coordinates.
func (m *pixels) loadAt(p *Picture, left, top int) {
	at := top*p.Stride + left
	for i := 0; i < 256; i += 16 {
		copy(m.y[i:i+16], p.Y[at:at+16])
		at += p.Stride
	}
	half := p.Stride / 2
	at = top/2*half + left/2
	for i := 0; i < 64; i += 8 {
		copy(m.c[0][i:i+8], p.Cb[at:at+8])
		copy(m.c[1][i:i+8], p.Cr[at:at+8])
		at += half
	}
}

// store puts it there.
func (m *pixels) store(p *Picture, x, y int) {
	at := 16 * (y*p.Stride + x)
	for i := 0; i < 256; i += 16 {
		copy(p.Y[at:at+16], m.y[i:i+16])
		at += p.Stride
	}
	half := p.Stride / 2
	at = 8 * (y*half + x)
	for i := 0; i < 64; i += 8 {
		copy(p.Cb[at:at+8], m.c[0][i:i+8])
		copy(p.Cr[at:at+8], m.c[1][i:i+8])
		at += half
	}
}

// A macroblock is one way to code a macroblock: what predicts it, what is
// coded of the difference, and what a decoder makes of both. Blocks are
// counted row by row.
type macroblock struct {
	intra  bool  // Intra 16x16; or predicted from the picture before
	mode   uint8 // of luma
	chroma uint8 // of chroma, likewise numbered as for luma
	pred   pixels

	// The transformed differences, and the sums of the absolute differences.
	luma      [16]block
	lumaSum   [16]int
	chromas   [2][4]block
	chromaSum [2][4]int

	// Levels in scan order, and how many of them are not zero.
	qp       int
	dc       [16]int16
	dcCount  int
	ac       [16][16]int16
	acCount  [16]uint8
	cdc      [2][4]int16
	cdcCount [2]int
	cac      [2][4][16]int16
	cacCount [2][4]uint8

	out pixels // what is decoded
}

// transform finds the differences between src and the prediction.
func (m *macroblock) transform(src *pixels) {
	for i := range 16 {
		at := i>>2*64 + i&3*4
		m.lumaSum[i] = m.luma[i].subtract(src.y[at:], m.pred.y[at:], 16)
	}
	for c := range 2 {
		for i := range 4 {
			at := i>>1*32 + i&1*4
			m.chromaSum[c][i] = m.chromas[c][i].subtract(src.c[c][at:], m.pred.c[c][at:], 8)
		}
	}
}

// subtract puts the transformed difference of 4×4 samples into b.
func (b *block) subtract(src, pred []uint8, stride int) (sum int) {
	for y := range 4 {
		s, p := (*[4]uint8)(src[y*stride:]), (*[4]uint8)(pred[y*stride:])
		d0, d1, d2, d3 := int32(s[0])-int32(p[0]), int32(s[1])-int32(p[1]), int32(s[2])-int32(p[2]), int32(s[3])-int32(p[3])
		b[4*y], b[4*y+1], b[4*y+2], b[4*y+3] = d0, d1, d2, d3
		sum += int(max(d0, -d0) + max(d1, -d1) + max(d2, -d2) + max(d3, -d3))
	}
	if sum > 0 {
		b.transform()
	}
	return sum
}

// quantize finds the levels at the QP of q, and what is decoded.
func (m *macroblock) quantize(q, cq *quantizer) {
	m.qp = q.qp
	var blocks [16]block
	first := 0
	if m.intra {
		first = 1
	}
	for i := range 16 {
		m.acCount[i] = 0
		if m.lumaSum[i] >= q.deaf {
			blocks[i] = m.luma[i]
			m.acCount[i] = uint8(q.quantize(&blocks[i], &m.ac[i], first))
		} else if m.intra {
			blocks[i][0] = m.luma[i][0]
		}
	}
	m.dcCount = 0
	if m.intra {
		var dc block
		for i := range blocks {
			dc[i] = blocks[i][0]
		}
		m.dcCount = q.quantizeDC(&dc, &m.dc)
		for i := range blocks {
			blocks[i][0] = dc[i]
		}
	}
	for i := range 16 {
		at := i>>2*64 + i&3*4
		blocks[i].add(m.out.y[at:], m.pred.y[at:], 16, m.acCount[i] > 0)
	}
	for c := range 2 {
		m.quantizeChroma(c, cq)
	}
}

func (m *macroblock) quantizeChroma(c int, q *quantizer) {
	var blocks [4]block
	var dc [4]int32
	for i := range 4 {
		dc[i] = m.chromas[c][i][0]
		m.cacCount[c][i] = 0
		if m.chromaSum[c][i] >= q.deaf {
			blocks[i] = m.chromas[c][i]
			m.cacCount[c][i] = uint8(q.quantize(&blocks[i], &m.cac[c][i], 1))
		}
	}
	m.cdcCount[c] = q.quantizeChromaDC(&dc, &m.cdc[c])
	for i := range 4 {
		at := i>>1*32 + i&1*4
		blocks[i][0] = dc[i]
		blocks[i].add(m.out.c[c][at:], m.pred.c[c][at:], 8, m.cacCount[c][i] > 0)
	}
}

// add puts the sum of a prediction and the inverse transform of b into out. If
// not all, b has no coefficients but DC.
func (b *block) add(out, pred []uint8, stride int, all bool) {
	switch {
	case all:
		b.inverse()
	case b[0] == 0:
		for y := range 4 {
			copy(out[y*stride:][:4], pred[y*stride:][:4])
		}
		return
	default:
		// Rows and columns just copy it.
		v := (b[0] + 32) >> 6
		for i := range b {
			b[i] = v
		}
	}
	for y := range 4 {
		o, p := (*[4]uint8)(out[y*stride:]), (*[4]uint8)(pred[y*stride:])
		o[0] = clip(int(p[0]) + int(b[4*y]))
		o[1] = clip(int(p[1]) + int(b[4*y+1]))
		o[2] = clip(int(p[2]) + int(b[4*y+2]))
		o[3] = clip(int(p[3]) + int(b[4*y+3]))
	}
}

// mute leaves out all that could be coded of the difference.
func (m *macroblock) mute() {
	m.dc, m.dcCount = [16]int16{}, 0
	m.acCount = [16]uint8{}
	m.cdcCount = [2]int{}
	m.cacCount = [2][4]uint8{}
	m.out = m.pred
}

// pattern returns the coded block pattern (§7.4.5): a bit for each quarter of
// luma, and 0 to 2 for chroma.
func (m *macroblock) pattern() (luma, chroma int) {
	for i, n := range m.acCount {
		if n > 0 {
			luma |= 1 << (i>>3<<1 | i>>1&1)
		}
	}
	if m.intra && luma > 0 {
		luma = 15 // all or nothing
	}
	switch {
	case m.cacCount != [2][4]uint8{}:
		chroma = 2
	case m.cdcCount != [2]int{}:
		chroma = 1
	}
	return luma, chroma
}

// A tolerance says how far what is decoded may be from what was meant.
type tolerance struct {
	luma   int // sum of squared differences in a macroblock
	chroma int // of both planes
	peak   int // difference of a sample
}

// finer returns how many steps of QP the macroblock needs to come near the
// tolerance; 0 means that it keeps it.
func (m *macroblock) finer(src *pixels, t tolerance) (steps int) {
	luma, peak := distance(m.out.y[:], src.y[:])
	cb, p1 := distance(m.out.c[0][:], src.c[0][:])
	cr, p2 := distance(m.out.c[1][:], src.c[1][:])
	peak = max(peak, p1, p2)
	if luma <= t.luma && cb+cr <= t.chroma && peak <= t.peak {
		return 0
	}
	// Six steps halve the size of the errors; their square goes by a quarter
	// in two.
	over := max(luma*64/t.luma, (cb+cr)*64/t.chroma, peak*peak*64/(t.peak*t.peak))
	for n := 80; n < over; n += n / 4 {
		steps++
	}
	return steps + 1
}

// distance returns the sum of the squared differences, and the largest one.
func distance(a, b []uint8) (sum, peak int) {
	for len(a) >= 16 {
		x, y := (*[16]uint8)(a), (*[16]uint8)(b)
		for i, v := range x {
			d := int(v) - int(y[i])
			d *= d
			sum += d
			peak = max(peak, d)
		}
		a, b = a[16:], b[16:]
	}
	return sum, root(peak)
}

// root returns the square root of a square.
func root(n int) int {
	r := 0
	for r*r < n {
		r++
	}
	return r
}
