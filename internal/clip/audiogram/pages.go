package audiogram

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spaces-cli/spaces/internal/media/lettering"
)

// A page is lines of captions that are shown at once.
type page struct {
	start, end float64
	rows       []row
}

// A row is a line of a page, with the words in it whose times are known.
type row struct {
	lettering.Line
	size  float64
	words []Word // in bytes of the line
}

// A setter sets captions in lines.
type setter struct {
	fonts       *lettering.Set
	width, size float64
	most        int // lines at once
}

// pages divides cues, in the order in which they begin, into what there is room
// for. Parts of a cue are shown from their first word on or, if the times of
// words are not known, for as long as they have letters. Cues of people who speak
// at once share the room.
func (t *setter) pages(cues []Cue) []page {
	cues, crowd := apart(cues)
	var list []part
	for i, c := range cues {
		if crowd[i] == 0 {
			continue
		}
		for _, p := range t.parts(c, max(1, t.most/crowd[i])) {
			list = append(list, part{p, i})
		}
	}
	return overlaid(list, t.most)
}

// A part is a page of one cue.
type part struct {
	page
	cue int
}

// parts divides a cue into pages of so many lines.
func (t *setter) parts(c Cue, most int) []page {
	text := c.Text
	t = t.roomy(text)
	lines := t.fonts.Wrap(text, t.width, t.size, lettering.Bold)
	n := (len(lines) + most - 1) / most
	if len(lines) > most {
		lines = t.even(text, lines, n*most)
	}
	letters, done := utf8.RuneCountInString(text), 0
	at := c.Start
	var list []page
	for i := range n {
		// As many lines on each, rather than one alone on the last.
		some := lines[i*len(lines)/n : (i+1)*len(lines)/n]
		from, to := some[0].Offset, len(text)
		if last := (i + 1) * len(lines) / n; last < len(lines) {
			to = lines[last].Offset
		}
		done += utf8.RuneCountInString(text[from:to])
		end := c.Start + float64((c.End-c.Start)*float64(done)/float64(letters))
		for _, w := range c.Words {
			if w.From >= to {
				end = max(at, w.Start)
				break
			}
		}
		if i == n-1 {
			end = c.End
		}
		if end > at {
			list = append(list, page{at, end, t.rows(text, from, to, c.Words)})
		}
		at = end
	}
	return list
}

// even wraps a text in as many lines as pages have room for, if that only makes
// the lines shorter: then pages are of about the same length.
func (t *setter) even(text string, lines []lettering.Line, want int) []lettering.Line {
	least := max(t.width/2, widest(t.fonts, text, t.width, t.size))
	for width := t.width * 0.96; len(lines) < want && width >= least; width *= 0.96 {
		if next := t.fonts.Wrap(text, width, t.size, lettering.Bold); len(next) <= want {
			lines = next
		}
	}
	return lines
}

// roomy is t, or one with smaller letters if otherwise a word would have to be
// broken.
func (t *setter) roomy(text string) *setter {
	small := *t
	for small.size > 0.6*t.size && !unbroken(t.fonts, text, t.width, small.size) {
		small.size = float64(0.94 * small.size)
	}
	if !unbroken(t.fonts, text, t.width, small.size) {
		return t // it has to be broken anyway
	}
	return &small
}

// rows sets a part of a text in lines of about the same length.
func (t *setter) rows(text string, from, to int, words []Word) (list []row) {
	for _, l := range balanced(t.fonts, text[from:to], t.width, t.size) {
		r := row{Line: l, size: t.size}
		begin := from + l.Offset
		for _, w := range words {
			if w.From >= begin && w.From < begin+len(l.Text) {
				r.words = append(r.words, Word{w.Start, w.End, w.From - begin, min(w.To-begin, len(l.Text))})
			}
		}
		list = append(list, r)
	}
	return list
}

// balanced wraps a text so that its lines are of about the same length. No word
// is broken for that.
func balanced(fonts *lettering.Set, text string, width, size float64) []lettering.Line {
	lines := fonts.Wrap(text, width, size, lettering.Bold)
	if len(lines) < 2 {
		return lines
	}
	least := max(width/3, widest(fonts, text, width, size))
	for narrow := width * 0.96; narrow >= least; narrow *= 0.96 {
		next := fonts.Wrap(text, narrow, size, lettering.Bold)
		if len(next) > len(lines) {
			break
		}
		lines = next
	}
	return lines
}

// widest is the width of the widest word of a text that has room in a line.
func widest(fonts *lettering.Set, text string, width, size float64) (most float64) {
	for _, word := range strings.Fields(text) {
		if w := fonts.Line(word, size, lettering.Bold).Width; w <= width {
			most = max(most, w)
		}
	}
	return most
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
		var rows []row
		for _, p := range now {
			rows = append(rows, p.rows...)
		}
		if len(rows) > 0 {
			out = append(out, page{from, to, rows[:min(most, len(rows))]})
		}
	}
	return out
}
