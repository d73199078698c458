// Package speakers says who spoke each word of a transcript, from turns: those
// that somebody has confirmed, or those that follow from levels, which are read
// about once a second and so are approximate.
//
// Positions count samples of the recording.
package speakers

import (
	"cmp"
	"math"
	"slices"
)

// A Turn is a stretch in which one person speaks. Those of different people
// may overlap.
type Turn struct {
	Name       string
	Start, End int64
}

// A Word is a stretch of the recording with one word in it.
type Word struct{ Start, End int64 }

func (w Word) middle() int64 { return w.Start + (w.End-w.Start)/2 }

// Turns are who speaks when in one recording.
type Turns struct {
	List []Turn
	Rate int // samples per second
	// Exact says that somebody has confirmed them. Turns from levels are up to
	// a second off.
	Exact bool
}

const (
	// confirmedReach is how many seconds a word may lie outside the only turn
	// nearby: recognizers are that much off.
	confirmedReach = 0.5
	// levelReach is the same for turns from levels.
	levelReach = 1.0
	// changeReach is how many seconds around the end of a turn from levels the
	// pause is looked for in which the speaker changes.
	changeReach = 0.9
)

// Of names the speakers of each word: none where nobody speaks, several where
// they speak at once. The words are in the order of their beginning.
func (t *Turns) Of(words []Word) [][]string {
	if len(t.List) == 0 || len(words) == 0 {
		return make([][]string, len(words))
	}
	turns := slices.Clone(t.List)
	slices.SortStableFunc(turns, func(a, b Turn) int { return cmp.Compare(a.Start, b.Start) })
	if t.Exact {
		return t.name(turns, words)
	}
	return t.name(t.ends(t.shifted(turns, words), words), words)
}

// name gives each word the people whose turns hold its middle, or else the
// one whose turn is nearest.
func (t *Turns) name(turns []Turn, words []Word) [][]string {
	reach := t.samples(levelReach)
	if t.Exact {
		reach = t.samples(confirmedReach)
	}
	list := make([][]string, len(words))
	first := 0 // turns before it have ended too long ago for any word
	most := longest(turns)
	for i, w := range words {
		at := w.middle()
		for first < len(turns) && turns[first].Start+most+reach < at {
			first++
		}
		near, best := "", reach+1
		for _, turn := range turns[first:] {
			if turn.Start > at+reach {
				break
			}
			switch far := max(turn.Start-at, at-turn.End); {
			case turn.Start <= at && at < turn.End:
				if !slices.Contains(list[i], turn.Name) {
					list[i] = append(list[i], turn.Name)
				}
			case far < best:
				near, best = turn.Name, far
			}
		}
		if list[i] == nil && best <= reach {
			list[i] = []string{near}
		}
	}
	return list
}

// shifted moves the beginnings of all turns, and their ends, to where they fit
// the words best. What a level says is not documented: whether somebody speaks
// at the moment of its tag, or has within the second before.
func (t *Turns) shifted(turns []Turn, words []Word) []Turn {
	heard := newCover(words, t.Rate)
	// A turn begins after a pause and ends before one: there is more speech
	// within its ends than beyond them.
	const around = 0.75
	n := t.samples(around)
	most := longest(turns)
	inside := make([][2]bool, len(turns))
	for i, turn := range turns {
		inside[i] = [2]bool{t.inside(turns, most, i, turn.Start), t.inside(turns, most, i, turn.End)}
	}
	begin := t.best(0.3, 1.3, func(by int64) (fit float64) {
		for i, turn := range turns {
			if inside[i][0] {
				continue
			}
			at := turn.Start + by
			fit += heard.within(at, at+n) - heard.within(at-n, at)
		}
		return fit
	})
	end := t.best(0.3, 2.3, func(by int64) (fit float64) {
		for i, turn := range turns {
			if inside[i][1] {
				continue
			}
			at := turn.End + by
			fit += heard.within(at-n, at) - heard.within(at, at+n)
		}
		return fit
	})
	moved := slices.Clone(turns)
	for i := range moved {
		turn := &moved[i]
		turn.Start += begin
		turn.End = max(turn.End+end, turn.Start+t.samples(0.3))
	}
	return moved
}

