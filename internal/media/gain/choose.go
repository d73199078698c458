package gain

import (
	"cmp"
	"math"
	"slices"

	"github.com/spaces-cli/spaces/internal/media/loudness"
)

// Options say what a plan is for.
type Options struct {
	Target  float64 // LUFS of the whole
	Ceiling float64 // dBTP that no peak exceeds
	// Damage is how far below the sound all aliasing together stays, in decibels.
	// The target is missed rather than that.
	Damage float64
	// MaxGain is by how many decibels units are raised at most, before Levels: what
	// nearly is silence stays so. 0 is no limit.
	MaxGain float64
	Levels  []Level // in order; none for one level
}

// A Level is by how much a stretch is raised beside the rest, as where a speaker
// begins who is softer.
type Level struct {
	Sample   int64 // of the decoder's output, from which it holds
	Decibels float64
}

// tops is how many steps more than what brings the whole to the target are
// tried: what peaks lose, the rest gains.
const tops = 4

// prices are the prices of aliasing that are tried, compared with weighted energy
// that is missing.
var prices = [...]float64{250, 1000, 4000, 16000}

// margin is what a plan leaves below the ceiling for what decoders differ in, in
// decibels: they round samples, and substitute other noise.
const margin = 0.05

// Plan chooses the steps of all units. It takes time in proportion to their
// number, and gives the same plan each time. The error is ErrRoom.
//
// A plan that Damage or peaks keep from the target is no error: compare Integrated
// with Target.
func (a *Analysis) Plan(o Options) (*Plan, error) {
	want := a.curve(o.Levels)
	steps := make([]int8, len(a.blocks))
	copy(steps, want)
	flat := a.tally(steps)
	if math.IsInf(float64(flat.Integrated), 0) { // nothing to be heard
		none := a.tally(make([]int8, len(a.blocks)))
		return &none, nil
	}
	ceiling := int(math.Floor(fine * (o.Ceiling - margin) / StepDecibels))
	least := int(math.Round((o.Target - float64(flat.Integrated)) / StepDecibels))
	most := least + tops
	if o.MaxGain > 0 {
		most = min(most, int(math.Floor(o.MaxGain/StepDecibels)))
		least = min(least, most)
	}
	var best *Plan
	bestScore := math.Inf(1)
	for base := least; base <= most; base++ {
		s, err := newSearch(a, ceiling, want, base)
		if err != nil {
			break
		}
		p, score, err := a.cheapest(s, o, steps)
		if err != nil {
			break
		}
		if score < bestScore {
			best, bestScore = p, score
		}
		if p.Changes == 0 || float64(p.Integrated) > o.Target+0.25 {
			break // nothing is in the way, or nothing more is wanted
		}
	}
	if best == nil {
		return nil, ErrRoom
	}
	return best, nil
}

// cheapest returns the best plan of a search, over the prices of aliasing.
func (a *Analysis) cheapest(s *search, o Options, steps []int8) (best *Plan, bestScore float64, err error) {
	bestScore = math.Inf(1)
	try := func(price float64) (*Plan, error) {
		s.mu = price
		if err := s.path(steps); err != nil {
			return nil, err
		}
		p := a.tally(steps)
		if score := p.score(o); score < bestScore {
			best, bestScore = &p, score
		}
		return &p, nil
	}
	// Damage falls as its price rises: the least price that is enough brings the
	// plan nearest to the target, a higher one may be worth its loss.
	enough := len(prices)
	for i := len(prices) - 1; i >= 0; i-- {
		p, err := try(prices[i])
		if err != nil {
			return nil, 0, err
		}
		if p.Changes == 0 {
			return best, bestScore, nil
		}
		if float64(p.Damage) < o.Damage {
			break
		}
		enough = i
	}
	if enough == 0 || enough == len(prices) {
		return best, bestScore, nil
	}
	low, high := prices[enough-1], prices[enough]
	for range 2 {
		middle := math.Sqrt(low * high)
		p, err := try(middle)
		if err != nil {
			return nil, 0, err
		}
		if float64(p.Damage) < o.Damage {
			low = middle
		} else {
			high = middle
		}
	}
	return best, bestScore, nil
}

