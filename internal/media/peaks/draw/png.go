package draw

import (
	"image"
	"image/color"
	"image/png"
	"io"
	"math"

	"github.com/spaces-cli/spaces/internal/media/lettering"
)

// PNG writes p as a PNG. Characters that none of its fonts has are empty boxes:
// lettering tells which of Texts have any.
func PNG(w io.Writer, p *Picture) error {
	if err := p.check(); err != nil {
		return err
	}
	letters := p.Letters
	if letters == nil {
		letters = lettering.Embedded()
	}
	r := &raster{image.NewRGBA(image.Rect(0, 0, p.Width, p.Height)), letters}
	p.paint(r)
	enc := png.Encoder{CompressionLevel: png.BestCompression}
	return enc.Encode(w, r.image)
}

// raster is a canvas of pixels.
type raster struct {
	image   *image.RGBA
	letters *lettering.Set
}

func (r *raster) width(s string, size float64) float64 {
	return r.letters.Line(s, size, lettering.Regular).Width
}

func (r *raster) shorten(s string, width, size float64) string {
	return r.letters.Shorten(s, width, size, lettering.Regular).Text
}

// blend lays c over a pixel that it covers in part.
func (r *raster) blend(x, y int, c color.NRGBA, cover float64) {
	if !(image.Point{X: x, Y: y}).In(r.image.Rect) {
		return
	}
	a := uint32(float64(cover*float64(c.A)) + 0.5)
	p := r.image.Pix[r.image.PixOffset(x, y):][:4]
	mix := func(under, over uint8) uint8 {
		return uint8((uint32(under)*(255-a) + uint32(over)*a + 127) / 255)
	}
	p[0], p[1], p[2], p[3] = mix(p[0], c.R), mix(p[1], c.G), mix(p[2], c.B), 255
}

func (r *raster) rect(x, y, width, height, radius float64, c color.NRGBA) {
	for py := int(math.Floor(y)); py < int(math.Ceil(y+height)); py++ {
		for px := int(math.Floor(x)); px < int(math.Ceil(x+width)); px++ {
			cover := overlap(px, x, x+width) * overlap(py, y, y+height)
			if radius > 0 {
				cover = rounded(float64(px)+0.5-x, float64(py)+0.5-y, width, height, radius)
			}
			r.blend(px, py, c, cover)
		}
	}
}

// overlap returns how much of pixel i lies between from and to.
func overlap(i int, from, to float64) float64 {
	return max(0, min(float64(i+1), to)-max(float64(i), from))
}

// rounded returns how much a pixel with its centre at x, y is covered by a
// rounded rectangle, from the distance to its edge.
func rounded(x, y, width, height, radius float64) float64 {
	dx := max(0, math.Abs(x-float64(width/2))-(float64(width/2)-radius))
	dy := max(0, math.Abs(y-float64(height/2))-(float64(height/2)-radius))
	return max(0, min(1, radius-math.Hypot(dx, dy)+0.5))
}

func (r *raster) wave(x, first, last int, top, bottom []float64, c color.NRGBA) {
	for i := first; i < last; i++ {
		above, below := top[i*perPixel:(i+1)*perPixel], bottom[i*perPixel:(i+1)*perPixel]
		highest, lowest := above[0], below[0]
		for k := range above {
			highest, lowest = min(highest, above[k]), max(lowest, below[k])
		}
		for y := int(math.Floor(highest)); y < int(math.Ceil(lowest)); y++ {
			var cover float64
			for k := range above {
				cover += overlap(y, above[k], below[k])
			}
			r.blend(x+i, y, c, cover/perPixel)
		}
	}
}

func (r *raster) text(x, y, size float64, a anchor, c color.NRGBA, s string) {
	line := r.letters.Line(s, size, lettering.Regular)
	switch a {
	case middle:
		x -= float64(line.Width / 2)
	case end:
		x -= line.Width
	}
	line.Draw(r.image, x, math.Round(y), c)
}
