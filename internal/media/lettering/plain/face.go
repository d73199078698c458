package lettering

import (
	"image"
	"image/draw"
	"math"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// A face draws the outlines of an opentype.Face itself, from straight lines:
// between lines vector.Rasterizer calculates with integers, but the points of
// its curves come out otherwise on arm64, and so would every video.
type face struct {
	font.Face
	font    *sfnt.Font
	ppem    fixed.Int26_6
	buf     sfnt.Buffer
	outline vector.Rasterizer
	mask    image.Alpha
}

// Face returns the font in a size in pixels, more than 0. A Face serves one
// goroutine at a time.
func (t *Typeface) Face(size float64, hinting font.Hinting) font.Face {
	inner, err := opentype.NewFace(t.font, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: hinting})
	if err != nil {
		panic(err) // only for a size of 0
	}
	return &face{Face: inner, font: t.font, ppem: fixed.Int26_6(float64(size*64) + 0.5)}
}

// Glyph is that of font.Face. The mask is valid until the next call.
func (f *face) Glyph(dot fixed.Point26_6, r rune) (where image.Rectangle, mask image.Image, at image.Point, advance fixed.Int26_6, ok bool) {
	advance, ok = f.GlyphAdvance(r)
	index, err := f.font.GlyphIndex(&f.buf, r)
	if err != nil {
		return image.Rectangle{}, nil, image.Point{}, 0, false
	}
	segments, err := f.font.LoadGlyph(&f.buf, index, f.ppem, nil)
	if err != nil {
		return image.Rectangle{}, nil, image.Point{}, 0, false
	}
	box := segments.Bounds().Add(dot)
	where = image.Rect(box.Min.X.Floor(), box.Min.Y.Floor(), box.Max.X.Ceil(), box.Max.Y.Ceil())
	f.trace(segments, dot.Sub(fixed.P(where.Min.X, where.Min.Y)))
	return where, &f.mask, image.Point{}, advance, ok
}

// trace fills the mask with an outline that is moved so that it lies within.
func (f *face) trace(outline sfnt.Segments, move fixed.Point26_6) {
	box := outline.Bounds().Add(move)
	width, height := box.Max.X.Ceil(), box.Max.Y.Ceil()
	pixels := f.mask.Pix
	if len(pixels) < width*height {
		pixels = make([]byte, 2*width*height)
	}
	f.mask = image.Alpha{Pix: pixels, Stride: width, Rect: image.Rect(0, 0, width, height)}
	f.outline.Reset(width, height)
	f.outline.DrawOp = draw.Src
	var pen point
	for _, s := range outline {
		to := pointOf(s.Args[0].Add(move))
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			f.outline.MoveTo(to.x, to.y)
		case sfnt.SegmentOpLineTo:
			f.outline.LineTo(to.x, to.y)
		case sfnt.SegmentOpQuadTo: // TrueType has no others
			bend := to
			to = pointOf(s.Args[1].Add(move))
			f.curve(pen, bend, to)
		}
		pen = to
	}
	f.outline.Draw(&f.mask, f.mask.Rect, image.Opaque, image.Point{})
}

// curve draws a quadratic Bézier curve in as many lines as vector.Rasterizer does.
func (f *face) curve(from, bend, to point) {
	dx, dy := from.x-float32(2*bend.x)+to.x, from.y-float32(2*bend.y)+to.y
	if bent := float32(dx*dx) + float32(dy*dy); bent >= 0.333 {
		lines := 1 + int(math.Sqrt(math.Sqrt(3*float64(bent))))
		step, t := 1/float32(lines), float32(0)
		for range lines - 1 {
			t += step
			p := between(between(from, bend, t), between(bend, to, t), t)
			f.outline.LineTo(p.x, p.y)
		}
	}
	f.outline.LineTo(to.x, to.y)
}

// A point lies in the mask, in pixels from its top left corner.
type point struct{ x, y float32 }

func pointOf(p fixed.Point26_6) point {
	return point{float32(float32(p.X) / 64), float32(float32(p.Y) / 64)}
}

// between is the point of the line from a to b at t, 0 to 1.
func between(a, b point, t float32) point {
	return point{a.x + float32(t*(b.x-a.x)), a.y + float32(t*(b.y-a.y))}
}
