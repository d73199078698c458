package quote

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"sort"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/spaces-cli/spaces/internal/library/fold"
)

// ErrEmpty means that a quote has no letters and no digits.
var ErrEmpty = errors.New("the quote has no words")

// A SpeakerError means that somebody is not among those who speak.
type SpeakerError struct {
	Name  string
	Known []string
}

func (e *SpeakerError) Error() string {
	return fmt.Sprintf("@%s does not speak in the transcript", strings.TrimPrefix(e.Name, "@"))
}

// Options narrow a search. The zero value searches everything.
type Options struct {
	Speaker  string // handle or name, @ and case do not count
	From, To int64  // words whose middle lies between; a To of 0 is the end
}

// A Match is a place at which a quote is said.
type Match struct {
	Start, End int64    // of the first word, and of the last
	Who, Names []string // of those who say it, as their utterances have them
	// First and Last say what is known of the words at both ends.
	First, Last Edge

	s *stream
	hit
}

// An Edge is a word at which a stretch begins or ends.
type Edge struct {
	// Next is the word before the first or behind the last, whoever says it, as
	// far as it does not lie in the stretch itself. Alone means that there is none.
	NextStart, NextEnd int64
	Alone              bool
	// Estimated means that the word has no time of its own. It lies somewhere
	// from UtteranceStart to UtteranceEnd.
	Estimated                    bool
	UtteranceStart, UtteranceEnd int64
}

// ellipsis is what stands between the first and the last words of a quote.
var ellipsis = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`[…⋯‥]+|\.(?:\s?\.)+|。{2,}|・{3,}`)
})

// wanted returns what must be said, in order: the parts of a quote between its
// ellipses.
func wanted(text string) (list, written []string) {
	for _, part := range ellipsis().Split(text, -1) {
		if letters := strings.Join(parts(part), ""); letters != "" {
			list, written = append(list, letters), append(written, strings.TrimSpace(part))
		}
	}
	return list, written
}

// longest is how long, in seconds, a stretch between first and last words may be
// if there are shorter ones.
const longest = 600

// Find returns all places at which a quote is said, in order. Of "first … last"
// these are the shortest stretches: from each first to the next last. Where a quote
// is interrupted by somebody else, what one person says is enough.
//
// The error is ErrEmpty or a *SpeakerError. It is no error that nothing is found.
func (t *Text) Find(text string, o Options) ([]Match, error) {
	want, _ := wanted(text)
	if len(want) == 0 {
		return nil, ErrEmpty
	}
	streams, alone, err := t.streams(o.Speaker)
	if err != nil {
		return nil, err
	}
	if !alone {
		if list := t.find(t.all, want, o); len(list) > 0 {
			return list, nil
		}
	}
	var list []Match
	for _, s := range streams {
		list = append(list, t.find(s, want, o)...)
	}
	slices.SortStableFunc(list, func(a, b Match) int { return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End)) })
	return slices.CompactFunc(list, func(a, b Match) bool { return a.Start == b.Start && a.End == b.End }), nil
}

// streams returns the voices in which a quote is looked for, and whether it must
// be in one of them.
func (t *Text) streams(speaker string) (list []*stream, alone bool, err error) {
	name := fold.Handle(speaker)
	for _, v := range t.voices() {
		if name == "" || v.name == name {
			list = append(list, v.stream)
		}
	}
	if name != "" && len(list) == 0 {
		return nil, true, &SpeakerError{speaker, t.Names()}
	}
	return list, name != "", nil
}

// find looks for a quote in a stream.
func (t *Text) find(s *stream, want []string, o Options) []Match {
	var found []hit
	if len(want) > 1 {
		// An ellipsis may be one that stands in the transcript.
		found = t.hits(s, strings.Join(want, ""), o)
	}
	if len(found) == 0 {
		found = t.stretches(s, want, o)
	}
	list := make([]Match, 0, len(found))
	for _, h := range found {
		list = append(list, t.match(s, h))
	}
	return list
}

// A hit is a stretch of marks, from the first up to another.
type hit struct{ from, to int }

// hits returns where letters are said, from the beginning of a word to the end of
// one.
func (t *Text) hits(s *stream, letters string, o Options) []hit {
	var list []hit
	at, k := 0, 0
	for {
		i := strings.Index(s.letters[at:], letters)
		if i < 0 {
			return list
		}
		from := at + i
		k += sort.Search(len(s.marks)-k, func(n int) bool { return int(s.marks[k+n].at) >= from })
		if k == len(s.marks) {
			return list
		}
		end := from + len(letters)
		last := k + sort.Search(len(s.marks)-k, func(n int) bool { return int(s.marks[k+n].at) >= end })
		whole := last == len(s.marks) && end == len(s.letters) || last < len(s.marks) && int(s.marks[last].at) == end ||
			end < len(s.letters) && s.letters[end] == 0
		if int(s.marks[k].at) == from && whole && t.in(s, k, last, o) {
			list = append(list, hit{k, last})
			at, k = end, last
			continue
		}
		_, n := utf8.DecodeRuneInString(s.letters[from:])
		at = from + n
	}
}

