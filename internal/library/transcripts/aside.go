package transcripts

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"time"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/removed"
	"github.com/spaces-cli/spaces/internal/library/space"
)

// Open reads the transcript of a recording that is to be changed. Its captions and
// its text, which a killed run may have left as they were before, are made to say
// what it says. The library must be open for writing; errors are those of Read.
func Open(library *os.Root, s *space.Space) (*Transcript, error) {
	t, err := Read(library, s)
	if err != nil {
		return t, err
	}
	return t, WriteForms(library, s, t)
}

// MayReplace fails with ErrCorrected if the recording has a transcript that the
// host has corrected. One that cannot be read may have been.
func MayReplace(library *os.Root, s *space.Space) error {
	t, err := Read(library, s)
	switch {
	case errors.Is(err, ErrNone):
		return nil
	case t == nil:
		return fmt.Errorf("it may be that %w: it cannot be read: %w", ErrCorrected, err)
	case t.IsCorrected():
		return fmt.Errorf("%s: %w", s.ID, ErrCorrected)
	}
	return nil
}

// PutAside moves the transcript of a recording, with its other forms, to where it
// can be brought back from. The library must be open for writing. The error is
// ErrNone if there is none.
func PutAside(lib *library.Library, s *space.Space, by string, now time.Time) (*removed.Item, error) {
	r := removed.Record{
		Kind: removed.Transcript, ID: s.ID, Title: s.Title, Name: removed.TranscriptName(s.ID),
		Folder: path.Join(s.Folder, layout.Transcript), RemovedAt: space.Time{Time: now.UTC()}, By: by,
	}
	for _, name := range layout.TranscriptFiles(s.Folder) {
		r.Files = append(r.Files, removed.File{Name: name})
	}
	it, err := lib.Store().Put(r)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", s.ID, ErrNone)
	}
	return it, err
}
