package audiogram

import (
	"image"
	"image/color"
	"math"
	"slices"

	"golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/math/fixed"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/media/lettering/plain"
)

// A scene draws the pictures of a clip, one after the other.
type scene struct {
	style *Style
	layout
	seconds float64 // that the clip lasts
	bars    []float64
	pages   []page       // that are not over yet
	turns   []SpeakerCue // likewise, nor held

	still  *image.RGBA // everything that does not move, nothing of it played
	played *image.RGBA // the waveform as it is once it was played
	frame  *image.RGBA // the picture of now
	// What it shows of what moves.
	head    int // the column of the playhead
	elapsed int // seconds
	name    string
	words   []string
	changed []image.Rectangle
}

// newScene draws what stands still. Bars are as many as the layout has.
func (f *Renderer) newScene(q *clip.Request, l layout, bars []float64, seconds float64) *scene {
	all := image.Rectangle{Max: f.style.size}
	s := &scene{
		style: f.style, layout: l, seconds: seconds, bars: bars, turns: f.turns,
		pages: pages(f.cues, float64(l.caption.Dx()), float64(l.measure.caption), l.lines),
		still: image.NewRGBA(all), frame: image.NewRGBA(all), played: image.NewRGBA(l.wave.Inset(-overhang)),
		elapsed: -1,
	}
	draw.Draw(s.still, all, f.style.background, image.Point{}, draw.Src)
	s.drawHead(q)
	total := clock(int(math.Round(seconds)))
	s.write(s.still, s.clock.Max.X, s.clock, clockSize, total, f.style.colours.muted, right)
	draw.Draw(s.played, s.played.Rect, s.still, s.played.Rect.Min, draw.Src)
	s.drawBars(s.still, f.style.colours.rest)
	s.drawBars(s.played, f.style.colours.accent)
	draw.Draw(s.frame, all, s.still, image.Point{}, draw.Src)
	s.head = s.wave.Min.X
	return s
}

// drawHead draws the cover, the title, and the line above it, in the middle
// of the room that there is for them.
func (s *scene) drawHead(q *clip.Request) {
	title, above := s.style.heading(q)
	room := s.layout.head
	if s.cover > 0 && !s.above {
		side := min(s.cover, room.Dy())
		r := image.Rectangle{Max: image.Pt(side, side)}.Add(image.Pt(room.Min.X, room.Min.Y+(room.Dy()-side)/2))
		s.drawCover(r)
		room.Min.X = r.Max.X + 40
	}
	const gap = 14 // between the lines above and the title
	const meta = metaSize + 6
	height := room.Dy() - meta - gap
	side := 0
	if s.cover > 0 && s.above {
		side = min(s.cover, height-2*minTitle*titleLines)
		height -= side + 3*gap
	}
	lines, size := fit(title, float64(room.Dx()), float64(height), s.layout.title)
	block := meta + gap + int(float64(len(lines))*size*leading)
	if side > 0 {
		block += side + 3*gap
	}
	y := room.Min.Y + max(0, room.Dy()-block)/2
	if side > 0 {
		s.drawCover(image.Rect(room.Min.X, y, room.Min.X+side, y+side))
		y += side + 3*gap
	}
	if above != "" {
		above = lettering.Bold().Shorten(above, float64(room.Dx()), metaSize)
		s.write(s.still, room.Min.X, image.Rect(room.Min.X, y, room.Max.X, y+meta), metaSize, above, s.style.colours.head, left)
	}
	y += meta + gap
	s.writeLines(s.still, image.Rect(room.Min.X, y, room.Max.X, room.Max.Y), size, lines)
}

func (s *scene) drawCover(r image.Rectangle) {
	draw.DrawMask(s.still, r, fill(s.style.cover, r.Size()), image.Point{}, rounded(r.Size(), 20), image.Point{}, draw.Over)
}

// drawBars draws the waveform into a picture.
func (s *scene) drawBars(dst draw.Image, c color.NRGBA) {
	src := image.NewUniform(c)
	for i, level := range s.bars {
		half := max(barWidth, int(math.Round(level*float64(s.wave.Dy())))) / 2
		x, y := s.wave.Min.X+i*barStep, (s.wave.Min.Y+s.wave.Max.Y)/2
		r := image.Rect(x, y-half, x+barWidth, y+half)
		draw.DrawMask(dst, r, src, image.Point{}, rounded(r.Size(), barWidth/2), image.Point{}, draw.Over)
	}
}

// rounded is a rectangle with round corners.
func rounded(size image.Point, radius float64) *image.Alpha {
	m := image.NewAlpha(image.Rectangle{Max: size})
	w, h := float64(size.X), float64(size.Y)
	for y := range size.Y {
		for x := range size.X {
			// From the nearest of the points that the corners are drawn around,
			// or of the lines between them.
			px, py := float64(x)+0.5, float64(y)+0.5
			far := math.Hypot(px-min(max(px, radius), w-radius), py-min(max(py, radius), h-radius))
			m.Pix[y*m.Stride+x] = uint8(float64(255*min(1, max(0, radius+0.5-far))) + 0.5)
		}
	}
	return m
}

