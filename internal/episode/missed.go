package episode

import (
	"context"
	"math"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/media/gain"
	"github.com/spaces-cli/spaces/internal/media/loudness"
)

const (
	// missedBy is how far from the target a loudness is that was re-encoded and could
	// not reach it. By gains alone, which have steps, it is Tolerance.
	missedBy = 0.5 // LU
	// worthIt is by how much nearer to the target re-encoding must bring the sound: for
	// less than anybody hears, the sound stays as it is coded.
	worthIt = 0.5 // LU
)

// MissedLoudness reports whether the episode has another loudness than the one that
// was asked for.
func (r *Record) MissedLoudness() bool {
	if r.Settings.Loudness == nil || r.After == nil || r.After.Integrated == nil {
		return false
	}
	most := Tolerance
	if r.ReEncoded {
		most = missedBy
	}
	return math.Abs(*r.After.Integrated-*r.Settings.Loudness) > most
}

// noteMissed says which loudness was reached instead of the one that was asked for,
// and why.
func (e *export) noteMissed() {
	r := &e.rec
	if !r.MissedLoudness() {
		return
	}
	is, want := *r.After.Integrated, *r.Settings.Loudness
	switch {
	case e.body != nil && math.Abs(float64(e.body.integrated())-want) <= missedBy:
		e.note("the loudness is %.1f LUFS, not %.1f LUFS, because of intro, outro and fades: the recording between them has it", is, want)
	case e.spare != nil && e.units:
		e.note("the loudness is %.1f LUFS, not %.1f LUFS, because of the peaks: re-encoding would bring it to %.1f LUFS only", is, want, e.spare.encoded)
	case is > want:
		e.note("the loudness is %.1f LUFS, not %.1f LUFS", is, want)
	case e.limited:
		e.note("the loudness is %.1f LUFS, not %.1f LUFS: the gain is limited to %.0f dB", is, want, MaxGain)
	default:
		e.note("the loudness is %.1f LUFS, not %.1f LUFS: the limiter, which keeps the true peak at %g dBTP or lower, takes back what more gain adds", is, want, *r.Settings.TruePeak)
	}
}

// A spare is a plan that misses the loudness, and costs nothing else. It is kept in
// case re-encoding misses it as well.
type spare struct {
	units   *clip.Units
	plan    *gain.Plan
	notes   int     // how many there were when it was given up
	encoded float64 // LUFS that re-encoding has reached
}

// keepsCoded reports whether re-encoding has brought the sound hardly nearer to the
// target than the spare plan does.
func (e *export) keepsCoded(encoded loudness.Result) bool {
	if e.spare == nil || e.units {
		return false
	}
	off := func(l loudness.Level) float64 { return math.Abs(float64(l) - *e.rec.Settings.Loudness) }
	return off(e.spare.plan.Integrated)-off(encoded.Integrated) < worthIt
}

// keepCoded gives up what was encoded for the access units of the recording.
func (e *export) keepCoded(ctx context.Context, encoded loudness.Result) error {
	e.spare.encoded = float64(encoded.Integrated)
	e.notes = e.notes[:e.spare.notes]
	e.units, e.rec.ReEncoded = true, false
	e.rec.SampleRate, e.rec.Channels, e.rec.Samples = stored(e.Recording, e.list[0].Span)
	return e.take(ctx, e.spare.units, e.spare.plan)
}
