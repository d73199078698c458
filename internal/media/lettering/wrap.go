package lettering

import (
	"sort"
	"unicode"

	"github.com/go-text/typesetting/segmenter"
)

// Wrap breaks a text into lines that are not wider than width, where Unicode
// allows it (UAX #14), and Korean between its words. What is wider without a
// break is broken between characters. The spaces at the ends of lines are left out.
func (s *Set) Wrap(text string, width, size float64, w Weight) []Line {
	p := s.paragraph(text, size, w)
	var lines []Line
	var seg segmenter.Segmenter
	seg.Init(p.breaks)
	from, to := 0, 0
	flush := func() {
		if l, ok := p.line(from, to); ok {
			lines = append(lines, l)
		}
		from = to
	}
	for it := seg.LineIterator(); it.Next(); {
		piece := it.Line()
		end := piece.Offset + len(piece.Text)
		if !piece.IsMandatoryBreak && insideKorean(p.runes, end) {
			continue
		}
		if to > from && p.width(from, end) > width {
			flush()
		}
		for p.width(from, end) > width { // alone it is too wide
			cut := p.cut(from, end, width)
			if cut >= end {
				break
			}
			to = cut
			flush()
		}
		to = end
		if piece.IsMandatoryBreak {
			flush()
		}
	}
	flush()
	return lines
}

// insideKorean reports whether a place between two characters is inside a Korean
// word. UAX #14 allows a break there, and leaves it to the style: few and large
// letters break at the spaces, as Korean titles and subtitles do.
func insideKorean(runes []rune, at int) bool {
	if at <= 0 || at >= len(runes) {
		return false
	}
	before, after := runes[at-1], runes[at]
	part := func(r rune) bool {
		return (unicode.IsLetter(r) || unicode.IsDigit(r)) && !unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana)
	}
	return part(before) && part(after) && (unicode.Is(unicode.Hangul, before) || unicode.Is(unicode.Hangul, after))
}

// Shorten sets a text in one line that is not wider than width: if it is, it
// ends between two characters, with an ellipsis.
func (s *Set) Shorten(text string, width, size float64, w Weight) Line {
	l := s.Line(text, size, w)
	if l.Width <= width {
		return l
	}
	p := s.paragraph(text, size, w)
	room := width - s.Line("…", size, w).Width
	for n := sort.Search(len(p.starts), func(i int) bool { return p.width(0, p.starts[i]) > room }) - 1; ; n-- {
		end := 0
		if n > 0 {
			end = p.trimmed(0, p.starts[n])
		}
		cut := text[:p.at[end]] + "…"
		runes := append(append([]rune(nil), p.runes[:end]...), '…')
		if l := s.line(cut, runes, p.rtl, size, w); l.Width <= width || n <= 0 {
			return l
		}
	}
}

// A paragraph is a text of which the width of any part is known.
type paragraph struct {
	set    *Set
	text   string
	runes  []rune
	breaks []rune // the same, with its line breaks
	rtl    bool
	size   float64
	weight Weight
	at     []int     // where each rune begins in text
	sums   []float64 // the width of all before it
	starts []int     // of characters, in runes, and the end
}

func (s *Set) paragraph(text string, size float64, w Weight) *paragraph {
	p := &paragraph{set: s, text: text, runes: printable(text), breaks: []rune(text), size: size, weight: w, at: offsets(text)}
	p.rtl = rightToLeft(p.runes)
	widths := make([]float64, len(p.runes)+1)
	whole := s.line(text, p.runes, p.rtl, size, w)
	index := make(map[int]int, len(p.at))
	for i, at := range p.at {
		index[at] = i
	}
	for _, sp := range whole.spans {
		if sp.to > sp.from {
			widths[index[sp.from]] += sp.right - sp.left
		}
	}
	p.sums = make([]float64, len(p.runes)+1)
	for i := range p.runes {
		p.sums[i+1] = p.sums[i] + widths[i]
	}
	for _, c := range clusters(p.runes) {
		p.starts = append(p.starts, c.from)
	}
	p.starts = append(p.starts, len(p.runes))
	return p
}

// trimmed is where a part ends without the spaces at its end.
func (p *paragraph) trimmed(from, to int) int {
	for to > from && unicode.IsSpace(p.runes[to-1]) {
		to--
	}
	return to
}

// width is that of a part, without the spaces at its end.
func (p *paragraph) width(from, to int) float64 {
	return p.sums[p.trimmed(from, to)] - p.sums[from]
}

// cut returns where to break a part that is too wide: after as many characters
// as have room, and at least one.
func (p *paragraph) cut(from, to int, width float64) int {
	first := sort.SearchInts(p.starts, from+1)
	n := sort.Search(len(p.starts)-first, func(i int) bool { return p.sums[p.starts[first+i]]-p.sums[from] > width })
	k := max(first, min(first+n-1, len(p.starts)-1))
	// Thai and Lao have no spaces between words, and no dictionary is here: before
	// a vowel that stands first at least a syllable begins.
	for back := k; back > first && back > k-8; back-- {
		if at := p.starts[back]; at < to && leads(p.runes[at]) {
			return at
		}
	}
	return min(to, p.starts[k])
}

// leads reports whether a character is a vowel of Thai or Lao that is written
// before its consonant.
func leads(r rune) bool { return r >= 'เ' && r <= 'ไ' || r >= 'ເ' && r <= 'ໄ' }

// line sets a part of the paragraph, if there is anything to be seen in it.
func (p *paragraph) line(from, to int) (Line, bool) {
	to = p.trimmed(from, to)
	for from < to && unicode.IsSpace(p.runes[from]) {
		from++
	}
	if from == to {
		return Line{}, false
	}
	l := p.set.line(p.text[p.at[from]:p.at[to]], p.runes[from:to], p.rtl, p.size, p.weight)
	l.Offset = p.at[from]
	return l, true
}
