package card

import (
	"image"
	"image/color"
	"image/draw"
	"strings"

	"github.com/spaces-cli/spaces/internal/media/lettering"
)

// The size of the picture of a link, in pixels.
const (
	Width  = 1200
	Height = 630
)

// A Card is the picture that stands beside a link.
type Card struct {
	Fonts *lettering.Set
	Above string // a line above the title: the show
	Title string
	Quote string // what is said, below the title; may be empty
	Below string // a line at the bottom: the date and the length
	// Cover is a square of at least coverSide pixels.
	Cover  *image.RGBA
	Bars   []byte // of the waveform, 0 to 255; may be empty
	Accent color.NRGBA
	RTL    bool // the page is written from right to left
}

// Where the parts of a card lie.
const (
	margin    = 64
	coverSide = 360
	waveTop   = 472
	waveTall  = 84
	barCount  = 90
)

var white = color.NRGBA{0xff, 0xff, 0xff, 0xff}

// Missing returns those characters of the card that its fonts lack. They are
// left out.
func (c *Card) Missing() []rune {
	return c.Fonts.Missing(strings.Join([]string{c.Above, c.Title, c.Quote, c.Below}, " "))
}

// Draw draws the card.
func (c *Card) Draw() *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, Width, Height))
	c.ground(m)
	left, right := margin, Width-margin
	if c.Cover != nil {
		x := right - coverSide
		if c.RTL {
			x = left
			left += coverSide + margin
		} else {
			right -= coverSide + margin
		}
		c.cover(m, image.Pt(x, margin))
	}
	bright, soft := light(c.Accent), color.NRGBA{0xd6, 0xda, 0xe0, 0xff}
	room := float64(right - left)
	write := func(l lettering.Line, baseline float64, tint color.NRGBA) {
		x := float64(left)
		if c.RTL {
			x = float64(right) - l.Width
		}
		l.Draw(m, x, baseline, tint)
	}
	text := c.writable()
	write(c.Fonts.Shorten(text(c.Above), room, 30, lettering.Bold), margin+30, bright)
	lines, size := c.title(text(c.Title), room)
	y := margin + 62.0
	for _, l := range lines {
		y += float64(size * 1.16)
		write(l, y, white)
	}
	const bottom = waveTop - 34
	if quote := text(c.Quote); quote != "" {
		const size, step = 29.0, 41.0
		most := int((bottom - y - 18) / step)
		y += 18
		for _, l := range clamp(c.Fonts, quote, room, size, lettering.Regular, most) {
			y += step
			write(l, y, soft)
		}
	}
	left, right = margin, Width-margin
	c.wave(m, bright)
	if below := text(c.Below); below != "" {
		l := c.Fonts.Shorten(below, float64(right-left), 25, lettering.Regular)
		write(l, Height-36, soft)
	}
	return m
}

// writable leaves out what no font has.
func (c *Card) writable() func(string) string {
	missing := make(map[rune]bool)
	for _, r := range c.Missing() {
		missing[r] = true
	}
	return func(s string) string {
		return lettering.Clean(strings.Map(func(r rune) rune {
			if missing[r] {
				return -1
			}
			return r
		}, s))
	}
}

// title sets the title as large as it can be in its place, in at most four lines.
func (c *Card) title(s string, room float64) ([]lettering.Line, float64) {
	most := 4
	if c.Quote != "" {
		most = 2
	}
	for _, size := range []float64{76, 66, 57, 49} {
		if lines := c.Fonts.Wrap(s, room, size, lettering.Bold); len(lines) <= most && float64(float64(len(lines))*float64(size*1.16)) <= 300 {
			return lines, size
		}
	}
	const size = 44
	return clamp(c.Fonts, s, room, size, lettering.Bold, most), size
}

// clamp wraps a text into at most so many lines; the last one ends with an
// ellipsis if there is more.
func clamp(fonts *lettering.Set, s string, room, size float64, w lettering.Weight, most int) []lettering.Line {
	lines := fonts.Wrap(s, room, size, w)
	if most < 1 {
		return nil
	}
	if len(lines) <= most {
		return lines
	}
	lines = lines[:most]
	last := fonts.Shorten(s[lines[most-1].Offset:], room, size, w)
	if i := strings.LastIndexByte(last.Text, ' '); i > 0 { // no part of a word
		last = fonts.Line(strings.TrimRight(last.Text[:i], " ,;:.–-")+"…", size, w)
	}
	lines[most-1] = last
	return lines
}

// ground is dark, with a little of the accent, more of it in the corner.
func (c *Card) ground(m *image.RGBA) {
	night := color.NRGBA{0x0d, 0x0f, 0x13, 0xff}
	for y := range Height {
		for x := range Width {
			part := 6 + 17*(Width-x+2*(Height-y))/(Width+2*Height)
			if c.RTL {
				part = 6 + 17*(x+2*(Height-y))/(Width+2*Height)
			}
			at := m.PixOffset(x, y)
			m.Pix[at], m.Pix[at+1], m.Pix[at+2], m.Pix[at+3] = night.R, night.G, night.B, 0xff
			blend(m, x, y, c.Accent, part, 100)
		}
	}
}

// cover lays the cover over the ground, its corners round.
func (c *Card) cover(m *image.RGBA, at image.Point) {
	const radius = 28
	src := Shrunk(c.Cover, coverSide)
	mask := image.NewAlpha(src.Rect)
	for y := range coverSide {
		for x := range coverSide {
			mask.Pix[y*mask.Stride+x] = corner(x, y, coverSide, radius)
		}
	}
	draw.DrawMask(m, image.Rectangle{at, at.Add(image.Pt(coverSide, coverSide))}, src, image.Point{}, mask, image.Point{}, draw.Over)
}

// corner is how much of a pixel lies in a square with round corners.
func corner(x, y, side, radius int) uint8 {
	const fine = 4
	n := 0
	for s := range fine * fine {
		px, py := (2*x)*fine+2*(s%fine)+1, (2*y)*fine+2*(s/fine)+1
		low, high := 2*fine*radius, 2*fine*(side-radius)
		dx, dy := max(0, low-px, px-high), max(0, low-py, py-high)
		if dx*dx+dy*dy <= low*low {
			n++
		}
	}
	return uint8(n * 255 / (fine * fine))
}

// wave is a strip of the waveform along the bottom.
func (c *Card) wave(m *image.RGBA, tint color.NRGBA) {
	if len(c.Bars) == 0 {
		return
	}
	for i := range barCount {
		from := i * len(c.Bars) / barCount
		to := max(from+1, (i+1)*len(c.Bars)/barCount)
		sum := 0
		for _, h := range c.Bars[from:to] {
			sum += int(h)
		}
		half := max(3, sum/(to-from)*waveTall/2/255)
		x := margin + (Width-2*margin)*(2*i+1)/(2*barCount)
		pill(m, x, waveTop+waveTall/2, half, 3, tint)
	}
}

// light is a colour that can be read on the ground of a card.
func light(c color.NRGBA) color.NRGBA {
	for i := 0; i < 40 && 2126*int(c.R)+7152*int(c.G)+722*int(c.B) < 10000*150; i++ {
		toward := func(v uint8) uint8 { return uint8(int(v) + (255-int(v)+9)/10) }
		c = color.NRGBA{toward(c.R), toward(c.G), toward(c.B), 0xff}
	}
	return c
}
