package moments

import (
	"cmp"
	"math"
	"slices"

	"github.com/spaces-cli/spaces/internal/library/space"
)

// An event is something that stands out, from one time to another in seconds.
type event struct {
	kind     ReasonKind
	from, to float64
	strength float64 // above 0, up to 1
	value    float64 // what Reason has of its kind
	handle   string
}

func (e event) middle() float64 { return (e.from + e.to) / 2 }

// least is the strength below which nothing is an event.
const least = 0.05

// eventsOf finds all that stands out, in order of time.
func eventsOf(hops []hop, l levels, turns []space.Turn) []event {
	windows := windowsOf(hops, l)
	list := reactions(windows)
	if len(turns) > 0 {
		list = append(list, raisedOf(windows, turns)...)
		list = append(list, exchanges(turns, seconds(len(windows)))...)
	} else {
		list = append(list, raised(windows)...)
	}
	slices.SortFunc(list, func(a, b event) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to), cmp.Compare(a.kind, b.kind))
	})
	return list
}

// seconds is where a window's middle lies, to half a window.
func seconds(window int) float64 { return float64(window) / windowsSecond }

// smooth returns the mean of value over reach windows on each side. NaN counts
// as what is written in its place.
func smooth(windows []window, reach int, value func(window) float64) []float64 {
	raw := make([]float64, len(windows))
	for i, w := range windows {
		raw[i] = value(w)
	}
	out := make([]float64, len(raw))
	for i := range raw {
		from, to := max(0, i-reach), min(len(raw), i+reach+1)
		var sum float64
		for _, x := range raw[from:to] {
			sum += x
		}
		out[i] = sum / float64(to-from)
	}
	return out
}

// peaks returns events where strength is highest. They reach as far as it stays
// above a third of that, and are told for no longer than longest seconds: what
// goes on for longer is how things are.
func peaks(kind ReasonKind, strength []float64, longest float64, value func(at int) float64) []event {
	const rest = 1.0 / 3
	var list []event
	for i := 0; i < len(strength); {
		if strength[i] < least {
			i++
			continue
		}
		// A hill of strength; its summit counts.
		top, end := i, i
		for ; end < len(strength) && strength[end] >= least; end++ {
			if strength[end] > strength[top] {
				top = end
			}
		}
		from, to := top, top+1
		for from > i && strength[from-1] > strength[top]*rest {
			from--
		}
		for to < end && strength[to] > strength[top]*rest {
			to++
		}
		if seconds(end-i) <= longest {
			list = append(list, event{kind: kind, from: seconds(from), to: seconds(to), strength: min(1, strength[top]), value: value(top)})
		}
		i = end
	}
	return list
}

// reactions finds laughter and applause.
//
// What is said is one voice at a time, with pauses, and little of it is breath.
// One who laughs makes calls of breath and voice in a steady rhythm, and a third
// of all laughs have no voice at all (Bachorowski, Smoski and Owren, 2001).
// Where many laugh they do so at once, as they hardly ever speak (Laskowski and
// Burger, 2007): no period fits their voices, and nobody waits for a pause.
// Applause is noise over the whole spectrum and little else.
//
// How much of all that there is in what is merely said differs from voice to
// voice and from room to room: what counts is what rises above nearly all of
// the recording.
func reactions(windows []window) []event {
	rhythm := smooth(windows, 3, func(w window) float64 { return float64(w.rhythm) })
	breath := smooth(windows, 1, func(w window) float64 { return float64(w.breath) })
	one := make([]float64, len(windows))
	for i := range one {
		one[i] = rhythm[i] * breath[i]
	}
	many := smooth(windows, 1, func(w window) float64 { return float64(w.crowd) })
	hiss := smooth(windows, 3, func(w window) float64 { return float64(w.hiss) })

	strength := make([]float64, len(windows))
	rising(strength, one, 0.13, 0.45, 0.15)
	rising(strength, many, 0.3, 0.6, 0.2)
	const applause, longest = 0.75, 25
	rising(strength, hiss, 0.6, applause, 0.25)
	list := peaks(Laughter, strength, longest, func(at int) float64 { return float64(windows[at].breath) })
	for i, e := range list {
		// The middle of applause tells, not where it begins.
		if most := slices.Max(hiss[int(e.from*windowsSecond):int(e.to*windowsSecond)]); most >= applause {
			list[i].kind, list[i].value = Applause, most
		}
	}
	return list
}

