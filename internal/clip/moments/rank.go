package moments

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/recording"
)

// An edge is where a span may begin or end.
type edge struct {
	start, end int     // hops: where a span that begins, or ends, here does
	quality    float64 // up to 1
	pause      float64 // seconds; 0 at a change of speaker without one
	sentence   bool    // it is there because a sentence begins or ends
}

const (
	minPause  = 0.25 // seconds: what is shorter may be a stop within a word
	goodPause = 0.7
	leadIn    = 6  // hops of a pause that are left before the first word
	leadOut   = 12 // and after the last
	longPause = 2.5
)

// edgesOf finds the pauses, and where somebody takes over without one. Breaks
// are hops that nothing reaches across.
func edgesOf(hops []hop, l levels, turns []space.Turn) []edge {
	var list []edge
	pause := func(from, to int) {
		length := float64(to-from) / hopsASecond
		if length < minPause {
			return
		}
		middle := (from + to) / 2
		list = append(list, edge{max(middle, to-leadIn), min(middle, from+leadOut), 0.5 + float64(0.3*min(1, length/goodPause)), length, false})
	}
	from := -1
	for i, h := range hops {
		switch quiet := h.level <= l.active; {
		case quiet && from < 0:
			from = i
		case !quiet && from >= 0:
			pause(from, i)
			from = -1
		}
	}
	if from >= 0 {
		pause(from, len(hops))
	}
	byStart := func(a, b edge) int { return cmp.Compare(a.start, b.start) }
	pauses := list
	for i := 1; i < len(turns); i++ {
		if turns[i].Handle == turns[i-1].Handle {
			continue
		}
		at := int(turns[i].Start * hopsASecond)
		const reach = tolerance * hopsASecond
		k, _ := slices.BinarySearchFunc(pauses, at-int(reach), func(e edge, at int) int { return cmp.Compare(e.start, at) })
		near := false
		for ; k < len(pauses) && pauses[k].start <= at+int(reach); k++ {
			pauses[k].quality = min(1, pauses[k].quality+0.2)
			near = true
		}
		if !near {
			if q := quietest(hops, at-int(reach), at+int(reach)); q >= 0 {
				list = append(list, edge{q, q, 0.4, 0, false})
			}
		}
	}
	slices.SortFunc(list, byStart)
	return list
}

// quietest returns the first of the quietest hops from one to another, or -1.
func quietest(hops []hop, from, to int) int {
	best := -1
	for i := max(0, from); i < min(len(hops), to); i++ {
		if best < 0 || hops[i].level < hops[best].level {
			best = i
		}
	}
	return best
}

// A ranker chooses spans around events.
type ranker struct {
	hops   []hop
	levels levels
	turns  []space.Turn
	events []event
	edges  []edge
	breaks []int // hops at which something else begins, the end of the recording too
	chosen []candidate
	length int // hops: the longest
	who    string
	whole  bool // sentences are known, and not cut
}

// A candidate may become a moment. It consists of the hops from one up to another.
type candidate struct {
	from, to   int
	start, end *edge // nil where there is none
	score      float64
	reasons    []Reason
}

// leastScore is the score below which nothing stands out.
const leastScore = 0.08

// rank chooses the moments.
func rank(f *features, breaks []int64, turns *space.Turns, o Options) []Moment {
	l, ok := levelsOf(f.hops)
	if !ok {
		return nil
	}
	r := &ranker{hops: f.hops, levels: l, length: int(o.Length.Seconds() * hopsASecond), who: strings.TrimPrefix(o.Speaker, "@")}
	if turns != nil {
		r.turns = slices.Clone(turns.Turns)
		slices.SortStableFunc(r.turns, func(a, b space.Turn) int { return cmp.Compare(a.Start, b.Start) })
	}
	r.events = eventsOf(f.hops, l, r.turns)
	r.edges = edgesOf(f.hops, l, r.turns)
	if len(o.Sentences) > 0 {
		r.edges, r.whole = between(r.edges, o.Sentences, f), true
	}
	for _, p := range breaks {
		r.breaks = append(r.breaks, countHops(p, f.rate))
	}
	r.breaks = append(r.breaks, int(f.samples*hopsASecond/int64(f.rate)))
	var list []Moment
	for _, s := range r.choose(o.Top) {
		at := f.position(s.from)
		m := Moment{Span: recording.Span{Start: at, Samples: f.position(s.to) - at}, Score: round(s.score), Reasons: s.reasons}
		m.Speakers = r.speakers(s)
		list = append(list, m)
	}
	return list
}

func round(x float64) float64 { return math.Round(x*1000) / 1000 }

