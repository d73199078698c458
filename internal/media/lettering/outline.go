package lettering

import (
	"image"
	"image/draw"
	"math"

	"github.com/go-text/typesetting/font/opentype"
	"golang.org/x/image/vector"
)

// A mask is a glyph in a size, drawn.
type mask struct {
	left, top     int // from the origin of the glyph
	width, height int
	cover         []byte // how much of each pixel is covered
	pixels        []byte // instead, of glyphs with colours of their own
}

func (m *mask) bounds() image.Rectangle {
	return image.Rect(m.left, m.top, m.left+m.width, m.top+m.height)
}

type maskKey struct {
	face   *face
	id     uint32
	size   float64
	sx, sy uint8 // quarters of a pixel
}

// part is how far the origin lies from the corner of its pixel.
func (k maskKey) part() (x, y float64) {
	parts := [...]float64{0, 0.25, 0.5, 0.75} // a quotient would be a product, and with a sum one instruction
	return parts[k.sx], parts[k.sy]
}

// A maskCache keeps what was drawn.
type maskCache struct {
	known map[maskKey]*mask
	bytes int
}

// mostMasks is how many bytes of masks a set remembers.
const mostMasks = 16 << 20

// mask returns a glyph, drawn; nil if nothing of it is seen.
func (s *Set) mask(key maskKey) *mask {
	s.mu.Lock()
	m, ok := s.masks.known[key]
	s.mu.Unlock()
	if ok {
		return m
	}
	m = key.face.draw(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.masks.known == nil || s.masks.bytes > mostMasks {
		s.masks = maskCache{known: make(map[maskKey]*mask)}
	}
	s.masks.bytes += 64
	if m != nil {
		s.masks.bytes += len(m.cover) + len(m.pixels)
	}
	s.masks.known[key] = m
	return m
}

func (f *face) draw(key maskKey) *mask {
	m, _ := with(f, func() *mask {
		if key.id == 0 {
			return fill(f.box(key), key.size)
		}
		if f.colour {
			if m := f.picture(key); m != nil {
				return m
			}
		}
		return fill(f.path(f.outlineOf(key.id), key), key.size)
	})
	return m
}

// box is what stands for a character that no font has: the same in all fonts,
// and lighter than what some have for it.
func (f *face) box(key maskKey) []stroke {
	advance := f.face.HorizontalAdvance(0)
	width := float64(max(0.3, min(1.2, float64(advance)/f.upem)) * key.size)
	dx, dy := key.part()
	thin := max(1, key.size/18)
	left, right, top := float64(0.1*key.size)+dx, width-float64(0.1*key.size)+dx, dy-float64(0.72*key.size)
	at := func(x, y float64) point { return point{float32(x), float32(y)} }
	return []stroke{
		{at(left, dy), true}, {at(right, dy), false}, {at(right, top), false}, {at(left, top), false},
		// The other way round, a hole.
		{at(left+thin, dy-thin), true}, {at(left+thin, top+thin), false}, {at(right-thin, top+thin), false}, {at(right-thin, dy-thin), false},
	}
}

// A point lies in a picture, in pixels.
type point struct{ x, y float32 }

// A stroke is a straight line to a point, or the jump to where the next
// outline begins.
type stroke struct {
	to   point
	jump bool
}

// path turns an outline into straight lines: between lines vector.Rasterizer
// calculates with integers, but the points of its curves come out otherwise on
// arm64, and so would every video.
func (f *face) path(outline []opentype.Segment, key maskKey) []stroke {
	scale := float32(key.size / f.upem)
	x, y := key.part()
	dx, dy := float32(x), float32(y)
	at := func(p opentype.SegmentPoint) point {
		return point{float32(p.X*scale) + dx, dy - float32(p.Y*scale)}
	}
	list := make([]stroke, 0, 4*len(outline))
	line := func(p point) { list = append(list, stroke{to: p}) }
	var pen point
	for _, s := range outline {
		switch s.Op {
		case opentype.SegmentOpMoveTo:
			pen = at(s.Args[0])
			list = append(list, stroke{pen, true})
		case opentype.SegmentOpLineTo:
			pen = at(s.Args[0])
			line(pen)
		case opentype.SegmentOpQuadTo:
			bend, to := at(s.Args[0]), at(s.Args[1])
			quadratic(pen, bend, to, line)
			pen = to
		case opentype.SegmentOpCubeTo:
			a, b, to := at(s.Args[0]), at(s.Args[1]), at(s.Args[2])
			cubic(pen, a, b, to, line)
			pen = to
		}
	}
	return list
}

// fill draws lines; nil if they enclose nothing, or more than a glyph can.
func fill(path []stroke, size float64) *mask {
	const huge = 1 << 20
	low, high := point{huge, huge}, point{-huge, -huge}
	for _, s := range path {
		low = point{min(low.x, s.to.x), min(low.y, s.to.y)}
		high = point{max(high.x, s.to.x), max(high.y, s.to.y)}
	}
	// The longest glyphs are whole sentences in Arabic (U+FDFD); a damaged font
	// may have any.
	most := float32(float64(20*size) + 16)
	if !(low.x >= -most && low.y >= -most && high.x <= most && high.y <= most) || low.x >= high.x || low.y >= high.y {
		return nil
	}
	left, top := int(math.Floor(float64(low.x))), int(math.Floor(float64(low.y)))
	width, height := int(math.Ceil(float64(high.x)))-left, int(math.Ceil(float64(high.y)))-top
	var r vector.Rasterizer
	r.Reset(width, height)
	r.DrawOp = draw.Src
	open := false
	for _, s := range path {
		x, y := s.to.x-float32(left), s.to.y-float32(top)
		if s.jump {
			if open {
				r.ClosePath()
			}
			r.MoveTo(x, y)
			open = true
			continue
		}
		r.LineTo(x, y)
	}
	if open {
		r.ClosePath()
	}
	a := image.Alpha{Pix: make([]byte, width*height), Stride: width, Rect: image.Rect(0, 0, width, height)}
	r.Draw(&a, a.Rect, image.Opaque, image.Point{})
	return &mask{left: left, top: top, width: width, height: height, cover: a.Pix}
}

// quadratic draws a Bézier curve in as many lines as vector.Rasterizer does.
func quadratic(from, bend, to point, line func(point)) {
	for i, n := 1, parts(deviation(from, bend, to)); i < n; i++ {
		t := float32(i) / float32(n)
		line(between(between(from, bend, t), between(bend, to, t), t))
	}
	line(to)
}

// cubic draws a Bézier curve with two points that bend it.
func cubic(from, a, b, to point, line func(point)) {
	for i, n := 1, parts(max(deviation(from, a, b), deviation(a, b, to))); i < n; i++ {
		t := float32(i) / float32(n)
		p, q, r := between(from, a, t), between(a, b, t), between(b, to, t)
		line(between(between(p, q, t), between(q, r, t), t))
	}
	line(to)
}

// deviation is the square of how far a curve bends.
func deviation(from, bend, to point) float32 {
	dx, dy := from.x-float32(2*bend.x)+to.x, from.y-float32(2*bend.y)+to.y
	return float32(dx*dx) + float32(dy*dy)
}

// parts is how many lines a curve needs to look round.
func parts(bent float32) int {
	if !(bent >= 0.1) {
		return 1
	}
	return min(64, 1+int(math.Sqrt(math.Sqrt(float64(3*float64(bent))))))
}

// between is the point of the line from a to b at t, 0 to 1.
func between(a, b point, t float32) point {
	return point{a.x + float32(t*(b.x-a.x)), a.y + float32(t*(b.y-a.y))}
}
