package audiogram

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"

	"golang.org/x/image/draw"
)

// maxPixels bounds what a picture takes in memory.
const maxPixels = 64 << 20

// decode reads a picture that is not too large.
func decode(b []byte) (image.Image, error) {
	c, _, err := image.DecodeConfig(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	if c.Width < 1 || c.Height < 1 || c.Width > maxPixels/c.Height {
		return nil, fmt.Errorf("the picture is too large (%d×%d pixels)", c.Width, c.Height)
	}
	src, _, err := image.Decode(bytes.NewReader(b))
	return src, err
}

// load reads a picture, and returns the middle of it, upright, in a size.
func load(b []byte, size image.Point) (*image.RGBA, error) {
	src, err := decode(b)
	if err != nil {
		return nil, err
	}
	o := orientation(b)
	if o > 4 { // it lies on its side
		size.X, size.Y = size.Y, size.X
	}
	return rotate(fill(src, size), o), nil
}

// loadInside reads a picture, and returns all of it in the largest size that has
// room in another one.
func loadInside(b []byte, most image.Point) (*image.RGBA, error) {
	src, err := decode(b)
	if err != nil {
		return nil, err
	}
	r := src.Bounds()
	size := image.Pt(most.X, max(1, r.Dy()*most.X/r.Dx()))
	if size.Y > most.Y {
		size = image.Pt(max(1, r.Dx()*most.Y/r.Dy()), most.Y)
	}
	if n := min(r.Dx()/size.X, r.Dy()/size.Y); n > 1 {
		src = shrink(src, r, n)
		r = src.Bounds()
	}
	dst := image.NewRGBA(image.Rectangle{Max: size})
	draw.ApproxBiLinear.Scale(dst, dst.Rect, src, r, draw.Src, nil)
	return dst, nil
}

// fill scales the middle of a picture so that it fills a size.
func fill(src image.Image, size image.Point) *image.RGBA {
	r := src.Bounds()
	part := r.Size()
	if part.X*size.Y > part.Y*size.X {
		part.X = max(1, part.Y*size.X/size.Y)
	} else {
		part.Y = max(1, part.X*size.Y/size.X)
	}
	corner := r.Min.Add(r.Size().Sub(part).Div(2))
	r = image.Rectangle{corner, corner.Add(part)}
	if n := min(part.X/size.X, part.Y/size.Y); n > 1 {
		src = shrink(src, r, n)
		r = src.Bounds()
	}
	dst := image.NewRGBA(image.Rectangle{Max: size})
	draw.Draw(dst, dst.Rect, image.White, image.Point{}, draw.Src) // behind what is transparent
	draw.ApproxBiLinear.Scale(dst, dst.Rect, src, r, draw.Over, nil)
	return dst
}

// shrink makes one pixel of each n×n of a part of a picture. It takes no more
// memory than that, and a few rows.
func shrink(src image.Image, r image.Rectangle, n int) *image.RGBA {
	dst := image.NewRGBA(image.Rect(0, 0, r.Dx()/n, r.Dy()/n))
	rows := image.NewRGBA(image.Rect(0, 0, dst.Rect.Dx()*n, n))
	for y := range dst.Rect.Dy() {
		draw.Draw(rows, rows.Rect, src, r.Min.Add(image.Pt(0, y*n)), draw.Src)
		out := dst.Pix[y*dst.Stride:]
		for x := range dst.Rect.Dx() {
			for c := range 4 {
				sum := n * n / 2
				for k := range n {
					row := rows.Pix[k*rows.Stride+4*n*x+c:]
					for i := range n {
						sum += int(row[4*i])
					}
				}
				out[4*x+c] = uint8(sum / (n * n))
			}
		}
	}
	return dst
}

// rotate sets a picture upright: its orientation says what its rows and columns
// are (Exif 2.32, 4.6.4, "Orientation").
func rotate(src *image.RGBA, orientation int) *image.RGBA {
	if orientation < 2 || orientation > 8 {
		return src
	}
	w, h := src.Rect.Dx(), src.Rect.Dy()
	right, down := w-1, h-1
	dst := image.NewRGBA(image.Rect(0, 0, w, h))
	if orientation > 4 {
		dst = image.NewRGBA(image.Rect(0, 0, h, w))
	}
	for y := range h {
		for x := range w {
			to := [...]image.Point{
				2: {right - x, y}, 3: {right - x, down - y}, 4: {x, down - y},
				5: {y, x}, 6: {down - y, x}, 7: {down - y, right - x}, 8: {y, right - x},
			}[orientation]
			dst.SetRGBA(to.X, to.Y, src.RGBAAt(x, y))
		}
	}
	return dst
}

// orientation returns how a camera was held, 1 to 8, or 0 if a picture does
// not say it.
func orientation(b []byte) int {
	const soi, app1, sos = 0xD8, 0xE1, 0xDA // ITU-T T.81, Table B.1
	if len(b) < 2 || b[0] != 0xFF || b[1] != soi {
		return 0
	}
	for b = b[2:]; len(b) >= 4 && b[0] == 0xFF && b[1] != sos; {
		n := 2 + int(binary.BigEndian.Uint16(b[2:]))
		if n < 4 || n > len(b) {
			return 0
		}
		if exif, ok := bytes.CutPrefix(b[4:n], []byte("Exif\x00\x00")); ok && b[1] == app1 {
			return orientationOf(exif)
		}
		b = b[n:]
	}
	return 0
}

// orientationOf reads the first directory of a TIFF structure (TIFF 6.0, p. 13).
func orientationOf(tiff []byte) int {
	const (
		tag   = 274
		short = 3
	)
	if len(tiff) < 8 {
		return 0
	}
	var order binary.ByteOrder = binary.BigEndian
	if tiff[0] == 'I' {
		order = binary.LittleEndian
	}
	at := order.Uint32(tiff[4:])
	if uint64(at)+2 > uint64(len(tiff)) {
		return 0
	}
	dir := tiff[at:]
	for entries := order.Uint16(dir); entries > 0 && len(dir) >= 14; entries-- {
		e := dir[2:14]
		if order.Uint16(e) == tag && order.Uint16(e[2:]) == short {
			if o := order.Uint16(e[8:]); o <= 8 {
				return int(o)
			}
			return 0
		}
		dir = dir[12:]
	}
	return 0
}
