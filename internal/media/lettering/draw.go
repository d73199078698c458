package lettering

import (
	"image"
	"image/color"
	"math"
)

// Draw writes the line into a picture, its left end at x.
func (l Line) Draw(dst *image.RGBA, x, baseline float64, c color.NRGBA) {
	l.DrawEach(dst, x, baseline, func(int) color.NRGBA { return c })
}

// DrawEach is Draw with a colour for each cluster of glyphs: at is where it
// begins in Text. Colour emoji keep their own, and only their opacity is asked
// for.
func (l Line) DrawEach(dst *image.RGBA, x, baseline float64, colour func(at int) color.NRGBA) {
	if !(l.size > 0 && l.size <= mostSize) {
		return
	}
	for _, g := range l.glyphs {
		px, sx := quarter(x + g.x)
		py, sy := quarter(baseline + g.y)
		m := l.set.mask(maskKey{g.face, g.id, l.size, sx, sy})
		if m == nil {
			continue
		}
		m.draw(dst, px, py, colour(g.at))
	}
}

// mostSize is the largest size of letters that are drawn, in pixels.
const mostSize = 2000

// quarter divides a position into a pixel and a quarter of it: letters of a
// line stand that exactly, and their masks can be used again.
func quarter(x float64) (pixel int, part uint8) {
	q := int(math.Round(math.Max(-1e7, math.Min(1e7, x)) * 4))
	return q >> 2, uint8(q & 3)
}

// draw lays a mask in a colour over a picture, with the origin of its glyph in
// the pixel x, y.
func (m *mask) draw(dst *image.RGBA, x, y int, c color.NRGBA) {
	where := image.Rect(0, 0, m.width, m.height).Add(image.Pt(x+m.left, y+m.top))
	r := where.Intersect(dst.Rect)
	if r.Empty() || c.A == 0 {
		return
	}
	if m.pixels != nil {
		m.drawPixels(dst, r, where.Min, uint32(c.A))
		return
	}
	for py := r.Min.Y; py < r.Max.Y; py++ {
		row := m.cover[(py-where.Min.Y)*m.width+r.Min.X-where.Min.X:]
		out := dst.Pix[dst.PixOffset(r.Min.X, py):]
		for i := range r.Dx() {
			if row[i] != 0 {
				over(out[4*i:4*i+4:4*i+4], c, uint32(row[i]))
			}
		}
	}
}

// over lays a colour over a pixel that it covers in part, of 255.
func over(p []byte, c color.NRGBA, cover uint32) {
	a := (uint32(c.A)*cover + 127) / 255
	rest := 255 - a
	p[0] = uint8((uint32(c.R)*a + uint32(p[0])*rest + 127) / 255)
	p[1] = uint8((uint32(c.G)*a + uint32(p[1])*rest + 127) / 255)
	p[2] = uint8((uint32(c.B)*a + uint32(p[2])*rest + 127) / 255)
	p[3] = uint8((255*a + uint32(p[3])*rest + 127) / 255)
}

// drawPixels lays a glyph with colours of its own over a part of a picture.
func (m *mask) drawPixels(dst *image.RGBA, r image.Rectangle, min image.Point, alpha uint32) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		in := m.pixels[4*((y-min.Y)*m.width+r.Min.X-min.X):]
		out := dst.Pix[dst.PixOffset(r.Min.X, y):]
		for i := range r.Dx() {
			p, q := in[4*i:4*i+4:4*i+4], out[4*i:4*i+4:4*i+4]
			rest := 255 - (uint32(p[3])*alpha+127)/255
			for c := range 4 {
				q[c] = uint8((uint32(p[c])*alpha+127)/255 + (uint32(q[c])*rest+127)/255)
			}
		}
	}
}
