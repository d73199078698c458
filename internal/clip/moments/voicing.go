package moments

import "math"

// A voicer tells how periodic sound is, hop after hop: one voice repeats
// itself from one pulse of its glottis to the next, breath and claps do not,
// and neither do several voices at once, as no period fits them all. A noise
// in the background, mostly above the first formants, changes little of that.
//
// It is the normalised cross-correlation of each hop with what precedes it by
// the period of a voice (Talkin, A Robust Algorithm for Pitch Tracking, 1995),
// at about 4 kHz, of what lies between some 200 and 1800 Hz.
type voicer struct {
	step int // samples of the sound for one of ours
	sum  float64
	n    int // samples in sum
	last [2]float64
	past []float64 // as many as history, then those of this hop
}

const (
	voicerRate     = 4000 // Hz, about
	shortestPeriod = voicerRate / 400
	longestPeriod  = voicerRate / 75
	// Lags are looked at four at a time, from one before the shortest period
	// to one after the longest at least.
	firstLag = shortestPeriod - 1
	lags     = (longestPeriod + 1 - firstLag + 4) / 4 * 4
	history  = firstLag + lags
)

func newVoicer(rate int) *voicer {
	return &voicer{step: max(1, (rate+voicerRate/2)/voicerRate)}
}

// next returns how periodic the hop is that follows the last one, up to 255; 0
// for the first, which nothing precedes.
func (v *voicer) next(block []float32) uint8 {
	if drop := len(v.past) - history; drop > 0 {
		v.past = v.past[:copy(v.past, v.past[drop:])]
	}
	first := len(v.past)
	v.add(block)
	hop := v.past[first:]
	var power float64
	for _, x := range hop {
		power += float64(x * x)
	}
	const silent = 1e-8 // a mean square of -80 dBFS
	if scale := float64(v.step); first < history || power <= silent*scale*scale*float64(len(hop)) {
		return 0
	}
	var r [lags]float64
	correlate(&r, v.past, first)
	best := 0.0
	for i := 1; i <= longestPeriod-firstLag; i++ {
		a, b, c := r[i-1], r[i], r[i+1]
		if b <= 0 || b < a || b < c {
			continue
		}
		// The top lies between the samples: that of a parabola.
		if bend := 2*b - a - c; bend > 0 {
			b += (c - a) * (c - a) / (8 * bend)
		}
		best = max(best, b)
	}
	return uint8(math.Round(255 * min(1, best)))
}

// add brings sound to the lower rate. The sum of some samples keeps what is
// low of it, and the difference of two sums drops hum and rumble.
func (v *voicer) add(block []float32) {
	sum, n := v.sum, v.n
	for _, x := range block {
		sum += finite(x)
		if n++; n == v.step {
			v.past = append(v.past, sum-v.last[1])
			v.last[0], v.last[1] = sum, v.last[0]
			sum, n = 0, 0
		}
	}
	v.sum, v.n = sum, n
}

// correlate compares x from first on with itself, earlier by each of the lags:
// 1 for what repeats itself, 0 for what has nothing in common.
func correlate(r *[lags]float64, x []float64, first int) {
	hop := x[first:]
	var power, other float64 // of the hop, and of what is a lag earlier
	for i, a := range hop {
		power += float64(a * a)
		other += float64(x[first-firstLag+i] * x[first-firstLag+i])
	}
	for k := 0; k < lags; k += 4 {
		at := first - firstLag - k // where what is earlier begins
		earlier := x[at-3:][:len(hop)+3]
		var r0, r1, r2, r3 float64
		a, b, c := earlier[0], earlier[1], earlier[2]
		earlier = earlier[3:][:len(hop)]
		for i, y := range hop {
			d := earlier[i]
			r0 += float64(y * d)
			r1 += float64(y * c)
			r2 += float64(y * b)
			r3 += float64(y * a)
			a, b, c = b, c, d
		}
		for i, sum := range [4]float64{r0, r1, r2, r3} {
			r[k+i] = sum / math.Sqrt(power*max(other, 1e-9*power))
			begin, end := x[at-i-1], x[at-i-1+len(hop)]
			other += float64(begin*begin) - float64(end*end)
		}
	}
}
