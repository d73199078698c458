package gain

import (
	"fmt"
	"math"

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
	blocks []block
	mean   float64 // see meanEnergy; 0 until it is asked for

	choices [][maxStates]int8 // of a search, to be used again
}

// An Analyzer takes the units of a recording with their samples, first to last.
// It keeps 20 bytes for each unit.
type Analyzer struct {
	coding   *coding
	config   track.Config
	weigher  *loudness.Weigher
	peaks    *loudness.PeakFinder
	floor    float32
	overlaps [slopes]overlap

	blocks []block
	kinds  [][2]slope // of the units that are not judged yet
	last   shape
	judged int

	skip   int
	planes [][]float32 // PeakReach samples before the next block, and all after
	part   [][]float32
	x      []float32
}

// Floor returns the floor that is low enough to plan a recording of so many LUFS.
func Floor(integrated float64, o Options) float64 {
	return o.Ceiling - max(0, o.Target-integrated) - tops*StepDecibels - 1
}

// DefaultFloor is the level in dBTP below which peaks are only bounded. With a
// ceiling of -1 dBTP peaks above it matter to gains of 18 dB.
const DefaultFloor = -19

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
		floor: float32(math.Pow(10, floor/20)), skip: coding.lead,
		planes: make([][]float32, c.Channels), part: make([][]float32, c.Channels)}
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

// Add takes the next unit and what a decoder makes of it, interleaved samples
// with full scale at ±1, beyond that where they go beyond, as a pcm.Decoder does. The
// error says why a unit cannot be shifted.
func (a *Analyzer) Add(unit []byte, samples []float32) error {
	channels := len(a.planes)
	if len(samples) != a.coding.samples*channels {
		return fmt.Errorf("unit %d: %d samples, %d expected", len(a.blocks), len(samples)/channels, a.coding.samples)
	}
	rises := a.last.falls // a window rises as the one before it falls
	down, up, err := a.coding.look(unit, &a.last)
	if err != nil {
		return fmt.Errorf("unit %d: %w", len(a.blocks), err)
	}
	a.blocks = append(a.blocks, block{down: uint8(min(down, math.MaxUint8)), up: uint8(min(up, math.MaxUint8))})
	a.kinds = append(a.kinds, rises)
	skip := min(a.skip, a.coding.samples)
	a.skip -= skip
	for c := range a.planes {
		plane := a.planes[c]
		for i := channels*skip + c; i < len(samples); i += channels {
			plane = append(plane, samples[i])
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
	return &Analysis{config: a.config, blocks: a.blocks}
}

// judge fills in the next block.
func (a *Analyzer) judge() {
	const reach = loudness.PeakReach
	n := a.coding.samples
	b, kinds := &a.blocks[a.judged], a.kinds[0]
	a.judged++
	a.kinds = append(a.kinds[:0], a.kinds[1:]...)
	peak, louder, softer := 0.0, 0.0, 0.0
	var energy, alias float64
	for c, plane := range a.planes {
		x := plane[:n+2*reach]
		a.part[c] = x[reach : reach+n]
		o := a.overlaps[kinds[min(c, len(kinds)-1)]]
		var most float32
		var all, crossed float64
		for i, v := range x[reach : reach+n] {
			w := v * o.cross[i]
			all += float64(v * v)
			crossed += float64(w * w)
			most = max(most, v, -v)
		}
		energy += all
		alias += crossed
		p, l, s := a.peaksOf(x, o, most)
		peak, louder, softer = max(peak, p), max(louder, l), max(softer, s)
	}
	b.heard, b.energy, b.alias = float32(a.weigher.Energy(a.part)), float32(energy), float32(alias)
	b.peak, b.louder, b.softer = parts(peak), parts(louder), parts(softer)
	for c, plane := range a.planes {
		a.planes[c] = append(plane[:0], plane[n:]...)
	}
}

// peaksOf returns the true peaks of a channel: as it is, and with a second unit
// that is a step louder and softer.
func (a *Analyzer) peaksOf(x []float32, o overlap, most float32) (peak, louder, softer float64) {
	if bound := most * a.peaks.Bound(); bound <= a.floor {
		peak = float64(bound)
		return peak, peak * bounded(1) * Factor(1), peak * bounded(1)
	}
	a.x = append(a.x[:0], x...)
	peak = float64(a.peaks.Find(a.x, a.floor))
	const near = 1.4 // 3 dB: peaks that only the largest gains bring to the ceiling are bounded
	if !a.coding.exact || peak < float64(near*a.floor) {
		return peak, peak * bounded(1) * Factor(1), peak * bounded(1)
	}
	return peak, a.changed(x, o, Factor(1)), a.changed(x, o, Factor(-1))
}

// changed returns the true peak of x if its second unit is louder by a factor.
func (a *Analyzer) changed(x []float32, o overlap, factor float64) float64 {
	const reach = loudness.PeakReach
	n, more := a.coding.samples, float32(factor-1)
	y := append(a.x[:0], x[:reach]...)
	for i := range n {
		scale := 1 + float32(more*o.rise[i])
		y = append(y, float32(x[reach+i]*scale)-float32(float32(more*o.cross[i])*x[reach+n-1-i]))
	}
	for _, v := range x[reach+n:] {
		y = append(y, v*(1+more))
	}
	a.x = y
	return float64(a.peaks.Find(y, a.floor))
}

// bounded returns by how much a peak can exceed that of the louder of two units
// that differ by so many steps: aliasing is at most half of what the gains differ.
func bounded(steps int) float64 { return 1 + (1-Factor(-max(steps, -steps)))/2 }

// parts returns a peak in parts of a step, rounded up.
func parts(peak float64) int16 {
	if peak <= 0 {
		return silent
	}
	return int16(max(silent, math.Ceil(fine*4*math.Log2(peak))))
}
