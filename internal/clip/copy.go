package clip

import (
	"context"
	"hash"
	"io"

	"github.com/spaces-cli/spaces/internal/media/encode"
	"github.com/spaces-cli/spaces/internal/media/mp4"
	"github.com/spaces-cli/spaces/internal/media/pcm"
)

// Copies reports whether a span can be written in format f without decoding:
// all of it is coded in one way, which f holds.
func (r *Recording) Copies(span Span, f Format) bool {
	list := r.stretches(span)
	for _, st := range list {
		if st.file != list[0].file || !f.keeps(r.Files[st.file].Config.Codec) {
			return false
		}
	}
	return len(list) > 0
}

// Native is the format in which a span can be written without decoding, if
// there is any.
func (r *Recording) Native(span Span) Format { return r.format(span) }

// Copy writes a span with its access units as they are, under tags of the
// caller's, and writes the units to sum too.
func (r *Recording) Copy(ctx context.Context, w io.Writer, span Span, f Format, o encode.Options, sum hash.Hash) error {
	s, err := r.lossless(&Request{Recording: r, Span: span, Format: f, Cover: o.Cover, own: &o, sum: sum})
	if err != nil {
		return err
	}
	return s.write(ctx, w)
}

// Length returns how many samples Decode makes of a span at a rate.
func (r *Recording) Length(span Span, rate int) int64 {
	var n int64
	for _, st := range r.stretches(span) {
		n += rescale(st.samples, rate, r.Files[st.file].Config.SampleRate)
	}
	return n
}

// Format is that of the decoded recording: its rate, or the one of rates that
// suits it best if there are any, and as many channels, 1 or 2, as its richest
// part has.
func (r *Recording) Format(rates ...int) pcm.Format {
	f := pcm.Format{SampleRate: pickRate(r.Rate, rates), Channels: 1}
	for _, file := range r.Files {
		f.Channels = max(f.Channels, min(2, file.Config.Channels))
	}
	return f
}

// Decode returns the samples of a span in format f. The caller calls stop when
// it needs no more of them.
func (r *Recording) Decode(ctx context.Context, span Span, f pcm.Format) (s encode.Sound, stop func(), err error) {
	src, err := r.decode(ctx, span, f.SampleRate)
	if err != nil {
		return s, nil, err
	}
	s = src.whole()
	if f.Channels == 1 {
		s.Source = pcm.Mono(s.Source)
	} else {
		s.Source = pcm.Stereo(s.Source)
	}
	return s, src.Close, nil
}

// chapters are those that the caller of Copy gave.
func (q *Request) chapters() []mp4.Chapter {
	if q.own == nil {
		return nil
	}
	return q.own.Chapters
}
