package chapters

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
)

// MaxKept is how many chapters a recording keeps at most, and MaxTitle how many
// bytes the title of one may have.
const (
	MaxKept  = 1000
	MaxTitle = 300
)

// keptFile is a file of JSON Chapters that says which audio its times belong to.
type keptFile struct {
	document
	// Pieces are the SHA-256 of the originals.
	Pieces []string `json:"pieces"`
}

func pieces(s *space.Space) []string {
	list := []string{}
	for _, p := range s.Pieces {
		list = append(list, p.SHA256)
	}
	return list
}

// Kept returns the chapters that the host has edited of a recording, in its time,
// or none if there are none or they belong to other audio.
func Kept(lib *library.Library, s *space.Space) ([]Chapter, error) {
	name := layout.ChaptersIn(s.Folder)
	b, err := lib.Read(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var f keptFile
	if err := json.Unmarshal(b, &f); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if !slices.Equal(f.Pieces, pieces(s)) {
		return nil, nil
	}
	list, _, err := Parse(bytes.NewReader(b), 0)
	if err != nil && !errors.Is(err, ErrNone) {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return list, nil
}

// Keep keeps chapters of a recording that lasts duration seconds, in place of those
// that were kept before, and returns them as they were kept: in order of time.
func Keep(lib *library.Library, s *space.Space, list []Chapter, duration float64) ([]Chapter, error) {
	if len(list) > MaxKept {
		return nil, fmt.Errorf("%d chapters are too many (at most %d)", len(list), MaxKept)
	}
	var marks []mark
	for i, c := range list {
		c.Title = cleanTitle(c.Title)
		place := fmt.Sprintf("chapter %d", i+1)
		switch {
		case c.Title == "":
			return nil, fmt.Errorf("%s has no title", place)
		case len(c.Title) > MaxTitle:
			return nil, fmt.Errorf("%s: the title is longer than %d bytes", place, MaxTitle)
		case !(c.Start >= 0 && c.Start <= maxTime):
			return nil, fmt.Errorf("%s: %g is not a position in the recording", place, c.Start)
		}
		marks = append(marks, mark{c, place})
	}
	list, err := tidy(marks, duration)
	if err != nil {
		return nil, err
	}
	f := keptFile{document: newDocument(list), Pieces: pieces(s)}
	b, err := space.Marshal(f)
	if err == nil {
		err = lib.Root().MkdirAll(layout.EpisodeIn(s.Folder, ""), 0o755)
	}
	if err == nil {
		err = lib.Replace(layout.ChaptersIn(s.Folder), b)
	}
	return list, err
}

// Discard removes what was kept: the detected chapters hold again.
func Discard(lib *library.Library, s *space.Space) error {
	return lib.RemoveFile(layout.ChaptersIn(s.Folder))
}
