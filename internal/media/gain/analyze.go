package gain

import (
	"errors"
	"fmt"
	"math"

	"github.com/spaces-cli/spaces/internal/media/aac/syntax"
	"github.com/spaces-cli/spaces/internal/media/loudness"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// fine is how many parts a step has where peaks are kept: they are rounded up by
// at most 0.024 dB.
const fine = 64

// A block is what is known of the samples in which a unit overlaps with the one
// before it: all that lasts from its start to that of the next.
type block struct {
	heard  float32 // K-weighted energy
	energy float32
	alias  float32 // energy of the aliasing, for gains that differ by 1
	// Peaks in parts of a step over full scale: of the sound as it is, and of the
	// sound whose second unit is a step louder and a step softer.
	peak, louder, softer int16
	down, up             uint8 // by how many steps the unit can be shifted
}

const silent = math.MinInt16 / 2 // a peak that is none

// An Analysis is what is known of a recording before it is planned. It is for one
// goroutine at a time.
type Analysis struct {
	config track.Config
	floor  float64 // in dBTP
	blocks []block
	mean   float64 // see meanEnergy; 0 until it is asked for

	choices [][maxStates]int8 // of a search, to be used again
}

// An Analyzer takes the units of a recording with their samples, first to last.
// It keeps 20 bytes for each unit.
type Analyzer struct {
	coding   *coding
	config   track.Config
	weigher  *loudness.Weigher // nil where others weigh
	peaks    *loudness.PeakFinder
	level    float64 // the floor in dBTP
	floor    float32 // peaks below it are only bounded
	sure     float32 // those below it are not interpolated
	near     float32 // and changes of those below that are only bounded
	overlaps [slopes]overlap

	blocks []block
	kinds  [][2]slope // of the units that are not judged yet
	last   shape
	judged int

	skip   int
	planes [][]float32 // PeakReach samples before the next block, and all after
	part   [][]float32

	peakOf []float32 // of the groups of a channel: largest samples, then bounds of their true peaks
	limit  []float32 // of what peakOf becomes where the level changes
	x      []float32
	bent   []float32 // their second differences, from one group before them on; 0 where not known
}

// Floor returns the floor that is low enough to plan a recording of so many LUFS.
func Floor(integrated float64, o Options) float64 {
	return o.Ceiling - max(0, o.Target-integrated) - tops*StepDecibels - 1
}

// DefaultFloor is the level in dBTP below which peaks are only bounded. With a
// ceiling of -1 dBTP peaks above it matter to gains of 18 dB.
const DefaultFloor = -19

// nearCeiling is how far above the floor peaks are, in decibels, that come to the
// ceiling with the gain that is wanted, and not only with that of a peak's
// surroundings: see Floor.
const nearCeiling = 5

// NewAnalyzer returns an Analyzer of a recording that c describes. Peaks below
// floor, in dBTP, are not interpolated: see DefaultFloor. The error is an
// *UnsupportedError or says what in c cannot be shifted.
func NewAnalyzer(c track.Config, floor float64) (*Analyzer, error) {
	coding, err := newCoding(c)
	if err != nil {
		return nil, err
	}
	if coding.samples < 1 {
		return nil, &UnsupportedError{c.Codec}
	}
	weigher, err := loudness.NewWeigher(c.SampleRate, c.Channels)
	if err != nil {
		return nil, err
	}
	a := &Analyzer{coding: coding, config: c, weigher: weigher, peaks: loudness.NewPeakFinder(c.SampleRate),
		level: floor, floor: float32(math.Pow(10, floor/20)), skip: coding.lead,
		near:   float32(math.Pow(10, (floor+nearCeiling)/20)),
		planes: make([][]float32, c.Channels), part: make([][]float32, c.Channels)}
	groups := (coding.samples + group - 1) / group
	a.peakOf, a.limit, a.bent = make([]float32, groups), make([]float32, groups), make([]float32, groups+2)
	for kind := range slopes {
		if (kind == hybrid) != coding.exact {
			a.overlaps[kind] = newOverlap(kind, coding.samples)
		}
	}
	for i := range a.last.falls {
		if !coding.exact {
			a.last.falls[i] = hybrid
		}
	}
	for i := range a.planes {
		a.planes[i] = make([]float32, loudness.PeakReach, loudness.PeakReach+3*coding.samples)
	}
	return a, nil
}

// KeptFloor is the floor of an analysis that is kept: low enough for most
// recordings, whatever they are brought to.
const KeptFloor = -26

// keptNear is the part of the largest peak so far below which peaks of a kept
// analysis are bounded by the samples around them and not interpolated, and so is
// what changes make of them: -9 dB. Plans come out nearly the same.
const keptNear = 0.35

// NewKeptAnalyzer returns an Analyzer of a whole recording whose analysis is to be
// kept. It leaves K-weighting to a loudness.Meter: see Weigh.
func NewKeptAnalyzer(c track.Config) (*Analyzer, error) {
	a, err := NewAnalyzer(c, KeptFloor)
	if err != nil {
		return nil, err
	}
	a.weigher = nil
	return a, nil
}

// Weigh gives the units their K-weighted energies. cells are those that a
// loudness.Meter found of stretches of the samples, one after the other, 10 ms
// each; what lies outside of them counts as it is. It comes after Analysis, and
// completes that.
func (a *Analyzer) Weigh(stretches []Span, cells []float32) {
	rate, unit, lead := int64(a.config.SampleRate), int64(a.coding.samples), int64(a.coding.lead)
	const perSecond = 100
	weighed := make([]int64, len(a.blocks)) // samples of the blocks that are in cells
	sums := make([]float64, len(a.blocks))
	cell, at := int64(0), int64(0) // of the meter, and how many samples it was given before a stretch
	for _, s := range stretches {
		for from := s.Start; from < s.End && cell < int64(len(cells)); {
			begin, end := cell*rate/perSecond, (cell+1)*rate/perSecond // as the meter divides
			block := max(0, from-lead) / unit
			if block >= int64(len(a.blocks)) {
				break
			}
			to := min(s.End, s.Start+end-at, lead+(block+1)*unit)
			sums[block] += float64(cells[cell]) * float64(to-from) / float64(end-begin)
			weighed[block] += to - from
			from = to
			if from == s.Start+end-at {
				cell++
			}
		}
		at += s.End - s.Start
	}
	for f := range a.blocks {
		b := &a.blocks[f]
		b.heard = float32(sums[f] + float64(b.energy)*float64(max(0, unit-weighed[f]))/float64(unit))
	}
}

// Add takes the next unit and what a decoder makes of it, interleaved samples
// with full scale at ±1, beyond that where they go beyond, as a pcm.Decoder does. A
// damaged unit stays as it is. The error says why a unit cannot be shifted that is
// not damaged.
func (a *Analyzer) Add(unit []byte, samples []float32) error {
	channels := len(a.planes)
	if len(samples) != a.coding.samples*channels {
		return fmt.Errorf("unit %d: %d samples, %d expected", len(a.blocks), len(samples)/channels, a.coding.samples)
	}
	rises := a.last.falls // a window rises as the one before it falls
	down, up, err := a.coding.look(unit, &a.last)
	if errors.Is(err, syntax.ErrDamaged) || errors.Is(err, syntax.ErrBehind) {
		down, up, err = 0, 0, nil // one in an hour is no reason to encode the hour again
	}
	if err != nil {
		return fmt.Errorf("unit %d: %w", len(a.blocks), err)
	}
	a.blocks = append(a.blocks, block{down: uint8(min(down, math.MaxUint8)), up: uint8(min(up, math.MaxUint8))})
	a.kinds = append(a.kinds, rises)
	skip := min(a.skip, a.coding.samples)
	a.skip -= skip
	samples = samples[channels*skip:]
	for c := range a.planes {
		n := len(a.planes[c])
		plane := append(a.planes[c], samples[:len(samples)/channels]...) // room, to be overwritten
		if added := plane[n:]; channels == 2 {
			for i := range added {
				added[i] = samples[2*i+c]
			}
		} else if channels > 2 {
			for i := range added {
				added[i] = samples[i*channels+c]
			}
		}
		a.planes[c] = plane
	}
	for len(a.planes[0]) >= a.coding.samples+2*loudness.PeakReach {
		a.judge()
	}
	return nil
}

// Analysis returns what was found. Nothing can be added after it.
func (a *Analyzer) Analysis() *Analysis {
	for a.judged < len(a.blocks) {
		for c, plane := range a.planes {
			a.planes[c] = append(plane, make([]float32, max(0, a.coding.samples+2*loudness.PeakReach-len(plane)))...)
		}
		a.judge()
	}
	return &Analysis{config: a.config, floor: a.level, blocks: a.blocks}
}

// judge fills in the next block.
func (a *Analyzer) judge() {
	const reach = loudness.PeakReach
	n := a.coding.samples
	b, kinds := &a.blocks[a.judged], a.kinds[0]
	a.judged++
	a.kinds = append(a.kinds[:0], a.kinds[1:]...)
	var peak, louder, softer float32
	var energy, alias float64
	for c, plane := range a.planes {
		x := plane[:n+2*reach]
		a.part[c] = x[reach : reach+n]
		o := &a.overlaps[kinds[min(c, len(kinds)-1)]]
		all, crossed, most := a.survey(x, o)
		energy += all
		alias += crossed
		a.bound(x, most)
		p, l, s := a.peaksOf(x, o)
		peak, louder, softer = max(peak, p), max(louder, l), max(softer, s)
	}
	if a.weigher != nil {
		b.heard = float32(a.weigher.Energy(a.part))
	}
	if a.weigher == nil && float32(keptNear*peak) > a.sure {
		a.sure, a.near = float32(keptNear*peak), float32(keptNear*peak)
	}
	b.energy, b.alias = float32(energy), float32(alias)
	b.peak, b.louder, b.softer = parts(peak), parts(louder), parts(softer)
	for c, plane := range a.planes {
		a.planes[c] = append(plane[:0], plane[n:]...)
	}
}

// group is how many samples are looked at together.
const group = 32

// survey returns the energies of a channel and its largest sample, and sets the
// largest sample of each group, with the one behind it.
// Conversions keep compilers from fusing products and sums.
func (a *Analyzer) survey(x []float32, o *overlap) (energy, alias float64, most float32) {
	x = x[loudness.PeakReach:]
	n := a.coding.samples
	for g := range a.peakOf {
		part := x[g*group : min((g+1)*group, n)+1] // and the one behind
		const sign = 1 << 31
		m := math.Float32bits(part[len(part)-1]) &^ sign
		var m1 uint32
		var e0, e1, e2, e3 float32 // each waits for the one before it
		inner := part[:len(part)-1]
		for len(inner) >= 4 {
			v0, v1, v2, v3 := inner[0], inner[1], inner[2], inner[3]
			m = max(m, math.Float32bits(v0)&^sign, math.Float32bits(v1)&^sign)
			m1 = max(m1, math.Float32bits(v2)&^sign, math.Float32bits(v3)&^sign)
			e0 += float32(v0 * v0)
			e1 += float32(v1 * v1)
			e2 += float32(v2 * v2)
			e3 += float32(v3 * v3)
			inner = inner[4:]
		}
		for _, v := range inner {
			m = max(m, math.Float32bits(v)&^sign)
			e0 += float32(v * v)
		}
		m = max(m, m1)
		e := float64(e0 + e1 + (e2 + e3))
		energy += e
		alias += float64(e * float64(o.crossed[g]))
		a.peakOf[g] = math.Float32frombits(m)
		most = max(most, a.peakOf[g])
	}
	return energy, alias, most
}

// slack is by how much a peak that is kept may exceed the true one: 0.09 dB.
const slack = 1.01

// bound turns the largest samples of the groups into bounds of their true peaks.
// Those that would exceed the largest sample of all by more than slack, and the
// floor, are interpolated.
func (a *Analyzer) bound(x []float32, most float32) {
	enough := max(float32(most*slack), a.floor)
	if least := float32(most * a.peaks.Bound()); least <= enough {
		enough = least
	}
	clear(a.bent)
	for g, m := range a.peakOf {
		bound := float32(m * a.peaks.Bound())
		if bound > enough {
			bound = min(bound, a.peaks.Within(m, max(a.bend(x, g-1), a.bend(x, g), a.bend(x, g+1))))
		}
		if bound > enough && bound > a.sure {
			from := g * group
			bound = max(m, a.peaks.Between(x[from+1:min(from+group+2*loudness.PeakReach, len(x))]))
		}
		a.peakOf[g] = bound
	}
}

// bend returns the largest second difference of the samples of a group, or of
// those beside the block.
func (a *Analyzer) bend(x []float32, g int) float32 {
	if known := a.bent[g+1]; known > 0 {
		return known
	}
	const reach = loudness.PeakReach
	from, to := max(1, reach+g*group), min(len(x)-1, reach+(g+1)*group)
	part := x[from-1 : to+1]
	var m uint32
	for len(part) >= 3 {
		d := part[0] + part[2] - (part[1] + part[1])
		m = max(m, math.Float32bits(d)&^(1<<31))
		part = part[1:]
	}
	known := math.Float32frombits(m) + math.SmallestNonzeroFloat32
	a.bent[g+1] = known
	return known
}

// peaksOf returns bounds of the true peaks of a channel: as it is, and with a second
// unit that is a step louder and softer.
func (a *Analyzer) peaksOf(x []float32, o *overlap) (peak, louder, softer float32) {
	for _, p := range a.peakOf {
		peak = max(peak, p)
	}
	most := float32(peak * float32(bounded(1)))
	if !a.coding.exact {
		return peak, most * float32(Factor(1)), most
	}
	if bound := most * float32(Factor(1)); peak < a.near {
		return peak, bound, most
	}
	return peak, a.changed(x, o, Factor(1)), a.changed(x, o, Factor(-1))
}

// changed returns the true peak of x if its second unit is louder by a factor.
// Groups are looked at in the order of what it can be there at most, until no other
// can exceed what was found by more than slack.
func (a *Analyzer) changed(x []float32, o *overlap, factor float64) float32 {
	const reach = loudness.PeakReach
	more := float32(factor - 1)
	last := len(a.peakOf) - 1
	for g, p := range a.peakOf {
		mirrored := max(a.peakOf[last-g], a.peakOf[max(0, last-g-1)])
		cross := float32(o.most[g] * mirrored)
		if more > 0 {
			a.limit[g] = (float32(p*(1+float32(more*o.high[g]))) + float32(more*cross)) * o.uneven
		} else {
			a.limit[g] = (float32(p*(1+float32(more*o.low[g]))) - float32(more*cross)) * o.uneven
		}
	}
	var found float32
	for {
		next := 0
		for g, limit := range a.limit {
			if limit > a.limit[next] {
				next = g
			}
		}
		if limit := a.limit[next]; limit <= float32(found*slack) {
			return max(found, limit)
		}
		a.limit[next] = 0
		y := a.change(x, o, more, next)
		for _, v := range y[reach-1 : len(y)-reach] {
			found = max(found, abs(v))
		}
		found = max(found, a.peaks.Between(y))
	}
}

// change returns a group of x, with PeakReach-1 samples before it and PeakReach
// behind, if its second unit is louder by so much of what it is.
func (a *Analyzer) change(x []float32, o *overlap, more float32, g int) []float32 {
	const reach = loudness.PeakReach
	n := a.coding.samples
	y := a.x[:0]
	for i := g*group - reach + 1; i < min((g+1)*group, n)+reach; i++ {
		v := x[reach+i]
		switch {
		case i < 0:
		case i < n:
			scale := 1 + float32(more*o.rise[i])
			v = float32(v*scale) - float32(float32(more*o.cross[i])*x[reach+n-1-i])
		default:
			v *= 1 + more
		}
		y = append(y, v)
	}
	a.x = y
	return y
}

func abs(v float32) float32 { return math.Float32frombits(math.Float32bits(v) &^ (1 << 31)) }

// bounded returns by how much a peak can exceed that of the louder of two units
// that differ by so many steps: aliasing is at most half of what the gains differ.
func bounded(steps int) float64 { return 1 + float64((1-Factor(-max(steps, -steps)))/2) }

// parts returns a peak in parts of a step, rounded up.
func parts(peak float32) int16 {
	if peak <= 0 {
		return silent
	}
	return int16(min(math.MaxInt16/2, max(silent, math.Ceil(fine*4*math.Log2(float64(peak))))))
}
