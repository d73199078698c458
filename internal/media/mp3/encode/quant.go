package encode

import (
	"math"
	"slices"
)

// maxLine is the largest magnitude that can be coded: 15 and 13 linbits.
const maxLine = 15 + 1<<13 - 1

// rounding is what is added before the fraction is cut off. Less than ½, since
// small values are more frequent than large ones, and because steps grow with
// the value (ISO/IEC 11172-3, 3-C.1.5.4.4.1).
const rounding = 0.4054

const (
	minExponent = -210 - 4*(15+3) - 56
	maxExponent = 255 - 210
)

// powers hold the steps by exponent − minExponent: the step itself, and what a
// line's magnitude to the ¾ is multiplied with.
type powers struct {
	step, inverse [maxExponent - minExponent + 1]float32
	cube          [maxLine + 2]float32 // n^(4/3)
}

func newPowers() *powers {
	p := new(powers)
	for i := range p.step {
		e := float64(i + minExponent)
		p.step[i] = float32(math.Exp2(e / 4))
		p.inverse[i] = float32(math.Exp2(-e * 3 / 16))
	}
	for i := range p.cube {
		p.cube[i] = float32(math.Pow(float64(i), 4./3))
	}
	return p
}

// quantize sets the lines' numbers by the gain and scale factors, and most to
// the largest of each band. It reports false if one is too large to be coded.
func (p *powers) quantize(g *granule, most *[39]int32) bool {
	l := g.lay
	for b := range l.n {
		lo, hi := l.first[b], min(l.first[b+1], g.end)
		if lo >= hi {
			most[b] = 0
			if lo < l.first[b+1] {
				clear(g.ix[lo:l.first[b+1]])
			}
			continue
		}
		inv := p.inverse[g.exponent(b)-minExponent]
		mag := g.mag[lo:hi]
		ix := g.ix[lo:hi]
		ix = ix[:len(mag)]
		var top int32
		for i, v := range mag {
			n := int32(float32(v*inv) + rounding)
			ix[i] = n
			top = max(top, n)
		}
		clear(g.ix[hi:l.first[b+1]])
		if top > maxLine || top < 0 {
			return false
		}
		most[b] = top
	}
	return true
}

// noise computes the energy of the difference between the lines and what a
// decoder makes of them, for each band.
func (p *powers) noise(g *granule, out *[39]float32) {
	l := g.lay
	for b := range l.n {
		lo, hi := l.first[b], min(l.first[b+1], g.end)
		var sum float32
		if lo < hi {
			step := p.step[g.exponent(b)-minExponent]
			x := g.x[lo:hi]
			ix := g.ix[lo:hi]
			ix = ix[:len(x)]
			for i, v := range x {
				if v < 0 {
					v = -v
				}
				d := v - float32(p.cube[uint32(ix[i])%uint32(len(p.cube))]*step)
				sum += float32(d * d)
			}
		}
		out[b] = sum
	}
}

// count finds how the numbers are coded and returns how many bits that takes,
// with regions that are a good guess.
func (g *granule) count(most *[39]int32) int {
	l := g.lay
	end := g.end
	b := l.n - 1
	for ; b >= 0 && most[b] == 0; b-- {
	}
	if b < 0 {
		g.bigValues, g.ones, g.part3 = 0, 0, 0
		g.tables, g.quadTable, g.regions = [3]int{}, 0, [2]int{}
		return 0
	}
	end = min(end+end&1, (l.first[b+1]+1)&^1)
	for end >= 2 && g.ix[end-1]|g.ix[end-2] == 0 {
		end -= 2
	}
	big := end
	for big >= 4 && g.ix[big-1]|g.ix[big-2]|g.ix[big-3]|g.ix[big-4] <= 1 {
		big -= 4
	}
	g.bigValues, g.ones = big, end
	g.quadTable, g.part3 = countQuads(g.ix[big:end])
	cuts := g.guess(big)
	lo := 0
	for r, hi := range cuts {
		if lo < hi {
			var n int
			g.tables[r], n = regionBits(g.ix[lo:hi], g.largest(lo, hi, most))
			g.part3 += n
		} else {
			g.tables[r] = 0
		}
		lo = hi
	}
	return g.part3
}

