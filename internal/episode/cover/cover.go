// Package cover checks pictures against what podcast directories take for a
// cover: JPEG or PNG, in RGB, square, 1400 to 3000 pixels (Apple Podcasts,
// "Artwork requirements"; Spotify asks for the same or less).
package cover

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"strings"
)

// Limits of a cover.
const (
	MinSide = 1400 // pixels
	MaxSide = 3000
	// MaxBytes fits into the picture block of a FLAC file, which has 16 MiB
	// with its header.
	MaxBytes = 16<<20 - 1024
)

// Errors of Check, wrapped with what was found.
var (
	ErrFormat  = errors.New("the cover must be a JPEG or PNG picture")
	ErrDamaged = errors.New("the cover picture is damaged")
	ErrColors  = errors.New("the cover must be in RGB")
	ErrShape   = errors.New("the cover must be square")
	ErrSize    = errors.New("the cover must be 1400 to 3000 pixels wide")
	ErrBytes   = errors.New("the cover must not exceed 16 MiB")
)

// An Image is a picture that will do.
type Image struct {
	Type string // media type: image/jpeg or image/png
	Ext  string // of a file name: .jpg or .png
	Side int    // pixels
}

// Check reads a whole picture file and reports what directories would refuse
// it for. It decodes all of it, so that a damaged one is found here and not by
// listeners.
func Check(file []byte) (Image, error) {
	var m Image
	var config func(io.Reader) (image.Config, error)
	var decode func(io.Reader) (image.Image, error)
	switch kind := kindOf(file); kind {
	case "JPEG":
		m = Image{Type: "image/jpeg", Ext: ".jpg"}
		config, decode = jpeg.DecodeConfig, jpeg.Decode
	case "PNG":
		m = Image{Type: "image/png", Ext: ".png"}
		config, decode = png.DecodeConfig, png.Decode
	case "":
		return Image{}, fmt.Errorf("%w; this is another type of file", ErrFormat)
	default:
		return Image{}, fmt.Errorf("%w; this is %s", ErrFormat, kind)
	}
	if len(file) > MaxBytes {
		return Image{}, fmt.Errorf("%w; this has %.1f", ErrBytes, float64(len(file))/(1<<20))
	}
	c, err := config(bytes.NewReader(file))
	if err != nil {
		return Image{}, damaged(err)
	}
	switch {
	case c.ColorModel == color.CMYKModel:
		return Image{}, fmt.Errorf("%w; this is in CMYK (for print)", ErrColors)
	case c.ColorModel == color.GrayModel || c.ColorModel == color.Gray16Model:
		return Image{}, fmt.Errorf("%w; this is in grayscale", ErrColors)
	case c.Width != c.Height:
		return Image{}, fmt.Errorf("%w; this is %d by %d pixels", ErrShape, c.Width, c.Height)
	case c.Width < MinSide || c.Width > MaxSide:
		return Image{}, fmt.Errorf("%w; this is %d", ErrSize, c.Width)
	}
	// What claims to be larger than this has been refused: decoding takes
	// bounded memory.
	if _, err := decode(bytes.NewReader(file)); err != nil {
		return Image{}, damaged(err)
	}
	m.Side = c.Width
	return m, nil
}

// damaged returns what an error of a decoder means.
func damaged(err error) error {
	var rareJPEG jpeg.UnsupportedError
	var rarePNG png.UnsupportedError
	if errors.As(err, &rareJPEG) || errors.As(err, &rarePNG) {
		return fmt.Errorf("%w in a supported encoding: %w", ErrFormat, err)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: it is cut off", ErrDamaged)
	}
	return fmt.Errorf("%w: %w", ErrDamaged, err)
}

// kindOf returns what kind of picture a file is, or "" if it is none that
// people have.
func kindOf(file []byte) string {
	head := string(file[:min(len(file), 512)])
	for _, k := range []struct{ magic, kind string }{
		{"\xFF\xD8\xFF", "JPEG"}, {"\x89PNG\r\n\x1A\n", "PNG"}, {"GIF8", "GIF"}, {"BM", "BMP"},
		{"II*\x00", "TIFF"}, {"MM\x00*", "TIFF"}, {"8BPS", "a Photoshop file"}, {"%PDF", "PDF"}, {"\xFF\x0A", "JPEG XL"},
	} {
		if strings.HasPrefix(head, k.magic) {
			return k.kind
		}
	}
	switch {
	case len(head) >= 12 && head[:4] == "RIFF" && head[8:12] == "WEBP":
		return "WebP"
	case len(head) >= 12 && head[4:8] == "ftyp" && strings.HasPrefix(head[8:], "avi"):
		return "AVIF"
	case len(head) >= 12 && head[4:8] == "ftyp" && (strings.HasPrefix(head[8:], "hei") || strings.HasPrefix(head[8:], "mif")):
		return "HEIC"
	case strings.Contains(head, "<svg"):
		return "SVG"
	}
	return ""
}
