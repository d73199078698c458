// Package colour reads and writes colours as pages do, and says how well one can be
// seen on another.
package colour

import (
	"fmt"
	"image/color"
	"math"
	"strconv"
)

// Of returns the colour of 0xRRGGBB.
func Of(v uint32) color.NRGBA {
	return color.NRGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 0xFF}
}

// Parse reads "#rrggbb", also without the sign, which shells take for the
// beginning of a comment.
func Parse(s string) (color.NRGBA, bool) {
	if len(s) == 7 && s[0] == '#' {
		s = s[1:]
	}
	v, err := strconv.ParseUint(s, 16, 24)
	return Of(uint32(v)), err == nil && len(s) == 6
}

// Hex writes a colour as "#rrggbb".
func Hex(c color.NRGBA) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

// Contrast returns the contrast of two colours, 1 to 21 (WCAG 2.2, "contrast
// ratio").
func Contrast(a, b color.NRGBA) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// luminance is the relative luminance, 0 to 1 (WCAG 2.2, "relative luminance").
func luminance(c color.NRGBA) float64 {
	linear := func(v uint8) float64 {
		f := float64(v) / 255
		if f <= 0.04045 {
			return f / 12.92
		}
		return math.Pow((f+0.055)/1.055, 2.4)
	}
	return float64(0.2126*linear(c.R)) + float64(0.7152*linear(c.G)) + float64(0.0722*linear(c.B))
}
