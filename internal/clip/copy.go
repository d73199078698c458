package clip

import (
	"context"
	"hash"
	"io"

	"github.com/spaces-cli/spaces/internal/media/encode"
	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/media/gain"
	"github.com/spaces-cli/spaces/internal/media/tags"
	"github.com/spaces-cli/spaces/internal/recording"
)

// Copies reports whether a span can be written in format f without decoding:
// all of it is coded in one way, which f holds.
func Copies(r *recording.Recording, span recording.Span, f format.Format) bool {
	list := r.Extents(span)
	for _, st := range list {
		if st.File != list[0].File || !f.Keeps(r.Files[st.File].Config.Codec) {
			return false
		}
	}
	return len(list) > 0
}

// Native is the format in which a span can be written without decoding, if
// there is any.
func Native(r *recording.Recording, span recording.Span) format.Format {
	list := r.Extents(span)
	if len(list) == 0 {
		return format.M4A
	}
	if f, ok := format.Native(r.Files[list[0].File].Config.Codec); ok {
		return f
	}
	return format.WAV
}

// Copy writes a span without decoding it, under tags of the caller's: its access
// units as they are, or shifted as runs say. The units that it writes go to
// sum too.
func Copy(ctx context.Context, w io.Writer, r *recording.Recording, span recording.Span, f format.Format, o encode.Options, runs []gain.Run, sum hash.Hash) error {
	q := &Request{Recording: r, Span: span, Format: f, Cover: o.Cover, own: &o, runs: runs, sum: sum}
	s, err := q.lossless()
	if err != nil {
		return err
	}
	return s.write(ctx, w)
}

// chapters are those that the caller of Copy gave.
func (q *Request) chapters() []tags.Chapter {
	if q.own == nil {
		return nil
	}
	return q.own.Chapters
}
