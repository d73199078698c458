package episode

import (
	"bytes"
	"image"
	"image/color"
	_ "image/jpeg"
	_ "image/png"
)

// The bounds of artwork that directories take.
const (
	minCover      = 1400 // pixels
	maxCover      = 3000
	maxCoverBytes = 16 << 20
)

// CheckCover refuses pictures that podcast directories refuse, and says why.
// It returns the extension for the picture's kind.
func CheckCover(b []byte) (ext string, err error) {
	const hint = "artwork is a square JPEG or PNG in RGB, 1400 to 3000 pixels wide"
	if len(b) > maxCoverBytes {
		return "", problem(BadCover, hint, "the cover is larger than %d MB", maxCoverBytes>>20)
	}
	if len(b) > 12 && string(b[:4]) == "RIFF" && string(b[8:12]) == "WEBP" {
		return "", problem(BadCover, hint, "the cover is WebP")
	}
	c, kind, err := image.DecodeConfig(bytes.NewReader(b))
	if err != nil {
		return "", problem(BadCover, hint, "the cover is no JPEG or PNG: %v", err)
	}
	switch {
	case c.ColorModel == color.CMYKModel:
		return "", problem(BadCover, hint, "the cover is CMYK, a colour space for print")
	case c.Width != c.Height:
		return "", problem(BadCover, hint, "the cover is not square: it has %d × %d pixels", c.Width, c.Height)
	case c.Width < minCover:
		return "", problem(BadCover, hint, "the cover is too small: it has %d × %d pixels", c.Width, c.Height)
	case c.Width > maxCover:
		return "", problem(BadCover, hint, "the cover is too large: it has %d × %d pixels", c.Width, c.Height)
	}
	if _, _, err := image.Decode(bytes.NewReader(b)); err != nil {
		return "", problem(BadCover, hint, "the cover is damaged: %v", err)
	}
	if kind == "jpeg" {
		return ".jpg", nil
	}
	return ".png", nil
}
