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
	voiced uint8 // what is less periodic is not one voice
}

const (
	pauseBelow  = 25.0 // dB below the loud hops lie the pauses
	faintest    = -65  // dBFS; what lies below is silence, however quiet all else is
	strongBelow = 8.0  // dB below talk
	loudBelow   = 12.0 // dB below the loudest that is near
	faintBelow  = 14.0
	roomMargin  = 6.0  // dB
	voicedShare = 0.85 // of how periodic the voices of the recording are
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
	// Lossy coding and an echo make all voices less periodic.
	clear(count[:])
	for _, h := range hops {
		if h.level > l.strong && h.flags&lost == 0 {
			count[h.voice]++
		}
	}
	l.voiced = uint8(voicedShare * float64(quantile(&count, 0.5)))
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
	breath float32 // 0 to 1: how much of what is loud in 2.4 s is not one voice
	crowd  float32 // 0 to 1: how much of the 2.4 s is loud and not one voice
}

// windowsOf sums up hops around the middles of the windows.
func windowsOf(hops []hop, l levels) []window {
	list := make([]window, len(hops)/windowHops)
	volumes := slider{hops: hops, keep: func(h hop) bool { return h.level > l.active && h.flags&lost == 0 }}
	rooms := slider{hops: hops, keep: func(h hop) bool { return h.flags&lost == 0 }}
	for i := range list {
		middle := i*windowHops + windowHops/2
		w := &list[i]
		w.volume = float32(math.NaN())
		if n := volumes.move(middle-hopsASecond, middle+hopsASecond); n*5 >= 2*hopsASecond*2 {
			w.volume = float32(hop{level: quantile(&volumes.count, 0.5)}.decibels())
		}
		rooms.move(middle-roomReach, middle+roomReach)
		w.hiss = hissOf(within(hops, middle, hissReach), l.strong)
		near := within(hops, middle, breathReach)
		if loud := loudest(near); loud >= l.faint {
			// A background that is heard in the pauses is no breath.
			room := above(quantile(&rooms.count, 0.1), roomMargin)
			w.breath, w.crowd = breathOf(near, max(room, below(loud, loudBelow)), l.voiced)
			w.rhythm = float32(rhythm(within(hops, middle, rhythmReach), l))
		}
	}
	return list
}

// So many hops on each side of its middle a window looks for things.
const (
	hissReach   = hopsASecond * 6 / 10
	breathReach = hopsASecond * 12 / 10
	roomReach   = hopsASecond * 10
)

// within returns the hops up to so many before and after the middle.
func within(hops []hop, middle, reach int) []hop {
	return hops[max(0, middle-reach):min(len(hops), middle+reach)]
}

// hissOf is how much of a hissReach on each side is noise above a level.
func hissOf(hops []hop, level uint8) float32 {
	noise := 0.0
	for _, h := range hops {
		if h.level > level {
			noise += float64(h.noise) / 255
		}
	}
	return float32(noise / (2 * hissReach))
}

// breathOf is how much of the hops above a level, and how much of all hops, is
// above that level and less periodic than a voice.
func breathOf(hops []hop, level, voiced uint8) (ofLoud, ofAll float32) {
	loud, breath := 0, 0
	for _, h := range hops {
		if h.level > level {
			loud++
			if h.voice < voiced {
				breath++
			}
		}
	}
	if loud == 0 {
		return 0, 0
	}
	return float32(breath) / float32(loud), float32(breath) / (2 * breathReach)
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
		power += float64(x[i] * x[i])
	}
	const flat = 2.5 // dB
	if power < flat*flat*float64(len(x)) {
		return 0
	}
	var r [maxLag + 2]float64
	for lag := minLag - 1; lag <= maxLag+1; lag++ {
		var sum, a, b float64
		for i := range len(x) - lag {
			sum += float64(x[i] * x[i+lag])
			a += float64(x[i] * x[i])
			b += float64(x[i+lag] * x[i+lag])
		}
		r[lag] = sum / math.Sqrt(float64(a*b)+1e-9)
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
