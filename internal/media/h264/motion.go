package h264

import "image"

// A Move says that what a rectangle of a picture shows stood somewhere else in
// the picture before: at By from where it stands now, which is an even number in
// both directions.
type Move struct {
	image.Rectangle
	By image.Point
}

// A vector is how far from its own place a macroblock is predicted, in pixels.
type vector struct{ x, y int16 }

func (v vector) less(w vector) vector { return vector{v.x - w.x, v.y - w.y} }

// A motion is how a macroblock of a P picture was coded.
type motion struct {
	vector
	intra bool
}

// farthest is the longest way that vectors lead: the levels from 2.1 on allow it
// (Table A-1, MaxVmvR), and so does what vui says.
const farthest = 250

// follow notes what has moved.
func (e *Encoder) follow(moves []Move) {
	for _, at := range e.moving {
		e.hints[at] = vector{}
	}
	e.moving = e.moving[:0]
	all := image.Rect(0, 0, e.columns, e.rows)
	for _, m := range moves {
		if m.By.X%2 != 0 || m.By.Y%2 != 0 || max(m.By.X, -m.By.X, m.By.Y, -m.By.Y) > farthest || e.config.Level < 21 {
			continue
		}
		r := image.Rect(m.Min.X/16, m.Min.Y/16, (m.Max.X+15)/16, (m.Max.Y+15)/16).Intersect(all)
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				from := image.Rect(16*x, 16*y, 16*x+16, 16*y+16).Add(m.By)
				if at := y*e.columns + x; from.In(image.Rect(0, 0, 16*e.columns, 16*e.rows)) && e.hints[at] == (vector{}) {
					e.hints[at] = vector{int16(m.By.X), int16(m.By.Y)}
					e.moving = append(e.moving, at)
				}
			}
		}
	}
}

// keep makes the picture before that which has just been coded, where they differ.
func (e *Encoder) keep(key bool, slices []*slice) {
	if key {
		copy(e.before.Y, e.decoded.Y)
		copy(e.before.Cb, e.decoded.Cb)
		copy(e.before.Cr, e.decoded.Cr)
		return
	}
	var m pixels
	for _, s := range slices {
		for i := range s.old {
			m.load(e.decoded, s.old[i].x, s.old[i].y)
			m.store(e.before, s.old[i].x, s.old[i].y)
		}
	}
}

// follow predicts a macroblock from where it has stood, and reports whether that
// is near enough to be all that is coded. Since vectors are even, chroma moves by
// whole samples too (§8.4.1.4), and nothing is interpolated.
func (s *slice) follow(a *attempt, x, y int) bool {
	e := s.e
	at := y*e.columns + x
	v := e.hints[at]
	if v == (vector{}) {
		return false
	}
	m := &s.try[1]
	m.out.loadAt(e.before, 16*x+int(v.x), 16*y+int(v.y))
	if m.finer(&s.src, a.tolerance) > 0 {
		return false
	}
	e.dirty[at] = a.ease > 0 && m.finer(&s.src, e.tolerance) > 0
	var was pixels
	was.load(e.before, x, y)
	s.old = append(s.old, saved{x, y, was})
	m.out.store(e.decoded, x, y)
	s.repeat(x, y, v)
	return true
}

// repeat codes a macroblock as what stands at a vector from it in the picture
// before, without anything else (§7.3.5.1). It is skipped if that is what
// decoders then take it for.
func (s *slice) repeat(x, y int, v vector) {
	e := s.e
	at := y*e.columns + x
	e.motion[at] = motion{vector: v}
	if s.skipped(x, y) == v {
		s.run++
		return
	}
	s.w.ue(s.run)
	s.run = 0
	s.w.ue(typeInter)
	s.w.vector(v.less(s.expected(x, y)))
	s.w.ue(int(interPattern[0]))
}

// vector appends an mvd_l0, in quarters of pixels.
func (w *bitWriter) vector(d vector) {
	w.se(4 * int(d.x))
	w.se(4 * int(d.y))
}

// beside returns the motion of another macroblock, if it is in the slice.
func (s *slice) beside(x, y int) (m motion, there bool) {
	if x < 0 || x >= s.e.columns || y < s.from {
		return motion{}, false
	}
	return s.e.motion[y*s.e.columns+x], true
}

// skipped returns the vector that a skipped macroblock has (§8.4.1.1).
func (s *slice) skipped(x, y int) vector {
	left, a := s.beside(x-1, y)
	top, b := s.beside(x, y-1)
	if !a || !b || left == (motion{}) || top == (motion{}) {
		return vector{}
	}
	return s.expected(x, y)
}

// expected returns the prediction of a vector (§8.4.1.3).
func (s *slice) expected(x, y int) vector {
	left, a := s.beside(x-1, y)
	top, b := s.beside(x, y-1)
	corner, c := s.beside(x+1, y-1)
	if !c {
		corner, c = s.beside(x-1, y-1)
	}
	if a && !b && !c {
		if left.intra {
			return vector{}
		}
		return left.vector
	}
	var found vector
	n := 0
	list := [3]motion{left, top, corner}
	for i, there := range [3]bool{a, b, c} {
		if !there || list[i].intra {
			list[i].vector = vector{}
			continue
		}
		found = list[i].vector
		n++
	}
	if n == 1 {
		return found
	}
	return vector{median(list[0].x, list[1].x, list[2].x), median(list[0].y, list[1].y, list[2].y)}
}

func median(a, b, c int16) int16 { return max(min(a, b), min(max(a, b), c)) }
