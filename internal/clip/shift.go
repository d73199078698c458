package clip

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/media/gain"
	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/recording"
)

// What a change of level without re-encoding may cost. Where it costs more, the
// sound is encoded again: at 128 kbit/s that leaves noise 25 to 31 dB below it.
const (
	wantedDamage = 45.0 // dB that all damage together lies below the sound: what plans are made for
	leastDamage  = 42.0 // what is accepted
	leastWorst   = 20.0 // dB that the damage of one loud unit lies below that unit
	farthest     = 1.0  // LU that the target may be missed by
)

// Units are the access units that a span consists of where it is written without
// decoding.
type Units struct {
	r    *recording.Recording
	list []recording.Extent
	x    *excerpt
}

// UnitsOf returns the access units of which a file of a format consists that has
// a span. The error is a *Problem where they do not fit into one file.
func UnitsOf(r *recording.Recording, span recording.Span, f format.Format) (*Units, error) {
	list := r.Extents(span)
	if len(list) == 0 {
		return nil, notLossless("the recording has no sound in that range")
	}
	c := r.Files[list[0].File].Config
	more := preroll(c)
	if f == format.AAC {
		more = 0
		wholeUnits(list, int64(c.UnitSamples))
	}
	x, err := excerptOf(r, list, more)
	if err != nil {
		return nil, err
	}
	if x.file.Index == nil {
		return nil, notLossless("%s audio has no gains of its own", c.Codec)
	}
	return &Units{r, list, x}, nil
}

// Rate returns the sample rate of the units.
func (u *Units) Rate() int { return u.x.file.Config.SampleRate }

// Samples returns how many samples the units make, heard or not.
func (u *Units) Samples() int64 { return u.x.samples }

// At returns where the n-th sample that is heard stands among all that the units
// make.
func (u *Units) At(n int64) int64 {
	for _, e := range u.x.edits {
		if n < e.Samples {
			return e.Start + n
		}
		n -= e.Samples
	}
	last := u.x.edits[len(u.x.edits)-1]
	return last.Start + last.Samples
}

// Analyze decodes the units, with so many jobs, and says what changes of their
// level cost. Peaks below floor, in dBTP, are only bounded. tick is told of the
// samples.
func (u *Units) Analyze(ctx context.Context, floor float64, jobs int, tick func(samples int64)) (*gain.Analysis, error) {
	return u.r.Analyze(ctx, u.list[0].File, u.ranges(), u.x.each, floor, jobs, tick)
}

// Analyzed returns what was kept of the units when the recording was measured, or
// nil where that is not enough: see recording.Analyzed.
func (u *Units) Analyzed(floor float64) *gain.Analysis {
	return u.r.Analyzed(u.list[0].File, u.ranges(), floor)
}

// ranges are the stretches that the units consist of.
func (u *Units) ranges() []recording.UnitRange {
	list := make([]recording.UnitRange, len(u.x.ranges))
	for i, r := range u.x.ranges {
		list[i] = recording.UnitRange{First: r.first, End: r.end}
	}
	return list
}

// Config says how the units are coded.
func (u *Units) Config() track.Config { return u.x.file.Config }

// Each calls fn for every unit in turn, as it is in the recording. The data is
// valid during the call.
func (u *Units) Each(ctx context.Context, fn func(unit []byte) error) error {
	return u.x.each(ctx, fn)
}

// A Level is a loudness that units are to be brought to by their gains alone.
type Level struct {
	Target  float64 // LUFS
	Ceiling float64 // dBTP
	MaxGain float64 // dB; 0 is no limit
	Levels  []gain.Level
}

// A Shift is how the levels of access units are changed, in the records beside
// clips and episodes.
type Shift struct {
	// Least and Most are by how many decibels they are raised.
	Least float64 `json:"least"`
	Most  float64 `json:"most"`
	// Changes are where the gains of neighbouring units differ, and LoudChanges
	// those where the sound is loud.
	Changes     int `json:"changes"`
	LoudChanges int `json:"loud_changes"`
	// Damage is how far below the sound everything lies that the changes add to it,
	// Worst how far at the worst loud unit, in decibels; null where nothing is added.
	Damage *float64 `json:"damage"`
	Worst  *float64 `json:"worst"`
	// Integrated is the loudness in LUFS, and TruePeak the true peak in dBTP, that
	// come of it, computed from the sound as it was; null in silence.
	Integrated *float64 `json:"integrated"`
	TruePeak   *float64 `json:"true_peak"`
}

// ShiftOf is what a record says of a plan.
func ShiftOf(p *gain.Plan) *Shift {
	s := &Shift{Changes: p.Changes, LoudChanges: p.LoudChanges, Damage: hundredths(float64(p.Damage)), Worst: hundredths(float64(p.Worst)),
		Integrated: hundredths(float64(p.Integrated)), TruePeak: hundredths(float64(p.TruePeak))}
	least, most := math.MaxInt, math.MinInt
	for _, r := range p.Runs {
		least, most = min(least, r.Steps), max(most, r.Steps)
	}
	s.Least, s.Most = *hundredths(float64(least) * gain.StepDecibels), *hundredths(float64(most) * gain.StepDecibels)
	return s
}

// hundredths rounds v, or returns nil where it is infinite.
func hundredths(v float64) *float64 {
	if math.IsInf(v, 0) {
		return nil
	}
	v = math.Round(v*100) / 100
	return &v
}

// PlanLevel plans how units are brought to a level. The plan is nil where that
// would cost too much, or is not possible; then why is a sentence about the reason.
func PlanLevel(a *gain.Analysis, l Level) (p *gain.Plan, why string, err error) {
	if p, why, err = PlanNearest(a, l); why != "" {
		p = nil
	}
	return p, why, err
}

// PlanNearest does the same, but has a plan, too, where all that is wrong with it is
// that it misses the level; why says so.
func PlanNearest(a *gain.Analysis, l Level) (p *gain.Plan, why string, err error) {
	p, err = a.Plan(gain.Options{Target: l.Target, Ceiling: l.Ceiling, Damage: wantedDamage, MaxGain: l.MaxGain, Levels: l.Levels})
	if errors.Is(err, gain.ErrRoom) {
		return nil, fmt.Sprintf("no change of its gains keeps the true peak below %g dBTP", l.Ceiling), nil
	}
	if err != nil {
		return nil, "", err
	}
	if math.IsInf(float64(p.Integrated), -1) {
		return p, "", nil // silence stays as it is
	}
	// Encoding would not raise it further than the limit either.
	target := l.Target
	if l.MaxGain > 0 && len(l.Levels) == 0 {
		target = min(target, float64(a.Loudness())+l.MaxGain)
	}
	costly := float64(p.Damage) < leastDamage || float64(p.Worst) < leastWorst
	switch {
	case math.Abs(float64(p.Integrated)-target) > farthest:
		why = fmt.Sprintf("its gains alone bring the loudness to %.1f LUFS, because of its peaks", float64(p.Integrated))
	case costly:
		why = fmt.Sprintf("changing its gains alone would add noise only %.0f dB below the sound", min(float64(p.Damage), float64(p.Worst)))
	}
	if costly {
		p = nil
	}
	return p, why, nil
}
