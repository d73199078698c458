// Package card draws the pictures of a show's pages: covers in the sizes that
// pages show, icons, and the picture that stands beside a link to an episode or a
// clip. The same input gives the same bytes on every processor.
package card

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
)

// maxPixels bounds a picture that is read: a cover has at most 3000 by 3000.
const maxPixels = 36 << 20

// Square reads a JPEG or PNG and returns its middle as a square of so many
// pixels, each the mean of those that it stands for.
func Square(b []byte, size int) (*image.RGBA, error) {
	c, _, err := image.DecodeConfig(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	if c.Width < 1 || c.Height < 1 || c.Width > maxPixels/c.Height {
		return nil, fmt.Errorf("the picture has %d by %d pixels", c.Width, c.Height)
	}
	src, _, err := image.Decode(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	return Shrunk(src, size), nil
}

// Shrunk is Square for a picture that was read.
func Shrunk(src image.Image, size int) *image.RGBA {
	r := src.Bounds()
	side := min(r.Dx(), r.Dy())
	r.Min = r.Min.Add(image.Pt((r.Dx()-side)/2, (r.Dy()-side)/2))
	whole := image.NewRGBA(image.Rect(0, 0, side, side))
	draw.Draw(whole, whole.Rect, image.White, image.Point{}, draw.Src) // what is transparent
	draw.Draw(whole, whole.Rect, src, r.Min, draw.Over)
	dst := image.NewRGBA(image.Rect(0, 0, size, size))
	for y := range size {
		top, bottom := span(y, size, side)
		for x := range size {
			left, right := span(x, size, side)
			var sum [3]int
			for sy := top; sy < bottom; sy++ {
				row := whole.Pix[sy*whole.Stride+4*left : sy*whole.Stride+4*right]
				for i := 0; i < len(row); i += 4 {
					sum[0] += int(row[i])
					sum[1] += int(row[i+1])
					sum[2] += int(row[i+2])
				}
			}
			n := (bottom - top) * (right - left)
			at := dst.PixOffset(x, y)
			for i, v := range sum {
				dst.Pix[at+i] = uint8((v + n/2) / n)
			}
			dst.Pix[at+3] = 0xff
		}
	}
	return dst
}

// span is the part of side pixels that pixel i of size stands for.
func span(i, size, side int) (from, to int) {
	from = i * side / size
	return from, min(side, max(from+1, (i+1)*side/size))
}

// JPEG and PNG encode a picture.
func JPEG(m image.Image, quality int) ([]byte, error) {
	var b bytes.Buffer
	err := jpeg.Encode(&b, m, &jpeg.Options{Quality: quality})
	return b.Bytes(), err
}

func PNG(m image.Image) ([]byte, error) {
	var b bytes.Buffer
	e := png.Encoder{CompressionLevel: png.BestCompression}
	err := e.Encode(&b, m)
	return b.Bytes(), err
}

// Accent is the colour that a picture is remembered by: that of the largest
// group of colourful pixels, or the zero colour of a grey picture.
func Accent(m *image.RGBA) color.NRGBA {
	const groups = 24 // of hues
	var weight [groups]int
	var sum [groups][3]int
	for i := 0; i+3 < len(m.Pix); i += 4 {
		r, g, b := int(m.Pix[i]), int(m.Pix[i+1]), int(m.Pix[i+2])
		high, low := max(r, g, b), min(r, g, b)
		strength := high - low
		if strength < 40 || high < 50 {
			continue
		}
		k := hue(r, g, b, high, strength) * groups / 360
		weight[k] += strength
		for c, v := range [...]int{r, g, b} {
			sum[k][c] += v * strength
		}
	}
	best := 0
	for k, w := range weight {
		if w > weight[best] {
			best = k
		}
	}
	w := weight[best]
	if w == 0 || w < len(m.Pix)/4 { // on average less than one step a pixel
		return color.NRGBA{}
	}
	return color.NRGBA{uint8(sum[best][0] / w), uint8(sum[best][1] / w), uint8(sum[best][2] / w), 0xff}
}

// hue is the angle of a colour, 0 to 359.
func hue(r, g, b, high, strength int) int {
	var h int
	switch high {
	case r:
		h = 60 * (g - b) / strength
	case g:
		h = 120 + 60*(b-r)/strength
	default:
		h = 240 + 60*(r-g)/strength
	}
	return (h + 360) % 360
}

// Tile is the picture of a show without a cover: a waveform on its colour.
func Tile(accent color.NRGBA, size int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, size, size))
	draw.Draw(m, m.Rect, image.NewUniform(accent), image.Point{}, draw.Src)
	bars := [...]int{26, 52, 78, 40, 64, 34, 18} // percent of half the height
	for i, h := range bars {
		middle := size * (2*i + 3) / (2*len(bars) + 4)
		pill(m, middle, size/2, size*h/200, size/36, color.NRGBA{0xff, 0xff, 0xff, 0xff})
	}
	return m
}

// pill fills a bar with round ends, its edges smooth to a quarter of a pixel.
func pill(m *image.RGBA, x, y, half, radius int, c color.NRGBA) {
	const fine = 4
	radius = max(1, radius)
	half = max(radius, half)
	for py := y - half; py < y+half; py++ {
		for px := x - radius; px < x+radius; px++ {
			if !image.Pt(px, py).In(m.Rect) {
				continue
			}
			n := 0
			for s := range fine * fine {
				dx := (px-x)*2*fine + 2*(s%fine) + 1
				dy := (py-y)*2*fine + 2*(s/fine) + 1
				reach := (half - radius) * 2 * fine
				dy = max(0, max(dy, -dy)-reach)
				if dx*dx+dy*dy <= 4*fine*fine*radius*radius {
					n++
				}
			}
			blend(m, px, py, c, n*int(c.A), fine*fine*255)
		}
	}
}

// blend lays so many parts of a colour over a pixel.
func blend(m *image.RGBA, x, y int, c color.NRGBA, part, of int) {
	at := m.PixOffset(x, y)
	for i, v := range [...]uint8{c.R, c.G, c.B} {
		m.Pix[at+i] = uint8((int(m.Pix[at+i])*(of-part) + int(v)*part + of/2) / of)
	}
}
