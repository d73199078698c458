package audiogram

import (
	"image"
	"image/color"
	"math"
	"slices"

	"golang.org/x/image/draw"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/media/h264"
	"github.com/spaces-cli/spaces/internal/media/lettering"
)

// A scene draws the pictures of a clip, one after the other.
type scene struct {
	style *Style
	layout
	seconds float64 // that the clip lasts
	sound   *spectrum
	heading heading
	rtl     bool         // lines begin on the right
	pages   []page       // that are not over yet
	turns   []SpeakerCue // likewise, nor held

	still *image.RGBA // everything that does not move
	full  *image.RGBA // the bars as high as they can be
	done  *image.RGBA // all of it has been played
	frame *image.RGBA // the picture of now
	caps  *image.Alpha
	// What it shows of what moves.
	heights []int
	head    int // the column up to which it has been played
	names   []string
	page    *page
	word    int // of the page, that is spoken; −1 is none
	ended   bool
	changed []image.Rectangle
	moved   []h264.Move
}

// newScene draws what stands still.
func (f *Renderer) newScene(q *clip.Request, l layout, sound *spectrum, seconds float64) *scene {
	all := image.Rectangle{Max: f.style.size}
	s := &scene{
		style: f.style, layout: l, seconds: seconds, sound: sound, turns: f.turns, heading: f.style.heading(q), word: -1,
		still: image.NewRGBA(all), frame: image.NewRGBA(all), done: image.NewRGBA(l.progress), full: image.NewRGBA(l.wave),
		heights: make([]int, f.style.count(l)),
	}
	set := setter{f.style.fonts, float64(l.caption.Dx()), s.captionSize(), captionLines}
	if !l.caption.Empty() {
		s.pages = set.pages(f.cues)
	}
	s.rtl = f.style.fonts.Line(s.heading.title, minTitle, lettering.Bold).RTL
	if len(s.pages) > 0 {
		s.rtl = s.pages[0].rows[0].RTL
	}
	draw.Draw(s.still, all, f.style.background, image.Point{}, draw.Src)
	if !l.card.Empty() {
		s.fill(s.still, l.card, float64(f.style.px(36)), f.style.colours.surface)
	}
	s.drawLogo()
	if l.hero.Empty() {
		s.drawHead()
	} else {
		s.drawHero()
	}
	radius := float64(l.progress.Dy()) / 2
	s.fill(s.still, l.progress, radius, f.style.colours.track)
	draw.Draw(s.done, l.progress, s.still, l.progress.Min, draw.Src)
	s.fill(s.done, l.progress, radius, f.style.colours.bars)
	s.caps = rounded(image.Pt(f.style.barWidth(), f.style.barWidth()), s.barRadius())
	draw.Draw(s.full, l.wave, image.NewUniform(f.style.colours.bars), image.Point{}, draw.Src)
	draw.Draw(s.frame, all, s.still, image.Point{}, draw.Src)
	s.head = l.progress.Min.X
	return s
}

func (s *scene) barRadius() float64 {
	if s.style.config.Look == Bold {
		return float64(s.style.px(4))
	}
	return float64(s.style.barWidth()) / 2
}

func (s *scene) captionSize() float64 { return s.style.measure.caption * s.style.scale }

// markPad is how far the mark behind a word reaches beyond it.
func (s *scene) markPad() int {
	if s.style.config.Look == Clean {
		return 0
	}
	return int(0.09 * s.captionSize())
}

// next draws the picture of a time, in seconds, later than the one before, and
// returns where it differs from that at most; moved has what of that only stands
// elsewhere. Both are valid until the next call.
func (s *scene) next(at float64) []image.Rectangle {
	s.changed, s.moved = s.changed[:0], s.moved[:0]
	if s.style.config.EndCard && at >= s.seconds-0.5/float64(s.style.config.FPS) {
		if !s.ended {
			s.ended = true
			s.drawEnd()
		}
		return s.changed
	}
	s.moveBars(s.sound.at(int(math.Round(at * float64(s.style.config.FPS)))))
	s.play(s.progress.Min.X + int(math.Round(min(1, at/s.seconds)*float64(s.progress.Dx()))))
	for len(s.turns) > 0 && s.turns[0].End <= at-hold {
		s.turns = s.turns[1:]
	}
	if !s.who.Empty() {
		if now := speaking(s.turns, at); !slices.Equal(now, s.names) {
			s.showNames(now)
		}
	}
	if !s.caption.Empty() {
		s.say(at)
	}
	return s.changed
}

