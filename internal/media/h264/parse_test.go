package h264

import (
	"errors"
	"fmt"
)

// A bitReader reads a raw byte sequence payload.
type bitReader struct {
	b   []byte
	pos int
}

var errSyntax = errors.New("bad syntax")

// fail ends parsing.
func fail(format string, args ...any) {
	panic(fmt.Errorf("%w: %s", errSyntax, fmt.Sprintf(format, args...)))
}

func (r *bitReader) u(n int) (v int) {
	for range n {
		if r.pos >= 8*len(r.b) {
			fail("cut off")
		}
		v = v<<1 | int(r.b[r.pos>>3]>>(7-r.pos&7))&1
		r.pos++
	}
	return v
}

func (r *bitReader) flag() bool { return r.u(1) == 1 }

func (r *bitReader) ue() int {
	zeros := 0
	for r.u(1) == 0 {
		zeros++
	}
	if zeros > 31 {
		fail("ue(v) with %d zeros", zeros)
	}
	return 1<<zeros - 1 + r.u(zeros)
}

func (r *bitReader) se() int {
	v := r.ue()
	if v%2 == 0 {
		return -v / 2
	}
	return (v + 1) / 2
}

// more is more_rbsp_data.
func (r *bitReader) more() bool {
	last := len(r.b)*8 - 1
	for last >= 0 && r.b[last>>3]>>(7-last&7)&1 == 0 {
		last--
	}
	return r.pos < last
}

// end checks rbsp_trailing_bits.
func (r *bitReader) end() {
	if !r.flag() {
		fail("no stop bit")
	}
	for r.pos&7 != 0 {
		if r.flag() {
			fail("a one behind the stop bit")
		}
	}
	if r.pos != 8*len(r.b) {
		fail("%d of %d bits used", r.pos, 8*len(r.b))
	}
}

// payload undoes emulation prevention, and finds what it should have prevented.
func payload(nal []byte) *bitReader {
	var out []byte
	zeros := 0
	for _, c := range nal[1:] {
		if zeros == 2 && c == 3 {
			zeros = 0
			continue
		}
		if zeros == 2 && c < 3 {
			fail("00 00 %02x in a NAL unit", c)
		}
		if c == 0 {
			zeros++
		} else {
			zeros = 0
		}
		out = append(out, c)
	}
	if zeros > 0 {
		fail("a NAL unit ends with zero")
	}
	return &bitReader{b: out}
}

// parameters are what a stream says of itself.
type parameters struct {
	level                int
	columns, rows        int
	unitsInTick, scale   int
	cropRight, cropBelow int
}

func parseSPS(nal []byte) (p parameters) {
	r := payload(nal)
	if got := r.u(16); got != 66<<8|0xC0 || nal[0] != 0x67 {
		fail("profile %#x", got)
	}
	p.level = r.u(8)
	for i, want := range []int{0, frameNumBits - 4, 2, 1} {
		if got := r.ue(); got != want {
			fail("element %d is %d", i, got)
		}
	}
	r.u(1)
	p.columns, p.rows = r.ue()+1, r.ue()+1
	if r.u(2) != 0b11 {
		fail("fields")
	}
	if r.flag() {
		r.ue()
		p.cropRight = 2 * r.ue()
		r.ue()
		p.cropBelow = 2 * r.ue()
	}
	if !r.flag() {
		fail("no VUI")
	}
	if r.u(1+8+1) != 1<<9|1<<1 || r.u(1+3+1+1+24) != 1<<29|5<<26|1<<24|0x010101 {
		fail("VUI")
	}
	if !r.flag() || r.ue() != 1 || r.ue() != 1 || !r.flag() {
		fail("chroma location")
	}
	p.unitsInTick, p.scale = r.u(32), r.u(32)
	if r.u(6) != 0b100010 {
		fail("flags")
	}
	for i, want := range []int{0, 0, 10, 10, 0, 1} {
		if got := r.ue(); got != want {
			fail("restriction %d is %d", i, got)
		}
	}
	r.end()
	return p
}

// A picture is what parsing finds in an access unit.
type picture struct {
	key      bool
	frameNum int
	idr      int
	longest  int // macroblock, in bits
	coded    int // macroblocks
	moved    int // those of which nothing but a vector is coded
	pcm      int
}

// parsePicture parses all macroblocks of an access unit.
func parsePicture(p parameters, unit []byte) (out picture) {
	next := 0
	for i, nal := range nals(unit) {
		r := payload(nal)
		s := &sliceParser{bitReader: r, p: p, picture: &out, counts: make([]counts, p.columns*p.rows)}
		if got := r.ue(); got != next {
			fail("slice %d begins at %d, want %d", i, got, next)
		}
		kind := r.ue()
		key := nal[0] == 0x65
		if key != (kind == 7) || !key && (kind != 5 || nal[0] != 0x61) || i > 0 && key != out.key {
			fail("slice type %d in NAL unit %#x", kind, nal[0])
		}
		out.key = key
		r.ue()
		out.frameNum = r.u(frameNumBits)
		if key {
			out.idr = r.ue()
			r.u(2)
		} else {
			r.u(3)
		}
		s.qp = 26 + r.se()
		if r.ue() != 1 {
			fail("deblocking")
		}
		s.first = next
		next = s.macroblocks(next, !key)
		r.end()
	}
	if next != p.columns*p.rows {
		fail("%d of %d macroblocks", next, p.columns*p.rows)
	}
	return out
}

