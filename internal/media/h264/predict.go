package h264

// Intra prediction modes. Those of luma (Table 8-4) are numbered otherwise
// than those of chroma (Table 8-5).
const (
	vertical   = 0
	horizontal = 1
	dc         = 2
	plane      = 3
)

// chromaMode gives the number in chroma of a mode of luma.
var chromaMode = [4]uint8{vertical: 2, horizontal: 1, dc: 0, plane: 3}

// An edge holds the samples above and on the left of a square of size samples
// that it is predicted from.
type edge struct {
	top, left [16]uint8
	corner    uint8
	// A macroblock of another slice is not there (§6.4.8).
	hasTop, hasLeft bool
}

// load takes the samples around the square at offset at of a plane.
func (e *edge) load(plane []uint8, at, stride, size int) {
	if e.hasTop {
		copy(e.top[:size], plane[at-stride:])
	}
	if e.hasLeft {
		for y := range size {
			e.left[y] = plane[at+y*stride-1]
		}
	}
	if e.hasTop && e.hasLeft {
		e.corner = plane[at-stride-1]
	}
}

// has reports whether the samples that a mode needs are there.
func (e *edge) has(mode uint8) bool {
	switch mode {
	case vertical:
		return e.hasTop
	case horizontal:
		return e.hasLeft
	case plane:
		return e.hasTop && e.hasLeft
	}
	return true
}

// luma predicts 16×16 samples (§8.3.3).
func (e *edge) luma(mode uint8, p *[256]uint8) {
	switch mode {
	case vertical:
		for y := 0; y < 256; y += 16 {
			copy(p[y:y+16], e.top[:])
		}
	case horizontal:
		for y := range 16 {
			fill(p[16*y:16*y+16], e.left[y])
		}
	case dc:
		fill(p[:], e.mean(0, 0, 16, e.hasTop, e.hasLeft))
	case plane:
		h, v := 8*(int(e.top[15])-int(e.corner)), 8*(int(e.left[15])-int(e.corner))
		for i := 1; i < 8; i++ {
			h += i * (int(e.top[7+i]) - int(e.top[7-i]))
			v += i * (int(e.left[7+i]) - int(e.left[7-i]))
		}
		e.slope(p[:], 16, (5*h+32)>>6, (5*v+32)>>6)
	}
}

// chroma predicts 8×8 samples (§8.3.4).
func (e *edge) chroma(mode uint8, p *[64]uint8) {
	switch mode {
	case vertical:
		for y := 0; y < 64; y += 8 {
			copy(p[y:y+8], e.top[:8])
		}
	case horizontal:
		for y := range 8 {
			fill(p[8*y:8*y+8], e.left[y])
		}
	case dc:
		for i := range 4 {
			x, y := i%2*4, i/2*4
			// On the diagonal both edges count, beside it the nearer one.
			top, left := e.hasTop, e.hasLeft
			if x > y {
				left = left && !top
			} else if x < y {
				top = top && !left
			}
			m := e.mean(x, y, 4, top, left)
			for j := range 4 {
				fill(p[8*(y+j)+x:8*(y+j)+x+4], m)
			}
		}
	case plane:
		h, v := 4*(int(e.top[7])-int(e.corner)), 4*(int(e.left[7])-int(e.corner))
		for i := 1; i < 4; i++ {
			h += i * (int(e.top[3+i]) - int(e.top[3-i]))
			v += i * (int(e.left[3+i]) - int(e.left[3-i]))
		}
		e.slope(p[:], 8, (34*h+32)>>6, (34*v+32)>>6)
	}
}

// mean returns the mean of n samples above from x on, and of n on the left
// from y on, or of those that are wanted.
func (e *edge) mean(x, y, n int, top, left bool) uint8 {
	sum, count := 0, 0
	if top {
		count += n
		for _, v := range e.top[x : x+n] {
			sum += int(v)
		}
	}
	if left {
		count += n
		for _, v := range e.left[y : y+n] {
			sum += int(v)
		}
	}
	if count == 0 {
		return 128
	}
	return uint8((sum + count/2) / count)
}

// slope fills a square with a plane that rises by b and c thirty-seconds.
func (e *edge) slope(p []uint8, size, b, c int) {
	mid := size/2 - 1
	v := 16*(int(e.left[size-1])+int(e.top[size-1])) - mid*(b+c) + 16
	for y := range size {
		row := p[y*size : y*size+size]
		for x := range row {
			row[x] = clip((v + x*b) >> 5)
		}
		v += c
	}
}

func fill(p []uint8, v uint8) {
	for i := range p {
		p[i] = v
	}
}

func clip(v int) uint8 {
	if v < 0 {
		return 0
	}
	return uint8(min(v, 255))
}

// difference returns the sum of absolute differences, as far as it is below
// limit.
func difference(a, b []uint8, limit int) (sum int) {
	for len(a) >= 16 && sum < limit {
		x, y := (*[16]uint8)(a), (*[16]uint8)(b)
		for i, v := range x {
			d := int(v) - int(y[i])
			m := d >> 63
			sum += d ^ m - m
		}
		a, b = a[16:], b[16:]
	}
	return sum
}
