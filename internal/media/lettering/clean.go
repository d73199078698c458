package lettering

import (
	"strings"
	"unicode"
)

// mostMarks is how many accents may stand on one letter: no language needs
// more, and what has more covers the lines around it.
const mostMarks = 4

// Clean makes a text fit for one line of a picture: no line breaks, single
// spaces, no control characters, among them those that turn the direction of
// all that follows, and no piles of marks.
func Clean(s string) string {
	var out strings.Builder
	marks, letter := 0, false
	for _, r := range strings.ToValidUTF8(s, "") {
		switch {
		case unicode.IsSpace(r):
			out.WriteByte(' ')
			marks, letter = 0, false
		case unicode.IsControl(r), turns(r), r&0xFFFE == 0xFFFE, unicode.Is(unicode.Co, r):
		case unicode.Is(unicode.Mn, r) && !unicode.Is(unicode.Variation_Selector, r):
			if marks++; marks <= mostMarks && letter {
				out.WriteRune(r)
			}
		default:
			marks, letter = 0, true
			out.WriteRune(r)
		}
	}
	return strings.Join(strings.Fields(out.String()), " ")
}

// turns reports whether a character changes the direction of what follows, or
// is one of the invisible ones that no writing needs. Joiners and the marks of
// a direction are needed.
func turns(r rune) bool {
	switch r {
	case '\u200C', '\u200D', '\u200B', '\u200E', '\u200F', '\u061C':
		return false
	}
	return unicode.Is(unicode.Cf, r) && !unicode.Is(unicode.Prepended_Concatenation_Mark, r) && !(r >= 0xE0020 && r <= 0xE007F)
}
