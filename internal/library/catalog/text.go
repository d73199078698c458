package catalog

import (
	"strings"
	"unicode"

	"github.com/spaces-cli/spaces/internal/library/fold"
)

// brief cuts off what is far beyond any title or note: folding takes many times
// the memory of the text.
func brief(s string) string {
	const most = 64 << 10
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "")
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
	words := strings.Fields(fold.Text(text))
	for i, w := range words {
		if !strings.ContainsFunc(w, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }) {
			m.contains = append(m.contains, w)
			continue
		}
		t := `"` + strings.ReplaceAll(strings.TrimSpace(fold.Segment(w)), `"`, `""`) + `"`
		if every || i == len(words)-1 {
			t += "*"
		}
		terms = append(terms, t)
	}
	m.fts = strings.Join(terms, " ")
	return m
}