// next draws the picture of a time, in seconds, later than the one before, and
// returns where it differs from that at most. The rectangles are valid until
// the next call.
func (s *scene) next(at float64) []image.Rectangle {
	s.changed = s.changed[:0]
	s.movePlayhead(s.wave.Min.X + int(math.Round(at/s.seconds*float64(s.wave.Dx()))))
	if now := int(at + 1e-6); now != s.elapsed {
		s.elapsed = now
		s.clean(s.leftOf(s.clock))
		s.write(s.frame, s.clock.Min.X, s.clock, clockSize, clock(now), s.style.colours.text, left)
	}
	for len(s.turns) > 0 && s.turns[0].End <= at-hold {
		s.turns = s.turns[1:]
	}
	if !s.layout.name.Empty() {
		if now := speaking(s.turns, at); now != s.name {
			s.showName(now)
		}
	}
	if now := s.said(at); !slices.Equal(now, s.words) {
		s.words = now
		s.clean(s.caption)
		s.writeLines(s.frame, s.caption, float64(s.measure.caption), now)
	}
	return s.changed
}

// leftOf is the half of a strip in which the time that has passed stands; the
// length of the clip, in the other, does not change.
func (s *scene) leftOf(r image.Rectangle) image.Rectangle {
	r.Max.X = (r.Min.X + r.Max.X) / 2
	return r
}

// clean removes what moves from a part of the picture.
func (s *scene) clean(r image.Rectangle) {
	draw.Draw(s.frame, r, s.still, r.Min, draw.Src)
	s.changed = append(s.changed, r)
}

// headWidth is how wide the playhead is.
const headWidth = 4

// movePlayhead moves it to a column.
func (s *scene) movePlayhead(x int) {
	line := func(x int) image.Rectangle {
		return image.Rect(x-headWidth/2, s.wave.Min.Y-overhang, x+headWidth/2, s.wave.Max.Y+overhang)
	}
	r := line(s.head).Union(line(x))
	s.head = x
	before, after := r, r
	before.Max.X, after.Min.X = x, x
	draw.Draw(s.frame, before, s.played, before.Min, draw.Src)
	draw.Draw(s.frame, after, s.still, after.Min, draw.Src)
	now := line(x)
	draw.DrawMask(s.frame, now, image.NewUniform(s.style.colours.text), image.Point{}, rounded(now.Size(), headWidth/2), image.Point{}, draw.Over)
	s.changed = append(s.changed, r)
}

// showName shows who speaks, after a dot.
func (s *scene) showName(name string) {
	s.name = name
	r := s.layout.name
	s.clean(r)
	if name = write(name); name == "" {
		return
	}
	const dot, gap = 16, 14
	at := image.Rect(r.Min.X, (r.Min.Y+r.Max.Y-dot)/2, r.Min.X+dot, (r.Min.Y+r.Max.Y+dot)/2)
	draw.DrawMask(s.frame, at, image.NewUniform(s.style.colours.accent), image.Point{}, rounded(at.Size(), dot/2), image.Point{}, draw.Over)
	name = lettering.Bold().Shorten(name, float64(r.Dx()-dot-gap), nameSize)
	s.write(s.frame, r.Min.X+dot+gap, r, nameSize, name, s.style.colours.text, left)
}

// said returns the words to show at a time.
func (s *scene) said(at float64) []string {
	for len(s.pages) > 0 && s.pages[0].end <= at {
		s.pages = s.pages[1:]
	}
	if len(s.pages) > 0 && s.pages[0].start <= at {
		return s.pages[0].lines
	}
	return nil
}

// A side is where of a point a text stands.
type side int

const (
	left  side = iota // it begins there
	right             // it ends there
)

// write writes a line of text in the middle of the height of r, and nothing
// outside of r.
func (s *scene) write(dst *image.RGBA, x int, r image.Rectangle, size float64, text string, c color.NRGBA, a side) {
	face := lettering.Bold().Face(size, font.HintingNone)
	defer face.Close()
	const middle = 0.36 // of a line of capitals, above the base line, in sizes
	d := font.Drawer{Dst: dst.SubImage(r).(*image.RGBA), Src: image.NewUniform(c), Face: face}
	d.Dot = fixed.Point26_6{X: fixed.I(x), Y: fixed.Int26_6(64 * (float64(float64(r.Min.Y+r.Max.Y)/2) + float64(middle*size)))}
	if a == right {
		d.Dot.X -= d.MeasureString(text)
	}
	d.DrawString(text)
}

// writeLines writes lines below each other from the top of r on.
func (s *scene) writeLines(dst *image.RGBA, r image.Rectangle, size float64, lines []string) {
	for i, text := range lines {
		top := r.Min.Y + int(float64(i)*size*leading)
		line := image.Rect(r.Min.X, top, r.Max.X, top+int(size*leading))
		s.write(dst, r.Min.X, line, size, text, s.style.colours.text, left)
	}
}
