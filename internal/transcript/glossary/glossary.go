// Package glossary knows how the host writes names and terms: it corrects what
// recognizers make of them, and tells recognizers which ones occur.
package glossary

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/spaces-cli/spaces/internal/transcript"
	"github.com/spaces-cli/spaces/internal/transcript/align"
)

// A Glossary is a list of corrections and terms.
type Glossary struct {
	fixes map[string][]fix // by the key of their first word, the longest first
	terms []string         // as they are written right, in the order of the list
}

// A fix replaces words by others.
type fix struct {
	wrong []string // keys
	right string
	keys  []string // of right
	small bool     // both begin with a small letter
}

const (
	mostEntries = 2000
	longest     = 200 // bytes of an entry
)

// Parse reads a glossary: terms, and corrections as wrong=right, separated by
// commas or one a line.
func Parse(text string) (*Glossary, error) {
	g := &Glossary{fixes: make(map[string][]fix)}
	entries := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == '\n' || r == '\r' })
	if len(entries) > mostEntries {
		return nil, fmt.Errorf("%d entries; at most %d are possible", len(entries), mostEntries)
	}
	for _, entry := range entries {
		entry = strings.Join(strings.Fields(entry), " ")
		if entry == "" {
			continue
		}
		if len(entry) > longest {
			return nil, fmt.Errorf("%q… has more than %d bytes", entry[:strings.LastIndexByte(entry[:40], ' ')+1], longest)
		}
		wrong, right, ok := strings.Cut(entry, "=")
		if !ok {
			g.add(entry)
			continue
		}
		wrong, right = strings.TrimSpace(wrong), strings.TrimSpace(right)
		f := fix{wrong: keysOf(wrong), right: right, keys: keysOf(right)}
		switch {
		case strings.Contains(right, "="):
			return nil, fmt.Errorf("%q has more than one =", entry)
		case len(f.wrong) == 0:
			return nil, fmt.Errorf("%q has no word before the =", entry)
		case len(f.keys) == 0:
			return nil, fmt.Errorf("%q has no word after the =", entry)
		}
		f.small = beginsSmall(wrong) && beginsSmall(right)
		g.fixes[f.wrong[0]] = append(g.fixes[f.wrong[0]], f)
		g.add(right)
	}
	for _, list := range g.fixes {
		slices.SortStableFunc(list, func(a, b fix) int { return cmp.Compare(len(b.wrong), len(a.wrong)) })
	}
	return g, nil
}

// add adds a term once.
func (g *Glossary) add(term string) {
	if !slices.Contains(g.terms, term) {
		g.terms = append(g.terms, term)
	}
}

// Terms are the words and names as they are written right.
func (g *Glossary) Terms() []string { return slices.Clone(g.terms) }

// keysOf are the keys of all words of a text.
func keysOf(text string) (list []string) {
	for _, field := range strings.Fields(text) {
		for _, p := range align.Pieces(field) {
			if p.Key != "" {
				list = append(list, p.Key)
			}
		}
	}
	return list
}

func beginsSmall(text string) bool {
	r, _ := utf8.DecodeRuneInString(text)
	return unicode.IsLower(r)
}

// Correct returns cues with the words of the glossary in place of what was
// recognized, and how many places that changes. Punctuation around them and the
// times of all other words stay; the words in one place share its time. The cues
// given are not changed.
func (g *Glossary) Correct(cues []transcript.Cue) ([]transcript.Cue, int) {
	if len(g.fixes) == 0 {
		return cues, 0
	}
	list := slices.Clone(cues)
	total := 0
	for i := range list {
		c := &list[i]
		text, n := g.text(c.Text)
		words, timed := g.words(c.Words)
		c.Text, c.Words = text, words
		if len(words) > 0 {
			n = timed
		}
		total += n
	}
	return list, total
}

// A place is a word of a text, by its bytes without the punctuation around it.
type place struct {
	key        string
	start, end int
}

// placesOf finds the words of a text.
func placesOf(text string) (list []place) {
	at := 0
	for _, field := range strings.Fields(text) {
		at += strings.Index(text[at:], field)
		for _, p := range align.Pieces(field) {
			if p.Key != "" {
				core := strings.TrimFunc(p.Text, outside)
				if core == "" {
					core = p.Text
				}
				start := at + strings.Index(p.Text, core)
				list = append(list, place{p.Key, start, start + len(core)})
			}
			at += len(p.Text)
		}
	}
	return list
}

// outside reports whether a character at the edge of a word is none of its
// letters. Symbols such as № and ㎞ stand for letters.
func outside(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) && align.Key(string(r)) == ""
}

// find returns the fix for the words that begin at one, or nil.
func (g *Glossary) find(list []place, i int) *fix {
	fixes := g.fixes[list[i].key]
	for k := range fixes {
		f := &fixes[k]
		if matches(list, i, f.wrong) && !f.done(list, i) {
			return f
		}
	}
	return nil
}

