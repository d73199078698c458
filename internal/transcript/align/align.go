// Package align puts the times of timed words under a text that somebody has
// edited: words that are the same keep theirs, those in the place of others share
// the time of these by their letters, new ones go between their neighbours.
//
// Times are counts of anything, such as samples. What is compared are letters
// and digits, without case and accents; of scripts that write no spaces,
// characters.
package align

import (
	"slices"
	"strings"
)

// A Word is a word with its time.
type Word struct {
	Text       string
	Start, End int64
}

// A Mark is a place that both texts have a time for: it stands before the word
// of that number. Marks help to find words again that are said more than once,
// and give words that are new a place.
type Mark struct {
	Before int
	At     int64
}

// A Line is a line of the edited text.
type Line struct {
	Text string
	// At is the time that the text gives the line, or negative.
	At int64
}

// A Placed is a word of the edited text with its time.
type Placed struct {
	Word
	// From is the number of the old word of which it has the time, or -1. The
	// letters are the same; punctuation, case and accents may differ.
	From int
}

// Changes count words. Punctuation that stands alone is not counted.
type Changes struct {
	Kept    int // found again
	Changed int // others stand in their place
	Added   int
	Removed int
}

// Options say what the times are.
type Options struct {
	Letter int64 // how long a letter takes to say, about
	End    int64 // no word ends later
}

// Lines gives each word of the edited lines a time. old are in the order of the
// text that was edited, with its marks. In a line, times never run backwards.
func Lines(old []Word, marks []Mark, lines []Line, o Options) ([][]Placed, Changes) {
	t := newTable()
	a := t.old(old, marks)
	b := t.edited(lines)
	p := &placer{a: a, b: b, Options: o, from: t.match(a, b)}
	p.place()
	return p.lines(old, len(lines)), p.count()
}

// An atom is what is compared: a word, or a character of a script without
// spaces.
type atom struct {
	text  string
	key   int // same number: same letters
	punct bool
	start int64
	end   int64
	of    int  // number of the word (old), or of the line (edited)
	glued bool // no space before it
	part  int  // number of the atom in its old word
	parts int  // of how many
}

// A side is one of the two texts.
type side struct {
	atoms []atom
	marks []Mark // Before counts atoms
}

// A table numbers what is the same.
type table struct {
	pieces map[string][]piece
	keys   map[string]int
	marks  map[int64]int
}

func newTable() *table {
	return &table{pieces: make(map[string][]piece), keys: make(map[string]int), marks: make(map[int64]int)}
}

// split splits a text without spaces, with the number of each key.
func (t *table) split(text string) []piece {
	if list, ok := t.pieces[text]; ok {
		return list
	}
	list := split(text)
	for i := range list {
		k, ok := t.keys[list[i].key]
		if !ok {
			k = len(t.keys)
			t.keys[list[i].key] = k
		}
		list[i].number = k
	}
	t.pieces[text] = list
	return list
}

func (t *table) old(words []Word, marks []Mark) side {
	s := side{atoms: make([]atom, 0, len(words))}
	next := 0
	for i, w := range words {
		for next < len(marks) && marks[next].Before <= i {
			s.marks = append(s.marks, Mark{len(s.atoms), marks[next].At})
			next++
		}
		list := t.split(w.Text)
		total := 0
		for _, p := range list {
			total += p.letters()
		}
		at := 0
		for k, p := range list {
			n := at + p.letters()
			a := atom{text: p.text, key: p.number, punct: p.punct, of: i, part: k, parts: len(list)}
			a.start, a.end = w.Start+share(w.End-w.Start, at, total), w.Start+share(w.End-w.Start, n, total)
			s.atoms = append(s.atoms, a)
			at = n
		}
	}
	return s
}

func (t *table) edited(lines []Line) side {
	var s side
	n := 0
	for _, l := range lines {
		n += strings.Count(l.Text, " ") + 1
	}
	s.atoms = make([]atom, 0, n)
	for i, l := range lines {
		if l.At >= 0 {
			s.marks = append(s.marks, Mark{len(s.atoms), l.At})
		}
		for _, field := range strings.Fields(l.Text) {
			for k, p := range t.split(field) {
				s.atoms = append(s.atoms, atom{text: p.text, key: p.number, punct: p.punct, of: i, glued: k > 0})
			}
		}
	}
	return s
}

// share is a part of a length, at of total.
func share(length int64, at, total int) int64 {
	return int64(float64(length) * float64(at) / float64(total))
}

// match returns for each atom of b the atom of a that is the same, or -1.
func (t *table) match(a, b side) []int {
	from := make([]int, len(b.atoms))
	for i := range from {
		from[i] = -1
	}
	// With the marks among the words, of several places that have the same words
	// the one at its time is found.
	x, y := t.tokens(a), t.tokens(b)
	common(x.keys, y.keys, func(i, j int) {
		if x.atom[i] >= 0 && y.atom[j] >= 0 {
			from[y.atom[j]] = x.atom[i]
		}
	})
	// A mark may have cost the word beside it, that somebody moved across it.
	gaps(from, len(a.atoms), func(i0, i1, j0, j1 int) {
		common(keys(a.atoms[i0:i1]), keys(b.atoms[j0:j1]), func(i, j int) { from[j0+j] = i0 + i })
	})
	dropStray(from, len(a.atoms))
	return from
}

// tokens are the atoms of a text with its marks among them.
type tokens struct {
	keys []int
	atom []int // number of the atom, -1 for a mark
}

