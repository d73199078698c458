package align

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"

	"github.com/spaces-cli/spaces/internal/library/fold"
)

// A piece is a part of a text that is compared by its key.
type piece struct {
	text   string
	key    string // folded, without punctuation around it
	punct  bool   // without a letter or digit
	number int
}

// A Piece is a part of a text that is the same as another one if their keys are.
type Piece struct {
	Text string
	Key  string // as Key returns it
}

// Pieces splits a text that has no spaces: into characters of scripts that write
// none, and what stands between these.
func Pieces(text string) []Piece {
	var list []Piece
	for _, p := range split(text) {
		if p.punct {
			p.key = ""
		}
		list = append(list, Piece{p.text, p.key})
	}
	return list
}

// letters is how long a piece is, at least 1.
func (p *piece) letters() int { return letters(p.text) }

func letters(text string) int {
	n := 0
	for _, r := range text {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			n++
		}
	}
	return max(n, 1)
}

// split splits a text that has no spaces: characters of a script that writes
// none are pieces of their own.
func split(text string) []piece {
	if !strings.ContainsFunc(text, Spaceless) {
		return []piece{newPiece(text)}
	}
	var list []piece
	open := "" // letters of other scripts
	state := -1
	for text != "" {
		var g string
		g, text, _, state = uniseg.FirstGraphemeClusterInString(text, state)
		r, _ := utf8.DecodeRuneInString(g)
		if !Spaceless(r) {
			open += g
			continue
		}
		if open != "" {
			list = append(list, newPiece(open))
			open = ""
		}
		list = append(list, newPiece(g))
	}
	if open != "" {
		list = append(list, newPiece(open))
	}
	return list
}

func newPiece(text string) piece {
	key := Key(text)
	if key == "" {
		return piece{text: text, key: text, punct: true}
	}
	return piece{text: text, key: key}
}

// Key is what is compared of a word: its letters and digits without case and
// accents, and what stands between them. It is empty for punctuation.
func Key(text string) string {
	return strings.TrimFunc(fold.Text(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) })
}

// Spaceless reports whether a character is of a script that writes no spaces
// between words.
func Spaceless(r rune) bool {
	return r > unicode.MaxLatin1 && (unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) || undivided(r) ||
		strings.ContainsRune("、。，！？：；「」『』（）・ー", r))
}

// firstWord is how many bytes the first word of a text has. Where words end in
// Thai and its neighbours only a dictionary knows: what stands together is one.
func firstWord(text string) int {
	if rest := strings.TrimLeftFunc(text, undivided); rest != text {
		return len(text) - len(rest)
	}
	word, _, _ := uniseg.FirstWordInString(text, -1)
	return len(word)
}

func undivided(r rune) bool {
	return unicode.In(r, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

// Share gives the words of a text their times in a stretch, by their letters.
func Share(text string, start, end int64) []Word {
	fields := strings.Fields(text)
	total := 0
	for _, f := range fields {
		total += letters(f)
	}
	var list []Word
	at := 0
	for _, f := range fields {
		n := at + letters(f)
		list = append(list, Word{f, start + share(end-start, at, total), start + share(end-start, n, total)})
		at = n
	}
	return list
}