// in reports whether marks lie in the span that is searched.
func (t *Text) in(s *stream, from, to int, o Options) bool {
	first, last := &t.pieces[s.marks[from].piece], &t.pieces[s.marks[to-1].piece]
	return first.middle() >= o.From && (o.To == 0 || last.middle() < o.To)
}

// stretches returns the shortest stretches in which the parts of a quote follow
// each other.
func (t *Text) stretches(s *stream, want []string, o Options) []hit {
	all := make([][]hit, len(want))
	for i, letters := range want {
		if all[i] = t.hits(s, letters, o); len(all[i]) == 0 {
			return nil
		}
	}
	var list []hit
	for _, end := range all[len(all)-1] {
		from := end.from
		for i := len(all) - 2; i >= 0 && from >= 0; i-- {
			// The last that ends before what follows begins.
			n := sort.Search(len(all[i]), func(n int) bool { return all[i][n].to > from })
			if n == 0 {
				from = -1
				break
			}
			from = all[i][n-1].from
		}
		if from >= 0 && (len(list) == 0 || list[len(list)-1].from < from) {
			list = append(list, hit{from, end.to})
		}
	}
	short := func(h hit) bool {
		return t.pieces[s.marks[h.to-1].piece].end-t.pieces[s.marks[h.from].piece].start <= longest*int64(t.rate)
	}
	if slices.ContainsFunc(list, short) {
		list = slices.DeleteFunc(list, func(h hit) bool { return !short(h) })
	}
	return list
}

// match makes a match of a hit.
func (t *Text) match(s *stream, h hit) Match {
	m := Match{Start: math.MaxInt64, s: s, hit: h}
	first, last, utterance := int32(-1), int32(-1), int32(-1)
	for _, k := range s.marks[h.from:h.to] {
		p := &t.pieces[k.piece]
		if p.start < m.Start {
			m.Start, first = p.start, k.piece
		}
		if p.end > m.End || last < 0 {
			m.End, last = p.end, k.piece
		}
		if p.utterance == utterance {
			continue
		}
		utterance = p.utterance
		if who := t.said[utterance].Who; who != "" && !slices.Contains(m.Who, who) {
			m.Who = append(m.Who, who)
		}
		for _, name := range t.said[utterance].Names {
			if !slices.Contains(m.Names, name) {
				m.Names = append(m.Names, name)
			}
		}
	}
	m.First, m.Last = t.edges(first, last, m.Start, m.End)
	return m
}

// edges tells what is around the pieces that begin and end at two positions.
func (t *Text) edges(first, last int32, start, end int64) (a, b Edge) {
	order := t.order()
	at := func(position int64) int {
		return sort.Search(len(order), func(n int) bool { return t.pieces[order[n]].middle() >= position })
	}
	a, b = t.edge(first), t.edge(last)
	a.Alone, b.Alone = true, true
	if n := at(start); n > 0 {
		p := &t.pieces[order[n-1]]
		a.Alone, a.NextStart, a.NextEnd = false, min(p.start, start), min(p.end, start)
	}
	if n := at(end); n < len(order) {
		p := &t.pieces[order[n]]
		b.Alone, b.NextStart, b.NextEnd = false, max(p.start, end), max(p.end, end)
	}
	return a, b
}

func (t *Text) edge(n int32) Edge {
	p := &t.pieces[n]
	u := &t.said[p.utterance]
	return Edge{Estimated: !p.exact, UtteranceStart: min(u.Start, p.start), UtteranceEnd: max(u.End, p.end)}
}

// Quoted returns the words of a match as the transcript has them.
func (t *Text) Quoted(m Match) string {
	var pieces []int32
	for _, k := range m.s.marks[m.from:m.to] {
		if n := len(pieces); n == 0 || pieces[n-1] < k.piece {
			pieces = append(pieces, k.piece)
			for next := int(k.piece) + 1; next < len(t.pieces) && t.pieces[next].mute && t.pieces[next].utterance == t.pieces[k.piece].utterance; next++ {
				pieces = append(pieces, int32(next))
			}
		}
	}
	return t.text(pieces)
}

// around is how many words of context are told.
const around = 6

// Around returns some words before and after a match, by whomever, with an
// ellipsis where more is said.
func (t *Text) Around(m Match) (before, after string) {
	begin, end := int(m.s.marks[m.from].piece), int(m.s.marks[m.to-1].piece)+1
	from, to := max(0, begin-t.context(begin, -1)), min(len(t.pieces), end+t.context(end, 1))
	if before = t.text(run(from, begin)); from > 0 && before != "" {
		before = "…" + before
	}
	if after = t.text(run(end, to)); to < len(t.pieces) && after != "" {
		after += "…"
	}
	return before, after
}

// context is how many pieces from one on make some words: characters of scripts
// without spaces are shorter.
func (t *Text) context(from, step int) int {
	n, width := 0, 0
	for i := from; n < 4*around && width < 4*around; n++ {
		if step < 0 {
			i--
		}
		if i < 0 || i >= len(t.pieces) {
			break
		}
		width += max(2, min(6, utf8.RuneCountInString(t.word(int32(i)))))
		if step > 0 {
			i++
		}
	}
	return n
}
