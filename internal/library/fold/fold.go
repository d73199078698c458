// Package fold makes one of the texts that people take for the same when they
// look for a word: case, accents, strokes, ligatures, the letters of another
// keyboard and the digits of another script do not count. Titles, people and
// what was said are found by it.
package fold

import (
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Text returns what is compared when case and accents do not count: without
// combining marks, case-folded, compatibility forms made one (ﬁ, full-width
// letters), letters with strokes and the letters of one script that differ by
// keyboard as in plain, digits of every script as 0 to 9, and white space as
// single spaces.
func Text(s string) string {
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
	return strings.Join(strings.Fields(norm.NFKC.String(plain().Replace(folded))), " ")
}

const tatweel = '\u0640'

// plain writes a case-folded letter that Unicode does not decompose as people
// type it who lack its key: Latin letters with strokes, dotless i, and the kaf,
// yeh and heh of Arabic for those of Persian, Urdu and Kurdish.
var plain = sync.OnceValue(func() *strings.Replacer {
	return strings.NewReplacer(
		"ı", "i", "đ", "d", "ð", "d", "ł", "l", "ø", "o", "ħ", "h", "ŧ", "t", "ŋ", "n", "æ", "ae", "œ", "oe", "þ", "th",
		"\u06a9", "\u0643", // keheh
		"\u06cc", "\u064a", "\u0649", "\u064a", "\u06d2", "\u064a", // Farsi yeh, alef maksura, yeh barree
		"\u06c1", "\u0647", "\u06be", "\u0647", "\u06d5", "\u0647", "\u0629", "\u0647", // heh goal, doachashmee, ae, teh marbuta
		"\u0671", "\u0627", // alef wasla
	)
})

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

// Handle is the key of a handle or an id, with or without its @.
func Handle(s string) string { return Text(strings.TrimPrefix(strings.TrimSpace(s), "@")) }

// Tag is the key of a hashtag, with or without its #.
func Tag(s string) string {
	return Text(strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(s), "#"), "＃"))
}

// Segment returns the folded text with spaces around every character of a
// script that writes none between words, or glues its particles to them as
// Korean does: the tokenizer would take what stands together for one word, and
// no search would find the inside of it.
func Segment(folded string) string {
	if !strings.ContainsFunc(folded, Unspaced) {
		return folded
	}
	var b strings.Builder
	for _, r := range folded {
		if Unspaced(r) {
			b.WriteByte(' ')
			b.WriteRune(r)
			b.WriteByte(' ')
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Unspaced reports whether a letter is of such a script.
func Unspaced(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}
