package align

import (
	"cmp"
	"slices"
	"sort"
)

// A placer gives the atoms of the edited text their times.
type placer struct {
	Options
	a, b side
	from []int // for each atom of b that of a, or -1
}

// place goes from one atom that was found to the next, and places what stands
// between them.
func (p *placer) place() {
	i0, j0 := 0, 0
	for j := 0; j <= len(p.from); j++ {
		i := len(p.a.atoms)
		if j < len(p.from) {
			if i = p.from[j]; i < 0 {
				continue
			}
			p.b.atoms[j].start, p.b.atoms[j].end = p.a.atoms[i].start, p.a.atoms[i].end
		}
		if j > j0 {
			p.gap(i0, i, j0, j)
		}
		i0, j0 = i+1, j+1
	}
}

// gap places atoms of b in the place of atoms of a, part by part between the
// marks that the edited text has there.
func (p *placer) gap(i0, i1, j0, j1 int) {
	lo, hi := int64(0), p.End
	if j0 > 0 {
		lo = p.b.atoms[j0-1].end
	}
	if j1 < len(p.b.atoms) {
		hi = p.b.atoms[j1].start
	}
	marked := false // a mark stands at lo
	m, _ := slices.BinarySearchFunc(p.b.marks, j0, func(m Mark, j int) int { return cmp.Compare(m.Before, j) })
	for ; m < len(p.b.marks) && p.b.marks[m].Before < j1; m++ {
		mark := p.b.marks[m]
		if mark.At < lo || mark.At > hi {
			continue
		}
		i := i0
		for i < i1 && p.a.atoms[i].start < mark.At {
			i++
		}
		p.part(i0, i, j0, mark.Before, lo, mark.At, marked)
		i0, j0, lo, marked = i, mark.Before, mark.At, true
	}
	p.part(i0, i1, j0, j1, lo, hi, marked)
}

// part places atoms of b, in the place of atoms of a, between two times.
func (p *placer) part(i0, i1, j0, j1 int, lo, hi int64, marked bool) {
	if j0 == j1 {
		return
	}
	list := p.b.atoms[j0:j1]
	total := 0
	for i := range list {
		total += letters(list[i].text)
	}
	if i0 == i1 {
		p.insert(list, j0, total, lo, hi, marked)
		return
	}
	was := p.a.atoms[i0:i1]
	// A few words where a long stretch was removed take the time of its first
	// words: nobody says them so slowly.
	const slower = 4
	n, said := 0, 0
	for _, a := range was {
		said += letters(a.text)
	}
	if said > slower*total && len(was) > slower {
		for said = 0; said < total; n++ {
			said += letters(was[n].text)
		}
		was = was[:n]
	}
	times := stretch(was)
	// Many words where few were have room before the next one, if it is later.
	for i := range times {
		t := &times[i]
		t.start = max(lo, min(t.start, hi))
		t.end = max(t.start, min(t.end, hi))
	}
	last := &times[len(times)-1]
	if need := int64(total) * p.Letter / 2; last.end-times[0].start < need {
		last.end = max(last.end, min(times[0].start+need, hi))
	}
	at := 0
	for i := range list {
		list[i].start = timeAt(times, float64(at)/float64(total), false)
		at += letters(list[i].text)
		list[i].end = max(list[i].start, timeAt(times, float64(at)/float64(total), true))
	}
}

// A span is a stretch of time with so many letters before it and in it.
type span struct {
	start, end int64
	before, n  float64 // of all
}

// stretch lays the times of atoms behind each other.
func stretch(list []atom) []span {
	spans := make([]span, len(list))
	total := 0
	for _, a := range list {
		total += letters(a.text)
	}
	at := 0
	for i, a := range list {
		n := letters(a.text)
		s := span{a.start, a.end, float64(at) / float64(total), float64(n) / float64(total)}
		if i > 0 { // people speak at once
			s.start = max(s.start, spans[i-1].start)
		}
		s.end = max(s.end, s.start)
		spans[i] = s
		at += n
	}
	return spans
}

// timeAt is the time at a share of the letters. Between two words that is the end
// of the first, or the beginning of the second.
func timeAt(list []span, at float64, end bool) int64 {
	const same = 1e-9
	i := sort.Search(len(list)-1, func(k int) bool {
		edge := list[k].before + list[k].n
		return at < edge-same || end && at <= edge+same
	})
	s := list[i]
	in := min(1, max(0, (at-s.before)/s.n))
	return s.start + int64(float64(in*float64(s.end-s.start))+0.5)
}

// insert places atoms where none were, between two times: after what comes before
// them in their line, or before what comes after.
func (p *placer) insert(list []atom, j0, total int, lo, hi int64, marked bool) {
	need := int64(total) * p.Letter
	after := marked || j0 > 0 && p.b.atoms[j0-1].of == list[0].of
	if next := j0 + len(list); next == len(p.b.atoms) || p.b.atoms[next].of != list[len(list)-1].of {
		after = true // nothing follows in their line
	}
	var start, end int64
	if after {
		start, end = lo, max(lo, min(hi, lo+need))
	} else {
		start, end = max(min(lo, hi), hi-need), hi
	}
	at := 0
	for i := range list {
		n := at + letters(list[i].text)
		list[i].start, list[i].end = start+share(end-start, at, total), start+share(end-start, n, total)
		at = n
	}
}
