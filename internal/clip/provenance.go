package clip

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"reflect"

	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/recording"
)

// Schema is the version of the JSON of this package.
const Schema = 1

// A Provenance is the content of clips/NAME.m4a.json: where a clip comes from and
// how it was made. It says nothing of when, so that the same clip always has
// the same one.
type Provenance struct {
	Schema    int           `json:"schema"`
	Recording string        `json:"recording"` // id
	Title     string        `json:"title"`
	File      string        `json:"file"` // beside this one
	Format    format.Format `json:"format"`
	Bytes     int64         `json:"bytes"`
	SHA256    string        `json:"sha256"`
	Lossless  bool          `json:"lossless"`
	Gain      *Shift        `json:"gain,omitempty"` // by which its level was changed without re-encoding
	At        float64       `json:"at"`             // seconds
	Length    float64       `json:"length"`         // seconds
	Start     int64         `json:"start"`          // position of the first sample
	Samples   int64         `json:"samples"`
	Rate      int           `json:"sample_rate"`
	StartedAt space.Time    `json:"started_at"` // wall clock of the first sample
	EndedAt   space.Time    `json:"ended_at"`
	// Hidden are samples that the file holds beyond those that it plays.
	Hidden   Hidden             `json:"hidden"`
	Sources  []recording.Source `json:"sources"`
	Settings Settings           `json:"settings"`
	// Omitted are the stretches between At and its end that are left out: cut,
	// or silent.
	Omitted []recording.Omitted `json:"omitted,omitempty"`
	// WrittenBy is the program and its version.
	WrittenBy string `json:"written_by"`
}

// Settings are what was asked for beyond the span.
type Settings struct {
	Fade      float64        `json:"fade,omitempty"`      // seconds
	Normalize *float64       `json:"normalize,omitempty"` // LUFS
	Level     bool           `json:"level,omitempty"`
	Mono      bool           `json:"mono,omitempty"`
	Strict    bool           `json:"strict,omitempty"`
	Title     string         `json:"title,omitempty"`
	Cover     string         `json:"cover,omitempty"` // SHA-256
	Video     *VideoSettings `json:"video,omitempty"` // what an MP4 shows
}

// provenance is that of a clip, but for the file.
func (q *Request) provenance(s *plan) *Provenance {
	r := q.Recording
	p := &Provenance{
		Schema: Schema, Recording: r.Space.ID, Title: q.tags().Title, Format: q.Format, Lossless: s.lossless, Gain: s.gain,
		At: r.Seconds(s.span.Start), Length: r.Seconds(s.span.Samples),
		Start: s.span.Start, Samples: s.span.Samples, Rate: r.Rate, Hidden: s.hidden,
		Sources:   r.Sources(s.span),
		Settings:  q.settings(),
		WrittenBy: "spaces " + r.Version,
	}
	p.StartedAt, p.EndedAt = wallSpan(r, s.span)
	if all := []recording.Section{{Span: s.span}}; !q.Omit.None(s.span) {
		p.Omitted, p.Sources = r.Omitted(&q.Omit, all), nil
		for _, left := range q.Omit.Sections(all) {
			p.Sources = append(p.Sources, r.Sources(left.Span)...)
		}
	}
	if len(q.Cover) > 0 {
		p.Settings.Cover = hashOf(q.Cover)
	}
	return p
}

// same reports whether two provenances are those of the same clip, whichever
// version made it.
func (p *Provenance) same(other *Provenance) bool {
	a, b := *p, *other
	a.Bytes, a.SHA256, a.WrittenBy = b.Bytes, b.SHA256, b.WrittenBy
	if !a.StartedAt.Equal(b.StartedAt.Time) || !a.EndedAt.Equal(b.EndedAt.Time) {
		// The file holds milliseconds.
		if a.StartedAt.String() != b.StartedAt.String() || a.EndedAt.String() != b.EndedAt.String() {
			return false
		}
	}
	a.StartedAt, a.EndedAt = b.StartedAt, b.EndedAt
	return reflect.DeepEqual(a, b)
}

// sidecar is the name of the provenance of a clip. The clip's extension stays
// in it: the same excerpt can be there in several formats.
func sidecar(file string) string { return file + ".json" }

func readProvenance(root *os.Root, file string) (*Provenance, error) {
	b, err := root.ReadFile(sidecar(file))
	if err != nil {
		return nil, err
	}
	p := new(Provenance)
	return p, json.Unmarshal(b, p)
}

// write puts the provenance beside the clip, unless the same stands there.
func (p *Provenance) write(root *os.Root, file string) error {
	b, err := space.Marshal(p)
	if err != nil {
		return err
	}
	name := sidecar(file)
	if old, err := root.ReadFile(name); err == nil && bytes.Equal(old, b) {
		return nil
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	d, err := durable.Create(root, name)
	if err != nil {
		return err
	}
	defer d.Discard()
	if _, err := d.Write(b); err != nil {
		return err
	}
	return d.Commit(true)
}
