package audiogram

import (
	"cmp"
	"slices"
	"unicode/utf8"

	"github.com/spaces-cli/spaces/internal/media/lettering/plain"
)

// A page is lines of captions that are shown at once.
type page struct {
	start, end float64
	lines      []string
}

// pages divides cues, in the order in which they begin, into what there is room
// for. Parts of a cue are shown for as long as they have letters. Cues of people
// who speak at once share the room.
func pages(cues []Cue, width, size float64, most int) []page {
	cues, crowd := apart(cues)
	var list []part
	for i, c := range cues {
		if crowd[i] == 0 {
			continue
		}
		for _, p := range parts(c, width, size, max(1, most/crowd[i])) {
			list = append(list, part{p, i})
		}
	}
	return overlaid(list, most)
}

// A part is a page of one cue.
type part struct {
	page
	cue int
}

// parts divides a cue into pages of so many lines.
func parts(c Cue, width, size float64, most int) []page {
	lines := lettering.Bold().Wrap(write(c.Text), width, size)
	letters := 0
	for _, l := range lines {
		letters += utf8.RuneCountInString(l)
	}
	n := (len(lines) + most - 1) / most
	at, done := c.Start, 0
	var list []page
	for i := range n {
		// As many lines on each, rather than one alone on the last.
		some := lines[i*len(lines)/n : (i+1)*len(lines)/n]
		for _, l := range some {
			done += utf8.RuneCountInString(l)
		}
		end := c.Start + (c.End-c.Start)*float64(done)/float64(letters)
		list = append(list, page{at, end, some})
		at = end
	}
	return list
}

// slack is how many seconds cues may overlap although nobody speaks at once: that
// much recognizers are off. The later one waits.
const slack = 0.5

// mostAtOnce is how many cues can be shown at once: more than there is room for.
const mostAtOnce = 8

// apart moves the beginnings of cues that overlap by slack or less, and returns
// of each how many are shown at once, with it, at most; 0 if it has no place.
func apart(cues []Cue) (moved []Cue, crowd []int) {
	moved, crowd = slices.Clone(cues), make([]int, len(cues))
	var now []int // that are shown
	for i := range moved {
		c := &moved[i]
		for _, k := range now {
			if o := moved[k]; o.End < c.End && o.End-c.Start <= slack {
				c.Start = max(c.Start, o.End)
			}
		}
		now = slices.DeleteFunc(now, func(k int) bool { return moved[k].End <= c.Start })
		if len(now) == mostAtOnce {
			continue
		}
		now = append(now, i)
		for _, k := range now {
			crowd[k] = max(crowd[k], len(now))
		}
	}
	return moved, crowd
}

// overlaid makes one page of those that are shown at once, the earlier cue above.
// There is room for so many lines.
func overlaid(list []part, most int) []page {
	slices.SortStableFunc(list, func(a, b part) int { return cmp.Compare(a.start, b.start) })
	var edges []float64
	for _, p := range list {
		edges = append(edges, p.start, p.end)
	}
	slices.Sort(edges)
	edges = slices.Compact(edges)
	var out []page
	var now []part
	next := 0
	for i := 1; i < len(edges); i++ {
		from, to := edges[i-1], edges[i]
		for ; next < len(list) && list[next].start <= from; next++ {
			now = append(now, list[next])
		}
		now = slices.DeleteFunc(now, func(p part) bool { return p.end <= from })
		slices.SortStableFunc(now, func(a, b part) int { return cmp.Compare(a.cue, b.cue) })
		var lines []string
		for _, p := range now {
			lines = append(lines, p.lines...)
		}
		if len(lines) > 0 {
			out = append(out, page{from, to, lines[:min(most, len(lines))]})
		}
	}
	return out
}