// rising raises strength to how far values rise above the usual. That lies above
// all but a twentieth of the recording, by more than they vary up to there, and
// is no less than floor and no more than ceiling. So much above it, span, is all.
func rising(strength, values []float64, floor, ceiling, span float64) {
	const spread = 1.75 // found with made hours that are not those of the tests
	sorted := slices.Clone(values)
	middle, high := nth(sorted, 0.5), nth(sorted, 0.95)
	usual := min(ceiling, max(floor, high+float64(spread*(high-middle))))
	for i, x := range values {
		strength[i] = max(strength[i], min(1, (x-usual)/span))
	}
}

// A voice is raised from so many decibels above the usual on, at most so many
// seconds long.
const (
	raisedFrom    = 5.0
	raisedSpan    = 4.0
	raisedLongest = 25
)

// tolerance is how far in seconds turns may be off: the tags that they are made
// of come about once a second.
const tolerance = 1.2

// A person is how loud somebody usually speaks.
type person struct {
	usual float64 // dBFS: what they are below most of the time
	vary  float64 // dB from there to their louder tenth
	n     int     // windows that tell
}

// people are those who are heard around each window.
type people struct {
	turns  []space.Turn // by start
	active []int        // of turns, that may still be heard
	next   int
}

// move goes on to a time and calls fn for each who is heard around it.
func (p *people) move(at float64, fn func(handle string)) {
	for ; p.next < len(p.turns) && p.turns[p.next].Start <= at+tolerance; p.next++ {
		p.active = append(p.active, p.next)
	}
	p.active = slices.DeleteFunc(p.active, func(i int) bool { return p.turns[i].End < at-tolerance })
	for _, i := range p.active {
		fn(p.turns[i].Handle)
	}
}

// raisedOf finds where somebody is louder than they usually are.
func raisedOf(windows []window, turns []space.Turn) []event {
	var heard people
	heard.turns = turns
	volumes := make(map[string][]float64)
	each := func(fn func(i int, handles []string)) {
		heard.next, heard.active = 0, heard.active[:0]
		var handles []string
		for i := range windows {
			handles = handles[:0]
			heard.move(seconds(i), func(handle string) {
				if !slices.Contains(handles, handle) {
					handles = append(handles, handle)
				}
			})
			fn(i, handles)
		}
	}
	var all []float64
	each(func(i int, handles []string) {
		v := float64(windows[i].volume)
		if len(handles) == 1 && !math.IsNaN(v) {
			volumes[handles[0]] = append(volumes[handles[0]], v)
			all = append(all, v)
		}
	})
	persons := make(map[string]person)
	everybody := personOf(all)
	for handle, v := range volumes {
		persons[handle] = personOf(v)
	}
	const enough = 10 * windowsSecond
	excess := make([]float64, len(windows))
	who := make([]string, len(windows))
	each(func(i int, handles []string) {
		v := float64(windows[i].volume)
		excess[i] = math.Inf(-1)
		if math.IsNaN(v) || len(handles) == 0 {
			return
		}
		// Of several it may be the loudest.
		limit, vary := math.Inf(-1), 0.0
		for _, handle := range handles {
			p := persons[handle]
			if p.n < enough {
				p = person{max(p.usual, everybody.usual+everybody.vary), everybody.vary, 0}
				if p.n == 0 {
					p.usual = everybody.usual + everybody.vary
				}
			}
			if p.usual > limit {
				limit, vary, who[i] = p.usual, p.vary, handle
			}
		}
		excess[i] = v - limit - max(0, vary-raisedFrom/2)
	})
	list := peaks(Raised, strengths(excess, windows), raisedLongest, func(at int) float64 { return excess[at] })
	for i := range list {
		at := int(list[i].middle() * windowsSecond)
		list[i].handle = who[min(at, len(who)-1)]
	}
	return list
}

