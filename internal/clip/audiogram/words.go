package audiogram

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/languages"
	"github.com/spaces-cli/spaces/internal/media/lettering"
)

// A heading is what a clip says of itself.
type heading struct{ title, host, date string }

// heading returns that of a clip. If it has no title, the date takes its place.
func (s *Style) heading(q *clip.Request) heading {
	space := q.Recording.Space
	title := q.Title
	if title == "" {
		title = space.Title
	}
	h := heading{title: written(title), date: s.date(q)}
	if space.Host != nil && space.Host.Handle != "" {
		h.host = written("@" + space.Host.Handle)
	}
	if h.title == "" {
		h.title, h.date = h.date, ""
	}
	if h.title == "" {
		h.title, h.host = h.host, ""
	}
	if h.title == "" {
		h.title = "Space " + space.ID
	}
	return h
}

// meta is the line of the host and the date.
func (h heading) meta() string { return strings.Trim(h.host+"  ·  "+h.date, " ·") }

// written is a text for one line, or nothing if it has nothing to read.
func written(text string) string {
	text = lettering.Clean(text)
	if !strings.ContainsFunc(text, func(r rune) bool { return unicode.IsGraphic(r) && !unicode.IsSpace(r) && !unicode.IsPunct(r) }) {
		return ""
	}
	return text
}

// date is the day of the clip, or nothing.
func (s *Style) date(q *clip.Request) string {
	wall := q.Recording.Wall(q.Span.Start)
	if wall.IsZero() {
		return ""
	}
	l, _ := languages.For(s.config.Language)
	return l.Date(wall.In(s.config.Zone))
}

// fit breaks a title into lines: in letters as large as possible, and if even
// the smallest are too large, with an ellipsis.
func (s *Style) fit(title string, width, height, largest, smallest float64, most int) (lines []lettering.Line, size float64) {
	for size := largest; size >= smallest; size -= 2 {
		lines := s.fonts.Wrap(title, width, size, lettering.Bold)
		if len(lines) <= most && float64(float64(len(lines))*size)*leading <= height && unbroken(s.fonts, title, width, size) {
			return balanced(s.fonts, title, width, size), size
		}
	}
	lines = s.fonts.Wrap(title, width, smallest, lettering.Bold)
	most = max(1, min(most, int(height/(smallest*leading))))
	if len(lines) > most {
		lines = append(lines[:most-1:most-1], s.shorten(title[lines[most-1].Offset:], width, smallest, lettering.Bold))
	}
	return lines, smallest
}

// unbroken reports whether every word of a text has room in a line. Texts without
// spaces, such as Japanese ones, are broken anyway.
func unbroken(fonts *lettering.Set, text string, width, size float64) bool {
	for _, word := range strings.Fields(text) {
		if fonts.Line(word, size, lettering.Bold).Width > width && strings.IndexFunc(word, unicode.IsLetter) >= 0 && spaced(word) {
			return false
		}
	}
	return true
}

// spaced reports whether a word is of a script that has spaces between words.
func spaced(word string) bool {
	return !strings.ContainsFunc(word, func(r rune) bool {
		return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
	})
}

// shorten sets a text in a line that ends with an ellipsis if there is no room
// for all of it: between words, unless the last one is long.
func (s *Style) shorten(text string, width, size float64, w lettering.Weight) lettering.Line {
	line := s.fonts.Shorten(text, width, size, w)
	kept, cut := strings.CutSuffix(line.Text, "…")
	if !cut || line.Text == text || !spaced(kept) {
		return line
	}
	if space := strings.LastIndexByte(kept, ' '); space > len(kept)/2 && !strings.HasPrefix(text[len(kept):], " ") {
		kept = kept[:space]
	}
	return s.fonts.Line(strings.TrimRight(kept, " .,:;–—-…")+"…", size, w)
}

// initials are what stands for a name of which there is no picture: the first
// letters of its first and its last part.
func initials(name string) string {
	parts := strings.FieldsFunc(strings.TrimPrefix(name, "@"), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.M, r) })
	var list []rune
	for i, part := range parts {
		if i == 0 || i == len(parts)-1 {
			r, _ := utf8.DecodeRuneInString(part)
			list = append(list, unicode.ToUpper(r))
		}
	}
	if len(list) > 1 && unicode.IsDigit(list[1]) {
		list = list[:1]
	}
	return string(list)
}
