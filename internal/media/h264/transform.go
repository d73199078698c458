package h264

// zigzag gives the place of each coefficient of the frame scan in a block of
// rows (§8.5.6, Table 8-2).
var zigzag = [16]uint8{0, 1, 4, 8, 5, 2, 3, 6, 9, 12, 13, 10, 7, 11, 14, 15}

// normAdjust is normAdjust4x4 (§8.5.9) for positions with both coordinates
// even, both odd, and others, by QP % 6; forward has what a coefficient is
// multiplied with to divide it by its step: 2^15 times the inverse.
var (
	normAdjust = [6][3]int32{{10, 16, 13}, {11, 18, 14}, {13, 20, 16}, {14, 23, 18}, {16, 25, 20}, {18, 29, 23}}
	forward    = [6][3]int32{{13107, 5243, 8066}, {11916, 4660, 7490}, {10082, 4194, 6554}, {9362, 3647, 5825}, {8192, 3355, 5243}, {7282, 2893, 4559}}
)

const (
	maxQP = 51
	// minQP keeps levels below maxLevel: the sum of 256 differences of 255,
	// as the transforms scale it, is 1632 steps of QP 12.
	minQP = 12
)

// chromaQP returns QPc (Table 8-15).
func chromaQP(qp int) int {
	if qp < 30 {
		return qp
	}
	return int([...]uint8{29, 30, 31, 32, 32, 33, 34, 34, 35, 35, 36, 36, 37, 37, 37, 38, 38, 38, 39, 39, 39, 39}[qp-30])
}

// A quantizer holds what QP means for each coefficient of a block.
type quantizer struct {
	qp    int
	mul   [16]int32 // of forward, in scan order
	scale [16]int32 // LevelScale4x4 ≪ QP/6 for flat matrices, without their 16, in scan order
	shift uint
	round int32
	// A block with a smaller sum of differences has no level but zero.
	deaf int
}

func newQuantizer(qp int) *quantizer {
	q := &quantizer{qp: qp, shift: uint(15 + qp/6)}
	for k, at := range zigzag {
		kind := 2
		switch {
		case at&1 == 0 && at>>2&1 == 0:
			kind = 0
		case at&1 == 1 && at>>2&1 == 1:
			kind = 1
		}
		q.mul[k] = forward[qp%6][kind]
		q.scale[k] = normAdjust[qp%6][kind] << (qp / 6)
	}
	q.round = 1 << q.shift / 3
	// One difference adds to a coefficient once, twice or four times itself.
	q.deaf = int((1<<q.shift - q.round) / max(q.mul[0], 2*q.mul[1], 4*q.mul[4]))
	return q
}

// A block holds 4×4 differences or coefficients, row by row.
type block [16]int32

// transform is the forward transform that belongs to §8.5.12.2.
func (b *block) transform() {
	for i := 0; i < 16; i += 4 {
		r := b[i : i+4 : i+4]
		s0, s1, d0, d1 := r[0]+r[3], r[1]+r[2], r[0]-r[3], r[1]-r[2]
		r[0], r[1], r[2], r[3] = s0+s1, 2*d0+d1, s0-s1, d0-2*d1
	}
	for i := range 4 {
		s0, s1, d0, d1 := b[i]+b[12+i], b[4+i]+b[8+i], b[i]-b[12+i], b[4+i]-b[8+i]
		b[i], b[4+i], b[8+i], b[12+i] = s0+s1, 2*d0+d1, s0-s1, d0-2*d1
	}
}

// inverse is the transform of §8.5.12.2, with its rounding.
func (b *block) inverse() {
	for i := 0; i < 16; i += 4 {
		r := b[i : i+4 : i+4]
		e0, e1, e2, e3 := r[0]+r[2], r[0]-r[2], r[1]>>1-r[3], r[1]+r[3]>>1
		r[0], r[1], r[2], r[3] = e0+e3, e1+e2, e1-e2, e0-e3
	}
	for i := range 4 {
		e0, e1, e2, e3 := b[i]+b[8+i], b[i]-b[8+i], b[4+i]>>1-b[12+i], b[4+i]+b[12+i]>>1
		b[i], b[4+i], b[8+i], b[12+i] = (e0+e3+32)>>6, (e1+e2+32)>>6, (e1-e2+32)>>6, (e0-e3+32)>>6
	}
}

// quantize puts the levels of the coefficients from the given one of the scan
// on into levels, what a decoder makes of them into b, and returns how many
// are not zero.
func (q *quantizer) quantize(b *block, levels *[16]int16, from int) (n int) {
	for k := from; k < 16; k++ {
		at := zigzag[k] & 15
		c := b[at]
		sign := c >> 31
		v := ((c^sign-sign)*q.mul[k] + q.round) >> q.shift
		if v != 0 {
			n++
		}
		v = v ^ sign - sign
		levels[k] = int16(v)
		b[at] = v * q.scale[k]
	}
	return n
}

// hadamard is the transform of the DC coefficients of Intra 16x16 luma, which
// is its own inverse but for a factor (§8.5.10).
func (b *block) hadamard() {
	for i := 0; i < 16; i += 4 {
		r := b[i : i+4 : i+4]
		s0, s1, d0, d1 := r[0]+r[3], r[1]+r[2], r[0]-r[3], r[1]-r[2]
		r[0], r[1], r[2], r[3] = s0+s1, d0+d1, s0-s1, d0-d1
	}
	for i := range 4 {
		s0, s1, d0, d1 := b[i]+b[12+i], b[4+i]+b[8+i], b[i]-b[12+i], b[4+i]-b[8+i]
		b[i], b[4+i], b[8+i], b[12+i] = s0+s1, d0+d1, s0-s1, d0-d1
	}
}

// quantizeDC transforms the DC coefficients of luma, quantises them and makes
// of them what a decoder does (§8.5.10).
func (q *quantizer) quantizeDC(b *block, levels *[16]int16) (n int) {
	b.hadamard()
	for k, at := range zigzag {
		v := q.dc(int64(b[at]) / 2)
		if v != 0 {
			n++
		}
		levels[k] = int16(v)
		b[at] = v
	}
	b.hadamard()
	// The two cases of §8.5.10 are one when nothing has been cut off yet.
	for i, v := range b {
		b[i] = (v*q.scale[0] + 2) >> 2
	}
	return n
}

// dc quantises a DC coefficient, whose transforms have scaled it twice.
func (q *quantizer) dc(c int64) int32 {
	v := (max(c, -c)*int64(q.mul[0]) + 2*int64(q.round)) >> (q.shift + 1)
	if c < 0 {
		v = -v
	}
	return int32(v)
}

// quantizeChromaDC does the same with the DC coefficients of chroma (§8.5.11).
func (q *quantizer) quantizeChromaDC(c *[4]int32, levels *[4]int16) (n int) {
	hadamard2(c)
	for i, v := range c {
		c[i] = q.dc(int64(v))
		if c[i] != 0 {
			n++
		}
		levels[i] = int16(c[i])
	}
	hadamard2(c)
	for i, v := range c {
		c[i] = v * q.scale[0] >> 1
	}
	return n
}

func hadamard2(c *[4]int32) {
	s0, s1, d0, d1 := c[0]+c[2], c[1]+c[3], c[0]-c[2], c[1]-c[3]
	c[0], c[1], c[2], c[3] = s0+s1, s0-s1, d0+d1, d0-d1
}
