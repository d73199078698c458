package quote

import (
	"cmp"
	"slices"
)

// A Near is a place at which something like a part of a quote is said.
type Near struct {
	Match
	Part  string // of the quote, as it was written
	Parts int    // how many it has
	Said  bool   // all are said exactly so, but not in this order
}

const (
	// maxNear is how many places are suggested for a part of a quote.
	maxNear = 3
	// maxTokens is how much of a part is compared.
	maxTokens = 60
	// unlike is the cost of another word, and of one more or less; like that of a
	// word that is spelled almost so.
	unlike, like = 4, 1
)

// Near returns the places that come nearest to a quote that is not said, the best
// first for each of its parts. Of a quote of which all parts are said, but not one
// after the other, it returns where they are said.
func (t *Text) Near(text string, o Options) []Near {
	want, written := wanted(text)
	streams, alone, err := t.streams(o.Speaker)
	if err != nil {
		return nil
	}
	if !alone {
		streams = []*stream{t.all}
	}
	said := make([][]Near, len(want))
	missing := false
	for i, letters := range want {
		for _, s := range streams {
			for _, h := range t.hits(s, letters, o) {
				said[i] = append(said[i], Near{t.match(s, h), written[i], len(want), true})
				if len(said[i]) == maxNear {
					break
				}
			}
		}
		missing = missing || len(said[i]) == 0
	}
	var list []Near
	for i := range want {
		switch {
		case !missing:
			list = append(list, said[i]...)
		case len(said[i]) == 0:
			for _, s := range streams {
				for _, h := range t.likest(s, parts(written[i]), o) {
					list = append(list, Near{t.match(s, h), written[i], len(want), false})
				}
			}
		}
	}
	return list
}

// likest returns the stretches of a stream that are most like some words, as far
// as half of them are like.
func (t *Text) likest(s *stream, words []string, o Options) []hit {
	words = words[:min(len(words), maxTokens)]
	from, to := 0, len(s.marks)
	if from == to || len(words) == 0 {
		return nil
	}
	costs := make(map[string][]int)
	m := len(words)
	type cell struct {
		cost  int
		start int
	}
	last, row := make([]cell, m+1), make([]cell, m+1)
	for i := range last {
		last[i] = cell{i * unlike, 0}
	}
	type end struct {
		hit
		cost int
	}
	var ends []end
	most := m * unlike / 2
	for k := from; k < to; k++ {
		p := t.pieces[s.marks[k].piece]
		if p.middle() < o.From || o.To > 0 && p.middle() >= o.To {
			for i := range last {
				last[i] = cell{i * unlike, k + 1}
			}
			continue
		}
		token := s.token(k)
		cost, ok := costs[token]
		if !ok {
			cost = make([]int, m)
			for i, w := range words {
				cost[i] = unlikeness(w, token)
			}
			costs[token] = cost
		}
		row[0] = cell{0, k + 1}
		for i := range words {
			best := cell{last[i].cost + cost[i], last[i].start}
			if i == 0 {
				best.start = k
			}
			if more := last[i+1].cost + unlike; more < best.cost {
				best = cell{more, last[i+1].start}
			}
			if less := row[i].cost + unlike; less < best.cost {
				best = cell{less, row[i].start}
			}
			row[i+1] = best
		}
		if c := row[m]; c.cost <= most && c.start <= k {
			ends = append(ends, end{hit{c.start, k + 1}, c.cost})
		}
		last, row = row, last
	}
	slices.SortStableFunc(ends, func(a, b end) int {
		return cmp.Or(cmp.Compare(a.cost, b.cost), cmp.Compare(a.to-a.from, b.to-b.from))
	})
	var list []hit
	for _, e := range ends {
		if len(list) == maxNear || len(list) > 0 && e.cost > ends[0].cost+unlike+unlike/2 {
			break
		}
		if !slices.ContainsFunc(list, func(h hit) bool { return e.from < h.to && h.from < e.to }) {
			list = append(list, e.hit)
		}
	}
	return list
}

// unlikeness is the cost of a word that is said in the place of another.
func unlikeness(a, b string) int {
	if a == b {
		return 0
	}
	x, y := []rune(a), []rune(b)
	if longer := max(len(x), len(y)); longer < 3 || longer > 40 || 3*distance(x, y) > longer {
		return unlike
	}
	return like
}

// distance is the least number of letters to put in, leave out or replace.
func distance(a, b []rune) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		before := row[0]
		row[0] = i + 1
		for j := range b {
			cost := before
			if a[i] != b[j] {
				cost++
			}
			before = row[j+1]
			row[j+1] = min(cost, row[j]+1, before+1)
		}
	}
	return row[len(b)]
}