// choose returns the best spans that do not overlap, best first.
func (r *ranker) choose(top int) []candidate {
	// The weak ones among very many events have no chance.
	order := slices.Clone(r.events)
	slices.SortStableFunc(order, func(a, b event) int { return -cmp.Compare(a.strength*a.kind.weight(), b.strength*b.kind.weight()) })
	order = order[:min(len(order), 20*top+100)]
	best := make([]candidate, len(order))
	for i, e := range order {
		best[i] = r.around(e)
	}
	for len(r.chosen) < top {
		at := -1
		for i, s := range best {
			if s.score >= leastScore && (at < 0 || s.score > best[at].score) {
				at = i
			}
		}
		if at < 0 {
			break
		}
		won := best[at]
		r.chosen = append(r.chosen, won)
		for i, s := range best {
			if s.from < won.to && won.from < s.to {
				best[i] = r.around(order[i])
			}
		}
	}
	return r.chosen
}

// around returns the best span that holds an event, or one without a score.
func (r *ranker) around(e event) candidate {
	// Turns may say anything.
	from, to := max(0, int(e.from*hopsASecond)), min(len(r.hops), int(math.Ceil(e.to*hopsASecond)))
	if to <= from {
		return candidate{}
	}
	if to-from > r.length*8/10 {
		// Longer than a span: its strongest part is about in its middle.
		middle := (from + to) / 2
		from, to = middle-r.length*4/10, middle+r.length*4/10
	}
	low, high := r.room(from, to)
	if low > from || high < to {
		low, high = max(low, 0), min(high, len(r.hops))
		from, to = max(from, low), min(to, high)
	}
	if to <= from {
		return candidate{}
	}
	shortest := min(r.length/2, high-low)
	var best candidate
	try := func(s candidate) {
		if s.from < low || s.to > high || s.from > from || s.to < to || s.to-s.from > r.length || s.to-s.from < shortest {
			return
		}
		if s.score = r.score(&s); s.score > best.score {
			best = s
		}
	}
	first, _ := slices.BinarySearchFunc(r.edges, to-r.length, func(e edge, at int) int { return cmp.Compare(e.start, at) })
	for i := max(0, first); i < len(r.edges) && r.edges[i].start <= from; i++ {
		start := &r.edges[i]
		for k := i + 1; k < len(r.edges) && r.edges[k].end <= start.start+r.length; k++ {
			try(candidate{from: start.start, to: r.edges[k].end, start: start, end: &r.edges[k]})
		}
		if !r.whole {
			try(candidate{from: start.start, to: min(high, start.start+r.length), start: start})
		}
	}
	if r.whole && best.score > 0 {
		r.explain(&best)
		return best
	}
	// Where nothing else fits: the event in the place where it does well.
	for _, share := range [...]float64{0.75, 0.5, 0.25} {
		at := max(low, min(high-r.length, (from+to)/2-int(share*float64(r.length))))
		try(candidate{from: at, to: min(high, at+r.length)})
	}
	if best.score > 0 {
		r.explain(&best)
	}
	return best
}

// room is how far a span may reach that holds the hops from one to another:
// to the next break, lost sound or span that was chosen on each side.
func (r *ranker) room(from, to int) (low, high int) {
	low, high = 0, len(r.hops)
	middle := (from + to) / 2
	for _, b := range r.breaks {
		if b <= middle {
			low = max(low, b)
		} else {
			high = min(high, b)
		}
	}
	for _, c := range r.chosen {
		switch {
		case c.to <= middle:
			low = max(low, c.to)
		case c.from > middle:
			high = min(high, c.from)
		default:
			return middle, middle
		}
	}
	low, high = max(low, to-2*r.length), min(high, from+2*r.length)
	for i := middle; i >= low; i-- {
		if r.hops[i].flags&lost != 0 {
			low = i + 1
		}
	}
	for i := middle; i < high; i++ {
		if r.hops[i].flags&lost != 0 {
			high = i
		}
	}
	return low, high
}

// weight is what an event of a kind at full strength is worth.
func (k ReasonKind) weight() float64 {
	switch k {
	case Laughter, Exchange:
		return 0.8
	case Applause, Raised:
		return 0.75
	}
	return 0
}

// each calls fn for the events in a span, with how much of each there is.
func (r *ranker) each(s *candidate, fn func(e event, part float64)) {
	from, to := float64(s.from)/hopsASecond, float64(s.to)/hopsASecond
	const longest = 60 // seconds, that an event can be
	first, _ := slices.BinarySearchFunc(r.events, from-longest, func(e event, at float64) int { return cmp.Compare(e.from, at) })
	for _, e := range r.events[first:] {
		if e.from >= to {
			break
		}
		inside := min(to, e.to) - max(from, e.from)
		if inside <= 0 || r.who != "" && e.handle != "" && !strings.EqualFold(e.handle, r.who) {
			continue
		}
		// Half of a laugh is worth less than half.
		whole := min(e.to-e.from, 0.8*float64(r.length)/hopsASecond)
		if part := min(1, inside/whole); part > 0.5 {
			fn(e, part*part)
		}
	}
}

