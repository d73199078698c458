package timeline

import "slices"

// Overlap returns how many units at the beginning of b stand at the end of a
// too, or within a if that is all of b, by the hashes of the units. Of several
// ways the one nearest to expected is taken, which may be off by as many as
// tolerance. An expected below 0 says that nobody knows: then there must be one
// way only, and units that are all alike, as those of silence are, prove
// nothing.
func Overlap(a, b []uint32, expected, tolerance int64) (n int64, ok bool) {
	const unaided = 16 // different units that prove an overlap if there is no clock
	best, nearest, ways := int64(-1), int64(0), 0
	consider := func(n, start int) { // n units of b begin at a[start]
		off := abs(int64(len(a)-start) - expected)
		switch {
		case expected < 0:
			if different(b[:n], unaided) {
				best = int64(n)
				ways++
			}
		case off <= tolerance && (best < 0 || off < nearest):
			best, nearest = int64(n), off
		}
	}
	if len(a) == 0 || len(b) == 0 {
		return 0, false
	}
	// The table of Knuth, Morris and Pratt: fail[i] is the length of the
	// longest beginning of b that ends at b[i] and is not all of b[:i+1].
	fail := make([]int32, len(b))
	for i, k := 1, int32(0); i < len(b); i++ {
		for k > 0 && b[i] != b[k] {
			k = fail[k-1]
		}
		if b[i] == b[k] {
			k++
		}
		fail[i] = k
	}
	k := int32(0)
	for i, v := range a {
		for k > 0 && (int(k) == len(b) || v != b[k]) {
			k = fail[k-1]
		}
		if v == b[k] {
			k++
		}
		if int(k) == len(b) { // all of b lies within a
			consider(len(b), i+1-len(b))
		}
		if i == len(a)-1 {
			if int(k) == len(b) {
				k = fail[k-1]
			}
			for ; k > 0; k = fail[k-1] {
				consider(int(k), len(a)-int(k))
			}
		}
	}
	if expected < 0 && ways > 1 {
		return 0, false
	}
	return max(best, 0), best > 0
}

func abs(n int64) int64 { return max(n, -n) }

// different reports whether there are n different values in list.
func different(list []uint32, n int) bool {
	var seen []uint32
	for _, v := range list {
		if !slices.Contains(seen, v) {
			if seen = append(seen, v); len(seen) >= n {
				return true
			}
		}
	}
	return false
}
