package clip

import (
	"context"
	"io"

	"github.com/spaces-cli/spaces/internal/media/encode"
	"github.com/spaces-cli/spaces/internal/media/format"
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

// changed is the sound of a clip with effects, and the levels and the gain of a
// tuning. The caller calls stop when it needs no more of it.
func (q *Request) changed(ctx context.Context, t tuning, rates ...int) (s encode.Sound, stop func(), err error) {
	if s, stop, err = q.heard(ctx, rates...); err != nil {
		return s, nil, err
	}
	s.Reader = q.leveled(s.Reader, t.levels)
	if q.Mono {
		s.Reader = pcm.Mono(s.Reader)
	}
	if q.Fade > 0 {
		n := recording.Rescale(int64(q.Fade), int64(s.Format().SampleRate), 1e9)
		s.Reader = pcm.Fade(s.Reader, s.Samples, n, n)
	}
	if t.gain != 0 {
		s.Reader = pcm.Gain(s.Reader, pcm.Decibels(t.gain))
	}
	if t.limit {
		s.Reader = pcm.Limit(s.Reader, pcm.Decibels(q.ceiling()))
	}
	return s, stop, nil
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
