package loudness

import "math"

// The gates, in LUFS and LU.
const (
	absoluteGate = -70 // BS.1770-4, Annex 1; Tech 3342
	relativeGate = -10 // BS.1770-4, for the integrated loudness
	rangeGate    = -20 // Tech 3342, for the loudness range
)

// The loudness range lies between these parts of the distribution (Tech 3342).
const (
	rangeLow  = 0.10
	rangeHigh = 0.95
)

// A histogram counts the mean squares of windows above the absolute gate. Its
// bins divide each octave into 512, so that a bin is at most 0.009 LU wide,
// and each knows the sum of what it holds: means are exact, only windows
// within one bin of the relative gate may fall on the wrong side of it, and
// memory does not grow with time.
type histogram struct {
	gate  float64 // mean square
	first uint64  // number of the bin that the gate lies in
	bins  []bin
}

type bin struct {
	count int64
	sum   float64
}

const (
	// A bin is numbered by the exponent and the upper bits of the mantissa
	// of the float64s that it holds.
	binBits  = 9
	binShift = 52 - binBits
	octaves  = 31 // up to +23 LUFS; what is louder shares the last bin
)

func newHistogram() histogram {
	gate := meanSquare(absoluteGate)
	return histogram{
		gate:  gate,
		first: math.Float64bits(gate) >> binShift,
		bins:  make([]bin, octaves<<binBits),
	}
}

func (h *histogram) add(meanSquare float64) {
	if !(meanSquare > h.gate) {
		return
	}
	i := min(int(math.Float64bits(meanSquare)>>binShift-h.first), len(h.bins)-1)
	h.bins[i].count++
	h.bins[i].sum += meanSquare
}

func (h *histogram) merge(o *histogram) {
	for i, b := range o.bins {
		h.bins[i].count += b.count
		h.bins[i].sum += b.sum
	}
}

// above returns the number and the mean of the windows in bins whose own mean
// is at least floor.
func (h *histogram) above(floor float64) (count int64, mean float64) {
	var sum float64
	for _, b := range h.bins {
		if b.count > 0 && b.sum/float64(b.count) >= floor {
			count += b.count
			sum += b.sum
		}
	}
	if count == 0 {
		return 0, 0
	}
	return count, sum / float64(count)
}

// relative returns the mean square that lies gate LU from the mean of all.
func (h *histogram) relative(gate float64) float64 {
	_, mean := h.above(0)
	return mean * math.Pow(10, gate/10)
}

// integrated returns the gated loudness (BS.1770-4, formulae 5 to 7).
func (h *histogram) integrated() Level {
	_, mean := h.above(h.relative(relativeGate))
	return loudness(mean)
}

// spread returns the loudness range (Tech 3342, section 2).
func (h *histogram) spread() Level {
	floor := h.relative(rangeGate)
	count, _ := h.above(floor)
	if count == 0 {
		return 0
	}
	low := h.nth(floor, int64(math.Round(rangeLow*float64(count-1))))
	high := h.nth(floor, int64(math.Round(rangeHigh*float64(count-1))))
	return loudness(high) - loudness(low)
}

// nth returns the value of the nth smallest window, counting from 0, of those
// that above counts.
func (h *histogram) nth(floor float64, n int64) float64 {
	for _, b := range h.bins {
		if b.count == 0 || b.sum/float64(b.count) < floor {
			continue
		}
		if n < b.count {
			return b.sum / float64(b.count)
		}
		n -= b.count
	}
	return 0
}
