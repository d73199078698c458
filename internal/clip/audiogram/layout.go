package audiogram

import (
	"image"
	"sync"
)

// A measure is the sizes of one shape, in pixels. All shapes are 720 wide or
// high, so that letters of one size are read as well on all.
type measure struct {
	margin      int // left and right
	top, bottom int
	wave        [2]int // height of the waveform, with captions in the second
	title       [2]int // largest size of letters, likewise
	cover       [2]int // side
	caption     int    // size of letters
	lines       int    // of captions
	above       bool   // the cover stands above the title, not beside it
}

var measures = sync.OnceValue(func() map[Shape]measure {
	return map[Shape]measure{
		Wide:   {margin: 72, top: 64, bottom: 56, wave: [2]int{176, 104}, title: [2]int{72, 48}, cover: [2]int{280, 176}, caption: 46, lines: 2},
		Square: {margin: 56, top: 52, bottom: 48, wave: [2]int{150, 88}, title: [2]int{60, 40}, cover: [2]int{192, 128}, caption: 40, lines: 3},
		// Apps lay their own buttons and texts over the ends of what is as high
		// as a phone.
		Tall: {margin: 64, top: 120, bottom: 210, wave: [2]int{200, 130}, title: [2]int{68, 48}, cover: [2]int{440, 260}, caption: 46, lines: 4, above: true},
	}
})

const (
	minTitle   = 34  // the smallest letters of a title
	titleLines = 3   // that it has at most
	leading    = 1.2 // from line to line, in sizes of letters
	metaSize   = 28  // of the host and the date
	clockSize  = 26
	nameSize   = 30 // of who speaks
	barWidth   = 6  // of the waveform
	barStep    = 10
	overhang   = 10 // of the playhead, above and below the waveform
)

// A layout says where things are. What is not shown is empty.
type layout struct {
	head    image.Rectangle // host, date, title and cover
	name    image.Rectangle
	caption image.Rectangle
	wave    image.Rectangle // the bars
	clock   image.Rectangle
	cover   int // side
	title   int // largest size
	measure
}

// lay lays out a shape from the bottom up.
func (s *Style) lay(captions, names bool) layout {
	m := measures()[s.config.Shape]
	with := 0
	if captions {
		with = 1
	}
	l := layout{measure: m, title: m.title[with]}
	if s.cover != nil {
		l.cover = m.cover[with]
	}
	y := s.size.Y - m.bottom
	strip := func(height, gap int) image.Rectangle {
		r := image.Rect(m.margin, y-height, s.size.X-m.margin, y)
		y -= height + gap
		return r
	}
	l.clock = strip(clockSize+10, 24)
	l.wave = strip(m.wave[with], 44)
	// Only whole bars.
	l.wave.Max.X -= (l.wave.Dx() - barWidth) % barStep
	if captions {
		l.caption = strip(int(float64(m.lines*m.caption)*leading)+8, 8)
	}
	if names {
		l.name = strip(nameSize+14, 8)
	}
	l.head = image.Rect(m.margin, m.top, s.size.X-m.margin, y-8)
	return l
}

// bars is how many the waveform has.
func (l *layout) bars() int { return (l.wave.Dx()-barWidth)/barStep + 1 }
