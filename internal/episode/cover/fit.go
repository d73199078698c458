package cover

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"strings"

	"golang.org/x/image/draw"
)

// Limits of a picture that Fit makes a cover of.
const (
	// MaxSource bounds the file, and maxPixels a side of the picture, so that
	// decoding it takes bounded memory.
	MaxSource = 64 << 20
	maxPixels = 8000
	// MaxPNG is the size from which a cover is written as JPEG: apps fetch it
	// again and again, and a photo as PNG is ten times as large.
	MaxPNG  = 4 << 20
	quality = 92
)

// A Fitted is a cover made of a picture.
type Fitted struct {
	Image
	File []byte
	// Changes say in words what differs from the picture; none if File is the
	// picture as it came.
	Changes []string
}

// Fit makes a cover of a picture file: what Check accepts stays as it is, byte
// for byte. What is too large is scaled down, grayscale becomes RGB, and a
// picture that its EXIF data turns is turned. One that is not square is refused
// unless crop is set, which keeps its middle. A picture that is too small is
// refused, because enlarging it shows.
func Fit(file []byte, crop bool) (*Fitted, error) {
	turned := orientation(file)
	m, err := Check(file)
	if err == nil && turned <= 1 {
		return &Fitted{m, file, nil}, nil
	}
	kind := kindOf(file)
	switch {
	case err == nil: // it is turned
	case errors.Is(err, ErrBytes) && len(file) <= MaxSource:
	case errors.Is(err, ErrShape), errors.Is(err, ErrSize):
	case errors.Is(err, ErrColors) && !inCMYK(file):
	default:
		return nil, err
	}
	c, _, derr := image.DecodeConfig(bytes.NewReader(file))
	if derr != nil {
		return nil, damaged(derr)
	}
	if c.Width > maxPixels || c.Height > maxPixels {
		return nil, fmt.Errorf("%w; this has %d by %d, and at most %d by %[4]d can be scaled", ErrSize, c.Width, c.Height, maxPixels)
	}
	side := min(c.Width, c.Height)
	switch { // the size first: cropping does not make a small picture larger
	case side < MinSide && c.Width != c.Height:
		return nil, fmt.Errorf("%w; this is %d by %d, and the square in it %d", ErrSize, c.Width, c.Height, side)
	case side < MinSide:
		return nil, fmt.Errorf("%w; this is %d", ErrSize, side)
	case c.Width != c.Height && !crop:
		return nil, fmt.Errorf("%w; this is %d by %d pixels", ErrShape, c.Width, c.Height)
	}
	src, _, derr := image.Decode(bytes.NewReader(file))
	if derr != nil {
		return nil, damaged(derr)
	}
	f := &Fitted{Image: Image{Side: min(side, MaxSide)}}
	change := func(format string, args ...any) { f.Changes = append(f.Changes, fmt.Sprintf(format, args...)) }
	from := src.Bounds()
	if c.Width != c.Height {
		x, y := from.Min.X+(c.Width-side)/2, from.Min.Y+(c.Height-side)/2
		from = image.Rect(x, y, x+side, y+side)
		change("cropped from %d by %d pixels to its middle", c.Width, c.Height)
	}
	if side > MaxSide {
		change("scaled from %d to %d pixels", side, MaxSide)
	}
	if gray(c.ColorModel) {
		change("changed from grayscale to RGB")
	}
	if turned > 1 {
		change("turned upright, as its EXIF data says")
	}
	dst := image.NewNRGBA(image.Rect(0, 0, f.Side, f.Side))
	draw.CatmullRom.Scale(dst, dst.Bounds(), src, from, draw.Src, nil)
	dst = upright(dst, turned)
	return f, f.encode(dst, kind == "PNG", change)
}

// encode writes the picture in the type that it came in, unless a PNG would be
// large.
func (f *Fitted) encode(m *image.NRGBA, asPNG bool, change func(string, ...any)) error {
	var b bytes.Buffer
	if asPNG {
		if err := png.Encode(&b, m); err != nil {
			return err
		}
		if b.Len() <= MaxPNG {
			f.Type, f.Ext, f.File = "image/png", ".png", b.Bytes()
			return nil
		}
		change("written as JPEG, because the PNG would have %.1f MiB", float64(b.Len())/(1<<20))
		b.Reset()
	}
	paper := image.NewRGBA(m.Rect) // JPEG knows no transparency
	draw.Draw(paper, paper.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(paper, paper.Rect, m, image.Point{}, draw.Over)
	if err := jpeg.Encode(&b, paper, &jpeg.Options{Quality: quality}); err != nil {
		return err
	}
	f.Type, f.Ext, f.File = "image/jpeg", ".jpg", b.Bytes()
	return nil
}

// String lists the changes for people.
func (f *Fitted) String() string { return strings.Join(f.Changes, "; ") }

func gray(m color.Model) bool { return m == color.GrayModel || m == color.Gray16Model }

func inCMYK(file []byte) bool {
	c, _, err := image.DecodeConfig(bytes.NewReader(file))
	return err == nil && c.ColorModel == color.CMYKModel
}
