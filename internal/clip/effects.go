package clip

import (
	"context"
	"io"
	"math"

	"github.com/spaces-cli/spaces/internal/media/encode"
	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/media/loudness"
	"github.com/spaces-cli/spaces/internal/media/pcm"
	"github.com/spaces-cli/spaces/internal/recording"
)

// heard is the sound of a clip's span without what is left out of it. The
// caller calls stop when it needs no more of it.
func (q *Request) heard(ctx context.Context, rates ...int) (s encode.Sound, stop func(), err error) {
	r := q.Recording
	f, bits := r.Shape(q.Span, rates...)
	if q.Omit.None(q.Span) {
		return r.Decode(ctx, q.Span, f)
	}
	list := q.Omit.Sections([]recording.Section{{Span: q.Span}})
	reel := r.ReadSections(ctx, list, f, true, func(int64) {})
	return encode.Sound{Reader: reel, Samples: r.SectionsLength(list, f.SampleRate), Bits: bits}, reel.Close, nil
}

// checkOmission refuses a clip of which nothing is left, and one whose pictures
// would tell of what is not heard.
func (q *Request) checkOmission() error {
	if q.Omit.None(q.Span) {
		return nil
	}
	if list := q.Omit.Sections([]recording.Section{{Span: q.Span}}); len(list) == 0 || list[0].Span.Samples == 0 {
		p := recording.Problemf(Empty, NothingLeft, "the clip has no sound left after leaving speakers out")
		p.Recording = q.Recording.Space.ID
		return p
	}
	if q.Format == format.MP4 {
		return recording.Problemf(BadRequest, WholeFilm, "speakers cannot be left out of a video")
	}
	return nil
}

// peakLimit is the true peak, in dBTP, that nothing is amplified beyond.
const peakLimit = -1

// sound returns the sound of a clip with all that is to be done to it. The
// caller calls stop when it needs no more of it.
func (q *Request) sound(ctx context.Context, rates ...int) (s encode.Sound, stop func(), err error) {
	levels, err := q.levels(ctx)
	if err != nil {
		return s, nil, err
	}
	factor := 1.0
	if q.Normalize != nil {
		if factor, err = q.factor(ctx, levels); err != nil {
			return s, nil, err
		}
	}
	return q.changed(ctx, levels, factor, rates...)
}

// changed is the sound with the levels of speakers, effects and a gain.
func (q *Request) changed(ctx context.Context, levels []Raise, factor float64, rates ...int) (s encode.Sound, stop func(), err error) {
	if s, stop, err = q.heard(ctx, rates...); err != nil {
		return s, nil, err
	}
	s.Reader = q.leveled(s.Reader, levels)
	if q.Mono {
		s.Reader = pcm.Mono(s.Reader)
	}
	if q.Fade > 0 {
		n := recording.Rescale(int64(q.Fade), int64(s.Format().SampleRate), 1e9)
		s.Reader = pcm.Fade(s.Reader, s.Samples, n, n)
	}
	if factor != 1 || len(levels) > 0 {
		s.Reader = pcm.Limit(pcm.Gain(s.Reader, factor), pcm.Decibels(peakLimit))
	}
	return s, stop, nil
}

// factor returns by what a clip is multiplied, with the levels of its speakers, to
// have the loudness that is asked for.
func (q *Request) factor(ctx context.Context, levels []Raise) (float64, error) {
	s, stop, err := q.changed(ctx, levels, 1)
	if err != nil {
		return 0, err
	}
	defer stop()
	m, err := loudness.NewMeter(s.Format().SampleRate, s.Format().Channels)
	if err != nil {
		return 0, err
	}
	if err := eachBlock(ctx, s, m.Write); err != nil {
		return 0, err
	}
	res := m.Result()
	if math.IsInf(float64(res.Integrated), -1) {
		return 1, nil // silence, or too short to have a loudness
	}
	return pcm.Decibels(min(maxGain, *q.Normalize-float64(res.Integrated))), nil
}

// blockFrames is how many sample frames are worked on at once.
const blockFrames = 4096

// eachBlock reads src to its end.
func eachBlock(ctx context.Context, src pcm.Reader, fn func(block []float32)) error {
	channels := src.Format().Channels
	buf := make([]float32, blockFrames*channels)
	for ctx.Err() == nil {
		n, err := src.Read(buf)
		fn(buf[:n*channels])
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}