// clean removes what moves from a part of the picture.
func (s *scene) clean(r image.Rectangle) {
	draw.Draw(s.frame, r, s.still, r.Min, draw.Src)
	s.changed = append(s.changed, r)
}

// play shows how much has been played: up to a column.
func (s *scene) play(x int) {
	if x <= s.head {
		return
	}
	r := image.Rect(s.head, s.progress.Min.Y, x, s.progress.Max.Y)
	draw.Draw(s.frame, r, s.done, r.Min, draw.Src)
	s.changed = append(s.changed, r)
	s.head = x
}

// moveBars makes the bars as high as the sound is loud: low tones in the middle,
// high ones at both ends, or with the bold look from left to right.
func (s *scene) moveBars(levels []uint8) {
	n := len(s.heights)
	least := (s.style.barWidth()/2 + 1) &^ 1
	most := s.wave.Dy() / 2
	if s.style.config.Look == Bold {
		least, most = 2*s.style.px(3), s.wave.Dy()
	}
	for i := range n {
		band := s.style.band(i, n)
		height := max(least, int(levels[band])*most/255)
		// Whole pairs of pixels, of which colour has one.
		if height &^= 1; height != s.heights[i] {
			s.moveBar(i, height)
		}
	}
}

// band is that of a bar.
func (s *Style) band(i, n int) int {
	if s.config.Look == Bold {
		return i
	}
	return max(i-n/2, (n-1)/2-i)
}

// bands is how many bands a row of bars shows.
func (s *Style) bands(n int) int {
	if s.config.Look == Bold {
		return n
	}
	return n/2 + 1
}

// moveBar makes a bar higher or lower. Bars are half as high as they look, but
// for those of the bold look, which stand on their ends.
func (s *scene) moveBar(i, height int) {
	old := s.heights[i]
	s.heights[i] = height
	w := s.style.barWidth()
	x := s.wave.Min.X + i*s.style.barStep()
	reach := max(old, height)
	cap := min(s.caps.Rect.Dy()/2, height)
	inside := max(0, min(old-s.caps.Rect.Dy()/2, height-cap))
	if s.style.config.Look == Bold {
		r := image.Rect(x, s.wave.Max.Y-reach, x+w, s.wave.Max.Y-inside)
		s.drawBar(r, image.Rect(x, s.wave.Max.Y-height, x+w, s.wave.Max.Y), cap, 0)
		s.changed = append(s.changed, r)
		s.moved = append(s.moved, h264.Move{Rectangle: r, By: image.Pt(0, height-old)})
		return
	}
	y := (s.wave.Min.Y + s.wave.Max.Y) / 2
	whole := image.Rect(x, y-height, x+w, y+height)
	upper, lower := image.Rect(x, y-reach, x+w, y-inside), image.Rect(x, y+inside, x+w, y+reach)
	s.drawBar(upper, whole, cap, cap)
	s.drawBar(lower, whole, cap, cap)
	s.changed = append(s.changed, upper, lower)
	s.moved = append(s.moved, h264.Move{Rectangle: upper, By: image.Pt(0, height-old)}, h264.Move{Rectangle: lower, By: image.Pt(0, old-height)})
}

// drawBar draws the part of a bar, with round ends, that lies in r.
func (s *scene) drawBar(r, bar image.Rectangle, top, bottom int) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := image.Rect(r.Min.X, y, r.Max.X, y+1)
		from := s.still
		mask := -1
		switch {
		case y < bar.Min.Y || y >= bar.Max.Y:
		case y < bar.Min.Y+top:
			mask = y - bar.Min.Y
		case y >= bar.Max.Y-bottom:
			mask = s.caps.Rect.Dy() - (bar.Max.Y - y)
		default:
			from = s.full
		}
		copy(s.frame.Pix[s.frame.PixOffset(row.Min.X, y):][:4*row.Dx()], from.Pix[from.PixOffset(row.Min.X, y):])
		if mask >= 0 {
			draw.DrawMask(s.frame, row, image.NewUniform(s.style.colours.bars), image.Point{}, s.caps, image.Pt(0, mask), draw.Over)
		}
	}
}

