package catalog

import (
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// fold returns what is compared when case and accents do not count: without
// combining marks, case-folded, compatibility forms made one (ﬁ, full-width
// letters), and white space as single spaces.
func fold(s string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(s) {
		switch {
		case unicode.Is(unicode.Mn, r) && r != '\u3099' && r != '\u309a':
			// Marks of Japanese voicing (U+3099, U+309A) make another letter,
			// not an accent.
		case unicode.IsControl(r), unicode.IsSpace(r):
			b.WriteByte(' ')
		default:
			b.WriteRune(r)
		}
	}
	folded := norm.NFKC.String(cases.Fold().String(b.String()))
	return strings.Join(strings.Fields(folded), " ")
}

// brief cuts off what is far beyond any title or note: folding takes many times
// the memory of the text.
func brief(s string) string {
	const most = 64 << 10
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "")
}

// handleKey is the key of a handle or an id, with or without its @.
func handleKey(s string) string { return fold(strings.TrimPrefix(strings.TrimSpace(s), "@")) }

// tagKey is the key of a hashtag, with or without its #.
func tagKey(s string) string {
	return fold(strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(s), "#"), "＃"))
}

// segment returns the folded text with spaces around every character of a
// script that writes none between words, which the tokenizer would else take
// for one long word.
func segment(folded string) string {
	if !strings.ContainsFunc(folded, unspaced) {
		return folded
	}
	var b strings.Builder
	for _, r := range folded {
		if unspaced(r) {
			b.WriteByte(' ')
			b.WriteRune(r)
			b.WriteByte(' ')
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func unspaced(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

// A match is what the words of a user ask for.
type match struct {
	fts      string   // an expression for MATCH; "" when no word has letters
	contains []string // folded texts to be found in the title as they stand
}

// parseWords makes a match of text typed by a user. All words must be found.
// Every word matches as a prefix if every is set, else only the last. Words
// are quoted, so nothing in them is FTS5 syntax; those without a letter or
// digit (an emoji), which the tokenizer drops, are looked for in the title.
func parseWords(text string, every bool) match {
	var m match
	var terms []string
	words := strings.Fields(fold(text))
	for i, w := range words {
		if !strings.ContainsFunc(w, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }) {
			m.contains = append(m.contains, w)
			continue
		}
		t := `"` + strings.ReplaceAll(strings.TrimSpace(segment(w)), `"`, `""`) + `"`
		if every || i == len(words)-1 {
			t += "*"
		}
		terms = append(terms, t)
	}
	m.fts = strings.Join(terms, " ")
	return m
}