// strengths tells how far decibels above the usual stand out. A second and a
// quarter must be as loud; noise is no voice.
func strengths(excess []float64, windows []window) []float64 {
	out := make([]float64, len(excess))
	for i := range excess {
		low, noise := math.Inf(1), 0.0
		from, to := max(0, i-2), min(len(excess), i+3)
		for k := from; k < to; k++ {
			low = min(low, excess[k])
			noise += float64(windows[k].hiss) / float64(to-from)
		}
		const noisy = 0.6
		if noise < noisy {
			out[i] = min(1, (low-raisedFrom)/raisedSpan)
		}
	}
	return out
}

func personOf(v []float64) person {
	usual := nth(v, 0.6)
	return person{usual, max(0, nth(v, 0.9)-usual), len(v)}
}

// raised finds where it is louder than in the half minutes before and after:
// all that can be said when nothing tells who speaks.
func raised(windows []window) []event {
	excess := make([]float64, len(windows))
	const near, far = 6 * windowsSecond, 30 * windowsSecond
	for i, w := range windows {
		excess[i] = math.Inf(-1)
		v := float64(w.volume)
		if math.IsNaN(v) {
			continue
		}
		before, after := usualVolume(windows, i-far, i-near), usualVolume(windows, i+near, i+far)
		if usual := max(before, after); !math.IsInf(usual, -1) {
			excess[i] = v - usual
		}
	}
	return peaks(Raised, strengths(excess, windows), raisedLongest, func(at int) float64 { return excess[at] })
}

// usualVolume is the level that three fifths of the windows between two are
// below, or -Inf.
func usualVolume(windows []window, from, to int) float64 {
	var count [256]int
	n := 0
	for _, w := range windows[min(len(windows), max(0, from)):min(len(windows), max(0, to))] {
		if v := float64(w.volume); !math.IsNaN(v) {
			count[decibelLevel(v)]++
			n++
		}
	}
	if n == 0 {
		return math.Inf(-1)
	}
	return hop{level: quantile(&count, 0.6)}.decibels()
}

// exchangeSeconds is how long a quick exchange is looked for.
const exchangeSeconds = 15

// exchanges finds where one person takes over from another more often than
// usual.
func exchanges(turns []space.Turn, length float64) []event {
	var changes []int // turns that another person's precede
	for i := 1; i < len(turns); i++ {
		if turns[i].Handle != turns[i-1].Handle {
			changes = append(changes, i)
		}
	}
	// How many changes there usually are, in any quarter of a minute.
	var counts []float64
	first, end := 0, 0
	for at := 0.0; at < length; at++ {
		for end < len(changes) && turns[changes[end]].Start < at+exchangeSeconds {
			end++
		}
		for first < end && turns[changes[first]].Start < at {
			first++
		}
		counts = append(counts, float64(end-first))
	}
	const fewest, span = 4, 4
	usual := max(fewest, nth(counts, 0.9)+1)
	var list []event
	for i := range changes {
		k := i
		for k < len(changes) && turns[changes[k]].Start < turns[changes[i]].Start+exchangeSeconds {
			k++
		}
		n := float64(k - i)
		if n < usual {
			continue
		}
		from := max(turns[changes[i]-1].Start, turns[changes[i]].Start-tolerance)
		e := event{Exchange, from, turns[changes[k-1]].Start + tolerance, min(1, (n-usual+1)/span), n, ""}
		switch last := len(list) - 1; {
		case last < 0 || list[last].to <= e.from:
			list = append(list, e)
		case e.strength > list[last].strength:
			list[last] = e
		}
	}
	return list
}
