package catalog

import (
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// fold returns what is compared when case and accents do not count: without
// combining marks, case-folded, compatibility forms made one (ﬁ, full-width
// letters), letters with strokes and the letters of one script that differ by
// keyboard as in plain, digits of every script as 0 to 9, and white space as
// single spaces.
func fold(s string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(s) {
		switch {
		case unicode.Is(unicode.Mn, r) && r != '\u3099' && r != '\u309a':
			// Marks of Japanese voicing (U+3099, U+309A) make another letter,
			// not an accent.
		case unicode.IsControl(r), unicode.IsSpace(r):
			b.WriteByte(' ')
		case unicode.Is(unicode.Cf, r), r == tatweel:
			// Soft hyphens, joiners and stretched strokes only change how a
			// word looks.
		default:
			b.WriteRune(r)
		}
	}
	folded := strings.Map(decimal, cases.Fold().String(b.String()))
	return strings.Join(strings.Fields(norm.NFKC.String(plain.Replace(folded))), " ")
}

const tatweel = '\u0640'

// plain writes a case-folded letter that Unicode does not decompose as people
// type it who lack its key: Latin letters with strokes, dotless i, and the kaf,
// yeh and heh of Arabic for those of Persian, Urdu and Kurdish.
var plain = strings.NewReplacer(
	"ı", "i", "đ", "d", "ð", "d", "ł", "l", "ø", "o", "ħ", "h", "ŧ", "t", "ŋ", "n", "æ", "ae", "œ", "oe", "þ", "th",
	"\u06a9", "\u0643", // keheh
	"\u06cc", "\u064a", "\u0649", "\u064a", "\u06d2", "\u064a", // Farsi yeh, alef maksura, yeh barree
	"\u06c1", "\u0647", "\u06be", "\u0647", "\u06d5", "\u0647", "\u0629", "\u0647", // heh goal, doachashmee, ae, teh marbuta
	"\u0671", "\u0627", // alef wasla
)

// decimal returns the ASCII digit for a decimal digit of any script. Each
// script has its ten in a row (Unicode, 4.6).
func decimal(r rune) rune {
	if r < unicode.MaxASCII || !unicode.Is(unicode.Nd, r) {
		return r
	}
	for _, in := range unicode.Nd.R16 {
		if lo := rune(in.Lo); r >= lo && r <= rune(in.Hi) {
			return '0' + (r-lo)%10
		}
	}
	for _, in := range unicode.Nd.R32 {
		if lo := rune(in.Lo); r >= lo && r <= rune(in.Hi) {
			return '0' + (r-lo)%10
		}
	}
	return r
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
// script that writes none between words, or glues its particles to them as
// Korean does: the tokenizer would take what stands together for one word, and
// no search would find the inside of it.
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
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
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
