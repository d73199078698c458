package clip

import (
	"crypto/sha256"
	"encoding/hex"
	"path"
	"strings"

	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/recording"
)

// DefaultName is the template of a clip's name.
const DefaultName = "{date} {title} {at}"

const (
	// maxName is how many bytes a clip's name may have, extension left out.
	maxName = 80
	// maxPath is the longest path below the library in UTF-16 units.
	maxPath = 200
)

// FileName is the name of a clip, made by the template q.Name.
func (q *Request) FileName() (string, error) {
	r := q.Recording
	name, err := q.expand()
	if err != nil {
		return "", err
	}
	format := q.Format
	if format == "" {
		format = Native(r, q.Span)
	}
	return name + "." + string(format), nil
}

// expand fills in the template. In it stand {date} and {clock}, the wall
// clock of the first sample in UTC; {title}; {at}, {end} and {length}; {id}.
func (q *Request) expand() (string, error) {
	r := q.Recording
	title := q.Title
	if title == "" {
		file := path.Base(r.Space.Files[0])
		title = strings.TrimSuffix(file, path.Ext(file))
	}
	date, clock := "undated", "unclocked"
	if wall := r.Wall(q.Span.Start); !wall.IsZero() {
		date, clock = wall.UTC().Format("2006-01-02"), wall.UTC().Format("150405Z")
	}
	values := map[string]string{
		"date": date, "clock": clock, "id": r.Space.ID,
		"at": recording.Mark(r.Time(q.Span.Start)), "end": recording.Mark(r.Time(q.Span.End())), "length": recording.Mark(r.Time(q.Span.Samples)),
	}
	template := q.Name
	if template == "" {
		template = DefaultName
	}
	room := min(maxName, maxPath-len(r.Space.Folder)-len("/"+layout.Clips+"/.flac.json"))
	rest, err := fill(template, values, "")
	if err != nil {
		return "", err
	}
	// The title is cut, and nothing else, where the name becomes too long.
	left := max(10, room-len(rest))
	short := layout.SafeName(title, left)
	for n := left; len(short) > left && n > 0; n-- {
		short = layout.SafeName(title, n)
	}
	name, err := fill(template, values, short)
	return layout.SafeName(name, maxName), err
}

func fill(template string, values map[string]string, title string) (string, error) {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(template, "{")
		b.WriteString(before)
		if !found {
			return b.String(), nil
		}
		key, rest, closed := strings.Cut(after, "}")
		value, known := values[key]
		if key == "title" {
			value, known = title, true
		}
		if !closed || !known {
			return "", recording.Problemf(BadRequest, "", "the name has an unknown {%s} (use {date} {clock} {title} {at} {end} {length} {id})", key)
		}
		b.WriteString(value)
		template = rest
	}
}

func hashOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
