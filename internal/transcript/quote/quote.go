// Package quote finds words in a transcript as people quote them: all of them, or
// the first and the last with an ellipsis between. Case, accents, punctuation,
// apostrophes and spaces do not count, and who says the words may change on the
// way. Where they are not said, it finds what comes nearest. It also tells where
// sentences begin and end.
//
// Positions are counted in samples.
package quote

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/spaces-cli/spaces/internal/library/fold"
)

// A Word is a word with its time.
type Word struct {
	Start, End int64
	Text       string
}

// An Utterance is what somebody says in one breath.
type Utterance struct {
	Start, End int64
	Who        string   // as people read it, or empty
	Names      []string // of those who speak, by which they are asked for
	Text       string
	Words      []Word // where their times are known
}

// A Text is a transcript in which quotes can be found. It may be used by several
// goroutines.
type Text struct {
	rate   int
	said   []Utterance
	pieces []piece
	all    *stream
	voices func() []voice
	order  func() []int32 // pieces by their middle
}

// A piece is a word, or a character of a script without spaces where words
// have no times.
type piece struct {
	start, end int64
	utterance  int32
	from, to   int32 // bytes in the text of the utterance, or -1
	exact      bool  // the times are those of a word, and no estimate
	mute       bool  // it has no letters: punctuation that stands alone
}

func (t *Text) byMiddle() []int32 {
	order := run(0, len(t.pieces))
	slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(t.pieces[a].middle(), t.pieces[b].middle()) })
	return order
}

func run(from, to int) []int32 {
	list := make([]int32, 0, max(0, to-from))
	for i := from; i < to; i++ {
		list = append(list, int32(i))
	}
	return list
}

func (p *piece) middle() int64 { return p.start + (p.end-p.start)/2 }

// A stream is pieces one behind the other, as letters and digits without anything
// between them.
type stream struct {
	letters string
	marks   []mark
}

// A mark is a place in the letters at which a word begins, or a part of one that
// may be quoted alone.
type mark struct{ at, piece int32 }

// New prepares a transcript with so many samples a second. The utterances are in
// the order of their beginning.
func New(rate int, said []Utterance) *Text {
	t := &Text{rate: max(1, rate), said: said}
	f := folder{known: make(map[string][]string)}
	b := new(builder)
	starts := make([]int, 0, len(said)+1) // the first mark of each utterance
	for i := range said {
		starts = append(starts, len(b.marks))
		t.cut(int32(i), f, b)
	}
	starts = append(starts, len(b.marks))
	t.all = b.stream()
	t.voices = sync.OnceValue(func() []voice { return t.split(starts) })
	t.order = sync.OnceValue(t.byMiddle)
	return t
}

// A builder makes a stream.
type builder struct {
	letters strings.Builder
	marks   []mark
}

func (b *builder) add(piece int32, parts []string) {
	for _, part := range parts {
		b.marks = append(b.marks, mark{int32(b.letters.Len()), piece})
		b.letters.WriteString(part)
	}
}

func (b *builder) stream() *stream { return &stream{b.letters.String(), b.marks} }

// cut cuts an utterance into pieces.
func (t *Text) cut(number int32, f folder, b *builder) {
	u := &t.said[number]
	add := func(p piece, text string) {
		p.utterance = number
		letters := f.parts(text)
		p.mute = len(letters) == 0
		t.pieces = append(t.pieces, p)
		b.add(int32(len(t.pieces)-1), letters)
	}
	if len(u.Words) > 0 {
		cursor := 0
		for _, w := range u.Words {
			p := piece{start: w.Start, end: max(w.Start, w.End), from: -1, to: -1, exact: true}
			if at := strings.Index(u.Text[cursor:], w.Text); at >= 0 && w.Text != "" {
				p.from, p.to = int32(cursor+at), int32(cursor+at+len(w.Text))
				cursor = int(p.to)
			}
			add(p, w.Text)
		}
		return
	}
	list := split(u.Text)
	letters := 0
	for _, s := range list {
		letters += utf8.RuneCountInString(u.Text[s[0]:s[1]])
	}
	before, length := 0, u.End-u.Start
	at := func(n int) int64 { return u.Start + int64(float64(length)*float64(n)/float64(letters)) }
	for _, s := range list {
		text := u.Text[s[0]:s[1]]
		n := utf8.RuneCountInString(text)
		add(piece{start: at(before), end: at(before + n), from: int32(s[0]), to: int32(s[1])}, text)
		before += n
	}
}

// split returns where the words of a text are, or its characters where a script
// has no spaces, with the punctuation behind them.
func split(text string) [][2]int {
	var list [][2]int
	open, alone := -1, false
	end := func(at int) {
		if open >= 0 {
			list = append(list, [2]int{open, at})
		}
		open, alone = -1, false
	}
	for i, r := range text {
		switch {
		case unicode.IsSpace(r):
			end(i)
		case open >= 0 && extends(r):
		case fold.Unspaced(r):
			if open >= 0 && hasLetter(text[open:i]) {
				end(i)
			}
			if open < 0 {
				open = i
			}
			alone = true
		case alone:
			end(i)
			open = i
		case open < 0:
			open = i
		}
	}
	end(len(text))
	return list
}

// extends reports whether a character belongs to the one before it.
func extends(r rune) bool {
	return unicode.In(r, unicode.M, unicode.Lm) || !unicode.IsLetter(r) && !unicode.IsDigit(r)
}

func hasLetter(s string) bool { return strings.ContainsFunc(s, counts) }

// counts reports whether a character is compared.
func counts(r rune) bool { return unicode.In(r, unicode.L, unicode.M, unicode.N) }

// A folder remembers what words are compared by: most are said often.
type folder struct{ known map[string][]string }

