// Package timeline lays the runs of one or more files behind each other and
// so makes one recording of them. It finds the gaps that a clock in the
// stream reveals, between files and inside them, and ties each stretch to
// that clock.
//
// Position 0 is the first heard sample of the first file. Positions count
// samples that are heard; gaps take no room.
package timeline

import (
	"slices"
	"time"

	"github.com/spaces-cli/spaces/internal/media/track"
)

// MinGap is the least jump of the clock that counts as a gap. Clock tags come
// about once a second and are written when a packet is sent, so that smaller
// jumps are jitter.
const MinGap = 500 * time.Millisecond

// An Anchor ties one sample to a clock: Clock is what the clock showed when
// sample Sample of run Run of the file was heard.
type Anchor struct {
	Run    int
	Sample int64
	Clock  time.Duration // since the epoch of the clock
}

// A Piece is one file of a recording.
type Piece struct {
	Track   *track.Track
	Anchors []Anchor // in file order
	// Epoch is the time at which the clock of Anchors showed 0. It is the
	// zero Time when only differences of the clock mean anything.
	Epoch time.Time
	// Drop is how many units at its beginning are left out, as the pieces
	// before hold them too.
	Drop int64
	// Cuts are where the file was joined from parts that do not belong
	// together, in their order.
	Cuts []Cut
	// Lengths are those of the units, one list for each run. They are needed where
	// units need not last equally long.
	Lengths []track.Lengths
}

// last returns how many samples so many units of a run last, from unit first of the
// file on. ok is false if that is not known.
func (p Piece) last(run int, first, units int64) (samples int64, ok bool) {
	src := p.Track.Runs[run]
	if src.UnitSamples > 0 {
		return units * int64(src.UnitSamples), true
	}
	if run >= len(p.Lengths) {
		return 0, false
	}
	some := track.Lengths{Usual: p.Lengths[run].Usual}
	some.AddFrom(&p.Lengths[run], first-src.FirstUnit, units)
	return some.Total(), true
}

// A Cut is a place between two units at which a run ends and another begins,
// whatever the clock says.
type Cut struct {
	Unit int64 // index in the file of the first unit after it
	// Gap is how much time is missing there, as whoever joined the file knows.
	// A clock on both sides knows better.
	Gap time.Duration
	// Anew says that a clock without an epoch may start anew there.
	Anew bool
}

// A Run is a stretch of one file whose samples follow each other without a
// gap and share one configuration.
type Run struct {
	track.Config
	Piece     int   // index of the file
	FirstUnit int64 // index in the file of the first access unit
	Units     int64
	// Skip samples at the start and Trim samples at the end of the units are
	// decoded but not heard.
	Skip, Trim int64
	Samples    int64 // that are heard
	First      int64 // position of the first of them, at Timeline.SampleRate
	// Gap is how much time is missing before this run, by the clock or else by
	// the cuts of its file; 0 when none is missing or nobody knows.
	Gap time.Duration
	// Start is the time of the first heard sample, the median of what the
	// run's anchors say; zero when unknown.
	Start   time.Time
	Anchors int

	source int   // index in Track.Runs
	offset int64 // samples of the source run before the first unit
}

// Source returns the index in Track.Runs of the run that this one is of.
func (r *Run) Source() int { return r.source }

// A Timeline is a whole recording.
type Timeline struct {
	Runs       []Run
	SampleRate int   // of positions: that of the first run
	Samples    int64 // heard in all, at SampleRate
}

// Duration returns the sum of what is heard.
func (t *Timeline) Duration() time.Duration { return duration(t.Samples, t.SampleRate) }

// Seconds returns the same as a decimal.
func (t *Timeline) Seconds() float64 {
	if t.SampleRate == 0 {
		return 0
	}
	return float64(t.Samples) / float64(t.SampleRate)
}

// Build makes a timeline of pieces, in their order.
func Build(pieces []Piece) *Timeline {
	t := new(Timeline)
	var before clockEnd
	for i, p := range pieces {
		for r := range p.Track.Runs {
			if run := p.Track.Runs[r]; run.FirstUnit+run.Units <= p.Drop {
				continue
			}
			for _, s := range stretches(p, r) {
				s.run.Piece = i
				t.add(s, &before, p.Epoch)
			}
		}
	}
	return t
}

// clockEnd is what the clock shows where the timeline built so far ends.
type clockEnd struct {
	known bool
	epoch time.Time // of that clock
	piece int
	clock time.Duration
}

