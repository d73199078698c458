package mp4

import (
	"math"
	"math/bits"
)

// maxTicks bounds every time of a track: no recording is as long, and the sum
// of two such times does not overflow.
const maxTicks = math.MaxInt64 / 4

// addTicks returns a + b for times from 0 to maxTicks, at most maxTicks.
func addTicks(a, b int64) int64 { return min(a+b, maxTicks) }

// mulTicks returns n × delta for values from 0, at most maxTicks.
func mulTicks(n, delta int64) int64 {
	hi, lo := bits.Mul64(uint64(n), uint64(delta))
	if hi > 0 || lo > maxTicks {
		return maxTicks
	}
	return int64(lo)
}

// rescale converts a time of 0 or more from one scale to another, both in
// units per second, to the nearest whole, at most maxTicks.
func rescale(t int64, to, from int64) int64 {
	if t <= 0 || to <= 0 || from <= 0 {
		return 0
	}
	if to == from {
		return min(t, maxTicks)
	}
	hi, lo := bits.Mul64(uint64(t), uint64(to))
	lo, carry := bits.Add64(lo, uint64(from/2), 0)
	hi += carry
	if hi >= uint64(from) {
		return maxTicks
	}
	q, _ := bits.Div64(hi, lo, uint64(from))
	return int64(min(q, maxTicks))
}