// say shows what is said at a time, and marks the word that is spoken.
func (s *scene) say(at float64) {
	for len(s.pages) > 0 && s.pages[0].end <= at {
		s.pages = s.pages[1:]
	}
	var now *page
	if len(s.pages) > 0 && s.pages[0].start <= at {
		now = &s.pages[0]
	}
	word := -1
	if now != nil {
		word = now.spoken(at)
	}
	if now == s.page && word == s.word {
		return
	}
	s.page, s.word = now, word
	s.clean(s.marked(s.caption))
	if now == nil {
		return
	}
	top := s.caption.Min.Y
	for i, r := range now.rows {
		pitch := r.pitch()
		s.writeRow(r, word, image.Rect(s.caption.Min.X, top, s.caption.Max.X, top+pitch))
		word -= len(now.rows[i].words)
		top += pitch
	}
}

// pitch is how high the row of a line is: letters of some scripts reach further
// up and down than Latin ones.
func (r *row) pitch() int {
	return int(min(max(float64(r.size*captionLeading), r.Ascent+r.Descent), float64(1.4*r.size)))
}

// spoken returns which word of a page is spoken at a time: the last that has
// begun, until the next one does or a pause follows. −1 is none.
func (p *page) spoken(at float64) int {
	const pause = 0.6
	now, n := -1, 0
	for _, r := range p.rows {
		for _, w := range r.words {
			if w.Start <= at && at < w.End+pause {
				now = n
			}
			n++
		}
	}
	return now
}

// writeRow draws a line of the page into a row. word is which of its words is
// spoken, if it is one of them.
func (s *scene) writeRow(r row, word int, where image.Rectangle) {
	x := s.place(r.Line, s.caption)
	baseline := s.baseline(where, r.size)
	c := s.style.colours
	if word < 0 || word >= len(r.words) {
		r.Draw(s.frame, x, baseline, c.text)
		return
	}
	w := r.words[word]
	if s.style.config.Look != Clean {
		for _, e := range r.Extents(w.From, w.To) {
			mark := image.Rect(int(x+e[0])-s.markPad(), where.Min.Y+s.style.px(2), int(math.Ceil(x+e[1]))+s.markPad(), where.Max.Y-s.style.px(1))
			s.fill(s.frame, mark, float64(s.style.px(12)), c.mark)
		}
	}
	r.DrawEach(s.frame, x, baseline, func(at int) color.NRGBA {
		switch {
		case at < w.From || at >= w.To:
			return c.text
		case s.style.config.Look == Clean:
			return c.word
		}
		return c.onMark
	})
}

// marked is the place of captions with the marks and the letters that reach
// beyond it.
func (s *scene) marked(r image.Rectangle) image.Rectangle {
	beyond := int(0.15 * s.captionSize())
	return image.Rect(r.Min.X-s.markPad(), r.Min.Y-beyond/2, r.Max.X+s.markPad(), r.Max.Y+3*beyond)
}

// place returns where a line begins in a room.
func (s *scene) place(l lettering.Line, room image.Rectangle) float64 {
	switch {
	case s.centred:
		return float64(room.Min.X) + math.Floor((float64(room.Dx())-l.Width)/2)
	case s.rtl:
		return float64(room.Max.X) - math.Ceil(l.Width)
	}
	return float64(room.Min.X)
}

// baseline is that of letters in the middle of the height of a room.
func (s *scene) baseline(r image.Rectangle, size float64) float64 {
	const middle = 0.355 // of a line of capitals, above the base line, in sizes
	return math.Round(float64(float64(r.Min.Y+r.Max.Y)/2) + float64(middle*size))
}