// largest returns a bound of the values in [lo, hi): the largest of the bands
// that it touches, or where it ends within a band, of the values in it.
func (g *granule) largest(lo, hi int, most *[39]int32) int32 {
	l := g.lay
	var top int32
	for b := range l.n {
		first, last := l.first[b], l.first[b+1]
		if last <= lo {
			continue
		}
		if first >= hi {
			break
		}
		if most[b] <= top {
			continue
		}
		if first >= lo && last <= hi {
			top = most[b]
			continue
		}
		for _, v := range g.ix[max(first, lo):min(last, hi)] {
			top = max(top, v)
		}
	}
	return top
}

// guess sets the regions by the number of lines in pairs, and returns where
// they end.
func (g *granule) guess(big int) [3]int {
	l := g.lay
	switch {
	case g.block == short:
		g.regions = [2]int{8, 12}
		return [3]int{min(36, big), big, big}
	case g.block != long:
		g.regions = [2]int{7, 13}
		return [3]int{min(l.first[8], big), big, big}
	}
	bands := 1
	for l.first[bands] < big {
		bands++
	}
	// A third and another third of the bands: the lower a band the fewer
	// lines it has and the more do values in it differ.
	r0 := min(max(bands/3, 1), 16)
	r1 := min(max(bands/3, 1), 8)
	g.regions = [2]int{r0 - 1, r1 - 1}
	return [3]int{min(l.first[r0], big), min(l.first[r0+r1], big), big}
}

// divide finds the regions that take the fewest bits. The numbers must have
// been counted.
func (g *granule) divide(most *[39]int32) {
	if g.block != long || g.bigValues == 0 {
		return
	}
	var d division
	d.prepare(g, most)
	best := -1
	for r0 := 1; r0 <= min(16, d.bands); r0++ {
		t0, n0 := d.region(0, r0)
		if best >= 0 && n0 >= best {
			break
		}
		for r1 := 1; r1 <= 8 && (r1 == 1 || r0+r1 <= d.bands); r1++ {
			at := min(r0+r1, d.bands)
			t1, n1 := d.region(r0, at)
			t2, n2 := d.region(at, d.bands)
			if n := n0 + n1 + n2; best < 0 || n < best {
				best = n
				g.regions = [2]int{r0 - 1, r1 - 1}
				g.tables = [3]int{t0, t1, t2}
			}
		}
	}
	_, quads := countQuads(g.ix[g.bigValues:g.ones])
	g.part3 = best + quads
}

// A division knows how many bits the pairs take up to each band of long blocks,
// by all classes of tables.
type division struct {
	bands int
	most  [22]int32
	sums  [escapes + 1][23]uint64
}

func (d *division) prepare(g *granule, most *[39]int32) {
	l := g.lay
	top := classOf(slices.Max(most[:l.n]))
	for l.first[d.bands] < g.bigValues {
		lo, hi := l.first[d.bands], l.first[d.bands+1]
		m := most[d.bands]
		if hi > g.bigValues {
			hi = g.bigValues
			m = g.largest(lo, hi, most)
		}
		d.most[d.bands] = m
		d.bands++
		// A region with this band has no class below that of the band.
		for c := classOf(m); c <= top; c++ {
			d.sums[c][d.bands] = d.sums[c][d.bands-1] + classList()[c].sum(g.ix[lo:hi])
		}
	}
}

// region returns the table for bands from a to b, and the bits that it takes.
func (d *division) region(a, b int) (number, length int) {
	var top int32
	for _, m := range d.most[a:max(a, b)] {
		top = max(top, m)
	}
	if top == 0 {
		return 0, 0
	}
	c := classOf(top)
	return classList()[c].best(d.sums[c][b]-d.sums[c][a], top)
}
