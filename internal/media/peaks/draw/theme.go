package draw

import "image/color"

// A theme is a set of colours. Text has a contrast of at least 4.5:1 to the
// background (WCAG 2, AA) and voices 3:1; voices differ in lightness as well
// as in hue, for those who do not tell all hues apart.
type theme struct {
	background, panel, grid color.NRGBA
	text, muted             color.NRGBA
	clip                    color.NRGBA
	wave                    color.NRGBA // where nobody is named
	voices                  [8]color.NRGBA
}

func themeOf(dark bool) *theme {
	if dark {
		return &darkTheme
	}
	return &lightTheme
}

// voice returns the colour of a person by number, -1 being nobody.
func (t *theme) voice(n int) color.NRGBA {
	if n < 0 || n >= len(t.voices) {
		return t.wave
	}
	return t.voices[n]
}

var lightTheme = theme{
	background: rgb(0xFFFFFF),
	panel:      rgb(0xF5F7FA),
	grid:       rgb(0xDDE2E8),
	text:       rgb(0x1B2129),
	muted:      rgb(0x5A6472),
	clip:       rgb(0xE0A100),
	wave:       rgb(0x7B8794),
	voices: [8]color.NRGBA{
		rgb(0x1F6FEB), rgb(0xD1481C), rgb(0x12855B), rgb(0x8B3FC7),
		rgb(0xB07A00), rgb(0xC22A74), rgb(0x0B7E92), rgb(0x6B5B45),
	},
}

var darkTheme = theme{
	background: rgb(0x0F141A),
	panel:      rgb(0x171E26),
	grid:       rgb(0x2B343F),
	text:       rgb(0xE8EDF2),
	muted:      rgb(0x9AA6B2),
	clip:       rgb(0xF2C14E),
	wave:       rgb(0x7F8C99),
	voices: [8]color.NRGBA{
		rgb(0x5AA2FF), rgb(0xFF8557), rgb(0x3FCB95), rgb(0xC08BF2),
		rgb(0xE3BD4A), rgb(0xFF7FB5), rgb(0x4CC9E0), rgb(0xC9B394),
	},
}

func rgb(v uint32) color.NRGBA {
	return color.NRGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 0xFF}
}

// fade returns a colour that covers only a part.
func fade(c color.NRGBA, opacity float64) color.NRGBA {
	c.A = uint8(opacity*255 + 0.5)
	return c
}