func (t *Timeline) add(s stretch, before *clockEnd, epoch time.Time) {
	r := s.run
	if t.SampleRate == 0 {
		t.SampleRate = r.SampleRate
	}
	r.First = t.Samples
	r.Samples = max(0, s.samples-r.Skip-r.Trim)
	heard := r.offset + r.Skip // in samples of the source run
	r.Gap = s.gap
	if n := len(s.offsets); n > 0 {
		if !epoch.IsZero() {
			r.Start = epoch.Add(median(s.offsets) + duration(heard, r.SampleRate))
		}
		// A relative clock says nothing across files, nor where it starts anew.
		if before.known && before.epoch.Equal(epoch) && (!epoch.IsZero() || before.piece == r.Piece && !s.anew) {
			start := median(head(s.offsets)) + duration(heard, r.SampleRate)
			switch gap := start - before.clock; {
			case gap >= MinGap:
				r.Gap = gap
			case (s.gap - gap).Abs() >= MinGap:
				r.Gap = 0
			}
		}
		end := median(tail(s.offsets)) + duration(heard+r.Samples, r.SampleRate)
		*before = clockEnd{known: true, epoch: epoch, piece: r.Piece, clock: end}
	} else if before.known {
		// Without a clock of its own the run is taken to follow at once.
		before.clock += s.gap + duration(r.Samples, r.SampleRate)
	}
	r.Anchors = len(s.offsets)
	t.Samples += rescale(r.Samples, t.SampleRate, r.SampleRate)
	t.Runs = append(t.Runs, r)
}

// An Interval is when a piece begins and ends by its clock.
type Interval struct{ Start, End time.Time }

// Interval returns when the first sample of the piece was heard and when the last
// one had been. ok is false if it has no clock that tells the time.
func (p Piece) Interval() (s Interval, ok bool) {
	t := Build([]Piece{p})
	for _, r := range t.Runs {
		if r.Start.IsZero() {
			continue
		}
		if !ok {
			// Runs before it are taken to come at once before it.
			s.Start, ok = r.Start.Add(-duration(r.First, t.SampleRate)), true
		}
		s.End = r.End()
	}
	if n := len(t.Runs); ok && t.Runs[n-1].Start.IsZero() {
		s.End = s.End.Add(duration(t.Samples-t.Runs[n-1].First, t.SampleRate))
	}
	if s.End.Before(s.Start) { // the clock was set back on the way
		s.End = s.Start.Add(t.Duration())
	}
	return s, ok
}

// End returns when the last heard sample of the run had been heard; zero when
// unknown.
func (r *Run) End() time.Time {
	if r.Start.IsZero() {
		return time.Time{}
	}
	return r.Start.Add(duration(r.Samples, r.SampleRate))
}

// Order returns the order in which pieces follow on one another by their
// clocks, as indices. A piece without a clock stays behind the one that it was
// given behind.
func Order(pieces []Piece) []int {
	starts := make([]time.Time, len(pieces))
	order := make([]int, len(pieces))
	for i, p := range pieces {
		order[i] = i
		if s, ok := p.Interval(); ok {
			starts[i] = s.Start
		} else if i > 0 {
			starts[i] = starts[i-1]
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return starts[a].Compare(starts[b]) })
	return order
}

// Position converts a place in a file, sample sample of its run number run,
// to a position on the timeline. Places that are not heard map to the nearest
// one that is.
func (t *Timeline) Position(piece, run int, sample int64) int64 {
	var last int64
	for i := range t.Runs {
		r := &t.Runs[i]
		if r.Piece != piece || r.source != run {
			if r.Piece > piece {
				break
			}
			continue
		}
		at := sample - r.offset - r.Skip
		if at <= 0 && last == 0 {
			return r.First
		}
		last = r.First + rescale(min(max(at, 0), r.Samples), t.SampleRate, r.SampleRate)
		if at < r.Samples {
			break
		}
	}
	return last
}

// stretch is a run on its way to the timeline, with what the clock minus the
// sample time says at each of its anchors.
type stretch struct {
	run     Run
	samples int64
	offsets []time.Duration
	gap     time.Duration // before it, as the cuts say
	anew    bool          // likewise
}

