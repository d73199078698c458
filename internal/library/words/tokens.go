package words

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/spaces-cli/spaces/internal/library/fold"
)

// A token is a word as it is found: folded, without what separates it from
// others. In scripts that write no spaces, each character is one.
type token struct {
	word       string
	start, end int // bytes of the text
}

// inToken reports whether a folded letter is a part of a token. Vowel signs
// that take room (Mc) belong to the consonant before them.
func inToken(r rune) bool {
	if r < utf8.RuneSelf {
		return isPlain(byte(r))
	}
	return unicode.In(r, unicode.L, unicode.N, unicode.Mc, unicode.Co)
}

// isPlain reports whether a byte is a letter or digit of ASCII.
func isPlain(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || 'A' <= c && c <= 'Z'
}

// split calls emit with the bounds of each token in a folded text.
func split(folded string, emit func(start, end int)) {
	from := 0
	end := func(at int) {
		if from < at {
			emit(from, at)
		}
	}
	for i, r := range folded { // valid UTF-8: package fold sees to it
		next := i + utf8.RuneLen(r)
		switch {
		case !inToken(r):
			end(i)
			from = next
		case fold.Unspaced(r):
			end(i)
			emit(i, next)
			from = next
		}
	}
	end(len(folded))
}

// pieces calls emit with the stretches of a text between what ASCII has of
// blanks and signs, and bytes that are not UTF-8; and whether they have nothing
// but ASCII. Nothing folds across their bounds.
func pieces(text string, emit func(start, end int, plain bool)) {
	start, plain := 0, true
	end := func(at, next int) {
		if start < at {
			emit(start, at, plain)
		}
		start, plain = next, true
	}
	for i := 0; i < len(text); {
		switch r, n := utf8.DecodeRuneInString(text[i:]); {
		case n == 1 && !isPlain(text[i]):
			end(i, i+n)
			i += n
		default:
			plain = plain && r < utf8.RuneSelf
			i += n
		}
	}
	end(len(text), len(text))
}

// appendWords appends the tokens of a text, each with a space after it.
func appendWords(b []byte, text string) []byte {
	pieces(text, func(start, end int, plain bool) {
		if plain {
			for _, c := range []byte(text[start:end]) {
				if 'A' <= c && c <= 'Z' {
					c += 'a' - 'A'
				}
				b = append(b, c)
			}
			b = append(b, ' ')
			return
		}
		folded := fold.Text(text[start:end])
		split(folded, func(start, end int) {
			b = append(b, folded[start:end]...)
			b = append(b, ' ')
		})
	})
	return b
}

// isShort reports whether a token is one of those that are said all the time, by
// the little it has: "the", "of", each letter of Japanese or Thai.
func isShort(word string) bool {
	return len(word) <= 3 || len(word) <= 3*utf8.UTFMax && utf8.RuneCountInString(word) <= 3
}

// appendPairs appends the pairs of short tokens that follow each other in words,
// which appendWords has made: "a_b b_c " of "a b c ". Where pairs do not, a "_"
// parts them, so that those of a phrase stand one after the other if it is said.
func appendPairs(b []byte, words string) []byte {
	last, any, parted := "", false, false
	for words != "" {
		i := strings.IndexByte(words, ' ')
		word := words[:i]
		words = words[i+1:]
		switch short := isShort(word); {
		case !short:
			last = ""
		case last == "":
			parted, last = any, word
		default:
			if parted {
				b = append(b, "_ "...)
				parted = false
			}
			b = append(append(append(append(b, last...), '_'), word...), ' ')
			any, last = true, word
		}
	}
	return b
}

// tokens returns the tokens of a text with where they stand in it.
func tokens(text string) (list []token) {
	pieces(text, func(start, end int, plain bool) {
		piece := text[start:end]
		if plain {
			list = append(list, token{strings.ToLower(piece), start, end})
			return
		}
		folded := fold.Text(piece)
		apart, letters := foldApart(piece)
		if strings.TrimSpace(apart) != folded && strings.Join(strings.Fields(apart), " ") != folded {
			// A letter changes with its neighbours: the whole piece stands for
			// each of its tokens.
			split(folded, func(from, to int) { list = append(list, token{folded[from:to], start, end}) })
			return
		}
		split(apart, func(from, to int) {
			list = append(list, token{apart[from:to], start + letters[from].start, start + letters[to-1].end})
		})
	})
	return list
}

// A bound is a stretch of a text in bytes.
type bound struct{ start, end int }

// foldApart folds the letters of a text one by one, with the marks that belong
// to them. For each byte of the result it returns the letter of the text that it
// comes from.
func foldApart(text string) (folded string, letters []bound) {
	var b strings.Builder
	for i := 0; i < len(text); {
		n := norm.NFKC.NextBoundaryInString(text[i:], true)
		// Between two letters, blanks and what is dropped can be told apart.
		one := fold.Text("x" + text[i:i+n] + "x")
		b.WriteString(one[1 : len(one)-1])
		for len(letters) < b.Len() {
			letters = append(letters, bound{i, i + n})
		}
		i += n
	}
	return b.String(), letters
}
