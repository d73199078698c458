package loudness

import (
	"math"
	"slices"

	"github.com/spaces-cli/spaces/internal/media/sinc"
)

// Between any two samples the signal may rise above both. BS.1770-4, Annex 2,
// finds such peaks by interpolating until the rate is at least 192 kHz: four
// times below 96 kHz, twice below 192 kHz. Here the interpolator has 16 taps
// for each position where the standard's has 12.
const (
	taps    = 16
	half    = taps / 2
	history = taps - 1 // samples that a cell needs from the one before it
)

// group is how many samples the peak meter judges at once.
const group = 32

// interpolator holds the coefficients for the positions 1/4, 1/2 and 3/4
// between samples. Position 1/2 is symmetric, and 3/4 is 1/4 reversed, so with
// the samples paired around the position, sums and differences of pairs serve
// all three.
type interpolator struct {
	even, odd [half]float32 // of position 1/4, for sums and for differences
	middle    [half]float32 // of position 1/2, for sums
	// bound is how much the largest output can exceed the largest input:
	// the greatest sum of the coefficients' magnitudes.
	bound float32
	// Where second differences of the samples are at most d, an output exceeds the
	// larger of the two samples beside it by at most uneven times the largest input
	// and bend times d.
	uneven, bend float32
}

func newInterpolator() interpolator {
	quarter, middle := sinc.Between(half, 0.25), sinc.Between(half, 0.5)
	var p interpolator
	var l1 float64
	for _, h := range [][]float64{quarter, middle} {
		var sum float64
		for _, c := range h {
			sum += math.Abs(c)
		}
		l1 = max(l1, sum)
	}
	for k := range half {
		a, b := quarter[half-1-k], quarter[half+k]
		p.even[k], p.odd[k] = float32((a+b)/2), float32((a-b)/2)
		p.middle[k] = float32(middle[half+k])
	}
	const errs = 1e-5 // more than float32 arithmetic can err
	p.bound = float32(l1 * (1 + errs))
	for at, h := range map[float64][]float64{0.25: quarter, 0.5: middle} {
		uneven, bend := bends(h, at)
		p.uneven, p.bend = max(p.uneven, float32(uneven+errs)), max(p.bend, float32(bend*(1+errs)))
	}
	return p
}

// bends says by how much an output of the coefficients h, for a position between
// the two samples in the middle, can differ from the straight line between them.
// Samples follow from these two and the second differences of all: what is left of
// h without the line is summed up for each.
func bends(h []float64, at float64) (uneven, bend float64) {
	rest := slices.Clone(h)
	rest[half-1] -= 1 - at
	rest[half] -= at
	var level, slope float64
	for k, r := range rest {
		level += r
		slope += float64(r * float64(k-half+1))
	}
	for j := 1; j < taps-1; j++ {
		var sum float64
		for k, r := range rest {
			if j < half {
				sum += float64(r * float64(max(0, j-k)))
			} else {
				sum += float64(r * float64(max(0, k-j)))
			}
		}
		bend += math.Abs(sum)
	}
	return math.Abs(level) + 2*math.Abs(slope), bend
}

// peakMeter finds the largest sample and the largest true peak.
type peakMeter struct {
	interpolator
	factor               int // of oversampling: 4, 2 or 1
	samplePeak, truePeak float32
}

func newPeakMeter(rate int) peakMeter {
	p := peakMeter{interpolator: newInterpolator(), factor: 4}
	switch {
	case rate >= 192000:
		p.factor = 1
	case rate >= 96000:
		p.factor = 2
	}
	return p
}

// scan looks for peaks in a channel's samples, of which the first history ones
// were there before. It turns invalid samples into zeros, says how many there
// were, and returns the largest sample.
func (p *peakMeter) scan(x []float32) (peak float32, invalid int) {
	const most = (history+MaxRate/cellsPerSecond+history)/group + 2
	var peaks [most]float32
	n := (len(x) + group - 1) / group
	for g := range n {
		part := x[g*group : min(len(x), (g+1)*group)]
		bits := magnitude(part)
		if bits >= invalidFrom {
			invalid += repair(part)
			bits = magnitude(part)
		}
		peaks[g] = math.Float32frombits(bits)
		peak = max(peak, peaks[g])
	}
	p.samplePeak = max(p.samplePeak, peak)
	p.truePeak = max(p.truePeak, peak)
	if p.factor == 1 {
		return peak, invalid
	}
	// The positions of a group reach into the samples of the next. Where not
	// even the worst case comes above the peak so far, nothing is computed;
	// in speech that spares nearly all.
	outputs := len(x) - history
	for g := 0; g*group < outputs; g++ {
		if max(peaks[g], peaks[g+1])*p.bound > p.truePeak {
			p.interpolate(x[g*group : min(outputs, (g+1)*group)+history])
		}
	}
	return peak, invalid
}

// invalidFrom is what makes a value invalid: more than 180 dB above full scale,
// infinite or NaN. It is told from the bits of its magnitude, among which NaNs
// come last. What is below can be computed with and never overflows.
const invalidFrom = 0x4E6E6B28 // 1e9

// magnitude returns the bits of the largest absolute value. Without their
// sign, floats sort like integers.
func magnitude(x []float32) uint32 {
	const sign = 1 << 31
	var m, n uint32 // two, since each waits for the one before it
	for len(x) >= 4 {
		m = max(m, math.Float32bits(x[0])&^sign, math.Float32bits(x[1])&^sign)
		n = max(n, math.Float32bits(x[2])&^sign, math.Float32bits(x[3])&^sign)
		x = x[4:]
	}
	for _, v := range x {
		m = max(m, math.Float32bits(v)&^sign)
	}
	return max(m, n)
}

// repair turns invalid values into zeros and says how many there were.
func repair(x []float32) (invalid int) {
	for i, v := range x {
		if math.Float32bits(v)&^(1<<31) >= invalidFrom {
			x[i] = 0
			invalid++
		}
	}
	return invalid
}

// interpolate looks for peaks between the samples of x.
func (p *peakMeter) interpolate(x []float32) {
	best := p.truePeak
	for len(x) >= taps {
		var middle, even, odd float32
		w := (*[taps]float32)(x)
		for k := 0; k < half; k += 2 {
			before, after := w[half-1-k], w[half+k]
			sum := before + after
			// Converted, so that no compiler fuses products and sums.
			middle += float32(p.middle[k] * sum)
			even += float32(p.even[k] * sum)
			odd += float32(p.odd[k] * (before - after))
			before, after = w[half-2-k], w[half+1+k]
			sum = before + after
			middle += float32(p.middle[k+1] * sum)
			even += float32(p.even[k+1] * sum)
			odd += float32(p.odd[k+1] * (before - after))
		}
		best = max(best, abs(middle))
		if p.factor == 4 {
			best = max(best, abs(even+odd), abs(even-odd))
		}
		x = x[1:]
	}
	p.truePeak = best
}

func abs(x float32) float32 { return math.Float32frombits(math.Float32bits(x) &^ (1 << 31)) }
