package encode

import (
	"bufio"
	"context"
	"io"

	"github.com/spaces-cli/spaces/internal/media/aac"
	"github.com/spaces-cli/spaces/internal/media/mp4"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// AACRates are the sample rates that M4A takes.
var AACRates = aac.Rates

// M4A writes AAC-LC in an .m4a whose edit list leaves out what the encoder
// puts before and after the sound.
func M4A(ctx context.Context, w io.Writer, s Sound, o Options) error {
	var units Spool
	defer units.Close()
	var sizes track.Sizes
	f := s.Format()
	set := aac.Options{BitRate: o.rate(f.Channels), Jobs: o.Jobs}
	if o.Watch != nil {
		c, err := set.Config(f)
		if err != nil {
			return err
		}
		if err := o.Watch.Begin(c, aac.Delay); err != nil {
			return err
		}
	}
	stream, err := aac.Encode(ctx, s, set, func(unit []byte) error {
		sizes = append(sizes, uint32(len(unit)))
		if _, err := units.Write(unit); err != nil || o.Watch == nil {
			return err
		}
		return o.Watch.Unit(unit)
	})
	if err != nil {
		return err
	}
	if err := s.whole(stream.Samples); err != nil {
		return err
	}
	out, err := NewMovie(w, &mp4.Movie{
		Config: stream.Config, Units: stream.Units,
		Size:  func(i int64) int { return int(sizes[i]) },
		Edits: []mp4.Edit{{Start: aac.Delay, Samples: s.Samples}},
		Tags:  o.Tags, Cover: o.Cover, Chapters: o.Chapters,
	}, o.Video)
	if err != nil {
		return err
	}
	in := bufio.NewReaderSize(units.Reader(), readSize)
	unit := make([]byte, track.MaxUnitSize)
	for _, n := range sizes {
		if _, err := io.ReadFull(in, unit[:n]); err != nil {
			return err
		}
		if err := out.WriteUnit(unit[:n]); err != nil {
			return err
		}
	}
	return out.Close()
}

// A MovieWriter is what writes the access units of a movie's sound.
type MovieWriter interface {
	WriteUnit(data []byte) error
	Close() error
}

// NewMovie writes the beginning of an .m4a, or of an .mp4 if v is not nil.
func NewMovie(w io.Writer, m *mp4.Movie, v *mp4.Video) (MovieWriter, error) {
	if v == nil {
		return mp4.NewWriter(w, m)
	}
	return mp4.NewVideoWriter(w, m, v)
}
