package h264

// counts are how many levels each block of a macroblock has: 16 of luma, 4 of
// Cb and 4 of Cr. From those beside it a block takes its codes (§9.2.1).
type counts [24]uint8

// A context holds the counts of a square of blocks, with those above and on
// the left of it; −1 stands where there is none.
type context struct {
	n     [25]int8
	width int // with the column on the left
}

// near returns nC for the block at x and y.
func (c *context) near(x, y int) int {
	at := (y+1)*c.width + x + 1
	left, top := int(c.n[at-1]), int(c.n[at-c.width])
	switch {
	case left < 0 && top < 0:
		return 0
	case left < 0:
		return top
	case top < 0:
		return left
	}
	return (left + top + 1) / 2
}

func (c *context) set(x, y int, n uint8) { c.n[(y+1)*c.width+x+1] = int8(n) }

// around returns the context of the blocks from the given one of a macroblock
// on, size×size of them; left and top are the macroblocks beside it, or nil.
func around(left, top *counts, from, size int) (c context) {
	c.width = size + 1
	for i := range size {
		c.n[i+1], c.n[(i+1)*c.width] = -1, -1
		if top != nil {
			c.n[i+1] = int8(top[from+(size-1)*size+i])
		}
		if left != nil {
			c.n[(i+1)*c.width] = int8(left[from+i*size+size-1])
		}
	}
	return c
}

// Macroblock types of I slices (Table 7-11); in P slices, behind those of P
// (Table 7-13).
const (
	typeIntra16 = 1
	typePCM     = 25
	typeInter   = 0 // P_L0_16x16
	typesOfP    = 5
)

// lumaOrder gives the blocks in the order of luma4x4BlkIdx (§6.4.3).
var lumaOrder = [16]uint8{0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15}

// macroblock appends a macroblock_layer (§7.3.5) to a slice that is one of P or
// not, behind a macroblock of QP before. moved is what its vector differs by from
// the expected one.
func (w *bitWriter) macroblock(m *macroblock, p bool, before int, moved vector, left, top *counts) {
	luma, chroma := m.pattern()
	if m.intra {
		kind := typeIntra16 + int(m.mode) + 4*chroma
		if luma > 0 {
			kind += 12
		}
		if p {
			kind += typesOfP
		}
		w.ue(kind)
		w.ue(int(chromaMode[m.chroma]))
	} else {
		w.ue(typeInter)
		w.vector(moved)
		w.ue(int(interPattern[chroma<<4|luma]))
	}
	if m.intra || luma > 0 || chroma > 0 {
		w.se((m.qp-before+26+52)%52 - 26) // mb_qp_delta
	}
	w.lumaBlocks(m, luma, left, top)
	if chroma > 0 {
		for c := range 2 {
			w.residual(m.cdc[c][:], m.cdcCount[c], chromaDC, 0)
		}
	}
	if chroma == 2 {
		for c := range 2 {
			ctx := around(left, top, 16+4*c, 2)
			for i := range 4 {
				n := m.cacCount[c][i]
				w.residual(m.cac[c][i][1:], int(n), acBlock, ctx.near(i&1, i>>1))
				ctx.set(i&1, i>>1, n)
			}
		}
	}
}

func (w *bitWriter) lumaBlocks(m *macroblock, pattern int, left, top *counts) {
	ctx := around(left, top, 0, 4)
	if m.intra {
		w.residual(m.dc[:], m.dcCount, wholeBlock, ctx.near(0, 0))
	}
	for k, i := range lumaOrder {
		if pattern>>(k>>2)&1 == 0 {
			continue
		}
		x, y, n := int(i&3), int(i>>2), m.acCount[i]
		if m.intra {
			w.residual(m.ac[i][1:], int(n), acBlock, ctx.near(x, y))
		} else {
			w.residual(m.ac[i][:], int(n), wholeBlock, ctx.near(x, y))
		}
		ctx.set(x, y, n)
	}
}

// pcm appends a macroblock_layer of plain samples.
func (w *bitWriter) pcm(m *pixels, p bool) {
	if p {
		w.ue(typesOfP + typePCM)
	} else {
		w.ue(typePCM)
	}
	w.align()
	w.b = append(w.b, m.y[:]...)
	w.b = append(w.b, m.c[0][:]...)
	w.b = append(w.b, m.c[1][:]...)
}

// pcmBits is how long that is at most. It is below the 3200 that a macroblock
// can have (§A.3.1 n).
const pcmBits = 9 + 7 + 8*384

// counts returns the counts of m.
func (m *macroblock) counts() (c counts) {
	copy(c[:], m.acCount[:])
	copy(c[16:], m.cacCount[0][:])
	copy(c[20:], m.cacCount[1][:])
	return c
}
