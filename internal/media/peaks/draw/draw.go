// Package draw makes pictures of waveforms, as PNG or SVG: the outline in the
// colours of those who speak, the stretches that were cut from it, and a time
// axis. The same picture comes out byte for byte the same.
package draw

import (
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/spaces-cli/spaces/internal/media/lettering"
	"github.com/spaces-cli/spaces/internal/media/peaks"
)

// A Picture says what to draw.
type Picture struct {
	Width, Height int // in pixels; see the bounds below
	Dark          bool

	// Peaks divide the time from From to To evenly. Columns says how many
	// serve best.
	Peaks    []peaks.Peak
	From, To time.Duration

	Title string
	Turns []Voice // where two overlap, the later in the list is seen
	Clips []Clip
	// Clock, if not zero, is the time at position 0. The axis then has the
	// time of day too, in Clock's zone.
	Clock time.Time
	// Letters are the fonts of a PNG; nil for the program's own alone. An SVG has
	// none: it is the same on every machine.
	Letters *lettering.Set
}

// Texts returns all that a picture may write, as it is written.
func (p *Picture) Texts() []string {
	list := []string{clean(p.Title)}
	for _, t := range p.Turns {
		if name := clean(t.Name); !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	for _, c := range p.Clips {
		if c.To > p.From && c.From < p.To {
			list = append(list, clean(c.Name))
		}
	}
	return list
}

// clean makes s fit for one line; empty if nothing of it but punctuation is seen.
func clean(s string) string {
	s = lettering.Clean(s)
	if !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsGraphic(r) && !unicode.IsSpace(r) && !unicode.IsPunct(r) }) {
		return ""
	}
	return s
}

// A Voice is a stretch in which one person speaks. All voices of one Name have
// one colour; the first eight names have a colour of their own.
type Voice struct {
	From, To time.Duration
	Name     string
}

// A Clip is a stretch to mark.
type Clip struct {
	From, To time.Duration
	Name     string // may be empty
}

// The bounds of a picture's size.
const (
	MinWidth, MinHeight = 240, 100
	MaxWidth, MaxHeight = 16384, 8192
)

// farthest bounds From and To, so that sums of times cannot overflow.
const farthest = 100_000 * time.Hour

func (p *Picture) check() error {
	if p.Width < MinWidth || p.Width > MaxWidth || p.Height < MinHeight || p.Height > MaxHeight {
		return fmt.Errorf("the picture cannot be %dx%d pixels (use %dx%d to %dx%d)",
			p.Width, p.Height, MinWidth, MinHeight, MaxWidth, MaxHeight)
	}
	if p.To <= p.From || p.From < -farthest || p.To > farthest {
		return fmt.Errorf("the end of the picture is not after its start: %v to %v", p.From, p.To)
	}
	return nil
}

// canvas is what a picture is painted on. Coordinates are pixels from the top
// left corner.
type canvas interface {
	// rect fills a rectangle whose corners have a radius.
	rect(x, y, width, height, radius float64, c color.NRGBA)
	// wave fills the space between the lines top and bottom, which have
	// perPixel values to a pixel, in pixels first to last-1 from x on.
	wave(x, first, last int, top, bottom []float64, c color.NRGBA)
	// text writes s with its baseline at y, from x on, around x or up to x.
	text(x, y, size float64, a anchor, c color.NRGBA, s string)
	// width returns how wide s is, and shorten cuts it to a width, with an
	// ellipsis.
	width(s string, size float64) float64
	shorten(s string, width, size float64) string
}

// perPixel is how many values a wave has for a pixel, to smooth its edge.
const perPixel = 2

// wave is at most this much louder than it is: silence is to look silent.
const maxGain = 20

type anchor int

const (
	start anchor = iota
	middle
	end
)

// layout is where the parts of a picture lie.
type layout struct {
	font        float64 // size of the text
	pad         float64
	left, right int // of the wave
	top, bottom float64
}

func (p *Picture) layout() layout {
	l := layout{font: max(11, min(30, math.Round(float64(p.Height)/20)))}
	l.pad = math.Round(l.font)
	l.left, l.right = int(l.pad), p.Width-int(l.pad)
	l.top = l.pad
	if p.Title != "" || len(p.Turns) > 0 {
		l.top = math.Round(2.4 * l.font)
	}
	l.bottom = float64(p.Height) - math.Round(2.2*l.font)
	if !p.Clock.IsZero() {
		l.bottom -= math.Round(1.35 * l.font)
	}
	l.bottom = max(l.bottom, l.top+8)
	return l
}

// Columns returns how many peaks a picture of this width can show.
func Columns(width, height int) int {
	l := (&Picture{Width: width, Height: height}).layout()
	return max(0, l.right-l.left) * perPixel
}

