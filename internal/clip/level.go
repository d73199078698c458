package clip

import (
	"context"
	"math"

	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media/gain"
	"github.com/spaces-cli/spaces/internal/media/loudness"
	"github.com/spaces-cli/spaces/internal/media/pcm"
	"github.com/spaces-cli/spaces/internal/recording"
)

// The loudness that podcasts and videos are brought to, by Apple's and Google's
// advice: what has one channel sounds as loud at 3 LU less.
const (
	StereoLoudness = -16.0 // LUFS
	MonoLoudness   = -19.0
)

// UsualLoudness returns the loudness to bring sound of so many channels to, in
// LUFS.
func UsualLoudness(channels int) float64 {
	if channels == 1 {
		return MonoLoudness
	}
	return StereoLoudness
}

// UsualLoudness is that of the clip, in LUFS.
func (q *Request) UsualLoudness() float64 {
	f, _ := q.Recording.Shape(q.Span)
	if q.Mono {
		f.Channels = 1
	}
	return UsualLoudness(f.Channels)
}

// A Turn is a stretch of a recording in which somebody speaks.
type Turn struct {
	Handle string
	recording.Span
}

// TurnsOf are the turns of a recording by their samples.
func TurnsOf(r *recording.Recording, list []space.Turn) []Turn {
	turns := make([]Turn, len(list))
	for i, t := range list {
		start, end := int64(math.Round(t.Start*float64(r.Rate))), int64(math.Round(t.End*float64(r.Rate)))
		turns[i] = Turn{t.Handle, recording.Span{Start: start, Samples: end - start}}
	}
	return turns
}

const (
	// MaxGain bounds how much sound is raised, and MaxLevelling how much a speaker
	// is raised or lowered beside the others, in dB: beyond it there is little but
	// noise to bring up.
	MaxGain      = 20.0
	MaxLevelling = 10.0
	// audible is the loudness from which a speaker is heard, in LUFS.
	audible = -50.0
)

// A Raise is by how much sound is raised from a sample on.
type Raise struct {
	At       int64
	Decibels float64
}

// Raises returns by how much the speakers of turns, which are in order, are raised
// so that each is as loud as all are together. Who is heard for less than a second,
// at a rate in samples per second, stays as they are. loud measures stretches in
// LUFS.
func Raises(turns []Turn, rate int, loud func(list []recording.Span) (float64, error)) ([]Raise, error) {
	var all []recording.Span
	spoken := map[string][]recording.Span{}
	for _, t := range turns {
		all = append(all, t.Span)
		spoken[t.Handle] = append(spoken[t.Handle], t.Span)
	}
	together, err := loud(all)
	if err != nil {
		return nil, err
	}
	decibels := map[string]float64{}
	for handle, list := range spoken {
		var samples int64
		for _, s := range list {
			samples += s.Samples
		}
		own, err := loud(list)
		if err != nil {
			return nil, err
		}
		if samples >= int64(rate) && own >= audible {
			decibels[handle] = max(-MaxLevelling, min(MaxLevelling, together-own))
		}
	}
	var list []Raise
	for _, t := range turns {
		db, ok := decibels[t.Handle]
		if n := len(list); ok && (n == 0 || list[n-1].Decibels != db) {
			list = append(list, Raise{t.Start, db})
		}
	}
	return list, nil
}

// levels returns by how much the speakers of a clip are raised, by positions in the
// recording.
func (q *Request) levels(ctx context.Context) ([]Raise, error) {
	if !q.Level {
		return nil, nil
	}
	var turns []Turn
	for _, t := range q.Turns {
		from, to := max(t.Start, q.Span.Start), min(t.End(), q.Span.End())
		if from < to && t.Handle != "" {
			turns = append(turns, Turn{t.Handle, recording.Span{Start: from, Samples: to - from}})
		}
	}
	return Raises(turns, q.Recording.Rate, func(list []recording.Span) (float64, error) {
		return q.loudnessOf(ctx, list)
	})
}

// loudnessOf measures stretches of the recording.
func (q *Request) loudnessOf(ctx context.Context, list []recording.Span) (float64, error) {
	f, _ := q.Recording.Shape(q.Span)
	m, err := loudness.NewMeter(f.SampleRate, f.Channels)
	if err != nil {
		return 0, err
	}
	for _, span := range list {
		s, stop, err := q.Recording.Decode(ctx, span, f)
		if err != nil {
			return 0, err
		}
		err = eachBlock(ctx, s, m.Write)
		stop()
		if err != nil {
			return 0, err
		}
	}
	return float64(m.Result().Integrated), nil
}

