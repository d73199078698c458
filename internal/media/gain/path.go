package gain

import (
	"errors"
	"math"
	"slices"
)

// ErrRoom means that no steps keep a recording under the ceiling and its gains
// in their range.
var ErrRoom = errors.New("no change of level by whole steps keeps the recording below the peak ceiling")

// maxJump is by how many steps neighbouring units differ at most.
const maxJump = 3

// maxStates is how many choices of steps are weighed for a unit.
const maxStates = 32

// loudBelow is how far below the mean a block is still loud, in decibels, and
// leastLoud how far below it damage stays.
const (
	loudBelow = 20
	leastLoud = 20
)

// A search looks for the cheapest path: steps for each unit. The price is the
// weighted energy that is missing to the wanted gains, and mu times the energy of
// the aliasing.
type search struct {
	analysis *Analysis
	blocks   []block
	ceiling  int    // in parts of a step
	want     []int8 // wanted steps of each unit, or nil
	base     int    // what is wanted where want is nil; else what is added to it
	low, n   int    // states are the steps from low on
	mu       float64
	segment  int

	jump   float64            // price of a change beside its damage
	rest   float64            // weighted energy that silence counts for
	limit  [maxJump]float64   // aliasing over energy from which so many steps more are too many
	loud   float64            // energy of a loud block
	extra  [maxJump + 1]int   // parts of a step by which a change can raise peaks
	factor [maxStates]float64 // of the states
}

// newSearch returns a search for base steps more than want, or for base where
// want is nil.
func newSearch(a *Analysis, ceiling int, want []int8, base int) (*search, error) {
	s := &search{analysis: a, blocks: a.blocks, ceiling: ceiling, want: want, base: base, segment: segment}
	s.low = base
	top := base
	if want != nil {
		s.low, top = base+int(slices.Min(want)), base+int(slices.Max(want))
	}
	worst, down := int16(silent), math.MaxUint8
	for i := range a.blocks {
		worst = max(worst, a.blocks[i].peak)
		down = min(down, int(a.blocks[i].down))
		s.low = min(s.low, int(a.blocks[i].up))
	}
	if worst > silent {
		s.low = min(s.low, floorDiv(ceiling-int(worst), fine)-1)
	}
	s.low = max(s.low, -down)
	s.n = top - s.low + 1
	if s.n < 1 || s.n > maxStates {
		return nil, ErrRoom
	}
	for i := range s.n {
		s.factor[i] = Factor(s.low + i)
	}
	mean := a.meanEnergy()
	s.loud = mean * math.Pow(10, -loudBelow/10.0)
	s.rest, s.jump = 1e-6*mean, 1e-2*mean
	for k := 1; k <= maxJump; k++ {
		r := Factor(k)
		s.limit[k-1] = math.Pow(10, -leastLoud/10.0) * (1 + float64(r*r)) / 2 / ((r - 1) * (r - 1))
		s.extra[k] = int(math.Ceil(fine * 4 * math.Log2(bounded(k))))
	}
	return s, nil
}

func floorDiv(a, b int) int {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// reach returns by how many steps the units of a block may differ.
func (s *search) reach(b *block) int {
	if float64(b.energy) < s.loud {
		return maxJump
	}
	k := 0
	for k < maxJump && float64(b.alias) <= s.limit[k]*float64(b.energy) {
		k++
	}
	return k
}

// fits reports whether the peaks of a block stay under the ceiling with the
// steps from and to of its two units.
func (s *search) fits(b *block, from, to int) bool {
	switch to - from {
	case 0:
		return int(b.peak)+fine*from <= s.ceiling
	case 1:
		return int(b.louder)+fine*from <= s.ceiling
	case -1:
		return int(b.softer)+fine*from <= s.ceiling
	}
	return int(b.peak)+fine*max(from, to)+s.extra[max(to-from, from-to)] <= s.ceiling
}

// segment is how many units' choices are kept at once while the way back is
// found. Before each segment the prices are kept.
const segment = 1 << 17

var unreached = math.Inf(1)

// path returns the steps of each unit, or ErrRoom.
func (s *search) path(steps []int8) error {
	units, segment := len(s.blocks), s.segment
	var prices [][maxStates]float64
	var now [maxStates]float64
	if len(s.analysis.choices) < min(units, segment) {
		s.analysis.choices = make([][maxStates]int8, min(units, segment))
	}
	choices := s.analysis.choices
	for at := 0; at < units; at += segment {
		prices = append(prices, now)
		s.forward(&now, at, min(units, at+segment), choices)
	}
	state := 0
	for i := range s.n {
		if now[i] < now[state] {
			state = i
		}
	}
	if math.IsInf(now[state], 1) {
		return ErrRoom
	}
	for k := len(prices) - 1; k >= 0; k-- {
		at, end := k*segment, min(units, (k+1)*segment)
		if k < len(prices)-1 {
			now = prices[k]
			s.forward(&now, at, end, choices)
		}
		for f := end - 1; f >= at; f-- {
			steps[f] = int8(s.low + state)
			state += int(choices[f-at][state])
		}
	}
	return nil
}

// forward goes from unit at to end: it changes the prices of the states and
// notes, for each, by how much the state of the unit before it is higher.
func (s *search) forward(now *[maxStates]float64, at, end int, choices [][maxStates]int8) {
	var next, square [maxStates]float64
	for i := range s.n {
		square[i] = s.factor[i] * s.factor[i]
	}
	// top is so much above all peaks of most blocks that nothing is to be looked at.
	safe := s.ceiling - fine*(s.low+s.n-1) - s.extra[maxJump]
	for f := at; f < end; f++ {
		b := &s.blocks[f]
		heard := float64(b.heard)
		if f+1 < len(s.blocks) {
			heard += float64(s.blocks[f+1].heard)
		}
		weight := float64(heard/2) + s.rest
		want := s.base
		if s.want != nil {
			want += int(s.want[f])
		}
		wanted := square[min(max(want-s.low, 0), s.n-1)]
		damage := s.mu * float64(b.alias)
		reach := s.reach(b)
		if f == 0 {
			reach = 0 // nothing is before it
		}
		free := int(b.peak) <= safe
		choice := &choices[f-at]
		for to := range s.n {
			best, from := unreached, 0
			if steps := s.low + to; steps <= int(b.up) && -steps <= int(b.down) {
				if free || s.fits(b, steps, steps) {
					best, from = now[to], to
				}
				for k := max(0, to-reach); k <= min(s.n-1, to+reach); k++ {
					d := s.factor[k] - s.factor[to]
					price := now[k] + float64(damage*float64(d*d)) + s.jump
					if price < best && k != to && (free || s.fits(b, s.low+k, steps)) {
						best, from = price, k
					}
				}
				best += float64(weight * math.Abs(wanted-square[to]))
			}
			next[to] = best
			choice[to] = int8(from - to)
		}
		*now = next
	}
}
