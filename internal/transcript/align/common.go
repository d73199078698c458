package align

import (
	"math/bits"
	"slices"
)

// common calls found with the pairs of a common subsequence, in no order: between
// runs of words that are in both only once, the longest. It takes room in proportion to the lengths (Hirschberg) and finds the
// lengths of 64 subsequences at a time (Crochemore), of which it looks at those
// only that a row changes: 100,000 words against as many take a fraction of a
// second, whatever they are.
func common(a, b []int, found func(i, j int)) {
	lo := 0
	for lo < len(a) && lo < len(b) && a[lo] == b[lo] {
		found(lo, lo)
		lo++
	}
	ha, hb := len(a), len(b)
	for ha > lo && hb > lo && a[ha-1] == b[hb-1] {
		ha, hb = ha-1, hb-1
		found(ha, hb)
	}
	if ha == lo || hb == lo {
		return
	}
	s := newSubsequence(a, b, lo, hb, found)
	a0, b0 := lo, lo
	for _, m := range anchors(a[lo:ha], b[lo:hb]) {
		s.solve(a0, lo+m[0], b0, lo+m[1])
		a0, b0 = lo+m[0], lo+m[1]
	}
	s.solve(a0, ha, b0, hb)
}

// anchors returns where runs of words begin that are in both texts, and only once
// in each, as far as they are in the same order. Between them there is little left
// to compare, unless the texts are different ones.
func anchors(a, b []int) [][2]int {
	const run = 4
	if len(a)*len(b) <= small {
		return nil
	}
	type place struct{ a, b int } // -1: not there, -2: several times
	seen := make(map[[run]int]place, len(a))
	for i := 0; i+run <= len(a); i++ {
		k := [run]int(a[i : i+run])
		if _, ok := seen[k]; ok {
			seen[k] = place{-2, -1}
		} else {
			seen[k] = place{i, -1}
		}
	}
	for j := 0; j+run <= len(b); j++ {
		k := [run]int(b[j : j+run])
		if p, ok := seen[k]; ok && p.a >= 0 {
			if p.b == -1 {
				p.b = j
			} else {
				p.b = -2
			}
			seen[k] = p
		}
	}
	var pairs [][2]int
	for i := 0; i+run <= len(a); i++ {
		if p := seen[[run]int(a[i:i+run])]; p.a == i && p.b >= 0 {
			pairs = append(pairs, [2]int{i, p.b})
		}
	}
	return increasing(pairs)
}

// increasing returns a longest part of pairs whose second numbers increase.
func increasing(pairs [][2]int) [][2]int {
	var ends []int // of the parts of each length, the one that ends lowest
	before := make([]int, len(pairs))
	for k, p := range pairs {
		n, _ := slices.BinarySearchFunc(ends, p[1], func(e, j int) int { return pairs[e][1] - j })
		before[k] = -1
		if n > 0 {
			before[k] = ends[n-1]
		}
		if n == len(ends) {
			ends = append(ends, k)
		} else {
			ends[n] = k
		}
	}
	list := make([][2]int, len(ends))
	k := -1
	if len(ends) > 0 {
		k = ends[len(ends)-1]
	}
	for n := len(list) - 1; n >= 0; n-- {
		list[n] = pairs[k]
		k = before[k]
	}
	return list
}

type subsequence struct {
	a, b  []int
	at    map[int][]int32 // where in b something is, in order
	found func(i, j int)
	row   []uint64
}

func newSubsequence(a, b []int, b0, b1 int, found func(i, j int)) *subsequence {
	s := &subsequence{a: a, b: b, found: found, at: make(map[int][]int32)}
	for j := b0; j < b1; j++ {
		s.at[b[j]] = append(s.at[b[j]], int32(j))
	}
	return s
}

// small is how many cells of the plain table are solved at once.
const small = 1 << 12