type sliceParser struct {
	*bitReader
	p      parameters
	first  int
	qp     int
	counts []counts
	*picture
}

func (s *sliceParser) macroblocks(at int, inter bool) int {
	for s.more() {
		if inter {
			at += s.ue()
			if !s.more() {
				break
			}
		}
		if at >= len(s.counts) {
			fail("too many macroblocks")
		}
		start := s.pos
		s.macroblock(at, inter)
		s.longest = max(s.longest, s.pos-start)
		s.coded++
		at++
	}
	return at
}

func (s *sliceParser) macroblock(at int, inter bool) {
	kind := s.ue()
	intra := true
	if inter {
		kind -= 5
		intra = kind >= 0
		if !intra && kind != -5 {
			fail("mb_type %d", kind+5)
		}
	}
	var luma, chroma int
	switch {
	case !intra:
		if x, y := s.se(), s.se(); x%8 != 0 || y%8 != 0 {
			fail("a vector that interpolates: %d, %d quarters from the expected one", x, y)
		}
		n := s.ue()
		for cbp, code := range interPattern {
			if int(code) == n {
				luma, chroma = cbp&15, cbp>>4
			}
		}
		if luma|chroma == 0 {
			s.moved++
			return
		}
	case kind == 25:
		s.pcm++
		for s.pos%8 != 0 {
			if s.flag() {
				fail("alignment")
			}
		}
		s.u(8 * 384)
		fill(s.counts[at][:], 16)
		return
	case kind >= 1 && kind <= 24:
		if kind > 12 {
			luma = 15
		}
		chroma = (kind - 1) / 4 % 3
		if s.ue() > 3 {
			fail("chroma mode")
		}
	default:
		fail("mb_type %d", kind)
	}
	delta := s.se()
	if delta < -26 || delta > 25 {
		fail("mb_qp_delta %d", delta)
	}
	if s.qp = (s.qp + delta + 52) % 52; s.qp < minQP {
		fail("QP %d", s.qp)
	}
	s.residuals(at, intra, luma, chroma)
}

func (s *sliceParser) residuals(at int, intra bool, luma, chroma int) {
	var left, top *counts
	if at%s.p.columns > 0 && at > s.first {
		left = &s.counts[at-1]
	}
	if at-s.p.columns >= s.first {
		top = &s.counts[at-s.p.columns]
	}
	ctx := around(left, top, 0, 4)
	if intra {
		s.block(16, ctx.near(0, 0))
	}
	for k, i := range lumaOrder {
		if luma>>(k>>2)&1 == 0 {
			continue
		}
		size := 16
		if intra {
			size = 15
		}
		n := s.block(size, ctx.near(int(i&3), int(i>>2)))
		ctx.set(int(i&3), int(i>>2), uint8(n))
		s.counts[at][i] = uint8(n)
	}
	if chroma > 0 {
		s.block(4, 0)
		s.block(4, 0)
	}
	for c := range 2 {
		ctx := around(left, top, 16+4*c, 2)
		for i := 0; i < 4 && chroma == 2; i++ {
			n := s.block(15, ctx.near(i&1, i>>1))
			ctx.set(i&1, i>>1, uint8(n))
			s.counts[at][16+4*c+i] = uint8(n)
		}
	}
}

// code reads one of a list of codes.
func (s *sliceParser) code(list []code) int {
	start := s.pos
	for v, n := 0, 1; n <= 16; n++ {
		v = v<<1 | s.u(1)
		for i, c := range list {
			if int(c.n) == n && int(c.bits) == v {
				return i
			}
		}
	}
	fail("no code at bit %d", start)
	return 0
}

// block reads a residual_block_cavlc of at most size levels, and returns how
// many it has.
func (s *sliceParser) block(size, near int) int {
	table := chromaDCTokens[:]
	if size > 4 {
		table = coeffTokens[[...]int{0, 0, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3}[near]][:]
	}
	var flat []code
	for _, row := range table {
		flat = append(flat, row[:]...)
	}
	token := s.code(flat)
	total, ones := token/4, token%4
	if total == 0 {
		return 0
	}
	if total > size {
		fail("%d levels of %d", total, size)
	}
	s.u(ones)
	suffix := 0
	if total > 10 && ones < 3 {
		suffix = 1
	}
	for i := ones; i < total; i++ {
		prefix := 0
		for s.u(1) == 0 {
			prefix++
		}
		if prefix > 15 {
			fail("level_prefix %d", prefix)
		}
		n := min(15, prefix) << suffix
		switch {
		case prefix == 15:
			n += s.u(12)
		case prefix == 14 && suffix == 0:
			n += s.u(4)
		default:
			n += s.u(suffix)
		}
		if prefix == 15 && suffix == 0 {
			n += 15
		}
		if i == ones && ones < 3 {
			n += 2
		}
		size := (n + 2) / 2
		suffix = max(suffix, 1)
		if size > 3<<(suffix-1) && suffix < 6 {
			suffix++
		}
	}
	zeros := 0
	if total < size {
		if size == 4 {
			zeros = s.code(chromaDCZeros[total-1][:])
		} else {
			zeros = s.code(totalZeros[total-1][:])
		}
	}
	for i := 1; i < total && zeros > 0; i++ {
		zeros -= s.code(runsBefore[min(zeros, 7)-1][:])
	}
	if zeros < 0 || zeros+total > size {
		fail("runs")
	}
	return total
}
