package draw

import (
	"fmt"
	"time"
)

// A tick is a distance of labels on the axis, and how many parts the smaller
// lines between them make of it.
type tick struct {
	step  time.Duration
	parts int
}

// ticks are those that people read at a glance.
var ticks = []tick{
	{10 * time.Millisecond, 5}, {20 * time.Millisecond, 4}, {50 * time.Millisecond, 5},
	{100 * time.Millisecond, 5}, {200 * time.Millisecond, 4}, {500 * time.Millisecond, 5},
	{time.Second, 5}, {2 * time.Second, 4}, {5 * time.Second, 5}, {10 * time.Second, 5}, {15 * time.Second, 3}, {30 * time.Second, 3},
	{time.Minute, 6}, {2 * time.Minute, 4}, {5 * time.Minute, 5}, {10 * time.Minute, 5}, {15 * time.Minute, 3}, {30 * time.Minute, 3},
	{time.Hour, 4}, {2 * time.Hour, 4}, {3 * time.Hour, 3}, {6 * time.Hour, 6}, {12 * time.Hour, 4}, {24 * time.Hour, 4},
}

// chooseTick returns the smallest tick that leaves each label its room, in
// pixels, on an axis of the given width.
func chooseTick(span time.Duration, width, room float64) tick {
	for _, t := range ticks {
		if float64(t.step)/float64(span)*width >= room {
			return t
		}
	}
	t := ticks[len(ticks)-1]
	for float64(t.step)/float64(span)*width < room {
		t.step *= 2
	}
	return t
}

// axisLabel writes a position as h:mm:ss, or m:ss on axes shorter than an
// hour, with as many decimals as steps have.
func axisLabel(t, step time.Duration, hours bool) string {
	sign := ""
	if t < 0 {
		sign, t = "-", -t
	}
	s := fmt.Sprintf("%s%d:%02d", sign, t/time.Minute, t/time.Second%60)
	if hours {
		s = fmt.Sprintf("%s%d:%02d:%02d", sign, t/time.Hour, t/time.Minute%60, t/time.Second%60)
	}
	switch ms := t / time.Millisecond % 1000; {
	case step < 100*time.Millisecond:
		s += fmt.Sprintf(".%02d", ms/10)
	case step < time.Second:
		s += fmt.Sprintf(".%d", ms/100)
	}
	return s
}

// ceil returns the first multiple of step that is not before t.
func ceil(t, step time.Duration) time.Duration {
	n := t / step * step
	if n < t {
		n += step
	}
	return n
}