func (s *subsequence) solve(a0, a1, b0, b1 int) {
	for a0 < a1 && b0 < b1 && s.a[a0] == s.b[b0] {
		s.found(a0, b0)
		a0, b0 = a0+1, b0+1
	}
	for a0 < a1 && b0 < b1 && s.a[a1-1] == s.b[b1-1] {
		a1, b1 = a1-1, b1-1
		s.found(a1, b1)
	}
	switch {
	case a0 == a1 || b0 == b1:
		return
	case (a1-a0)*(b1-b0) <= small:
		s.plain(a0, a1, b0, b1)
		return
	case a1-a0 == 1:
		if list := s.within(s.a[a0], b0, b1); len(list) > 0 {
			s.found(a0, int(list[0]))
		}
		return
	}
	mid := a0 + (a1-a0)/2
	ahead := s.lengths(a0, mid, b0, b1, false)
	back := s.lengths(mid, a1, b0, b1, true)
	best, most := 0, int32(-1)
	n := b1 - b0
	for k := 0; k <= n; k++ {
		if both := ahead[k] + back[n-k]; both > most {
			best, most = k, both
		}
	}
	if most == 0 {
		return
	}
	s.solve(a0, mid, b0, b0+best)
	s.solve(mid, a1, b0+best, b1)
}

// within returns where something is in a part of b.
func (s *subsequence) within(key, b0, b1 int) []int32 {
	list := s.at[key]
	lo, _ := slices.BinarySearch(list, int32(b0))
	hi, _ := slices.BinarySearch(list, int32(b1))
	return list[lo:hi]
}

// lengths returns how long the longest common subsequence of a part of a is with
// each beginning of a part of b, or, back to front, with each end.
func (s *subsequence) lengths(a0, a1, b0, b1 int, back bool) []int32 {
	n := b1 - b0
	// A bit that is 0 says that the subsequence is longer by one from there on.
	s.row = slices.Grow(s.row[:0], n/64+1)[:n/64+1]
	for i := range s.row {
		s.row[i] = ^uint64(0)
	}
	for k := range a1 - a0 {
		i := a0 + k
		if back {
			i = a1 - 1 - k
		}
		list := s.within(s.a[i], b0, b1)
		if len(list) > 0 {
			s.advance(list, b0, b1, back)
		}
	}
	found := make([]int32, n+1)
	for j := range n {
		found[j+1] = found[j]
		if s.row[j/64]&(1<<(j%64)) == 0 {
			found[j+1]++
		}
	}
	return found
}

// advance brings the row on by an element that is at these places of b.
func (s *subsequence) advance(list []int32, b0, b1 int, back bool) {
	bit := func(k int) int {
		if back {
			return b1 - 1 - int(list[len(list)-1-k])
		}
		return int(list[k]) - b0
	}
	var carry uint64
	next := 0 // the word that the carry goes to
	for k := 0; k < len(list) || carry > 0; next++ {
		if carry == 0 {
			next = bit(k) / 64
		} else if next == len(s.row) {
			return
		}
		var match uint64
		for ; k < len(list) && bit(k)/64 == next; k++ {
			match |= 1 << (bit(k) % 64)
		}
		v := s.row[next]
		sum, over := bits.Add64(v, v&match, carry)
		s.row[next] = sum | v&^match
		carry = over
	}
}

// plain finds the pairs of small parts in a table.
func (s *subsequence) plain(a0, a1, b0, b1 int) {
	n, m := a1-a0, b1-b0
	table := make([]uint16, (n+1)*(m+1))
	for i := n - 1; i >= 0; i-- {
		for j := m - 1; j >= 0; j-- {
			if s.a[a0+i] == s.b[b0+j] {
				table[i*(m+1)+j] = table[(i+1)*(m+1)+j+1] + 1
			} else {
				table[i*(m+1)+j] = max(table[(i+1)*(m+1)+j], table[i*(m+1)+j+1])
			}
		}
	}
	for i, j := 0, 0; i < n && j < m; {
		switch {
		case s.a[a0+i] == s.b[b0+j]:
			s.found(a0+i, b0+j)
			i, j = i+1, j+1
		case table[(i+1)*(m+1)+j] >= table[i*(m+1)+j+1]:
			i++
		default:
			j++
		}
	}
}
