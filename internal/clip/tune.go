package clip

import (
	"context"
	"math"

	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/media/loudness"
)

const (
	// allowance is how much lower than asked for the limiter is set at first for
	// lossy formats, in dB: coding noise raises peaks by about as much.
	allowance = 1.5
	// unseen is the same for others: where a sound has strong tones up to the end
	// of its spectrum, such as the attack of a drum, the interpolation of ITU-R
	// BS.1770-4, Annex 2, finds peaks lower by as much than longer filters do.
	unseen = 0.8
	// near is by how many LU the loudness may miss the target without another
	// correction, and corrections how many there are.
	near        = 0.1
	corrections = 3
)

// Ceiling is where the limiter holds the true peaks of sound that is encoded in a
// format, for the file to have at most truePeak, in dBTP.
func Ceiling(f format.Format, truePeak float64) float64 {
	if f.Entry().Lossless {
		return truePeak - unseen
	}
	return truePeak - allowance
}

// ceiling is that of the clip.
func (q *Request) ceiling() float64 { return Ceiling(q.Format, peakLimit) }

// A tuning is how the levels of sound that is encoded are changed.
type tuning struct {
	levels []Raise // of speakers
	gain   float64 // dB
	limit  bool    // its peaks are held at the ceiling
	after  *Loudness
}

// tune works out how the levels of a clip are changed. What the limiter takes is
// made up for: the limited sound is measured, and the gain corrected by what is
// missing.
func (q *Request) tune(ctx context.Context, rates []int) (t tuning, err error) {
	t.levels, err = q.levels(ctx)
	if t.limit = len(t.levels) > 0; err != nil || q.Normalize == nil {
		return t, err
	}
	found, err := q.measured(ctx, t, rates)
	if err != nil {
		return t, err
	}
	before, target := rounded(found.Integrated), *q.Normalize
	if math.IsInf(before, -1) {
		t.after = q.reached(before, found.Integrated, found.TruePeak)
		return t, nil
	}
	try := t
	try.gain = min(MaxGain, rounded(loudness.Level(target-before)))
	if float64(found.TruePeak)+try.gain <= q.ceiling() && len(t.levels) == 0 {
		found.Integrated += loudness.Level(try.gain)
		found.TruePeak += loudness.Level(try.gain)
		try.after = q.reached(before, found.Integrated, found.TruePeak)
		return try, nil
	}
	try.limit = true
	best, last, slope := math.Inf(1), tuning{}, 1.0
	var lastMissing float64
	for n := range 1 + corrections {
		if found, err = q.measured(ctx, try, rates); err != nil {
			return t, err
		}
		missing := target - rounded(found.Integrated)
		if math.Abs(missing) < best {
			best, t = math.Abs(missing), try
			t.after = q.reached(before, found.Integrated, found.TruePeak)
		}
		if n > 0 && try.gain != last.gain { // how much of a decibel comes through the limiter
			slope = max(0.25, min(1, (lastMissing-missing)/(try.gain-last.gain)))
		}
		if last, lastMissing = try, missing; best <= near {
			break
		}
		// Rounded, since the last digits of logarithms depend on the processor.
		try.gain = min(MaxGain, rounded(loudness.Level(try.gain+missing/slope)))
		if try.gain == last.gain {
			break
		}
	}
	return t, nil
}

// measured is the loudness of a clip with a tuning.
func (q *Request) measured(ctx context.Context, t tuning, rates []int) (r loudness.Result, err error) {
	s, stop, err := q.changed(ctx, t, rates...)
	if err != nil {
		return r, err
	}
	defer stop()
	m, err := loudness.NewMeter(s.Format().SampleRate, s.Format().Channels)
	if err != nil {
		return r, err
	}
	err = eachBlock(ctx, s, m.Write)
	return m.Result(), err
}

// rounded is a level in whole thousandths.
func rounded(l loudness.Level) float64 { return math.Round(float64(l)*1000) / 1000 }

// A Limit says why a clip is not as loud as was asked for. The words appear in JSON.
type Limit string

const (
	LimitSilence Limit = "silence" // it has no loudness
	LimitGain    Limit = "gain"    // it would have to be raised by more than MaxGain
	LimitPeaks   Limit = "peaks"
)

// A Loudness is that of a clip that was brought to a loudness. Of one that was
// encoded it is that of the sound that the encoder got.
type Loudness struct {
	Integrated *float64 `json:"integrated"` // LUFS; null for silence
	TruePeak   *float64 `json:"true_peak"`  // dBTP; likewise
	// Limit is empty for what is within 1 LU of the target.
	Limit Limit `json:"limited_by,omitempty"`
}

// reached is the loudness of the result, by that before.
func (q *Request) reached(before float64, integrated, truePeak loudness.Level) *Loudness {
	l := &Loudness{Integrated: hundredths(float64(integrated)), TruePeak: hundredths(float64(truePeak))}
	switch after := float64(integrated); {
	case math.IsInf(before, -1):
		l.Limit = LimitSilence
	case math.Abs(after-*q.Normalize) <= farthest:
	case *q.Normalize-before > MaxGain && after-before >= MaxGain-2*farthest: // peaks took little of it
		l.Limit = LimitGain
	default:
		l.Limit = LimitPeaks
	}
	return l
}

// evens reports whether a clip's speakers are raised by amounts that matter.
func evens(levels []Raise) bool {
	const heard = 0.1 // dB
	for _, l := range levels {
		if math.Abs(l.Decibels) >= heard {
			return true
		}
	}
	return false
}
