// Package playable writes the files of a recording that play everywhere, unit by
// unit and without re-encoding, and the packet indexes beside them.
package playable

import (
	"fmt"
	"io"

	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media/flac"
	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/media/mp4"
	"github.com/spaces-cli/spaces/internal/media/tags"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// A File is one file that plays everywhere: all units of one configuration,
// joined without re-encoding.
type File struct {
	Config  track.Config
	Sizes   track.Sizes
	Lengths track.Lengths // of the units
	Edits   []mp4.Edit
	Total   int64 // samples, heard or not
	// Encoder is the program that coded the units of the first piece, if it
	// names it.
	Encoder string
}

// Hear adds a stretch that is heard, as a part of the one before if it
// adjoins.
func (f *File) Hear(start, samples int64) {
	if samples <= 0 {
		return
	}
	if n := len(f.Edits); n > 0 && f.Edits[n-1].Start+f.Edits[n-1].Samples == start {
		f.Edits[n-1].Samples += samples
		return
	}
	f.Edits = append(f.Edits, mp4.Edit{Start: start, Samples: samples})
}

// Ext is the extension of the container that codec c is handed out in.
func Ext(c track.Codec) (string, error) {
	f, ok := format.Native(c)
	if !ok {
		return "", fmt.Errorf("%s audio cannot be made playable without re-encoding", c)
	}
	return f.Ext(), nil
}

// NewWriter starts the file.
func (f *File) NewWriter(w io.Writer, t tags.Tags) (format.UnitWriter, error) {
	kind, _ := format.Native(f.Config.Codec)
	return kind.NewUnitWriter(w, &format.Units{
		Config: f.Config, Sizes: f.Sizes, Lengths: f.Lengths, Samples: f.Total, Edits: f.Edits, Encoder: f.Encoder, Tags: t,
	})
}

// WriteIndex writes the packet index of the file. It lists the lengths of the
// units only where these do not follow from the configuration: programs of
// before 2027 do not read such an index.
func (f *File) WriteIndex(w io.Writer) error {
	c := f.Config
	if !c.Codec.Varies() {
		return track.WriteIndex(w, f.Sizes, c.SampleRate, c.UnitSamples)
	}
	for _, n := range f.Sizes {
		if n > track.MaxUnitSize {
			return track.WriteListing(w, f.Sizes, &f.Lengths, c.SampleRate)
		}
	}
	if !f.Lengths.Even() || f.Lengths.Usual != c.UnitSamples || c.Codec == track.FLAC && !declaredLength(c, f.Lengths.Total()) {
		return track.WriteListing(w, f.Sizes, &f.Lengths, c.SampleRate)
	}
	return track.WriteIndex(w, f.Sizes, c.SampleRate, c.UnitSamples)
}

// declaredLength reports whether a STREAMINFO block says how many samples there
// are, which tells how long the last frame is.
func declaredLength(c track.Config, samples int64) bool {
	info, err := flac.ParseStreamInfo([]byte(c.Specific))
	return err == nil && info.Samples == samples
}

// Tags are the tags that a recording's files carry. They say nothing of
// when or by which version the file was made.
func Tags(r *space.Recording) tags.Tags {
	t := tags.Tags{Title: r.Title, Album: "X Spaces", Comment: "Space " + r.ID}
	if r.Host != nil {
		t.Artist = r.Host.Handle
	}
	if !r.StartedAt.IsZero() {
		t.Date = r.StartedAt.UTC().Format("2006-01-02")
	}
	return t
}
