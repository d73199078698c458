package encode

import "math"

// A need is what a granule asks for: what its bands hold, and how much noise
// each may have.
type need struct {
	thr    [39]float32
	energy [39]float32
	root   [39]float32 // Σ √|x|
}

// measure fills mag and what need knows of the lines themselves.
func (g *granule) measure(n *need) {
	l := g.lay
	for b := range l.n {
		lo, hi := l.first[b], min(l.first[b+1], g.end)
		var energy, root float32
		if lo < hi {
			x := g.x[lo:hi]
			mag := g.mag[lo:hi]
			mag = mag[:len(x)]
			for i, v := range x {
				s := float32(math.Sqrt(math.Abs(float64(v))))
				root += s
				energy += float32(v * v)
				mag[i] = s * float32(math.Sqrt(float64(s)))
			}
		}
		n.energy[b], n.root[b] = energy, root
	}
}

// demand estimates how many bits the noise may cost that is louder times as
// strong as the thresholds.
func (n *need) demand(l *layout, end int, louder float32) float32 {
	var sum float32
	for b := range l.n {
		lo, hi := l.first[b], min(l.first[b+1], end)
		if lo >= hi || n.energy[b] <= 0 {
			continue
		}
		sum += float32(float32(hi-lo) * log2(1+n.energy[b]/(louder*n.thr[b])))
	}
	return sum / 2
}

// log2 is within 0.01 of the logarithm of a positive normal number: the
// exponent, and of the mantissa a parabola.
func log2(v float32) float32 {
	b := math.Float32bits(v)
	e := float32(int(b>>23) - 127)
	m := math.Float32frombits(b&(1<<23-1) | 127<<23)
	return e + float32((float32(-0.33333333*m)+2)*m) - 1.6666667
}

// An allocator spreads the bits of a granule over its bands.
type allocator struct {
	powers *powers
	lsf    bool
	most   [39]int32
	noise  [39]float32
	want   [39]float32
	// level is by how many powers of 2 the noise of the last granule of each
	// channel was over its thresholds.
	level   [2]float32
	shaping float32 // of the granule
}

const (
	// mostShaping and leastShaping are how much of the shape of the thresholds
	// the noise of long blocks takes, on a scale of decibels: at 0 it would be
	// flat, and the error smallest. The less of it stands out the flatter it
	// may be: at loudNoise (as a power of 2 over the thresholds) the shape is
	// followed most, at softNoise least.
	mostShaping, leastShaping = 0.35, 0.1
	loudNoise, softNoise      = -1, -4
	// shortShaping is the same of short blocks, whose windows differ most.
	shortShaping = 1
	// refinements is how often the scale factors are corrected by the noise
	// that comes out.
	refinements = 3
)

// allocate sets scale factors, gain and numbers so that the granule takes at
// most so many bits.
func (a *allocator) allocate(g *granule, n *need, ch, target, guess int) {
	l := g.lay
	g.settings = settings{gain: guess}
	if a.empty(g) {
		return
	}
	a.shaping = shortShaping
	if !l.short {
		t := (a.level[ch] - softNoise) / (loudNoise - softNoise)
		a.shaping = leastShaping + float32((mostShaping-leastShaping)*min(max(t, 0), 1))
	}
	a.shape(g, n)
	a.fit(g, target)
	best, cost := g.settings, a.cost(g, n)
	last := true
	for i := range refinements {
		changed, level := a.correct(g, n)
		if i == 0 {
			a.level[ch] = level
		}
		if !changed {
			break
		}
		a.fit(g, target)
		c := a.cost(g, n)
		if last = c < cost; last {
			best, cost = g.settings, c
		}
	}
	if !last {
		g.settings = best
		a.powers.quantize(g, &a.most)
	}
	g.count(&a.most)
	g.divide(&a.most)
}

// empty reports whether there is nothing to code.
func (a *allocator) empty(g *granule) bool {
	for _, v := range g.mag[:g.end] {
		if v != 0 {
			return false
		}
	}
	clear(g.ix[:])
	g.gain = 210
	return true
}