// best is the shift, from so many seconds back to so many ahead, that fits best.
func (t *Turns) best(ahead, back float64, fit func(by int64) float64) int64 {
	best, most := int64(0), math.Inf(-1)
	step := max(1, t.samples(0.05))
	for by := -t.samples(back); by <= t.samples(ahead); by += step {
		if f := fit(by); f > most {
			best, most = by, f
		}
	}
	return best
}

// ends moves the beginning and the end of each turn into the longest pause
// nearby, where speakers change.
func (t *Turns) ends(turns []Turn, words []Word) []Turn {
	gaps := pauses(words)
	most := longest(turns)
	moved := slices.Clone(turns)
	for i := range moved {
		turn := &moved[i]
		if !t.inside(turns, most, i, turn.Start) {
			turn.Start = t.pause(gaps, turn.Start)
		}
		if !t.inside(turns, most, i, turn.End) {
			turn.End = max(turn.Start, t.pause(gaps, turn.End))
		}
	}
	return moved
}

// inside reports whether somebody else speaks long before and long after a
// position: there, speech goes on when a turn begins or ends.
func (t *Turns) inside(turns []Turn, most int64, i int, at int64) bool {
	n := t.samples(changeReach)
	first, _ := slices.BinarySearchFunc(turns, at+n-most, func(o Turn, at int64) int { return cmp.Compare(o.Start, at) })
	for k, o := range turns[first:] {
		if o.Start >= at-n {
			break
		}
		if first+k != i && o.End > at+n {
			return true
		}
	}
	return false
}

// pause returns the middle of the pause nearest to a position that is longer
// than others around, or the position.
func (t *Turns) pause(gaps []Word, at int64) int64 {
	reach := t.samples(changeReach)
	i, _ := slices.BinarySearchFunc(gaps, at-reach, func(g Word, at int64) int { return cmp.Compare(g.End, at) })
	best, most := at, 0.0
	for ; i < len(gaps) && gaps[i].Start <= at+reach; i++ {
		g := gaps[i]
		far := max(0, g.Start-at, at-g.End)
		// A pause counts the less the farther it is.
		if worth := float64(g.End-g.Start+t.samples(0.02)) * (1 - float64(far)/float64(reach+1)); worth > most {
			best, most = g.middle(), worth
		}
	}
	return best
}

func longest(turns []Turn) (most int64) {
	for _, turn := range turns {
		most = max(most, turn.End-turn.Start)
	}
	return most
}

func (t *Turns) samples(seconds float64) int64 { return int64(seconds * float64(t.Rate)) }

// pauses are the stretches between words, also those of no length.
func pauses(words []Word) []Word {
	var list []Word
	end := int64(math.MinInt64)
	for i, w := range words {
		if i > 0 {
			list = append(list, Word{min(end, w.Start), w.Start})
		}
		end = max(end, w.End)
	}
	return list
}

// A cover tells how much of a stretch words fill.
type cover struct {
	words []Word
	sum   []int64 // of the lengths of those before each
	rate  float64
}

func newCover(words []Word, rate int) *cover {
	c := &cover{rate: float64(rate)}
	end := int64(math.MinInt64)
	total := int64(0)
	for _, w := range words {
		w.Start = max(w.Start, end)
		if w.End <= w.Start {
			continue
		}
		c.words, c.sum = append(c.words, w), append(c.sum, total)
		total += w.End - w.Start
		end = w.End
	}
	c.sum = append(c.sum, total)
	return c
}

// within is how many seconds of a stretch are speech.
func (c *cover) within(from, to int64) float64 { return float64(c.before(to)-c.before(from)) / c.rate }

func (c *cover) before(at int64) int64 {
	i, _ := slices.BinarySearchFunc(c.words, at, func(w Word, at int64) int { return cmp.Compare(w.End, at) })
	n := c.sum[i]
	if i < len(c.words) {
		n += max(0, at-c.words[i].Start)
	}
	return n
}
