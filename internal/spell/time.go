// Package spell writes times, sizes and numbers as people read them, and reads
// the dates that they write: one spelling for terminal, page, site and notes. A
// position is rounded down, so that who goes there misses nothing; a length goes
// to the nearest second.
package spell

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// Unknown stands where a time is not known.
const Unknown = "–"

// slack is less than a sample takes at any rate, and more than the error of a
// position that was computed in float64: 59.9999999 s is a minute.
const slack = 1e-6

// Position writes where something is, in seconds from the start, as 0:38 or
// 1:04:55. It is rounded down. A negative one is not known.
func Position(seconds float64) string {
	if !known(seconds) {
		return Unknown
	}
	return clock(int64(seconds + slack))
}

// Tenths is Position with tenths of a second, where they matter: 23:41.4. They
// are rounded down too.
func Tenths(seconds float64) string {
	if !known(seconds) {
		return Unknown
	}
	n := int64(10 * (seconds + slack))
	return fmt.Sprintf("%s.%d", clock(n/10), n%10)
}

// Exact is Position to the millisecond, with no more digits than it takes:
// 1:02:03.25. Whoever is told to start there starts on the sample.
func Exact(seconds float64) string {
	if !known(seconds) {
		return Unknown
	}
	ms := int64(math.Round(1000 * seconds))
	text := clock(ms / 1000)
	if ms %= 1000; ms != 0 {
		text += strings.TrimRight(fmt.Sprintf(".%03d", ms), "0")
	}
	return text
}

// Moment is Position, with tenths of a second unless there are none: 23:41.4,
// 0:38.
func Moment(seconds float64) string { return strings.TrimSuffix(Tenths(seconds), ".0") }

// Length writes how long something is, to the nearest second, as 0:38 or
// 1:04:55. A negative length is not known.
func Length(seconds float64) string {
	if !known(seconds) {
		return Unknown
	}
	return clock(int64(math.Round(seconds)))
}

func known(seconds float64) bool {
	return seconds >= 0 && !math.IsInf(seconds, 1) // nor NaN, which is not >= 0
}

func clock(s int64) string {
	if s < 3600 {
		return fmt.Sprintf("%d:%02d", s/60, s%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
}

// Short writes a small stretch of time with its unit: 0.4 s, 17.5 s, 12 min.
func Short(seconds float64) string {
	if seconds < 1 {
		return fmt.Sprintf("%.2g s", seconds)
	}
	if seconds < 120 {
		return strings.TrimSuffix(fmt.Sprintf("%.1f", seconds), ".0") + " s"
	}
	return fmt.Sprintf("%.0f min", seconds/60)
}

// Left writes how long something is still going to take, which is never known
// to the second: 40 s left, 4 min left, 1 h 20 min left.
func Left(d time.Duration) string {
	const step = 5 * time.Second
	switch {
	case d < step:
		return "a few seconds left"
	case d < 55*time.Second:
		return fmt.Sprintf("%d s left", (d+step/2)/step*step/time.Second)
	case d < 59*time.Minute+30*time.Second:
		return fmt.Sprintf("%d min left", max(1, (d+30*time.Second)/time.Minute))
	}
	const coarse = 10 * time.Minute
	d = (d + coarse/2) / coarse * coarse
	if d%time.Hour == 0 {
		return fmt.Sprintf("%d h left", d/time.Hour)
	}
	return fmt.Sprintf("%d h %d min left", d/time.Hour, d%time.Hour/time.Minute)
}
