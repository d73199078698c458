package audiogram

import (
	"image"
	"sync"
)

// baseSize is the shorter side of the pictures that measures are given for.
const baseSize = 720

// A measure is the sizes of one shape, in pixels of pictures of baseSize.
//
// Apps lay their own texts and buttons over the ends of pictures that are as high
// as a phone. Meta asks to leave 14 % free at the top, 35 % at the bottom, and
// 6 % on each side of Reels, and 14 % and 20 % of Stories ("Safe zones for
// Stories and Reels", as houseofmarketers.com and imagefactory.co.kr state it in
// 2026); TikTok's own overlays take about 150 of 1920 pixels at the top, 440 at
// the bottom, and 150 of 1080 on the right (adfuseai.com, "TikTok ad sizes").
// Tall pictures keep everything that matters out of 14 % at the top, 25 % at the
// bottom and 15 % on the right, and all letters out of 35 % at the bottom. A feed
// in 4:5 wants 4.5 % of the width on all sides.
type measure struct {
	width, height int
	safe          [4]float64 // left, top, right, bottom
	letters       float64    // where letters end at the latest
	caption       float64    // size of the letters
	head          float64    // height of the row of title, host and date
	title         float64    // size of its letters
	titleLines    int
	wave          [2]float64 // height of the bars, without captions in the second
	hero          float64    // largest size of the title without captions
	cover         float64    // side, without captions
	logo          float64    // greatest width
	aside         bool       // the cover stands beside the title then, not above it
}

var measures = sync.OnceValue(func() map[Shape]measure {
	return map[Shape]measure{
		Wide: {width: 1280, height: 720, safe: [4]float64{80, 60, 1200, 660}, letters: 660, caption: 80,
			head: 64, title: 30, titleLines: 1, wave: [2]float64{104, 230}, hero: 96, cover: 290, logo: 240, aside: true},
		Square: {width: 720, height: 720, safe: [4]float64{48, 48, 672, 672}, letters: 672, caption: 58,
			head: 64, title: 28, titleLines: 1, wave: [2]float64{104, 176}, hero: 72, cover: 190, logo: 130},
		Portrait: {width: 720, height: 900, safe: [4]float64{48, 60, 672, 840}, letters: 840, caption: 62,
			head: 84, title: 32, titleLines: 2, wave: [2]float64{144, 220}, hero: 76, cover: 250, logo: 130},
		Tall: {width: 720, height: 1280, safe: [4]float64{48, 184, 612, 956}, letters: 830, caption: 64,
			head: 104, title: 38, titleLines: 2, wave: [2]float64{190, 230}, hero: 72, cover: 250, logo: 120},
	}
})

const (
	captionLines = 2
	leading      = 1.2 // from line to line, in sizes of letters
	// captionLeading has room for a mark around letters with accents above and
	// tails below.
	captionLeading = 1.27
	minTitle       = 34  // the smallest letters of a title without captions
	heroLines      = 3   // that it has at most
	metaSize       = 24  // of the host and the date
	nameSize       = 28  // of who speaks
	disc           = 52  // of a face or initials
	bar            = 6   // height of what shows how much was played
	maxCover       = 420 // the side of the largest cover that is shown
	logoWidth      = 220
	logoHeight     = 60
	cardPad        = 36
)

// A layout says where things are, in pixels. What is not shown is empty.
type layout struct {
	card     image.Rectangle // that everything stands on
	head     image.Rectangle // title, host and date
	hero     image.Rectangle // the title, without captions
	who      image.Rectangle // who speaks
	caption  image.Rectangle
	wave     image.Rectangle // the bars
	progress image.Rectangle
	centred  bool
}

// lay lays out a shape.
func (s *Style) lay(captions, names bool) layout {
	m := s.measure
	left, top, right, bottom := m.safe[0], m.safe[1], m.safe[2], m.safe[3]
	l := layout{centred: s.config.Look == Card}
	if s.config.Look == Card {
		// The card may reach out of the safe zone; what stands on it may not.
		edge := min(left, float64(m.width)-right) - 28
		l.card = s.rect(edge, top-32, float64(m.width)-edge, bottom+32)
		if m.width-int(right) > int(left) { // in the middle of the card
			left = max(left, float64(m.width)-right-24)
		}
		inner := float64(cardPad - 28)
		left, right = left+inner, right-inner
	}
	l.progress = s.rect(left, bottom-bar, right, bottom)
	wave := m.wave[1]
	switch {
	case captions:
		wave = m.wave[0]
	case s.cover != nil || names:
		wave = (m.wave[0] + m.wave[1]) / 2
	}
	l.wave = s.bars(left, bottom-bar-24-wave, right, bottom-bar-24)
	end := min(bottom-bar-24-wave-28, m.letters)
	begin := top
	if captions {
		l.head = s.rect(left, top, right, top+m.head)
		begin += m.head + 20
	} else {
		l.head = s.rect(left, top, right, top+logoHeight)
		if s.logo != nil && s.cover == nil {
			begin += logoHeight + 16
		}
	}
	who := 0.0
	if names {
		who = disc + 18
	}
	if captions {
		height := float64(captionLines * m.caption * captionLeading)
		y := begin + max(0, (end-begin-who-height)/2)
		if names {
			l.who = s.rect(left, y, right, y+disc)
		}
		l.caption = s.rect(left, y+who, right, y+who+height)
		return l
	}
	if names {
		l.who = s.rect(left, end-disc, right, end)
	}
	l.hero = s.rect(left, begin, right, end-who)
	return l
}

func (s *Style) rect(left, top, right, bottom float64) image.Rectangle {
	return image.Rect(s.px(left), s.px(top), s.px(right), s.px(bottom))
}

// bars is the place of the bars: whole ones, in the middle of the room or at its
// beginning. Bars of a few pixels begin where macroblocks do, so that no
// macroblock has two of them: then a bar that grows is coded as one that moves.
func (s *Style) bars(left, top, right, bottom float64) image.Rectangle {
	r := s.rect(left, top, right, bottom)
	step, width := s.barStep(), s.barWidth()
	n := (r.Dx() + step - width) / step
	all := (n-1)*step + width
	x := r.Min.X &^ 1
	if s.config.Look == Card {
		x = (r.Min.X + (r.Dx()-all)/2) &^ 1
	} else if step-width < macroblock {
		x = (r.Min.X + macroblock/2) / macroblock * macroblock
	}
	return image.Rect(x, r.Min.Y&^3, x+all, r.Max.Y&^3)
}

const macroblock = 16

// barStep and barWidth are those of the bars, even numbers.
func (s *Style) barStep() int {
	if s.config.Look == Clean && s.config.Size == baseSize {
		return macroblock
	}
	if s.config.Size == baseSize || s.config.Look == Clean {
		return 2 * macroblock
	}
	return 3 * macroblock
}

func (s *Style) barWidth() int {
	switch s.config.Look {
	case Bold:
		return s.barStep() * 3 / 4
	case Card:
		return s.barStep() / 2
	}
	return s.barStep()/2 - (s.barStep()/macroblock-1)*2
}

// count is how many bars there are.
func (s *Style) count(l layout) int { return (l.wave.Dx()-s.barWidth())/s.barStep() + 1 }
