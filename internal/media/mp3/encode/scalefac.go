package encode

import "math/bits"

// limit returns the largest scale factor of band b of the layout.
func (l *layout) limit(b int, lsf bool) int {
	switch {
	case b >= l.coded:
		return 0
	case lsf:
		return l.limitLSF(b)
	case l.short && b >= 18, !l.short && b >= 11:
		return 7
	}
	return 15
}

// limitLSF is limit for the first partition of lsfPartitions, which alone is
// worth it: its first two parts have up to 15 and the others up to 7.
func (l *layout) limitLSF(b int) int {
	first := lsfBands[0][0]
	if l.short {
		first = lsfBands[0][1]
	}
	if b < first[0]+first[1] {
		return 15
	}
	return 7
}

// lsfBands says how many scale factors have each of four lengths, by the range
// that scalefac_compress is in, for long and for short blocks (ISO/IEC
// 13818-3, 2.4.3.2).
var lsfBands = [3][2][4]int{
	{{6, 5, 5, 5}, {9, 9, 9, 9}},
	{{6, 5, 7, 3}, {9, 9, 12, 6}},
	{{11, 10, 0, 0}, {18, 18, 0, 0}},
}

// store chooses how the scale factors, which are within their limits, take the
// fewest bits.
func (g *granule) store(lsf bool) {
	if lsf {
		g.storeLSF()
		return
	}
	split, n := 11, 21
	if g.lay.short {
		split, n = 18, 36
	}
	var or [2]uint8
	for _, v := range g.sf[:split] {
		or[0] = max(or[0], v)
	}
	for _, v := range g.sf[split:n] {
		or[1] = max(or[1], v)
	}
	need := [2]int{bits.Len8(or[0]), bits.Len8(or[1])}
	best := -1
	for i, s := range slens {
		if s[0] < need[0] || s[1] < need[1] {
			continue
		}
		if length := s[0]*split + s[1]*(n-split); best < 0 || length < best {
			best = length
			g.compress = i
			g.slen = [4]int{s[0], s[1]}
		}
	}
	g.part2 = best
}

func (g *granule) storeLSF() {
	kind := 0
	if g.lay.short {
		kind = 1
	}
	best := -1
	try := func(part int, limit [4]int, code func(s [4]int) int) {
		var s [4]int
		at, length := 0, 0
		for i, n := range lsfBands[part][kind] {
			var or uint8
			for _, v := range g.sf[at : at+n] {
				or = max(or, v)
			}
			at += n
			if s[i] = bits.Len8(or); s[i] > limit[i] {
				return
			}
			length += n * s[i]
		}
		if best < 0 || length < best {
			best, g.slen, g.compress = length, s, code(s)
		}
	}
	// The third range is that of preflag: see docs/mp3-encoder.md.
	try(0, [4]int{4, 4, 3, 3}, func(s [4]int) int { return (5*s[0]+s[1])<<4 | s[2]<<2 | s[3] })
	try(1, [4]int{4, 4, 3, 0}, func(s [4]int) int { return 400 + (5*s[0]+s[1])<<2 | s[2] })
	g.part2 = best
}

// groups are the bands whose scale factors the second granule of a frame may
// take from the first together: scfsi (ISO/IEC 11172-3, 2.4.2.7).
var groups = [5]int{0, 6, 11, 16, 21}

// reuse has g take from the granule before it the scale factors that are the
// same, if that saves bits.
func (g *granule) reuse(before *granule) {
	g.share = 0
	if g.lay.short || before.lay.short {
		return
	}
	saved := 0
	for i := range 4 {
		lo, hi := groups[i], groups[i+1]
		if string(g.sf[lo:hi]) != string(before.sf[lo:hi]) {
			continue
		}
		g.share |= 8 >> i
		n := g.slen[0]
		if lo >= 11 {
			n = g.slen[1]
		}
		saved += n * (hi - lo)
	}
	g.part2 -= saved
	if g.share == 15 {
		g.compress, g.slen = 0, [4]int{}
	}
}
