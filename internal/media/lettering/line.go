package lettering

import (
	"cmp"
	"math"
	"slices"
)

// A Line is words in a row, shaped and in the order in which they are seen.
type Line struct {
	Text string
	// Offset is where Text begins in the text that was wrapped, in bytes.
	Offset int
	// Width is what the line takes, and Ascent and Descent are how far it may
	// reach above and below its baseline, in pixels.
	Width, Ascent, Descent float64
	RTL                    bool // its paragraph is written from right to left

	set    *Set
	size   float64
	glyphs []placed
	spans  []span
}

// A placed glyph stands in a line, in pixels from its beginning and its baseline.
type placed struct {
	face *face
	id   uint32
	x, y float64
	at   int // in Text
}

// A span is the place of one cluster of glyphs.
type span struct {
	from, to    int // in Text
	left, right float64
	rtl         bool
	parts       []int // where the characters within begin
}

// Line sets a text in one line. Line breaks and other control characters in it
// count as spaces; what no font has is an empty box, as Missing tells.
func (s *Set) Line(text string, size float64, w Weight) Line {
	runes := printable(text)
	return s.line(text, runes, rightToLeft(runes), size, w)
}

func (s *Set) line(text string, runes []rune, rtl bool, size float64, w Weight) Line {
	l := Line{Text: text, RTL: rtl, set: s, size: size}
	primary := s.fonts[0].face(w)
	l.raise(primary)
	at := offsets(text)
	runs := s.itemize(runes, rtl, w)
	visual(runs)
	lang := languageOf(runes, s.language)
	for _, r := range runs {
		l.raise(r.face)
		l.add(s.shape(runes, r, lang), r, at, runes)
	}
	slices.SortStableFunc(l.spans, func(a, b span) int { return cmp.Compare(a.left, b.left) })
	return l
}

// raise makes the line as high as a face needs.
func (l *Line) raise(f *face) {
	l.Ascent = max(l.Ascent, float64(f.ascent*l.size/f.upem))
	l.Descent = max(l.Descent, float64(f.descent*l.size/f.upem))
}

// visual orders runs from left to right (UAX #9, L2).
func visual(runs []run) {
	highest := 0
	for _, r := range runs {
		highest = max(highest, r.level)
	}
	for level := highest; level > 0; level-- {
		for i := 0; i < len(runs); i++ {
			k := i
			for k < len(runs) && runs[k].level >= level {
				k++
			}
			slices.Reverse(runs[i:k])
			i = max(i, k)
		}
	}
}

// add appends the glyphs of a run.
func (l *Line) add(s *shaped, r run, at []int, runes []rune) {
	scale := l.size / r.face.upem
	first := len(l.spans)
	for i, g := range s.glyphs {
		from := at[r.from+g.at]
		l.glyphs = append(l.glyphs, placed{
			r.face, g.id,
			l.Width + float64(float64(g.dx)*scale), -float64(float64(g.dy) * scale), from,
		})
		left := l.Width
		l.Width += float64(float64(g.advance) * scale)
		if i > 0 && s.glyphs[i-1].at == g.at {
			l.spans[len(l.spans)-1].right = l.Width
			continue
		}
		l.spans = append(l.spans, span{from: from, left: left, right: l.Width, rtl: r.level%2 == 1})
	}
	// A cluster ends where the next one of the text begins.
	own := l.spans[first:]
	ends := make([]int, 0, len(own)+1)
	for _, sp := range own {
		ends = append(ends, sp.from)
	}
	ends = append(ends, at[r.to])
	slices.Sort(ends)
	for i := range own {
		k, _ := slices.BinarySearch(ends, own[i].from+1)
		own[i].to = ends[min(k, len(ends)-1)]
		own[i].divide(r, at, runes)
	}
}

// divide notes where the characters of a ligature begin.
func (sp *span) divide(r run, at []int, runes []rune) {
	from, _ := slices.BinarySearch(at, sp.from)
	to, _ := slices.BinarySearch(at, sp.to)
	if to-from < 2 {
		return
	}
	for _, c := range clusters(runes[from:to]) {
		sp.parts = append(sp.parts, at[from+c.from])
	}
}

// x is where a byte of a span lies.
func (sp *span) x(at int) float64 {
	part := 0.0
	switch {
	case at <= sp.from:
	case at >= sp.to:
		part = 1
	case len(sp.parts) > 1:
		k, _ := slices.BinarySearch(sp.parts, at)
		part = float64(k) / float64(len(sp.parts))
	}
	if sp.rtl {
		part = 1 - part
	}
	return sp.left + float64(part*(sp.right-sp.left))
}

// Extents returns where bytes from..to of Text stand, from left to right: a
// highlight behind a word. In text of both directions a word may stand in
// several places.
func (l Line) Extents(from, to int) [][2]float64 {
	var list [][2]float64
	for _, sp := range l.spans {
		if sp.to <= from || sp.from >= to {
			continue
		}
		a, b := sp.x(from), sp.x(to)
		if a > b {
			a, b = b, a
		}
		if b <= a {
			continue
		}
		if n := len(list); n > 0 && math.Abs(list[n-1][1]-a) < 1e-6 {
			list[n-1][1] = b
			continue
		}
		list = append(list, [2]float64{a, b})
	}
	return list
}
