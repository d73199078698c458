package chapters

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/spaces-cli/spaces/internal/library/fold"
)

const (
	// namedBy is how many words name a chapter.
	namedBy = 3
	// longWord is how many letters a word has beyond which it says no more.
	longWord = 8
	// common is the part of the rest of the recording, in windows, that may have a
	// word which names a chapter.
	common = 0.5
)

// A vocabulary is texts as the terms that they have: words, and in scripts that
// have no space between words the characters that follow each other.
type vocabulary struct {
	texts  []terms
	names  []map[string]int // how a term was written, by its number
	weight []float64        // of a term: the rarer the more
	in     []map[int]bool   // the windows that have a term
	all    map[int]bool     // windows
	skip   map[string]bool  // words that name nothing
	kana   bool             // the language is Japanese: terms are whole words
	spare  [2][]float64     // for counting terms; zeros
}

// terms is a text with the numbers of its terms.
type terms struct {
	start float64
	text  string
	terms []int
}

func (t *terms) window() int { return int(t.start / window) }

func newVocabulary(list []Said, language string) *vocabulary {
	d := &vocabulary{skip: stopWords(language)}
	numbers := make(map[string]int)
	d.kana = slices.ContainsFunc(list, func(s Said) bool {
		return strings.ContainsFunc(s.Text, func(r rune) bool { return unicode.In(r, unicode.Hiragana, unicode.Katakana) })
	})
	for _, s := range list {
		t := terms{start: s.Start, text: s.Text}
		for _, w := range termsOf(s.Text, d.kana) {
			if d.skip[w.key] {
				continue
			}
			n, ok := numbers[w.key]
			if !ok {
				n = len(d.names)
				numbers[w.key] = n
				d.names = append(d.names, map[string]int{})
			}
			d.names[n][w.text]++
			t.terms = append(t.terms, n)
		}
		d.texts = append(d.texts, t)
	}
	d.weigh()
	d.spare = [2][]float64{make([]float64, len(d.names)), make([]float64, len(d.names))}
	return d
}

// weigh finds how common each term is.
func (d *vocabulary) weigh() {
	d.in, d.all = make([]map[int]bool, len(d.names)), make(map[int]bool)
	for _, t := range d.texts {
		w := t.window()
		d.all[w] = true
		for _, term := range t.terms {
			if d.in[term] == nil {
				d.in[term] = make(map[int]bool)
			}
			d.in[term][w] = true
		}
	}
	d.weight = make([]float64, len(d.in))
	for term, windows := range d.in {
		d.weight[term] = math.Log(float64(len(d.all)) / float64(len(windows)))
	}
}

// elsewhere returns the part of the windows beside those of some texts that have
// a term.
func (d *vocabulary) elsewhere(term int, texts []terms) float64 {
	first, last := texts[0].window(), texts[len(texts)-1].window()
	count := func(windows map[int]bool) float64 {
		n := 0.0
		for w := range windows {
			if w < first || w > last {
				n++
			}
		}
		return n
	}
	return count(d.in[term]) / max(1, count(d.all))
}

// A term is a word as it is compared, and as it was written.
type term struct{ key, text string }

// termsOf returns the terms of a text. kana says that the language is Japanese:
// then what stands in characters or Katakana between other letters is a word.
func termsOf(text string, kana bool) []term {
	var list []term
	for _, run := range runs(text) {
		first, _ := utf8.DecodeRuneInString(run)
		letters := []rune(run)
		switch {
		case unicode.In(first, unicode.Hiragana):
		case unicode.In(first, unicode.Han, unicode.Katakana) && kana:
			if len(letters) > 1 {
				list = append(list, term{run, run})
			}
		case unicode.In(first, unicode.Han, unicode.Katakana):
			list = append(list, grams(letters, 2)...)
		case unicode.In(first, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar):
			list = append(list, grams(letters, 4)...)
		case unicode.In(first, unicode.Hangul):
			// Particles stand behind the stem.
			if len(letters) > 1 {
				list = append(list, term{string(letters[:2]), run})
			}
		default:
			if key := fold.Text(run); len([]rune(key)) > 2 && strings.ContainsFunc(key, unicode.IsLetter) {
				list = append(list, term{key, run})
			}
		}
	}
	return list
}

// grams returns so many letters that follow each other, from each letter on.
func grams(letters []rune, n int) []term {
	var list []term
	for i := 0; i+n <= len(letters); i++ {
		s := string(letters[i : i+n])
		list = append(list, term{s, s})
	}
	return list
}

