// Package terminal knows terminals and the words on them, and nothing of what
// they are about: which characters are safe there and how wide they are, tables
// and texts that fit a width, colour, progress, questions, and the program that
// the system opens a file with.
package terminal

import (
	"strings"
	"unicode"

	"github.com/rivo/uniseg"
)

// Safe makes a text of unknown origin fit for a terminal, on one line:
// control characters, which could move the cursor or set a title, and the
// characters that override the direction of what follows are replaced.
func Safe(s string) string {
	if !strings.ContainsFunc(s, unsafe) {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t', r == '\r', r == '\u2028', r == '\u2029':
			return ' '
		case unsafe(r):
			return '�'
		}
		return r
	}, s)
}

// SafeLines is Safe, but leaves line breaks.
func SafeLines(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = Safe(lines[i])
	}
	return strings.Join(lines, "\n")
}

func unsafe(r rune) bool {
	switch {
	case r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069', // overrides, embeddings, isolates
		r == '\u200e', r == '\u200f', r == '\u061c', // marks
		r == '\u2028', r == '\u2029':
		return true
	}
	return unicode.IsControl(r)
}

// Cell makes a text of unknown origin fit for a cell of CSV. It is safe, and one
// that a spreadsheet would take for a formula gets an apostrophe before it
// (owasp.org/www-community/attacks/CSV_Injection).
func Cell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + Safe(s)
	}
	s = Safe(s)
	// Spreadsheets drop blanks before they look, and take wide forms for narrow.
	if bare := strings.TrimLeft(s, " \u00a0\ufeff"); bare != "" && strings.ContainsRune("=+-@\uff1d\uff0b\uff0d\uff20", []rune(bare)[0]) {
		return "'" + s
	}
	return s
}

// Width is how many columns of a terminal a text takes.
func Width(s string) int {
	n := 0
	for _, r := range s {
		if !narrow(r) {
			return uniseg.StringWidth(s)
		}
		n++
	}
	return n
}

// narrow reports whether a character surely takes one column, whatever stands
// beside it: the printable ones of the Latin alphabets, and the dashes and
// quotation marks of General Punctuation.
func narrow(r rune) bool {
	return r >= ' ' && r <= '~' || r >= '\u00a1' && r <= '\u024f' && r != '\u00ad' || r >= '\u2010' && r <= '\u2027'
}

// Truncate cuts a text to a width, at a character as readers see it.
func Truncate(s string, width int) string {
	if Width(s) <= width {
		return s
	}
	if width < 1 {
		return ""
	}
	head, _ := split(s, width-1)
	return head + "…"
}

// split cuts a text in two, the first part as long as it can be in a width
// without cutting a character as readers see it.
func split(s string, width int) (head, rest string) {
	n, state := 0, -1
	for rest = s; rest != ""; {
		_, after, w, next := uniseg.FirstGraphemeClusterInString(rest, state)
		if n+w > width {
			break
		}
		rest, state, n = after, next, n+w
	}
	return s[:len(s)-len(rest)], rest
}

// Around returns a text with as much of what stands before and after it as a
// width has room for, a third of that before it. What is cut off ends between
// words where it can.
func Around(before, text, after string, width int) string {
	if Width(before)+Width(text)+Width(after) <= width {
		return before + text + after
	}
	left := width - Width(text)
	if left <= 2 {
		return Truncate(text, width)
	}
	first := max(left/3, left-Width(after))
	if Width(before) > first {
		before = "…" + last(before, first-1)
	}
	left -= Width(before)
	return before + text + Truncate(after, left)
}

// last returns the end of a text, as much as has room, from a word on where it
// can.
func last(s string, width int) string {
	drop := Width(s) - width
	n, state, word := 0, -1, ""
	for rest := s; rest != ""; {
		cluster, after, w, next := uniseg.FirstGraphemeClusterInString(rest, state)
		if n >= drop && word == "" {
			word = rest // cut within a word, if nothing else fits
		}
		if n += w; n >= drop && cluster == " " && after != "" {
			return after
		}
		rest, state = after, next
	}
	return word
}