// x returns where a time lies.
func (p *Picture) x(l layout, t time.Duration) float64 {
	return float64(l.left) + float64(l.right-l.left)*float64(t-p.From)/float64(p.To-p.From)
}

func (p *Picture) paint(c canvas) {
	l, th := p.layout(), themeOf(p.Dark)
	c.rect(0, 0, float64(p.Width), float64(p.Height), 0, th.background)
	c.rect(float64(l.left), l.top, float64(l.right-l.left), l.bottom-l.top, 0, th.panel)
	names := p.names()
	p.paintHeader(c, l, th, names)
	p.paintAxis(c, l, th)
	p.paintClips(c, l, th, false)
	p.paintWave(c, l, th, names)
	p.paintClips(c, l, th, true)
}

// names numbers those who speak, in the order of their first turns.
func (p *Picture) names() map[string]int {
	names := make(map[string]int)
	for _, t := range p.Turns {
		if _, known := names[t.Name]; !known {
			names[t.Name] = len(names)
		}
	}
	return names
}

func (p *Picture) paintHeader(c canvas, l layout, th *theme, names map[string]int) {
	baseline := math.Round(float64(l.top*0.5) + float64(l.font*0.36))
	room := float64(l.right - l.left)
	order := make([]string, len(names))
	for name, i := range names {
		order[i] = name
	}
	if title := clean(p.Title); title != "" {
		most := room
		if len(order) > 0 {
			most *= 0.5
		}
		title = c.shorten(title, most, l.font)
		c.text(float64(l.left), baseline, l.font, start, th.text, title)
		room -= c.width(title, l.font) + 2*l.font
	}
	p.paintLegend(c, l, th, order, room, baseline)
}

// paintLegend writes as many names as there is room for, ending at the right.
func (p *Picture) paintLegend(c canvas, l layout, th *theme, order []string, room, baseline float64) {
	const (
		dot = 0.7 // all in font sizes
		gap = 0.4
		sep = 1.3
		max = 12
	)
	type entry struct {
		name  string
		width float64
	}
	var entries []entry
	rest := ""
	for i, name := range order {
		name = clean(name)
		if name == "" {
			name = fmt.Sprintf("#%d", i+1)
		}
		name = c.shorten(name, max*l.font, l.font)
		e := entry{name, float64((dot+gap+sep)*l.font) + c.width(name, l.font)}
		more := fmt.Sprintf("+%d", len(order)-i)
		if e.width > room-float64(3*l.font) && i < len(order)-1 || e.width > room || i >= len(th.voices) {
			if c.width(more, l.font) <= room {
				rest = more
			}
			break
		}
		room -= e.width
		entries = append(entries, e)
	}
	x := float64(l.right)
	if rest != "" {
		c.text(x, baseline, l.font, end, th.muted, rest)
		x -= c.width(rest, l.font) + float64(sep*l.font)
	}
	for i := len(entries) - 1; i >= 0; i-- {
		e := entries[i]
		left := x - (e.width - float64(sep*l.font))
		c.rect(left, baseline-float64(l.font*0.36)-float64(dot*l.font/2), dot*l.font, dot*l.font, dot*l.font/2, th.voice(i))
		c.text(left+float64((dot+gap)*l.font), baseline, l.font, start, th.text, e.name)
		x -= e.width
	}
}

func (p *Picture) paintAxis(c canvas, l layout, th *theme) {
	small := math.Round(l.font * 0.92)
	room := 1.6 * c.width(axisLabel(p.To, time.Hour, p.To >= time.Hour), small)
	if !p.Clock.IsZero() { // and the name of the zone after the first
		room = max(room, c.width("00:00:00 WWWW", small)+c.width("00:00", small))
	}
	tick := chooseTick(p.To-p.From, float64(l.right-l.left), room)
	height := float64(l.bottom - l.top)
	first := true
	minor := tick.step / time.Duration(tick.parts)
	for t := ceil(p.From, minor); t <= p.To; t += minor {
		x := float64(math.Round(p.x(l, t)*2) / 2)
		if t%tick.step != 0 {
			c.rect(x-0.5, l.bottom, 1, math.Round(l.font*0.25), 0, th.grid)
			continue
		}
		c.rect(x-0.5, l.top, 1, height, 0, th.grid)
		c.rect(x-0.5, l.bottom, 1, math.Round(l.font*0.45), 0, th.muted)
		p.axisText(c, l, x, l.bottom+float64(1.55*l.font), small, th.muted, axisLabel(t, tick.step, p.To >= time.Hour))
		if !p.Clock.IsZero() {
			format := "15:04:05"
			if first {
				format = "15:04:05 MST"
			}
			p.axisText(c, l, x, l.bottom+float64(2.9*l.font), small, th.muted, p.Clock.Add(t).Format(format))
		}
		first = false
	}
	c.rect(float64(l.left), l.bottom-0.5, float64(l.right-l.left), 1, 0, th.grid)
}