// shape sets the scale factors so that the noise of a quantizer of many levels,
// which is 4/27 Δ^(3/2) Σ√|x| for steps of Δ at 1, has the shape of the
// thresholds.
func (a *allocator) shape(g *granule, n *need) {
	l := g.lay
	var mean, weight float32
	for b := range l.coded {
		a.want[b] = float32(math.Inf(1))
		if n.root[b] <= 0 || n.energy[b] <= 0.5*n.thr[b] {
			continue
		}
		a.want[b] = log2(6.75*n.thr[b]/n.root[b]) * 8 / 3
		mean += a.want[b]
		weight++
	}
	clear(g.sf[:])
	if weight == 0 {
		return
	}
	mean /= weight
	top := float32(math.Inf(-1))
	for b := range l.coded {
		if w := a.want[b]; w < math.MaxFloat32 {
			a.want[b] = mean + float32(a.shaping*(w-mean))
			top = max(top, a.want[b])
		}
	}
	if l.short {
		a.amplifyWindows(g, top)
	}
	// No band may have to be amplified by more than fits.
	var over float32
	for b := range l.coded {
		if w := a.want[b]; w < math.MaxFloat32 {
			over = max(over, float32((top-w)/2)-float32(l.limit(b, a.lsf)))
		}
	}
	step := float32(2)
	if over > 2 {
		g.scale, step = 1, 4
	}
	for b := range l.coded {
		if w := a.want[b]; w < math.MaxFloat32 {
			g.sf[b] = uint8(min(max(int((top-w)/step+0.5), 0), l.limit(b, a.lsf)))
		}
	}
}

// amplifyWindows sets the gains of windows all of whose bands need finer steps,
// and takes these off what the bands want.
func (a *allocator) amplifyWindows(g *granule, top float32) {
	most := [3]float32{}
	for w := range most {
		most[w] = float32(math.Inf(-1))
	}
	for b, w := range g.lay.window[:g.lay.coded] {
		if a.want[b] < math.MaxFloat32 {
			most[w] = max(most[w], a.want[b])
		}
	}
	for w, v := range most {
		if !math.IsInf(float64(v), 0) {
			g.sub[w] = min(int((top-v)/8), 7)
		}
	}
	for b, w := range g.lay.window[:g.lay.coded] {
		a.want[b] += float32(8 * g.sub[w])
	}
}

// fit finds the lowest gain with which the granule takes at most so many bits.
func (a *allocator) fit(g *granule, target int) {
	g.store(a.lsf)
	lo, hi := -1, 256 // too many bits, few enough
	gain := min(max(g.gain, 0), 255)
	for {
		g.gain = gain
		bits := 1 << 20
		if a.powers.quantize(g, &a.most) {
			bits = g.count(&a.most) + g.part2
		}
		if bits <= target {
			hi = gain
		} else {
			lo = gain
		}
		if hi-lo <= 1 {
			break
		}
		// A line that is not small takes a bit more for every four steps.
		slope := float32(float32(g.ones)*0.2) + 8
		move := int(float32(bits-target) / slope)
		switch {
		case bits == 1<<20:
			move = 16
		case bits > target:
			move = max(move, 1)
		default:
			move = min(move, -1)
		}
		gain += move
		if gain <= lo || gain >= hi {
			gain = (lo + hi) / 2
			if hi == 256 {
				gain = min(lo+8, 255)
			}
		}
	}
	if g.gain != hi {
		g.gain = min(hi, 255)
		a.powers.quantize(g, &a.most)
		g.count(&a.most)
	}
}

// cost says how bad the noise is, by what of it stands out.
func (a *allocator) cost(g *granule, n *need) float32 {
	a.powers.noise(g, &a.noise)
	var sum float32
	for b := range g.lay.n {
		sum += log2(1 + a.noise[b]/n.thr[b])
	}
	return sum
}

// correct amplifies the bands whose noise stands out most, and lowers those
// with the least. It reports whether that changed anything, and by how many
// powers of 2 the noise is over the thresholds.
func (a *allocator) correct(g *granule, n *need) (changed bool, level float32) {
	l := g.lay
	var ratio [39]float32
	var mean, count float32
	for b := range l.coded {
		if n.energy[b] <= n.thr[b] || n.root[b] == 0 {
			continue
		}
		ratio[b] = log2(a.noise[b]/n.thr[b] + 1e-6)
		mean += ratio[b]
		count++
	}
	if count == 0 {
		return false, softNoise
	}
	mean /= count
	step := float32(1 + g.scale)
	for b := range l.coded {
		if n.energy[b] <= n.thr[b] || n.root[b] == 0 {
			continue
		}
		d := (ratio[b] - mean) * a.shaping
		switch {
		case d > 0.75*step && int(g.sf[b]) < l.limit(b, a.lsf):
			g.sf[b]++
			changed = true
		case d < -0.75*step && g.sf[b] > 0:
			g.sf[b]--
			changed = true
		}
	}
	return changed, mean
}