// shiftable reports whether the clip may consist of access units with other
// gains: nothing but its level changes.
func (q *Request) shiftable() bool {
	if q.Normalize == nil && !q.Level || q.Fade != 0 || q.Strict || q.ReEncode || !q.Omit.None(q.Span) {
		return false
	}
	if f, _ := q.Recording.Shape(q.Span); q.Mono && f.Channels > 1 {
		return false
	}
	return Copies(q.Recording, q.Span, q.Format)
}

// shifted works out a clip of access units with other gains. It returns nil where
// the gains alone cannot do it, or at too high a cost.
func (q *Request) shifted(ctx context.Context) (*plan, error) {
	units, err := UnitsOf(q.Recording, q.Span, q.Format)
	if err != nil {
		return nil, nil // the clip is encoded
	}
	levels, err := q.levels(ctx)
	if err != nil {
		return nil, err
	}
	const floor = peakLimit - MaxGain - MaxLevelling
	analysis, err := units.Analyze(ctx, floor, 1, func(int64) {})
	if err == nil && analysis.OnlyBounds() { // a very quiet clip
		analysis, err = units.Analyze(ctx, math.Inf(-1), 1, func(int64) {})
	}
	if err != nil {
		return nil, ctx.Err() // units that cannot be shifted: the clip is encoded
	}
	want := Level{Ceiling: peakLimit, MaxGain: MaxGain}
	if q.Normalize != nil {
		want.Target = *q.Normalize
	} else if want.Target = float64(analysis.Loudness()); math.IsInf(want.Target, -1) {
		levels = nil
	}
	for _, l := range levels {
		heard := recording.Rescale(l.At-q.Span.Start, int64(units.Rate()), int64(q.Recording.Rate))
		want.Levels = append(want.Levels, gain.Level{Sample: units.At(heard), Decibels: l.Decibels})
	}
	p, _, err := PlanLevel(analysis, want)
	if p == nil || err != nil {
		return nil, err
	}
	if err := units.Settle(ctx, p); err != nil {
		return nil, err
	}
	if off := want.Target - float64(p.Integrated); math.Abs(off) > farthest && want.Target-float64(analysis.Loudness()) <= MaxGain {
		return nil, nil // measured, it is further from the target than planned
	}
	q.runs = p.Runs
	s, err := q.lossless()
	if err != nil {
		return nil, err
	}
	if !q.Omit.None(held(q.Recording, s)) {
		q.runs = nil
		return nil, nil
	}
	if p.Changes > 0 || p.Runs[0].Steps != 0 {
		s.gain = ShiftOf(p)
	}
	s.uneven = evens(levels) && (q.Normalize != nil || s.gain != nil)
	if q.Normalize != nil {
		s.after = q.reached(float64(analysis.Loudness()), p.Integrated, p.TruePeak)
	}
	return s, nil
}

// leveled is src with the speakers raised: a sound of the clip, from its start, at
// any rate.
func (q *Request) leveled(src pcm.Reader, levels []Raise) pcm.Reader {
	if len(levels) == 0 {
		return src
	}
	rate := src.Format().SampleRate
	steps := []pcm.Step{{Factor: 1}}
	for _, l := range levels {
		steps = append(steps, pcm.Step{At: recording.Rescale(q.place(l.At), int64(rate), int64(q.Recording.Rate)), Factor: pcm.Decibels(l.Decibels)})
	}
	const ramp = 5 // parts of a second in which a level changes
	return pcm.Level(src, steps, int64(rate/ramp))
}

// place returns where a position of the recording is heard in the clip, in
// samples of the recording.
func (q *Request) place(position int64) int64 {
	if q.Omit.None(q.Span) {
		return position - q.Span.Start
	}
	var at int64
	for _, s := range q.Omit.Sections([]recording.Section{{Span: q.Span}}) {
		at += s.Gap
		if position < s.Span.End() {
			return at + max(0, position-s.Span.Start)
		}
		at += s.Span.Samples
	}
	return at
}