// score says how bad a plan is, in LU that the target is missed by: two thousand
// changes a minute are as bad as one, and so is damage 100 dB nearer than 60.
func (p *Plan) score(o Options) float64 {
	score := math.Abs(float64(p.Integrated)-o.Target) + p.PerMinute/2000 + float64(0.01*max(0, 60-float64(p.Damage)))
	if short := o.Damage - float64(p.Damage); short > 0 {
		score += 100 + short
	}
	return score
}

// curve returns the steps that levels ask for, or nil.
func (a *Analysis) curve(levels []Level) []int8 {
	if len(levels) == 0 {
		return nil
	}
	want := make([]int8, len(a.blocks))
	for i, l := range levels {
		steps := int8(max(-maxStates/2, min(maxStates/2, math.Round(l.Decibels/StepDecibels))))
		first := int(l.Sample / int64(a.config.UnitSamples))
		if i > 0 || first > 0 {
			first = a.onset(first)
		}
		if first < len(want) {
			for f := max(0, first); f < len(want); f++ {
				want[f] = steps
			}
		}
	}
	return want
}

// Seconds around the start of a turn in which its energy is expected.
const (
	onsetBefore = 1.0
	onsetAfter  = 1.5
)

// onset returns the unit near one from which on the energy rises most, or, where
// it does not rise, the quietest near it.
func (a *Analysis) onset(near int) int {
	perSecond := float64(a.config.SampleRate) / float64(a.config.UnitSamples)
	before, after := max(1, int(0.1*perSecond)), max(1, int(0.3*perSecond))
	mean := func(from, to int) float64 {
		from, to = max(0, from), min(len(a.blocks), to)
		sum := 0.0
		for f := from; f < to; f++ {
			sum += float64(a.blocks[f].heard)
		}
		return sum / float64(max(1, to-from))
	}
	const rise = 4 // 6 dB
	floor := float64(1e-6 * a.meanEnergy())
	best, most, quiet, least := near, 0.0, near, math.Inf(1)
	for f := max(1, near-int(onsetBefore*perSecond)); f < min(len(a.blocks), near+int(onsetAfter*perSecond)); f++ {
		was := mean(f-before, f) + floor
		if ratio := (mean(f, f+after) + floor) / was; ratio > most {
			best, most = f, ratio
		}
		if was < least {
			quiet, least = f-before/2, was
		}
	}
	if most < rise {
		return max(0, quiet)
	}
	// The foot of the rise.
	foot := best
	for f := max(0, best-before); f < best; f++ {
		if a.blocks[f].heard <= a.blocks[foot].heard {
			foot = f
		}
	}
	return foot
}

// A Span is a stretch of samples of the decoder's output.
type Span struct{ Start, End int64 }

// Loudness returns the integrated loudness of some stretches, as those in which
// one speaker is heard, and of the whole where none is given.
func (a *Analysis) Loudness(spans ...Span) loudness.Level {
	if len(spans) == 0 {
		return a.tally(make([]int8, len(a.blocks))).Integrated
	}
	spans = slices.Clone(spans)
	slices.SortFunc(spans, func(x, y Span) int { return cmp.Compare(x.Start, y.Start) })
	m := a.newMixer()
	next := int64(0) // the first unit that is not counted yet
	unit := int64(a.config.UnitSamples)
	for _, s := range spans {
		for f := max(next, s.Start/unit); f < min(int64(len(a.blocks)), (s.End+unit-1)/unit); f++ {
			m.add(float64(a.blocks[f].heard))
			next = f + 1
		}
	}
	return m.programme.Result().Integrated
}