// runs divides a text into letters of one kind of script that follow each other.
func runs(text string) []string {
	kind := func(r rune) int {
		for i, t := range []*unicode.RangeTable{unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar, unicode.Hangul} {
			if unicode.Is(t, r) {
				return i + 1
			}
		}
		switch {
		case r == 'ー':
			return 3
		case unicode.In(r, unicode.L, unicode.M, unicode.N), r == '\'', r == '’', r == '\u200c':
			return 9
		}
		return 0
	}
	var list []string
	last, start := 0, 0
	for i, r := range text {
		if k := kind(r); k != last {
			if last > 0 {
				list = append(list, text[start:i])
			}
			last, start = k, i
		}
	}
	if last > 0 {
		list = append(list, text[start:])
	}
	for i, run := range list {
		list[i] = strings.Trim(run, "'’")
	}
	return slices.DeleteFunc(list, func(s string) bool { return s == "" })
}

// name makes chapters of the texts that begin them.
func (d *vocabulary) name(begin []int) []Chapter {
	counts := make([]bag, len(begin))
	in := make(map[int]float64) // chapters that have a term
	for i := range begin {
		end := len(d.texts)
		if i+1 < len(begin) {
			end = begin[i+1]
		}
		counts[i] = d.count(begin[i], end)
		for _, t := range counts[i].terms {
			in[t]++
		}
	}
	list := make([]Chapter, len(begin))
	for i, from := range begin {
		list[i].Start = d.texts[from].start
		end := len(d.texts)
		if i+1 < len(begin) {
			end = begin[i+1]
		}
		list[i].Title = d.title(d.texts[from:end], counts[i], func(t int) float64 {
			return math.Log((1 + float64(len(begin))) / in[t])
		})
	}
	list[0].Start = 0
	for i := range list {
		if list[i].Title == "" {
			list[i].Title = fmt.Sprintf("Part %d", i+1)
		}
	}
	return list
}

// title names texts by the words in them that are said more than once, seldom
// elsewhere, and in few of the chapters; apart says how few.
func (d *vocabulary) title(texts []terms, counts bag, apart func(term int) float64) string {
	var best []int
	for _, t := range counts.terms {
		if counts.n[t] > 1 && d.elsewhere(t, texts) <= common {
			best = append(best, t)
		}
	}
	score := func(t int) float64 {
		return counts.n[t] * apart(t) * (smoothing + d.weight[t]) * float64(min(longWord, utf8.RuneCountInString(d.written(t, nil))))
	}
	slices.Sort(best)
	slices.SortStableFunc(best, func(a, b int) int { return cmp.Compare(score(b), score(a)) })
	var words []string
	for _, t := range best {
		word := d.written(t, texts)
		key := fold.Text(word)
		if !slices.ContainsFunc(words, func(w string) bool { return related(fold.Text(w), key) }) {
			words = append(words, word)
		}
		if len(words) == namedBy {
			break
		}
	}
	if len(words) == 0 {
		return ""
	}
	first, size := utf8.DecodeRuneInString(words[0])
	words[0] = string(unicode.ToUpper(first)) + words[0][size:]
	return cleanTitle(strings.Join(words, ", "))
}

// related reports whether two words are forms of one, as far as their letters
// tell.
func related(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	return strings.Contains(b, a) || len(a) > 5 && strings.HasPrefix(b, a[:len(a)-2])
}

// written returns a term as it is written most often. One that is a part of what
// stands together becomes as long as most of its places have it.
func (d *vocabulary) written(t int, texts []terms) string {
	best := ""
	for text, n := range d.names[t] {
		if m := d.names[t][best]; n > m || n == m && text < best {
			best = text
		}
	}
	first, _ := utf8.DecodeRuneInString(best)
	if !fold.Unspaced(first) || unicode.Is(unicode.Hangul, first) || d.kana {
		return best
	}
	longest := 16 // letters
	if unicode.Is(unicode.Han, first) {
		longest = 8
	}
	for utf8.RuneCountInString(best) < longest {
		total, beside := 0, make(map[string]int)
		for _, text := range texts {
			for rest, at := text.text, 0; ; {
				i := strings.Index(rest[at:], best)
				if i < 0 {
					break
				}
				i += at
				at = i + len(best)
				total++
				if r, _ := utf8.DecodeLastRuneInString(rest[:i]); fold.Unspaced(r) || unicode.Is(unicode.Mn, r) {
					beside[string(r)+best]++
				}
				if r, _ := utf8.DecodeRuneInString(rest[at:]); fold.Unspaced(r) || unicode.Is(unicode.Mn, r) {
					beside[best+string(r)]++
				}
			}
		}
		longer := ""
		for s, n := range beside {
			if m := beside[longer]; n > m || n == m && s < longer {
				longer = s
			}
		}
		if total == 0 || beside[longer]*4 < total*3 {
			break
		}
		best = longer
	}
	return best
}
