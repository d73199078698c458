package lettering

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"math"

	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/font/opentype"
	"github.com/go-text/typesetting/font/opentype/tables"
)

// mostSide is how wide and high the picture of a glyph may be in its font.
const mostSide = 1024

// picture draws a glyph that has colours of its own; nil if it has none.
func (f *face) picture(key maskKey) *mask {
	if layers, ok := f.face.GlyphDataColor(font.GID(key.id)); ok {
		if flat, ok := layers.Paint.(tables.PaintColrLayersResolved); ok {
			return f.layers(flat, key)
		}
		return nil
	}
	bitmap, ok := f.face.GlyphDataBitmap(font.GID(key.id))
	if !ok {
		return nil
	}
	extents, ok := f.face.GlyphExtents(font.GID(key.id))
	src := decode(bitmap)
	if !ok || src == nil {
		return nil
	}
	scale := key.size / f.upem
	dx, dy := key.part()
	left := float64(float64(extents.XBearing)*scale) + dx
	top := dy - float64(float64(extents.YBearing)*scale)
	width, height := float64(float64(extents.Width)*scale), -float64(float64(extents.Height)*scale)
	most := float64(4*key.size) + 16
	if !(width > 0 && height > 0 && width <= most && height <= most && math.Abs(left) <= most && math.Abs(top) <= most) {
		return nil
	}
	return scaled(src, left, top, width, height)
}

// decode returns the picture in a font, its colours multiplied by its opacity;
// nil if there is none that can be read.
func decode(b font.GlyphBitmap) *image.RGBA {
	read, measure := png.Decode, png.DecodeConfig
	switch b.Format {
	case font.PNG:
	case font.JPG:
		read, measure = jpeg.Decode, jpeg.DecodeConfig
	default:
		return nil
	}
	c, err := measure(bytes.NewReader(b.Data))
	if err != nil || c.Width < 1 || c.Height < 1 || c.Width > mostSide || c.Height > mostSide {
		return nil
	}
	m, err := read(bytes.NewReader(b.Data))
	if err != nil {
		return nil
	}
	out := image.NewRGBA(image.Rect(0, 0, c.Width, c.Height))
	draw.Draw(out, out.Rect, m, m.Bounds().Min, draw.Src)
	return out
}

// A tap is how much of a pixel of the source is in one of the result.
type tap struct {
	at     int
	weight float64
}

// taps returns what each pixel of a line is made of, if n pixels are laid over
// the length from an offset on: each is the mean of those around it, as far as
// the line is shrunk.
func taps(n int, offset, length float64) (first int, list [][]tap) {
	first = int(math.Floor(offset))
	ratio := float64(n) / length
	reach := max(1, ratio)
	for i := first; float64(i) < offset+length; i++ {
		middle := float64((float64(i) + 0.5 - offset) * ratio)
		var own []tap
		sum := 0.0
		for k := int(math.Floor(middle - reach)); k <= int(math.Ceil(middle+reach)); k++ {
			w := 1 - math.Abs(float64(k)+0.5-middle)/reach
			if w <= 0 {
				continue
			}
			sum += w
			if k >= 0 && k < n { // outside it is clear
				own = append(own, tap{k, w})
			}
		}
		for k := range own {
			own[k].weight /= sum
		}
		list = append(list, own)
	}
	return first, list
}

// scaled lays a picture over a rectangle. x/image/draw does as much with sums
// that come out otherwise on other processors.
func scaled(src *image.RGBA, left, top, width, height float64) *mask {
	x0, across := taps(src.Rect.Dx(), left, width)
	y0, down := taps(src.Rect.Dy(), top, height)
	rows := make([]float64, 4*len(across)*src.Rect.Dy())
	for y := range src.Rect.Dy() {
		in := src.Pix[y*src.Stride:]
		for x, list := range across {
			out := rows[4*(y*len(across)+x):]
			for _, t := range list {
				for c := range 4 {
					out[c] += float64(t.weight * float64(in[4*t.at+c]))
				}
			}
		}
	}
	m := &mask{left: x0, top: y0, width: len(across), height: len(down), pixels: make([]byte, 4*len(across)*len(down))}
	for y, list := range down {
		for x := range across {
			var sum [4]float64
			for _, t := range list {
				in := rows[4*(t.at*len(across)+x):]
				for c := range 4 {
					sum[c] += float64(t.weight * in[c])
				}
			}
			for c := range 4 {
				m.pixels[4*(y*len(across)+x)+c] = uint8(min(255, sum[c]+0.5))
			}
		}
	}
	return m
}

// mostLayers is how many layers a glyph may have.
const mostLayers = 256

// layers draws a glyph of outlines in colours, one over the other (COLR,
// version 0).
func (f *face) layers(list []tables.Layer, key maskKey) *mask {
	if len(list) > mostLayers || len(f.face.CPAL) == 0 {
		return nil
	}
	var parts []*mask
	var colours []color.NRGBA
	all := image.Rectangle{}
	for _, l := range list {
		outline, ok := f.face.GlyphDataOutline(font.GID(l.GlyphID))
		if !ok {
			continue
		}
		m := fill(f.path(outline.Segments, key), key.size)
		if m == nil {
			continue
		}
		parts, colours = append(parts, m), append(colours, f.palette(l.PaletteIndex))
		all = all.Union(m.bounds())
	}
	if all.Empty() {
		return nil
	}
	dst := image.NewRGBA(all)
	for i, m := range parts {
		m.draw(dst, 0, 0, colours[i])
	}
	return &mask{left: all.Min.X, top: all.Min.Y, width: all.Dx(), height: all.Dy(), pixels: dst.Pix}
}

// palette is a colour of the font's first palette; for the one of the text,
// which an emoji hardly has, a dark one.
func (f *face) palette(i uint16) color.NRGBA {
	if p := f.face.CPAL[0]; int(i) < len(p) {
		return color.NRGBA{p[i].Red, p[i].Green, p[i].Blue, p[i].Alpha}
	}
	return color.NRGBA{0x30, 0x30, 0x30, 0xFF}
}

// outlineOf is the outline of a glyph, as far as it has one.
func (f *face) outlineOf(id uint32) []opentype.Segment {
	o, ok := f.face.GlyphDataOutline(font.GID(id))
	if !ok {
		return nil
	}
	return o.Segments
}