// score is how good a span is: what happens in it, made less by all that mars
// it.
func (r *ranker) score(s *candidate) float64 {
	nothing := 1.0
	var main event
	kinds := make(map[ReasonKind]float64)
	r.each(s, func(e event, part float64) {
		worth := e.kind.weight() * e.strength * part
		kinds[e.kind] = max(kinds[e.kind], worth)
		if main.kind == "" || e.strength*e.kind.weight() > main.strength*main.kind.weight() {
			main = e
		}
	})
	for _, k := range [...]ReasonKind{Laughter, Applause, Raised, Exchange} {
		nothing *= 1 - kinds[k]
	}
	score := 1 - nothing
	if score <= 0 || !r.heard(s) {
		return 0
	}
	score *= 0.9 + 0.1*float64(s.to-s.from)/float64(r.length)
	score *= placed(main, s)
	score *= 0.76 + float64(0.12*quality(s.start)) + float64(0.12*quality(s.end))
	return score * r.flaws(s)
}

func quality(e *edge) float64 {
	if e == nil {
		return 0
	}
	return e.quality
}

// placed is how well an event lies in a span. People laugh and clap at what
// was said before; a raised voice or an exchange has to begin soon, and both
// need a moment to end.
func placed(e event, s *candidate) float64 {
	x := (float64(e.middle()*hopsASecond) - float64(s.from)) / float64(s.to-s.from)
	good := x > 0.1 && x < 0.75
	if e.kind == Laughter || e.kind == Applause {
		good = x > 0.5 && x < 0.95
	}
	if good {
		return 1
	}
	return 0.88
}

// flaws is 1 for a span without dead air and clipping, and less the more there
// is.
func (r *ranker) flaws(s *candidate) float64 {
	var quiet, clips, pause, longest int
	for _, h := range r.hops[s.from:s.to] {
		if h.flags&clipped != 0 {
			clips++
		}
		if h.level > r.levels.active {
			pause = 0
			continue
		}
		quiet++
		pause++
		longest = max(longest, pause)
	}
	n := float64(s.to - s.from)
	good := 1 - float64(1.5*max(0, float64(quiet)/n-0.35))
	if float64(longest)/hopsASecond > longPause {
		good *= 0.7
	}
	const most = 0.3 // of clipped hops: then nothing is left
	return max(0, good) * max(0, 1-float64(clips)/n/most)
}

// heard reports whether the one who is looked for speaks for a quarter of a
// span.
func (r *ranker) heard(s *candidate) bool {
	if r.who == "" {
		return true
	}
	talk := 0.0
	r.talkers(s, func(handle string, seconds float64) {
		if strings.EqualFold(handle, r.who) {
			talk += seconds
		}
	})
	return talk*4*hopsASecond >= float64(s.to-s.from)
}

// talkers tells who speaks in a span, and for how long.
func (r *ranker) talkers(s *candidate, fn func(handle string, seconds float64)) {
	from, to := float64(s.from)/hopsASecond, float64(s.to)/hopsASecond
	for _, t := range r.turns {
		if t.Start >= to {
			break
		}
		if n := min(t.End, to) - max(t.Start, from); n > 0 {
			fn(t.Handle, n)
		}
	}
}

// speakers lists who is heard in a span for a second or more, by how long.
func (r *ranker) speakers(s candidate) []string {
	talk := make(map[string]float64)
	var list []string
	r.talkers(&s, func(handle string, seconds float64) {
		if handle == "" {
			return
		}
		if _, ok := talk[handle]; !ok {
			list = append(list, handle)
		}
		talk[handle] += seconds
	})
	list = slices.DeleteFunc(list, func(h string) bool { return talk[h] < 1 })
	slices.SortStableFunc(list, func(a, b string) int { return -cmp.Compare(talk[a], talk[b]) })
	return list
}

// explain writes down why a span has its score.
func (r *ranker) explain(s *candidate) {
	weights := make(map[ReasonKind]float64)
	s.reasons = nil
	r.each(s, func(e event, part float64) {
		s.reasons = append(s.reasons, Reason{e.kind, round(e.from), round(e.to - e.from), round(e.strength), round(e.value), e.handle, false})
		weights[e.kind] = max(weights[e.kind], e.kind.weight()*e.strength)
	})
	slices.SortStableFunc(s.reasons, func(a, b Reason) int {
		return -cmp.Compare(a.Kind.weight()*a.Strength, b.Kind.weight()*b.Strength)
	})
	if e := s.start; e != nil {
		kind := Start
		if e.pause >= 0.6 && r.strong(s.from) {
			kind = Opening
		}
		s.reasons = append(s.reasons, Reason{Kind: kind, At: round(float64(s.from) / hopsASecond), Value: round(e.pause), Sentence: e.sentence})
	}
	if e := s.end; e != nil {
		s.reasons = append(s.reasons, Reason{Kind: End, At: round(float64(s.to) / hopsASecond), Value: round(e.pause), Sentence: e.sentence})
	}
}

// strong reports whether the two seconds from a hop on are loud.
func (r *ranker) strong(at int) bool {
	n, loud := 0, 0
	for _, h := range r.hops[at:min(len(r.hops), at+2*hopsASecond)] {
		if h.level > r.levels.active {
			n++
			if h.level > r.levels.talk {
				loud++
			}
		}
	}
	return n >= hopsASecond && 2*loud > n
}
