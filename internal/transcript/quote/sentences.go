package quote

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Sentence is words that belong together.
type Sentence struct {
	Start, End int64
	First      Edge
	Last       Edge
}

const (
	// breath is the pause, in seconds, that ends a sentence where nothing is
	// punctuated.
	breath = 0.4
	// silence is the one that ends it where the recognizer has forgotten to.
	silence = 3
	// endless is how long a sentence is before the end of an utterance ends it.
	endless = 45
	// rare is how many words have at least one end of a sentence among them where
	// a transcript is punctuated.
	rare = 60
)

// Sentences returns the sentences of a transcript, in order of their beginning:
// by punctuation, or where there is next to none, what is said without a pause.
// Those of several people may overlap.
func (t *Text) Sentences() []Sentence {
	punctuated := t.punctuated()
	type open struct {
		pieces []int32
		end    int64
	}
	voices := make(map[string]*open)
	var groups [][]int32
	finish := func(o *open) {
		if len(o.pieces) > 0 {
			groups = append(groups, o.pieces)
		}
		o.pieces = nil
	}
	pauses := func(seconds float64) int64 { return int64(seconds * float64(t.rate)) }
	for i := range t.pieces {
		p := &t.pieces[i]
		u := &t.said[p.utterance]
		o := voices[u.Who]
		if o == nil {
			o = new(open)
			voices[u.Who] = o
		}
		fresh := i == 0 || t.pieces[i-1].utterance != p.utterance
		if len(o.pieces) > 0 {
			first := &t.pieces[o.pieces[0]]
			switch gap := p.start - o.end; {
			case punctuated && (gap > pauses(silence) || fresh && p.start-first.start > pauses(endless)),
				!punctuated && (fresh || gap > pauses(breath)):
				finish(o)
			}
		}
		o.pieces, o.end = append(o.pieces, int32(i)), max(p.end, o.end)
		if punctuated && t.ends(i) {
			finish(o)
		}
	}
	for _, o := range voices {
		finish(o)
	}
	list := make([]Sentence, 0, len(groups))
	for _, g := range groups {
		first := &t.pieces[g[0]]
		s := Sentence{Start: first.start, End: first.end}
		for _, n := range g {
			s.Start, s.End = min(s.Start, t.pieces[n].start), max(s.End, t.pieces[n].end)
		}
		s.First, s.Last = t.edges(g[0], g[len(g)-1], s.Start, s.End)
		list = append(list, s)
	}
	slices.SortFunc(list, func(a, b Sentence) int { return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End)) })
	return list
}

// punctuated reports whether sentences end with punctuation.
func (t *Text) punctuated() bool {
	ends := 0
	for i := range t.pieces {
		if t.ends(i) {
			ends++
		}
	}
	return ends > 0 && ends*rare >= len(t.pieces)
}

const (
	enders  = ".?!…。？！｡．؟۔।॥።៕။"
	closers = "\"'”’»›)]}」』）】〉》"
)

// ends reports whether a sentence ends with a piece.
func (t *Text) ends(i int) bool {
	word := strings.TrimRight(t.word(int32(i)), closers+" \t\n")
	last, n := utf8.DecodeLastRuneInString(word)
	if n == 0 || !strings.ContainsRune(enders, last) {
		return false
	}
	p := &t.pieces[i]
	next := ""
	if i+1 < len(t.pieces) && t.said[t.pieces[i+1].utterance].Who == t.said[p.utterance].Who {
		next = t.word(int32(i + 1))
	}
	first, _ := utf8.DecodeRuneInString(strings.TrimLeft(next, "\"'“‘«‹([{¿¡-–— "))
	switch {
	case next != "" && unicode.IsLower(first) && (last == '.' || last == '…'):
		return false
	case last == '.' && next != "" && t.pieces[i+1].utterance == p.utterance:
		return !abbreviated(word)
	}
	return true
}

// abbreviations are the most usual ones before a capital letter or a number.
var abbreviations = []string{"mr", "mrs", "ms", "mx", "dr", "prof", "st", "sr", "jr", "vs", "no", "nr", "sra", "dra", "mme", "mlle", "bzw", "ca", "gen", "rev", "hon"}

// abbreviated reports whether a word with a point is one that is no sentence's
// end: an initial, an ordinal number, a title.
func abbreviated(word string) bool {
	word = strings.TrimLeft(strings.TrimSuffix(word, "."), "\"'“‘«‹([{¿¡")
	if i := strings.LastIndexAny(word, "’'."); i >= 0 {
		word = word[i+1:]
	}
	r, n := utf8.DecodeRuneInString(word)
	switch {
	case n == len(word) && unicode.IsUpper(r):
		return true
	case len(word) <= 2 && strings.Trim(word, "0123456789") == "":
		return word != ""
	}
	return slices.Contains(abbreviations, strings.ToLower(word))
}