// stretches cuts run number r of p at its cuts and where its clock jumps.
func stretches(p Piece, r int) []stretch {
	src := p.Track.Runs[r]
	whole := stretch{
		run: Run{
			Config: src.Config, FirstUnit: src.FirstUnit, Units: src.Units,
			Skip: src.Skip, Trim: src.Trim, source: r,
		},
		samples: src.Samples,
	}
	if drop := p.Drop - src.FirstUnit; drop > 0 {
		if n, ok := p.last(r, src.FirstUnit, drop); ok {
			_, whole = split(whole, drop, n)
			whole.run.Skip = max(0, src.Skip-whole.run.offset)
		}
	}
	var anchors []Anchor
	for _, a := range p.Anchors {
		if a.Run == r {
			anchors = append(anchors, a)
		}
	}
	if _, ok := p.last(r, src.FirstUnit, 0); !ok {
		whole.offsets = clockOffsets(anchors, src.SampleRate)
		return []stretch{whole}
	}
	var out []stretch
	for _, c := range p.Cuts {
		switch at := c.Unit - whole.run.FirstUnit; {
		case at == 0:
			whole.gap += c.Gap
			whole.anew = whole.anew || c.Anew
		case at > 0 && at < whole.run.Units:
			samples, _ := p.last(r, whole.run.FirstUnit, at)
			first, rest := split(whole, at, samples)
			n := slices.IndexFunc(anchors, func(a Anchor) bool { return a.Sample >= rest.run.offset })
			if n < 0 {
				n = len(anchors)
			}
			out = append(out, jumps(p.Track, src, first, anchors[:n])...)
			whole, anchors = rest, anchors[n:]
			whole.gap, whole.anew = c.Gap, c.Anew
		}
	}
	return append(out, jumps(p.Track, src, whole, anchors)...)
}

// clockOffsets says what the clock minus the sample time is at each anchor.
func clockOffsets(anchors []Anchor, rate int) []time.Duration {
	offsets := make([]time.Duration, len(anchors))
	for i, a := range anchors {
		offsets[i] = a.Clock - duration(a.Sample, rate)
	}
	return offsets
}

// jumps cuts a stretch of run src where the clock of its anchors jumps.
func jumps(t *track.Track, src track.Run, whole stretch, anchors []Anchor) []stretch {
	offsets := clockOffsets(anchors, src.SampleRate)
	if src.UnitSamples == 0 {
		whole.offsets = offsets
		return []stretch{whole}
	}
	var out []stretch
	from := 0
	for i := 1; i < len(offsets); i++ {
		jump := offsets[i] - median(tail(offsets[from:i]))
		if jump < MinGap && jump > -MinGap || !confirmed(offsets, i) {
			continue
		}
		unit := cutUnit(t, src, anchors[i-1].Sample, anchors[i].Sample) - whole.run.FirstUnit
		if unit <= 0 || unit >= whole.run.Units {
			continue
		}
		first, rest := split(whole, unit, unit*int64(src.UnitSamples))
		first.offsets = offsets[from:i]
		out = append(out, first)
		whole, from = rest, i
	}
	whole.offsets = offsets[from:]
	return append(out, whole)
}

// confirmed reports whether the anchor after number i agrees with it: one odd
// tag alone is no gap.
func confirmed(offsets []time.Duration, i int) bool {
	return i+1 < len(offsets) && (offsets[i+1]-offsets[i]).Abs() < MinGap
}

// cutUnit says at which unit of the file the clock jumped that was right at
// sample a of the run and different at sample b: at the damage between them
// if there is any, else at b.
func cutUnit(t *track.Track, r track.Run, a, b int64) int64 {
	lo := r.FirstUnit + a/int64(r.UnitSamples)
	hi := r.FirstUnit + b/int64(r.UnitSamples)
	for _, d := range t.Damage.Places {
		if d.Unit > lo && d.Unit <= hi {
			return d.Unit
		}
	}
	return hi
}

// split parts a stretch behind so many units, which last n samples.
func split(s stretch, units, n int64) (first, rest stretch) {
	first, rest = s, s
	first.run.Units, first.run.Trim, first.samples = units, 0, n
	rest.run.Units -= units
	rest.run.FirstUnit += units
	rest.run.Skip, rest.run.offset, rest.samples, rest.gap, rest.anew = 0, s.run.offset+n, s.samples-n, 0, false
	return first, rest
}

// near is how many anchors beside a jump are looked at: enough that a few odd
// ones do not matter, few enough that the clock does not drift in between.
const near = 9

func head(d []time.Duration) []time.Duration { return d[:min(len(d), near)] }
func tail(d []time.Duration) []time.Duration { return d[max(0, len(d)-near):] }

func median(d []time.Duration) time.Duration {
	if len(d) <= near { // the common case, without allocating
		var b [near]time.Duration
		s := b[:copy(b[:], d)]
		slices.Sort(s)
		return s[len(s)/2]
	}
	s := slices.Clone(d)
	slices.Sort(s)
	return s[len(s)/2]
}

// duration is how long n samples last.
func duration(n int64, rate int) time.Duration {
	if rate == 0 {
		return 0
	}
	r := int64(rate)
	return time.Duration(n/r)*time.Second + time.Duration(n%r)*time.Second/time.Duration(r)
}

// rescale converts n samples at rate from to rate to, to the nearest.
func rescale(n int64, to, from int) int64 {
	if to == from || from == 0 {
		return n
	}
	f := int64(from)
	return n/f*int64(to) + (n%f*int64(to)+f/2)/f
}
