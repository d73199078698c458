package words

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/spaces-cli/spaces/internal/library/fold"
)

// A term is what must be said one token after the other: a word in most
// scripts, a phrase.
type term struct {
	words  []string
	prefix bool // the last may be the beginning of one
}

// at reports whether a term is said at the beginning of a list that is long
// enough.
func (t term) at(said []token) bool {
	last := len(t.words) - 1
	for i, w := range t.words {
		if said[i].word != w && !(t.prefix && i == last && strings.HasPrefix(said[i].word, w)) {
			return false
		}
	}
	return true
}

// isQuote reports whether a letter begins or ends a phrase. Apostrophes do not.
func isQuote(r rune) bool { return strings.ContainsRune("\"“”„‟«»＂「」『』", r) }

// parse makes terms of text typed by a user. Every text means something: a
// phrase that is not ended ends with the text, and signs mean nothing.
func parse(text string, typing bool) []term {
	var terms []term
	add := func(words string, prefix bool) {
		if t := (term{strings.Fields(string(appendWords(nil, words))), prefix}); len(t.words) > 0 {
			t.prefix = prefix && mayBegin(t.words[len(t.words)-1])
			terms = append(terms, t)
		}
	}
	quoted := false
	for text != "" {
		part, rest := text, ""
		if i := strings.IndexFunc(text, isQuote); i >= 0 {
			_, n := utf8.DecodeRuneInString(text[i:])
			part, rest = text[:i], text[i+n:]
		}
		if quoted {
			add(part, false)
		} else {
			words := strings.FieldsFunc(part, unicode.IsSpace)
			for i, w := range words {
				add(w, strings.HasSuffix(w, "*") || typing && rest == "" && i == len(words)-1)
			}
		}
		text, quoted = rest, !quoted
	}
	return terms
}

// maxWords bounds the tokens of a query, for which FTS5 needs time that grows
// with their square.
const maxWords = 500

func count(terms []term) (n int) {
	for _, t := range terms {
		n += len(t.words)
	}
	return n
}

// mayBegin reports whether a token is looked for as the beginning of others. One
// or two letters begin too many, and where each character is a token, none goes
// on.
func mayBegin(word string) bool {
	r, _ := utf8.DecodeRuneInString(word)
	return utf8.RuneCountInString(word) >= 3 && !fold.Unspaced(r)
}

// expression returns the FTS5 expression of terms said by a speaker, or by
// anybody if it is "". Tokens are quoted, and have no character that means
// something in quotation marks. If it need not be exact, it is one that is found
// faster: it may also find utterances that do not say the terms. fast reports
// whether there is one.
func expression(terms []term, speaker string, exact bool) (expr string, fast bool) {
	var b strings.Builder
	for i, t := range terms {
		if i > 0 {
			b.WriteString(" AND ")
		}
		// Pairs are found faster than their words. Those of all words say all.
		whole := t.words
		if t.prefix {
			whole = whole[:len(whole)-1]
		}
		runs := shortRuns(whole)
		for j, run := range runs {
			if j > 0 {
				b.WriteString(" AND ")
			}
			b.WriteString(`pair : "` + strings.TrimSpace(string(appendPairs(nil, strings.Join(run, " ")+" "))) + `"`)
		}
		if len(runs) == 1 && len(runs[0]) == len(t.words) {
			continue
		}
		if len(runs) > 0 {
			b.WriteString(" AND ")
		}
		if len(runs) > 0 && !exact {
			// The others of the phrase, wherever they stand.
			fast = true
			others := others(t.words, len(whole))
			b.WriteString(`text : "` + strings.Join(others, `" AND text : "`) + `"`)
		} else {
			b.WriteString(`text : "` + strings.Join(t.words, " ") + `"`)
		}
		if t.prefix {
			b.WriteByte('*')
		}
	}
	if key := speakerKey(speaker); key != "" {
		b.WriteString(` AND speaker : "` + key + `"`)
	}
	return b.String(), fast
}

// others returns the words that are in no stretch of short ones among the first
// whole of them.
func others(words []string, whole int) (list []string) {
	for i, w := range words {
		pairs := i < whole && isShort(w) && (i > 0 && isShort(words[i-1]) || i+1 < whole && isShort(words[i+1]))
		if !pairs {
			list = append(list, w)
		}
	}
	return list
}

// says reports whether a text has all of the terms.
func says(terms []term, text string) bool {
	said := tokens(text)
	return !slices.ContainsFunc(terms, func(t term) bool {
		for i := range said[:max(0, len(said)-len(t.words)+1)] {
			if t.at(said[i:]) {
				return false
			}
		}
		return true
	})
}

// shortRuns returns the stretches of two or more short words.
func shortRuns(words []string) (runs [][]string) {
	from := 0
	for i := 0; i <= len(words); i++ {
		if i < len(words) && isShort(words[i]) {
			continue
		}
		if i-from > 1 {
			runs = append(runs, words[from:i])
		}
		from = i + 1
	}
	return runs
}
