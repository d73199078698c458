package h264

import "image"

// A Picture is what an Encoder takes: luma of Width×Height, and two planes of
// chroma with half of each, all in whole macroblocks. What lies beyond the
// picture's own size repeats its edge.
type Picture struct {
	Y, Cb, Cr []uint8
	Stride    int // of Y; the other planes have half of it
	Width     int // without what is beyond
	Height    int
}

// NewPicture returns a black picture of a size in pixels.
func NewPicture(width, height int) *Picture {
	p := newPicture((width+15)/16, (height+15)/16)
	p.Width, p.Height = width, height
	return p
}

func newPicture(columns, rows int) *Picture {
	n := columns * rows * 64
	p := &Picture{Y: make([]uint8, 4*n), Cb: make([]uint8, n), Cr: make([]uint8, n), Stride: 16 * columns}
	fill(p.Y, 16)
	fill(p.Cb, 128)
	fill(p.Cr, 128)
	return p
}

// Draw converts the part of src that lies in r to the same place of p, out to
// even coordinates. Its alpha is not looked at.
//
// Colours are converted as ITU-R BT.709-6, items 3.2 to 3.6, says for 8 bits
// with head- and footroom: the luma of each pixel, and the chroma of the mean
// of four, to the nearest whole number, the upper one of two.
func (p *Picture) Draw(src *image.RGBA, r image.Rectangle) {
	both := src.Rect.Intersect(image.Rect(0, 0, p.Width, p.Height))
	both = image.Rect((both.Min.X+1)&^1, (both.Min.Y+1)&^1, both.Max.X&^1, both.Max.Y&^1)
	r = image.Rect(r.Min.X&^1, r.Min.Y&^1, (r.Max.X+1)&^1, (r.Max.Y+1)&^1).Intersect(both)
	if r.Empty() {
		return
	}
	for y := r.Min.Y; y < r.Max.Y; y += 2 {
		p.drawRows(src, y, r.Min.X, r.Max.X)
	}
	p.extend(r)
}

// drawRows converts two rows.
func (p *Picture) drawRows(src *image.RGBA, y, from, to int) {
	upper := src.Pix[src.PixOffset(from, y):]
	lower := src.Pix[src.PixOffset(from, y+1):]
	n := (to - from) / 2
	y0 := p.Y[y*p.Stride+from:][: 2*n : 2*n]
	y1 := p.Y[(y+1)*p.Stride+from:][: 2*n : 2*n]
	at := y/2*(p.Stride/2) + from/2
	cb, cr := p.Cb[at:][:n:n], p.Cr[at:][:n:n]
	for i := range n {
		a, b := (*[8]uint8)(upper[8*i:]), (*[8]uint8)(lower[8*i:])
		y0[2*i] = luma(a[0], a[1], a[2])
		y0[2*i+1] = luma(a[4], a[5], a[6])
		y1[2*i] = luma(b[0], b[1], b[2])
		y1[2*i+1] = luma(b[4], b[5], b[6])
		cb[i], cr[i] = chroma(
			int64(a[0])+int64(a[4])+int64(b[0])+int64(b[4]),
			int64(a[1])+int64(a[5])+int64(b[1])+int64(b[5]),
			int64(a[2])+int64(a[6])+int64(b[2])+int64(b[6]))
	}
}

// The weights of red, green and blue, in 2^−40. What they are rounded by is
// too little to change a result, save where one lies in the middle of two
// whole numbers, which is why the half that is added has a little more.
const (
	one  = 1 << 40
	half = one/2 + one>>24

	lumaRed   = (219*2126*one + 1275000) / 2550000
	lumaGreen = (219*7152*one + 1275000) / 2550000
	lumaBlue  = (219*722*one + 1275000) / 2550000

	// Of the sum of four pixels.
	own     = 112 * one / 1020 // of blue in Cb, of red in Cr
	cbRed   = 112 * 2126 * one / (1020 * 9278)
	cbGreen = 112 * 7152 * one / (1020 * 9278)
	crGreen = 112 * 7152 * one / (1020 * 7874)
	crBlue  = 112 * 722 * one / (1020 * 7874)
)

// luma returns 16 + 219 × (0.2126 R + 0.7152 G + 0.0722 B) / 255, rounded.
func luma(r, g, b uint8) uint8 {
	return uint8((int64(r)*lumaRed + int64(g)*lumaGreen + int64(b)*lumaBlue + 16*one + half) >> 40)
}

// chroma returns 128 + 224 × (B − Y) / 1.8556 / 255 and 128 + 224 ×
// (R − Y) / 1.5748 / 255 of the mean of four pixels of which it gets the sums.
func chroma(r, g, b int64) (cb, cr uint8) {
	return uint8((b*own - r*cbRed - g*cbGreen + 128*one + half) >> 40),
		uint8((r*own - g*crGreen - b*crBlue + 128*one + half) >> 40)
}

// extend repeats the right and the lower edge of p beyond its size, as far as
// r touches them.
func (p *Picture) extend(r image.Rectangle) {
	extend(p.Y, p.Stride, p.Width, p.Height, r.Min.Y, r.Max.Y, r.Max.X)
	for _, plane := range [][]uint8{p.Cb, p.Cr} {
		extend(plane, p.Stride/2, p.Width/2, p.Height/2, r.Min.Y/2, r.Max.Y/2, r.Max.X/2)
	}
}

func extend(plane []uint8, stride, width, height, top, bottom, right int) {
	if right == width && width < stride {
		for y := top; y < bottom; y++ {
			row := plane[y*stride:][:stride]
			fill(row[width:], row[width-1])
		}
	}
	if bottom == height {
		last := plane[(height-1)*stride:][:stride]
		for at := height * stride; at < len(plane); at += stride {
			copy(plane[at:], last)
		}
	}
}
