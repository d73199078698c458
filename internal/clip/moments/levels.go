package moments

import (
	"math"
	"slices"
)

// windowHops is how far apart the windows are in which hops are summed up:
// a quarter of a second.
const (
	windowHops    = 10
	windowsSecond = hopsASecond / windowHops
)

// levels says what is loud in a recording.
type levels struct {
	talk   uint8 // the usual level of what is said: the median of active hops
	active uint8 // what is louder is no pause
	strong uint8 // what is louder is heard as loud as what is said
	faint  uint8 // what is fainter is in the background
}

const (
	pauseBelow  = 25.0 // dB below the loud hops lie the pauses
	faintest    = -65  // dBFS; what lies below is silence, however quiet all else is
	strongBelow = 8.0  // dB below talk
	faintBelow  = 14.0
	roomMargin  = 6.0 // dB
)

// levelsOf finds the levels of hops; ok is false where all is silence.
func levelsOf(hops []hop) (l levels, ok bool) {
	var count [256]int
	for _, h := range hops {
		if h.flags&lost == 0 {
			count[h.level]++
		}
	}
	room := quantile(&count, 0.05)
	silence := decibelLevel(faintest)
	clear(count[:silence+1])
	loud := quantile(&count, 0.95)
	if loud == 0 {
		return l, false
	}
	l.active = max(silence, below(loud, pauseBelow))
	clear(count[:l.active])
	l.talk = quantile(&count, 0.5)
	l.strong, l.faint = below(l.talk, strongBelow), below(l.talk, faintBelow)
	// In a noisy room pauses are as loud as the room.
	l.active = max(l.active, min(above(room, roomMargin), l.strong))
	return l, true
}

func decibelLevel(db float64) uint8 { return uint8(max(0, 255+levelSteps*db)) }

func below(level uint8, db float64) uint8 { return uint8(max(0, float64(level)-levelSteps*db)) }

func above(level uint8, db float64) uint8 { return uint8(min(255, float64(level)+levelSteps*db)) }

// quantile returns the value below which the share q of what was counted
// lies, or 0 if nothing was.
func quantile(count *[256]int, q float64) uint8 {
	all := 0
	for _, n := range count {
		all += n
	}
	left := int(q * float64(all))
	for v, n := range count {
		if left -= n; left < 0 {
			return uint8(v)
		}
	}
	return 0
}

// A window is what the hops around a moment have in common. What cannot be
// said is NaN.
type window struct {
	volume float32 // dBFS: the median of what is active within a second on each side
	hiss   float32 // 0 to 1: how much of the 1.2 s is noise as loud as what is said
	rhythm float32 // 0 to 1: how regularly the level rises and falls 3.5 to 8 times a second
	breath float32 // 0 to 1: how much noise there is in what is strong
}

// windowsOf sums up hops around the middles of the windows.
func windowsOf(hops []hop, l levels) []window {
	list := make([]window, len(hops)/windowHops)
	volumes := slider{hops: hops, keep: func(h hop) bool { return h.level > l.active && h.flags&lost == 0 }}
	for i := range list {
		middle := i*windowHops + windowHops/2
		w := &list[i]
		*w = window{float32(math.NaN()), 0, 0, 0}
		if n := volumes.move(middle-hopsASecond, middle+hopsASecond); n*5 >= 2*hopsASecond*2 {
			w.volume = float32(hop{level: quantile(&volumes.count, 0.5)}.decibels())
		}
		near := hops[max(0, middle-reach):min(len(hops), middle+reach)]
		noisy, _ := noiseAbove(near, l.strong)
		w.hiss = float32(noisy / (2 * reach))
		loud := loudest(near)
		if loud < l.faint {
			continue
		}
		noisy, n := noiseAbove(near, below(loud, strongBelow))
		w.breath = float32(noisy / n)
		w.rhythm = float32(rhythm(hops[max(0, middle-rhythmReach):min(len(hops), middle+rhythmReach)], l))
	}
	return list
}

// reach is how far on each side of its middle a window looks for noise.
const reach = hopsASecond * 6 / 10

// noiseAbove adds up how much noise is in the hops above a level, and counts
// them.
func noiseAbove(hops []hop, level uint8) (noise, n float64) {
	for _, h := range hops {
		if h.level > level {
			noise += float64(h.noise) / 255
			n++
		}
	}
	return noise, n
}

// loudest returns the level that all but a fifth of some hops are below.
func loudest(hops []hop) uint8 {
	var count [256]int
	for _, h := range hops {
		count[h.level]++
	}
	return quantile(&count, 0.8)
}

// A slider counts the levels of those hops of a stretch that it keeps.
type slider struct {
	hops     []hop
	keep     func(hop) bool
	from, to int
	n        int
	count    [256]int
}

// move moves the stretch on, and returns how many hops it keeps of it.
func (s *slider) move(from, to int) int {
	from, to = max(0, from), min(len(s.hops), to)
	for ; s.to < to; s.to++ {
		s.add(s.hops[s.to], 1)
	}
	for ; s.from < from; s.from++ {
		s.add(s.hops[s.from], -1)
	}
	return s.n
}

func (s *slider) add(h hop, n int) {
	if s.keep(h) {
		s.count[h.level] += n
		s.n += n
	}
}

// Laughter comes in calls, about five a second. Syllables do too, but they are
// of many lengths.
const (
	rhythmReach = hopsASecond * 9 / 10
	minLag      = 5  // hops: 8 Hz
	maxLag      = 11 // 3.6 Hz
	trend       = 8  // hops on each side: what changes more slowly is no rhythm
)

// rhythm is how much the levels of hops resemble themselves one beat later: the
// highest peak of their autocorrelation at those lags.
func rhythm(hops []hop, l levels) float64 {
	var x [2 * rhythmReach]float64
	if len(hops) < len(x) {
		return 0
	}
	least := below(l.talk, pauseBelow)
	for i := range x {
		// What lies beyond the ends stands still.
		for k := i - trend; k <= i+trend; k++ {
			x[i] -= float64(max(hops[min(len(hops)-1, max(0, k))].level, least))
		}
		x[i] = (float64(max(hops[i].level, least)) + x[i]/(2*trend+1)) / levelSteps
	}
	var power float64
	for i := range x {
		power += x[i] * x[i]
	}
	const flat = 2.5 // dB
	if power < flat*flat*float64(len(x)) {
		return 0
	}
	var r [maxLag + 2]float64
	for lag := minLag - 1; lag <= maxLag+1; lag++ {
		var sum, a, b float64
		for i := range len(x) - lag {
			sum += x[i] * x[i+lag]
			a += x[i] * x[i]
			b += x[i+lag] * x[i+lag]
		}
		r[lag] = sum / math.Sqrt(a*b+1e-9)
	}
	best := 0.0
	for lag := minLag; lag <= maxLag; lag++ {
		if r[lag] >= r[lag-1] && r[lag] >= r[lag+1] {
			best = max(best, r[lag])
		}
	}
	return best
}

// nth returns the value below which the share q of list lies, which it sorts;
// 0 if list is empty.
func nth(list []float64, q float64) float64 {
	if len(list) == 0 {
		return 0
	}
	slices.Sort(list)
	return list[min(len(list)-1, int(q*float64(len(list))))]
}
