package clip

import (
	"context"
	"io"

	"github.com/spaces-cli/spaces/internal/media/encode"
	"github.com/spaces-cli/spaces/internal/recording"
)

// encoded works out a clip that is decoded and coded anew: it holds the
// samples asked for and no others.
func (q *Request) encoded(ctx context.Context) (*plan, error) {
	e := q.Format.Entry()
	if e.Encode == nil {
		return nil, recording.Problemf(NoEncoder, NoAAC, "cannot re-encode to .aac: the format cannot store the exact start of its sound")
	}
	t, err := q.tune(ctx, e.Rates)
	if err != nil {
		return nil, err
	}
	s := &plan{span: q.Span, lossless: q.exact(), after: t.after, uneven: evens(t.levels)}
	s.write = func(ctx context.Context, w io.Writer) error {
		src, stop, err := q.changed(ctx, t, e.Rates...)
		if err != nil {
			return err
		}
		defer stop()
		video, end, err := q.render(ctx, src.Samples, src.Format().SampleRate)
		if err != nil {
			return err
		}
		defer end()
		return e.Encode(ctx, w, src, encode.Options{Tags: q.settled(), Cover: q.attached(), Video: video})
	}
	return s, nil
}

// exact reports whether a clip holds the very samples of the recording,
// although they are coded in another way: PCM as FLAC, or FLAC cut anywhere.
func (q *Request) exact() bool {
	r := q.Recording
	if !q.Effects.none() || !q.Omit.None(q.Span) || !q.Format.Entry().Lossless {
		return false
	}
	list := r.Extents(q.Span)
	for _, st := range list {
		c := r.Files[st.File].Config
		if _, ok := recording.Integers(c); !ok || st.File != list[0].File || c.Channels > 2 {
			return false
		}
	}
	return len(list) > 0
}
