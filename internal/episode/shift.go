package episode

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/media/gain"
	"github.com/spaces-cli/spaces/internal/media/loudness"
	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/recording"
	"github.com/spaces-cli/spaces/internal/stream"
)

// A ReEncoding says whether an episode may be, or must be, re-encoded.
type ReEncoding string

const (
	// EncodeAuto re-encodes where something else is to change than the level, or
	// where changing the level by the gains of the coded sound would cost too much.
	EncodeAuto   ReEncoding = "auto"
	EncodeAlways ReEncoding = "always"
	EncodeNever  ReEncoding = "never" // it fails instead
)

// decodes returns what makes the samples necessary, with the cause, or "": then the access
// units of the recording can be written, whatever their level.
func (e *export) decodes() (why string, c Cause) {
	s := e.list[0].Span
	switch {
	case len(e.chain.sides) > 0:
		return "an " + e.chain.sides[0].name + " fades into the recording", Joins
	case len(e.rec.Omitted) > 0:
		return "the episode leaves speakers out", MustEncode
	case len(e.list) > 1:
		return "the episode shortens pauses or fills gaps", MustEncode
	case e.list[0].Gap > 0:
		return "the episode fills gaps", MustEncode
	case e.BitRate > 0:
		return "the episode has a bit rate of its own", MustEncode
	case e.Encoder != "":
		return "the episode names an encoder", MustEncode
	case e.Mono && e.Recording.Format().Channels > 1:
		return "the episode mixes the channels", MustEncode
	case !clip.Copies(e.Recording, s, e.Format):
		return e.unfit(s)
	case e.Format == format.M4A && e.Preset != Untouched && e.Encode != EncodeNever && e.codec(s) == track.Opus:
		// Podcast players take an .m4a for AAC.
		return "the recording is Opus, which not every podcast player plays in an .m4a file", MustEncode
	}
	return "", ""
}

// codec is the coding of a span, all of which is coded in one way.
func (e *export) codec(s recording.Span) track.Codec {
	return e.Recording.Files[e.Recording.Extents(s)[0].File].Config.Codec
}

// unfit says why the access units of a span do not fit into one file. The cause is
// OtherFormat where files of this format never hold such units.
func (e *export) unfit(s recording.Span) (why string, c Cause) {
	for _, x := range e.Recording.Extents(s) {
		codec := e.Recording.Files[x.File].Config.Codec
		if e.Format.Keeps(codec) {
			continue
		}
		file := "a"
		if e.Format == format.MP3 || e.Format == format.M4A || e.Format == format.Opus {
			file = "an"
		}
		holds := "is always encoded"
		if h := e.Format.Entry().Holds; len(h) > 0 {
			holds = "holds " + coding(h[0]) + " only"
		}
		return fmt.Sprintf("the recording is %s, and %s .%s file %s", coding(codec), file, e.Format, holds), OtherFormat
	}
	return "the recording consists of several files", MustEncode
}

// coding is the name of a codec.
func coding(c track.Codec) string {
	switch c {
	case track.AACLC, track.HEAAC, track.AACOther:
		return "AAC"
	case track.Opus:
		return "Opus"
	}
	return strings.ToUpper(string(c))
}

// settleUnits decides whether access units are written, as they are or with other
// gains.
func (e *export) settleUnits() error {
	why, cause := e.decodes()
	e.units = why == "" && e.Encode != EncodeAlways
	if e.Encode == EncodeNever && !e.units {
		p := recording.Problemf(NotCopied, cause, "%s cannot be exported without re-encoding: %s", e.Recording.Space.ID, why)
		p.Known = []string{string(e.Format)}
		return p
	}
	if !e.units {
		return nil
	}
	e.copied = !e.Level && (e.KeepLoudness || e.loudEnough())
	e.rec.SampleRate, e.rec.Channels, e.rec.Samples = stored(e.Recording, e.list[0].Span)
	return nil
}

// stored is what a file says of a span whose access units it keeps as they
// are: rate and channels are the source's own, whatever an encoder would take.
func stored(r *recording.Recording, span recording.Span) (rate, channels int, samples int64) {
	for _, x := range r.Extents(span) {
		c := r.Files[x.File].Config
		rate, channels = c.SampleRate, c.Channels
		samples += x.Samples
	}
	return rate, channels, samples
}

// loudEnough reports whether the recording has the loudness that is asked for.
func (e *export) loudEnough() bool {
	l := e.measured.Loudness
	return math.Abs(float64(l.Integrated)-*e.rec.Settings.Loudness) <= Tolerance && float64(l.TruePeak) <= *e.rec.Settings.TruePeak && !l.TruePeakAtLeast
}

