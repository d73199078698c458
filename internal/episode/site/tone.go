package site

import (
	"image/color"
	"strings"

	"github.com/spaces-cli/spaces/internal/media/colour"
)

// A tone is the colour of the show, in both schemes, so that it can be read: as
// letters on the page, and under letters on a button.
type tone struct {
	accent, on, tint             string
	darkAccent, darkOn, darkTint string
}

// plainAccent is the colour of a show without a cover.
var plainAccent = color.NRGBA{0x2f, 0x5f, 0xd0, 0xff}

// The grounds of the style sheet.
var (
	white = color.NRGBA{0xff, 0xff, 0xff, 0xff}
	night = color.NRGBA{0x0e, 0x10, 0x13, 0xff}
)

// toneOf makes the tone of an accent. The colour keeps its hue, and becomes as
// dark, or as light, as WCAG 2.2 §1.4.3 asks for: 4.5:1 against the tinted
// ground too, which is the harder one.
func toneOf(accent color.NRGBA) tone {
	if accent.A == 0 {
		accent = plainAccent
	}
	const least = 4.6 // colours are rounded to whole steps
	tint, darkTint := mixed(accent, white, 9), mixed(accent, night, 14)
	light, dark := accent, accent
	for colour.Contrast(light, tint) < least {
		light = darker(light)
	}
	for colour.Contrast(dark, darkTint) < least {
		dark = mixed(white, dark, 6)
	}
	return tone{colour.Hex(light), colour.Hex(white), colour.Hex(tint), colour.Hex(dark), colour.Hex(night), colour.Hex(darkTint)}
}

// darker is a little darker, and no greyer: what there is little of goes first.
func darker(c color.NRGBA) color.NRGBA {
	most := max(1, int(c.R), int(c.G), int(c.B))
	less := func(v uint8) uint8 { return uint8(max(0, int(v)-1-int(v)*(2+10*(most-int(v))/most)/100)) }
	return color.NRGBA{less(c.R), less(c.G), less(c.B), 0xff}
}

// styled puts the colours into the style sheet.
func (t tone) styled(sheet string) string {
	return strings.NewReplacer("$accent-dark", t.darkAccent, "$on-dark", t.darkOn, "$tint-dark", t.darkTint, "$accent", t.accent, "$on", t.on, "$tint", t.tint).Replace(sheet)
}

// mixed is so many percent of a in b.
func mixed(a, b color.NRGBA, percent int) color.NRGBA {
	mix := func(x, y uint8) uint8 { return uint8((int(x)*percent + int(y)*(100-percent) + 50) / 100) }
	return color.NRGBA{mix(a.R, b.R), mix(a.G, b.G), mix(a.B, b.B), 0xff}
}