func (t *table) tokens(s side) tokens {
	n := len(s.atoms) + len(s.marks)
	list := tokens{make([]int, 0, n), make([]int, 0, n)}
	next := 0
	for i := 0; i <= len(s.atoms); i++ {
		for next < len(s.marks) && s.marks[next].Before == i {
			// Marks have negative keys, so that none is the same as a word.
			at := s.marks[next].At
			if _, ok := t.marks[at]; !ok {
				t.marks[at] = -1 - len(t.marks)
			}
			list.keys, list.atom = append(list.keys, t.marks[at]), append(list.atom, -1)
			next++
		}
		if i < len(s.atoms) {
			list.keys, list.atom = append(list.keys, s.atoms[i].key), append(list.atom, i)
		}
	}
	return list
}

func keys(list []atom) []int {
	k := make([]int, len(list))
	for i := range list {
		k[i] = list[i].key
	}
	return k
}

// gaps calls f with each stretch in which both texts have atoms that were not
// found in the other.
func gaps(from []int, n int, f func(i0, i1, j0, j1 int)) {
	matched := slices.Clone(from) // f may match more
	i0, j0 := 0, 0
	for j := 0; j <= len(matched); j++ {
		i := n
		if j < len(matched) {
			if i = matched[j]; i < 0 {
				continue
			}
		}
		if i > i0 && j > j0 {
			f(i0, i, j0, j)
		}
		i0, j0 = i+1, j+1
	}
}

// dropStray takes back matches of a word or two far from all others, where a
// long stretch was removed and a few words written in its place: some of them
// were said somewhere in it, too.
func dropStray(from []int, n int) {
	const short, far = 2, 12
	type run struct{ i, j, n int }
	var runs []run
	for j, i := range from {
		if i < 0 {
			continue
		}
		if k := len(runs) - 1; k >= 0 && runs[k].i+runs[k].n == i && runs[k].j+runs[k].n == j {
			runs[k].n++
			continue
		}
		runs = append(runs, run{i, j, 1})
	}
	apart := func(old, edited int) bool { return old > far && old > 3*edited }
	i0, j0 := 0, 0
	for k, r := range runs {
		i1, j1 := n, len(from)
		if k+1 < len(runs) {
			i1, j1 = runs[k+1].i, runs[k+1].j
		}
		if r.n <= short && apart(r.i-i0, r.j-j0) && apart(i1-r.i-r.n, j1-r.j-r.n) {
			for j := r.j; j < r.j+r.n; j++ {
				from[j] = -1
			}
			continue
		}
		i0, j0 = r.i+r.n, r.j+r.n
	}
}

// lines puts the words of each line together again.
func (p *placer) lines(old []Word, n int) [][]Placed {
	list := make([][]Placed, n)
	for j := 0; j < len(p.b.atoms); {
		first := &p.b.atoms[j]
		end := j + 1
		for end < len(p.b.atoms) && p.b.atoms[end].glued {
			end++
		}
		list[first.of] = append(list[first.of], p.words(old, j, end)...)
		j = end
	}
	for _, words := range list {
		for k := range words {
			w := &words[k]
			if k > 0 {
				w.Start = max(w.Start, words[k-1].Start)
			}
			w.End = max(w.End, w.Start)
		}
	}
	return list
}

// words makes words of atoms between two spaces: what was one word stays one,
// and the rest is split as Unicode does.
func (p *placer) words(old []Word, j, end int) (list []Placed) {
	for j < end {
		k := p.wordEnd(j, end)
		w := Placed{From: -1}
		for _, a := range p.b.atoms[j:k] {
			w.Text += a.text
		}
		w.Start, w.End = p.b.atoms[j].start, p.b.atoms[k-1].end
		if i := p.from[j]; i >= 0 && k-j == p.a.atoms[i].parts && p.a.atoms[i].part == 0 {
			w.From = p.a.atoms[i].of
			w.Start, w.End = old[w.From].Start, old[w.From].End
		}
		list = append(list, w)
		j = k
	}
	return list
}

// wordEnd is where the word ends that begins with an atom.
func (p *placer) wordEnd(j, end int) int {
	k := j + 1
	if i := p.from[j]; i >= 0 {
		for k < end && p.from[k] == i+k-j && p.a.atoms[p.from[k]].of == p.a.atoms[i].of {
			k++
		}
		return k
	}
	text := ""
	for k = j; k < end && p.from[k] < 0; k++ {
		text += p.b.atoms[k].text
	}
	n := firstWord(text)
	for k = j; n > 0; k++ {
		n -= len(p.b.atoms[k].text)
	}
	return k
}

// count counts what changed.
func (p *placer) count() (c Changes) {
	found := make([]bool, len(p.a.atoms))
	for j, i := range p.from {
		if i >= 0 {
			found[i] = true
			if !p.b.atoms[j].punct {
				c.Kept++
			}
		}
	}
	words := func(list []atom) (n int) {
		for _, a := range list {
			if !a.punct {
				n++
			}
		}
		return n
	}
	i0, j0 := 0, 0
	for j := 0; j <= len(p.from); j++ {
		i := len(p.a.atoms)
		if j < len(p.from) {
			if i = p.from[j]; i < 0 {
				continue
			}
		}
		was, is := words(p.a.atoms[i0:i]), words(p.b.atoms[j0:j])
		c.Changed += min(was, is)
		c.Added += is - min(was, is)
		c.Removed += was - min(was, is)
		i0, j0 = i+1, j+1
	}
	return c
}