func matches(list []place, i int, keys []string) bool {
	if i < 0 || i+len(keys) > len(list) {
		return false
	}
	for k, key := range keys {
		if list[i+k].key != key {
			return false
		}
	}
	return true
}

// done reports whether the words are a part of what they would be replaced by,
// as "Open" is in "Open AI", and that is there. Where they are all of it, only
// their spelling may differ.
func (f *fix) done(list []place, i int) bool {
	if len(f.keys) <= len(f.wrong) {
		return false
	}
	for k := range f.keys {
		if matches(list, i-k, f.keys) && k+len(f.wrong) <= len(f.keys) {
			return true
		}
	}
	return false
}

// spelled is the right spelling of what stands in a text: a sentence keeps its
// capital.
func (f *fix) spelled(was string) string {
	first, _ := utf8.DecodeRuneInString(was)
	if !f.small || !unicode.IsUpper(first) {
		return f.right
	}
	r, n := utf8.DecodeRuneInString(f.right)
	return string(unicode.ToUpper(r)) + f.right[n:]
}

// text corrects a text.
func (g *Glossary) text(text string) (string, int) {
	list := placesOf(text)
	var b strings.Builder
	n, at := 0, 0
	for i := 0; i < len(list); i++ {
		f := g.find(list, i)
		if f == nil {
			continue
		}
		start, end := list[i].start, list[i+len(f.wrong)-1].end
		if right := f.spelled(text[start:end]); right != text[start:end] {
			b.WriteString(text[at:start] + right)
			at = end
			n++
		}
		i += len(f.wrong) - 1
	}
	if n == 0 {
		return text, 0
	}
	return b.String() + text[at:], n
}

// words corrects words with times.
func (g *Glossary) words(words []transcript.Word) ([]transcript.Word, int) {
	// The words as one text, and of which word each place in it is.
	var b strings.Builder
	starts := make([]int, len(words)+1)
	for i, w := range words {
		starts[i] = b.Len()
		b.WriteString(w.Text + " ")
	}
	starts[len(words)] = b.Len()
	text := b.String()
	list := placesOf(text)
	wordAt := func(at int) int {
		i, found := slices.BinarySearch(starts, at)
		if !found {
			i--
		}
		return i
	}
	var out []transcript.Word
	n, next := 0, 0 // the first word that is not in out
	for i := 0; i < len(list); i++ {
		f := g.find(list, i)
		if f == nil {
			continue
		}
		start, end := list[i].start, list[i+len(f.wrong)-1].end
		first, last := wordAt(start), wordAt(end-1)
		i += len(f.wrong) - 1
		right := f.spelled(text[start:end])
		if first < next || last < first || right == text[start:end] {
			continue // one place of a word is corrected
		}
		out = append(out, words[next:first]...)
		out = append(out, replaced(words[first:last+1], text[starts[first]:start]+right+strings.TrimSuffix(text[end:starts[last+1]], " "))...)
		next = last + 1
		n++
	}
	if n == 0 {
		return words, 0
	}
	return append(out, words[next:]...), n
}

// replaced gives the words of a text the time of others.
func replaced(words []transcript.Word, text string) (list []transcript.Word) {
	ms := func(seconds float64) int64 { return int64(float64(seconds*1000) + 0.5) }
	sure := 0.0
	end := words[0].End
	for _, w := range words {
		sure += w.Confidence / float64(len(words))
		end = max(end, w.End)
	}
	for _, w := range align.Share(text, ms(words[0].Start), ms(end)) {
		list = append(list, transcript.Word{Start: float64(w.Start) / 1000, End: float64(w.End) / 1000, Text: w.Text, Confidence: sure})
	}
	return list
}

// longestPrompt is how many bytes a prompt has: recognizers look at some 200 parts
// of words.
const longestPrompt = 600

// Prompt returns a text in which the names and terms occur that are likely in a
// recording: recognizers then tend to write them so. Those of the glossary come
// first if there is not room for all.
func (g *Glossary) Prompt(names []string, title string) string {
	var terms, people []string
	seen := make(map[string]bool)
	room := longestPrompt
	take := func(list []string, to *[]string) {
		for _, term := range list {
			term = strings.Join(strings.Fields(strings.TrimPrefix(term, "@")), " ")
			if key := align.Key(term); key == "" || seen[key] || len(term)+2 > room {
				continue
			} else {
				seen[key] = true
			}
			room -= len(term) + 2
			*to = append(*to, term)
		}
	}
	take(g.terms, &terms)
	take(names, &people)
	var heading []string
	take([]string{title}, &heading)
	list := strings.Join(append(people, terms...), ", ")
	switch {
	case len(heading) > 0 && list != "":
		return heading[0] + ". " + list + "."
	case len(heading) > 0:
		return heading[0] + "."
	case list != "":
		return list + "."
	}
	return ""
}
