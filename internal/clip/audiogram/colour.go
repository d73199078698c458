package audiogram

import (
	"image/color"
	"math"

	"github.com/spaces-cli/spaces/internal/media/colour"
)

// Contrasts that WCAG 2.2 asks for at least (1.4.3 and 1.4.11, level AA).
const (
	textContrast    = 4.5
	graphicContrast = 3
)

// A palette is the colours of a picture, all of which are made from one.
type palette struct {
	page    color.NRGBA // behind everything
	surface color.NRGBA // behind letters: the page, or a card on it
	veil    color.NRGBA // over a photo
	text    color.NRGBA
	muted   color.NRGBA // of words that matter less
	word    color.NRGBA // of the word that is spoken, if it has no mark
	bars    color.NRGBA
	mark    color.NRGBA // behind the word that is spoken, and initials
	onMark  color.NRGBA
	track   color.NRGBA // of what has not been played yet
	brand   color.NRGBA // the accent as it is used
	// adjusted means that brand is not the accent that was asked for.
	adjusted bool
}

func defaultAccent() color.NRGBA { return colour.Of(0x2F80ED) }

// colours makes the palette of a look and a theme. Whatever the accent, letters
// and graphics have the contrast that they need to what is behind them, also
// over the lightest and the darkest place of a photo.
func colours(look Look, theme Theme, accent color.NRGBA, photo bool) palette {
	black, white := colour.Of(0x0B0E13), colour.Of(0xFFFFFF)
	ink, ground := white, black // letters, and what is behind them
	if theme == Light {
		ink, ground = black, white
	}
	var p palette
	switch look {
	case Bold:
		// The accent is moved until the letters can be read on it. Where those of the
		// theme would need another colour, as white ones on yellow, it has the others.
		if colour.Contrast(accent, ink) < graphicContrast {
			ink = ground
		}
		p.surface = distinct(accent, 5.5, ink)
		p.page, p.text = p.surface, ink
		p.brand = p.surface
	case Card:
		p.surface, p.text = mix(ground, accent, 0.03), ink
		if theme == Dark {
			p.surface = mix(colour.Of(0x171B22), accent, 0.05)
			p.page = mix(colour.Of(0x050608), accent, 0.42)
		} else {
			p.page = mix(white, accent, 0.30)
		}
		if colour.Contrast(p.page, p.surface) < 1.1 { // of a white accent
			p.page = mix(p.page, p.text, 0.1)
		}
	default:
		p.surface, p.text = mix(ground, accent, 0.05), ink
		p.page = p.surface
	}
	behind := []color.NRGBA{p.surface}
	if photo && look == Card {
		p.veil = color.NRGBA{}
	} else if photo {
		p.veil, behind = veiled(p.surface, p.text)
	}
	p.track = mix(p.surface, p.text, 0.2)
	p.muted = distinct(mix(p.text, p.surface, 0.3), textContrast, behind...)
	if photo && look != Card {
		p.track = p.text
		p.track.A = 0x48
	}
	if look == Bold {
		p.bars, p.mark, p.onMark, p.word = p.text, p.text, p.surface, p.text
		return p
	}
	p.bars = distinct(accent, graphicContrast, behind...)
	p.brand, p.adjusted = p.bars, p.bars != accent
	p.word = distinct(accent, textContrast, behind...)
	p.mark, p.onMark = marks(accent, p.surface)
	return p
}

// marks returns what is laid behind the word that is spoken, and its colour:
// white on the accent, which may have to be a little darker for that, or black.
func marks(accent, surface color.NRGBA) (mark, on color.NRGBA) {
	white := colour.Of(0xFFFFFF)
	if colour.Contrast(accent, white) >= 2.8 {
		if mark = distinct(accent, textContrast, white); colour.Contrast(mark, surface) >= graphicContrast {
			return mark, white
		}
	}
	mark = distinct(accent, graphicContrast, surface)
	return mark, legible(mark)
}

// veiled returns what covers a photo so that letters can be read over it, and
// the lightest and the darkest that can then lie behind them.
func veiled(surface, text color.NRGBA) (veil color.NRGBA, behind []color.NRGBA) {
	for alpha := 0xA8; ; alpha += 4 {
		veil = surface
		veil.A = uint8(alpha)
		behind = []color.NRGBA{over(veil, colour.Of(0)), over(veil, colour.Of(0xFFFFFF))}
		if alpha >= 0xE8 || colour.Contrast(text, behind[0]) >= 5 && colour.Contrast(text, behind[1]) >= 5 {
			return veil, behind
		}
	}
}

// over is what a colour that is not opaque makes of an opaque one.
func over(c, under color.NRGBA) color.NRGBA { return mix(under, c, float64(c.A)/255) }

// mix returns a colour between a, for 0, and b, for 1. It is opaque.
func mix(a, b color.NRGBA, part float64) color.NRGBA {
	at := func(x, y uint8) uint8 {
		return uint8(math.Round(float64(x) + float64(part*(float64(y)-float64(x)))))
	}
	return color.NRGBA{at(a.R, b.R), at(a.G, b.G), at(a.B, b.B), 0xFF}
}

// distinct moves a colour towards black or white until it has a contrast to all
// that can be behind it: the shorter way that leads there.
func distinct(c color.NRGBA, ratio float64, behind ...color.NRGBA) color.NRGBA {
	c.A = 0xFF
	enough := func(c color.NRGBA) bool {
		for _, b := range behind {
			if colour.Contrast(c, b) < ratio {
				return false
			}
		}
		return true
	}
	const steps = 64
	for i := range steps + 1 {
		part := float64(i) / steps
		for _, end := range []color.NRGBA{colour.Of(0xFFFFFF), colour.Of(0)} {
			if moved := mix(c, end, part); enough(moved) {
				return moved
			}
		}
	}
	return legible(behind[0])
}

// legible is white or black, whichever can be read better on a colour: one of
// them has a contrast of 4.58 at least.
func legible(behind color.NRGBA) color.NRGBA {
	if colour.Contrast(colour.Of(0xFFFFFF), behind) >= textContrast {
		return colour.Of(0xFFFFFF)
	}
	return colour.Of(0)
}

// IsColour reports whether a text is a colour as Config has it.
func IsColour(s string) bool {
	_, ok := colour.Parse(s)
	return ok
}