// planLevel plans how the access units are brought to the level that is asked for.
// If that is not possible, or costs too much, the episode is encoded.
func (e *export) planLevel(ctx context.Context) error {
	units, err := clip.UnitsOf(e.Recording, e.list[0].Span, e.Format)
	if err != nil {
		return err
	}
	m := e.measured.Loudness
	want := clip.Level{Target: float64(m.Integrated), Ceiling: max(TruePeak, float64(m.TruePeak)), MaxGain: MaxGain}
	if set := &e.rec.Settings; !e.KeepLoudness {
		want.Target, want.Ceiling = *set.Loudness, *set.TruePeak
	}
	floor := float64(gain.DefaultFloor)
	if !math.IsInf(float64(m.Integrated), -1) {
		floor = gain.Floor(float64(m.Integrated), gain.Options{Target: want.Target, Ceiling: want.Ceiling})
	}
	if e.Level {
		floor -= clip.MaxLevelling
	}
	stream.Enter(e.progress, Adjusting)
	analysis := units.Analyzed(floor)
	if analysis == nil {
		e.progress.Expect(units.Samples())
		analysis, err = units.Analyze(ctx, floor, e.Jobs, e.progress.Add)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return e.encodeInstead(err.Error())
	}
	if e.Level {
		want.Levels, err = e.levels(analysis, units)
		if err != nil {
			return err
		}
	}
	plan, why, err := clip.PlanNearest(analysis, want)
	if err != nil {
		return err
	}
	if why != "" {
		if plan != nil && !e.KeepLoudness {
			e.spare = &spare{units: units, plan: plan, notes: len(e.notes)}
		}
		return e.encodeInstead(why)
	}
	return e.take(ctx, units, plan)
}

// take decides for the access units with the gains of a plan.
func (e *export) take(ctx context.Context, units *clip.Units, plan *gain.Plan) error {
	m := e.measured.Loudness
	if err := units.Settle(ctx, plan); err != nil {
		return err
	}
	if plan.Changes == 0 && !m.TruePeakAtLeast {
		// Peaks of quiet sound are only bounded in an analysis; these were measured.
		raised := float64(m.TruePeak) + float64(float64(plan.Runs[0].Steps)*gain.StepDecibels)
		plan.TruePeak = min(plan.TruePeak, loudness.Level(raised))
	}
	switch {
	case math.IsInf(float64(m.Integrated), -1):
		e.noteSilence()
	case !e.KeepLoudness:
		e.limited = float64(m.Integrated)+MaxGain < *e.rec.Settings.Loudness
	}
	if plan.Changes == 0 && plan.Runs[0].Steps == 0 {
		e.copied = true
		return nil
	}
	e.plan, e.rec.Gain = plan, clip.ShiftOf(plan)
	return nil
}

// encodeInstead gives up the access units of the recording.
func (e *export) encodeInstead(why string) error {
	if e.Encode == EncodeNever {
		return recording.Problemf(NotCopied, MustEncode, "%s cannot reach the loudness without re-encoding: %s", e.Recording.Space.ID, why)
	}
	e.note("re-encoded: %s", why)
	e.units = false
	e.rec.SampleRate, e.rec.Channels, e.rec.Samples = e.encoded()
	return nil
}

// encoded returns what a file says of the episode if it is encoded.
func (e *export) encoded() (rate, channels int, samples int64) {
	return e.chain.format.SampleRate, e.chain.format.Channels, e.chain.total()
}

// levels returns by how much the speakers are raised so that all are as loud as
// they are together.
func (e *export) levels(a *gain.Analysis, units *clip.Units) ([]gain.Level, error) {
	turns, err := e.Library.Turns(e.rec.ID)
	if err != nil || turns == nil || len(turns.Turns) == 0 {
		e.note("no speaking turns are known: the speakers could not be levelled")
		return nil, nil
	}
	var list []clip.Turn
	rate := float64(units.Rate())
	for _, t := range turns.Turns {
		from, in := e.rec.Locate(t.Start)
		to, _ := e.rec.Locate(t.End)
		if (in || to > from) && t.Handle != "" {
			start := units.At(int64(from * rate))
			list = append(list, clip.Turn{Handle: t.Handle, Span: recording.Span{Start: start, Samples: units.At(int64(to*rate)) - start}})
		}
	}
	slices.SortStableFunc(list, func(x, y clip.Turn) int { return cmp.Compare(x.Start, y.Start) })
	raises, err := clip.Raises(list, units.Rate(), func(list []recording.Span) (float64, error) {
		spans := make([]gain.Span, len(list))
		for i, s := range list {
			spans[i] = gain.Span{Start: s.Start, End: s.End()}
		}
		return float64(a.Loudness(spans...)), nil
	})
	levels := make([]gain.Level, len(raises))
	for i, r := range raises {
		levels[i] = gain.Level{Sample: r.At, Decibels: r.Decibels}
	}
	return levels, err
}

// planned is the loudness that the plan gives the recording's measurement.
func (e *export) planned() loudness.Result {
	r := e.measured.Loudness
	p := e.plan
	r.Integrated, r.Range, r.MaxMomentary, r.MaxShortTerm = p.Integrated, p.Range, p.MaxMomentary, p.MaxShortTerm
	r.TruePeak, r.TruePeakAtLeast = p.TruePeak, false
	return r
}