// axisText centres a label on x unless that would leave the picture.
func (p *Picture) axisText(c canvas, l layout, x, y, size float64, col color.NRGBA, s string) {
	half := float64(c.width(s, size) / 2)
	switch y = math.Round(y); {
	case x-half < l.pad/2:
		c.text(l.pad/2, y, size, start, col, s)
	case x+half > float64(p.Width)-float64(l.pad/2):
		c.text(float64(p.Width)-float64(l.pad/2), y, size, end, col, s)
	default:
		c.text(x, y, size, middle, col, s)
	}
}

// paintClips marks the clips: behind the wave their ground, before it their
// edges and names.
func (p *Picture) paintClips(c canvas, l layout, th *theme, front bool) {
	small := math.Round(l.font * 0.85)
	free := float64(l.left) // from where on names may stand
	for _, clip := range p.Clips {
		if clip.To <= p.From || clip.From >= p.To || clip.To <= clip.From {
			continue
		}
		from, to := p.x(l, max(clip.From, p.From)), p.x(l, min(clip.To, p.To))
		width := max(2, to-from)
		if !front {
			c.rect(from, l.top, width, l.bottom-l.top, 0, fade(th.clip, 0.22))
			continue
		}
		edge := math.Round(l.font / 8)
		c.rect(from, l.top, width, edge*2, 0, th.clip)
		if clip.From >= p.From {
			c.rect(from, l.top, edge, l.bottom-l.top, 0, th.clip)
		}
		if clip.To <= p.To {
			c.rect(max(from, to-edge), l.top, edge, l.bottom-l.top, 0, th.clip)
		}
		name := clean(clip.Name)
		if name == "" {
			continue
		}
		name = c.shorten(name, 14*l.font, small)
		long := c.width(name, small) + float64(small*0.8)
		x := from + edge
		if long > width { // beside it
			x = from + width
			if x+long > float64(l.right) {
				x = from - long
			}
		}
		if x < free || x+long > float64(l.right) {
			continue
		}
		c.rect(x, l.top+2*edge, long, small*1.45, 0, fade(th.panel, 0.85))
		c.text(x+float64(small*0.4), math.Round(l.top+float64(2*edge)+float64(small*1.08)), small, start, th.text, name)
		free = x + long
	}
}

func (p *Picture) paintWave(c canvas, l layout, th *theme, names map[string]int) {
	columns := l.right - l.left
	top, bottom := p.outline(l, columns*perPixel)
	voice := p.voices(columns, names)
	for first := 0; first < columns; {
		last := first + 1
		for last < columns && voice[last] == voice[first] {
			last++
		}
		c.wave(l.left, first, last, top, bottom, th.voice(voice[first]))
		first = last
	}
}

// outline returns the upper and lower edge of the wave in n columns.
func (p *Picture) outline(l layout, n int) (top, bottom []float64) {
	const thinnest = 1 // pixels, the line of silence
	var loudest float64
	for _, q := range p.Peaks {
		loudest = max(loudest, float64(q.Max), -float64(q.Min))
	}
	centre, half := float64((l.top+l.bottom)/2), (l.bottom-l.top)/2
	scale := 0.94 * half * min(1/max(loudest, 1), maxGain/32768.0)
	top, bottom = make([]float64, n), make([]float64, n)
	for i := range n {
		top[i], bottom[i] = centre-thinnest/2.0, centre+thinnest/2.0
		if len(p.Peaks) == 0 {
			continue
		}
		from := i * len(p.Peaks) / n
		to := max(from+1, (i+1)*len(p.Peaks)/n)
		for _, q := range p.Peaks[from:to] {
			top[i] = min(top[i], centre-float64(scale*float64(q.Max)))
			bottom[i] = max(bottom[i], centre-float64(scale*float64(q.Min)))
		}
	}
	return top, bottom
}

// voices returns for each column the number of who speaks in its middle, or
// -1.
func (p *Picture) voices(columns int, names map[string]int) []int {
	voice := make([]int, columns)
	for i := range voice {
		voice[i] = -1
	}
	column := func(t time.Duration) int {
		at := float64(t-p.From) / float64(p.To-p.From) * float64(columns)
		return int(math.Round(max(0, min(float64(columns), at))))
	}
	for _, t := range p.Turns {
		for i := column(t.From); i < column(t.To); i++ {
			voice[i] = names[t.Name]
		}
	}
	return voice
}
