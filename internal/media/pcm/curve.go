package pcm

import "math"

// A LimitCurve predicts the gain of Limit from the true peaks of short parts,
// of a millisecond or so, without the samples.
type LimitCurve struct {
	ceiling float64
	ahead   int64 // parts
	release float64
	next    int64
	resting int64 // parts in a row that need no limiting

	window       lowest
	held         float64
	slow, smooth average
}

// NewLimitCurve returns the curve of a limiter with this ceiling, for parts of
// so many frames.
func NewLimitCurve(sampleRate, frames int, ceiling float64) *LimitCurve {
	ahead := float64(sampleRate*limitAhead) / 1000 / float64(frames)
	c := &LimitCurve{ceiling: ceiling, ahead: int64(ahead), held: 1}
	c.release = 1 - math.Exp(-1000*float64(frames)/(limitRelease*float64(sampleRate)))
	half := int(math.Round(ahead / 2))
	c.slow, c.smooth = newAverage(half), newAverage(half)
	return c
}

// Delay is how many parts later the gain of a part is known.
func (c *LimitCurve) Delay() int { return int(c.ahead) }

// Next takes the true peak of the next part and returns the gain of the part
// that lies Delay parts before it, 1 if there is none.
func (c *LimitCurve) Next(peak float64) float64 {
	gain := 1.0
	if peak > c.ceiling {
		gain = c.ceiling / peak
		c.resting = 0
	}
	part := c.next - c.ahead
	// Once the release has ended, averages of ones are left.
	if c.resting++; c.held == 1 && c.resting > 4*c.ahead+2 {
		c.window.index, c.window.value = append(c.window.index[:0], c.next), append(c.window.value[:0], 1)
		c.next++
		return 1
	}
	low := c.window.push(c.next, gain, part)
	c.next++
	if part < 0 {
		return 1
	}
	if low < c.held || part == 0 {
		c.held = low
	} else {
		c.held = released(c.held, low, c.release)
	}
	return c.smooth.add(c.slow.add(c.held))
}

// released is a held gain on its way back to the one that is needed.
func released(held, low, release float64) float64 {
	const near = 1e-6 // ten millionths of a decibel
	held += float64((low - held) * release)
	if held > low-near {
		return low
	}
	return held
}