// parts returns the letters and digits of a word, cut where a quote may begin or
// end in it: at hyphens and apostrophes, and around the characters of a script
// without spaces.
func (f folder) parts(word string) []string {
	list, ok := f.known[word]
	if !ok {
		list = parts(word)
		f.known[word] = list
	}
	return list
}

func parts(word string) []string {
	var list []string
	var open strings.Builder
	end := func() {
		if open.Len() > 0 {
			list = append(list, open.String())
			open.Reset()
		}
	}
	alone := false
	for _, r := range fold.Text(word) {
		switch {
		case !counts(r):
			end()
			alone = false
			continue
		case open.Len() > 0 && unicode.In(r, unicode.M, unicode.Lm):
		case fold.Unspaced(r):
			end()
			alone = true
		case alone:
			end()
			alone = false
		}
		open.WriteRune(r)
	}
	end()
	return list
}

// far is how long, in seconds, nobody can be silent in the middle of words that are
// quoted from one voice while others talk.
const far = 15

// A voice is the stream of what one person says.
type voice struct {
	name string // as fold.Handle has it; empty for all whom nobody knows
	*stream
}

// split makes streams of single voices, in which nobody is interrupted.
func (t *Text) split(starts []int) []voice {
	type one struct {
		builder
		end int64
	}
	voices := make(map[string]*one)
	var order []string
	for i := range t.said {
		u := &t.said[i]
		names := u.Names
		if len(names) == 0 {
			names = []string{""}
		}
		for _, name := range names {
			key := fold.Handle(name)
			v := voices[key]
			if v == nil {
				v = new(one)
				voices[key], order = v, append(order, key)
			}
			if u.Start-v.end > far*int64(t.rate) && v.letters.Len() > 0 {
				v.letters.WriteByte(0) // no words reach across it
			}
			v.end = max(v.end, u.End)
			for k := starts[i]; k < starts[i+1]; k++ {
				v.marks = append(v.marks, mark{int32(v.letters.Len()), t.all.marks[k].piece})
				v.letters.WriteString(t.all.token(k))
			}
		}
	}
	list := make([]voice, 0, len(order))
	for _, key := range order {
		list = append(list, voice{key, voices[key].stream()})
	}
	return list
}

// token returns the letters from one mark to the next.
func (s *stream) token(k int) string {
	end := len(s.letters)
	if k+1 < len(s.marks) {
		end = int(s.marks[k+1].at)
	}
	return strings.TrimSuffix(s.letters[s.marks[k].at:end], "\x00")
}

// Names lists who speaks, in the order in which they begin.
func (t *Text) Names() []string {
	var list []string
	seen := make(map[string]bool)
	for i := range t.said {
		for _, name := range t.said[i].Names {
			if key := fold.Handle(name); !seen[key] {
				seen[key] = true
				list = append(list, name)
			}
		}
	}
	return list
}

// text returns what is said from one piece to another of a stream, which are in
// order, as it is written.
func (t *Text) text(pieces []int32) string {
	var b strings.Builder
	for i := 0; i < len(pieces); {
		first := &t.pieces[pieces[i]]
		u := &t.said[first.utterance]
		k := i
		whole := true
		for ; k < len(pieces) && t.pieces[pieces[k]].utterance == first.utterance; k++ {
			whole = whole && t.pieces[pieces[k]].from >= 0
		}
		part := ""
		if whole {
			part = u.Text[first.from:t.pieces[pieces[k-1]].to]
		} else {
			var words []string
			for _, n := range pieces[i:k] {
				words = append(words, t.word(n))
			}
			part = strings.Join(words, " ")
		}
		if part = strings.Join(strings.Fields(part), " "); part != "" {
			if last, _ := utf8.DecodeLastRuneInString(b.String()); b.Len() > 0 && !unspaced(last) {
				b.WriteByte(' ')
			}
			b.WriteString(part)
		}
		i = k
	}
	return b.String()
}

// unspaced reports whether no space follows a character.
func unspaced(r rune) bool {
	return fold.Unspaced(r) && !unicode.Is(unicode.Hangul, r) || strings.ContainsRune("、。，！？：；「」『』（）・ー", r)
}

// word returns a piece as it is written.
func (t *Text) word(n int32) string {
	p := &t.pieces[n]
	u := &t.said[p.utterance]
	if p.from >= 0 {
		return u.Text[p.from:p.to]
	}
	first, _ := slices.BinarySearchFunc(t.pieces, p.utterance, func(q piece, u int32) int { return cmp.Compare(q.utterance, u) })
	return u.Words[int(n)-first].Text
}

// Within returns what is said in a span: the words of which the middle lies in it.
// Where keep refuses a word by its time, or that of the utterance if its words have
// none, or by who says it, an ellipsis in brackets stands in its place.
func (t *Text) Within(start, end int64, keep func(start, end int64, names []string) bool) string {
	var b strings.Builder
	var run []int32
	gap := false
	flush := func() {
		if len(run) == 0 {
			return
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		if gap {
			b.WriteString(Withheld + " ")
		}
		gap = false
		b.WriteString(t.text(run))
		run = run[:0]
	}
	for i := range t.pieces {
		p := &t.pieces[i]
		if m := p.middle(); m < start || m >= end {
			continue
		}
		from, to := p.start, p.end
		u := &t.said[p.utterance]
		if !p.exact {
			from, to = u.Start, u.End
		}
		if keep == nil || keep(from, to, u.Names) {
			run = append(run, int32(i))
			continue
		}
		flush()
		gap = true
	}
	flush()
	if gap {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(Withheld)
	}
	return b.String()
}

// Withheld is written in the place of words that must not be repeated.
const Withheld = "[…]"
