// Package removed keeps what a host has removed, until it is brought back or
// deleted: Spaces with all that is in their folders, clips and episodes with
// the files that belong to them, transcripts.
//
// Each lies in a folder of its own below layout.Removed, with a record beside it
// that says what it is and where each file was. Files are moved, never copied. A
// list of the moves is on the medium before the first of them, so that a run
// that is killed anywhere is finished, or undone, by the next: see moves.go.
//
// Clips and episodes are put aside by programs that do not hold the library's
// lock. Whoever moves files holds the lock of their list.
package removed

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
)

// A Kind says what was removed. The words appear in JSON.
type Kind string

const (
	Space      Kind = "space"
	Clip       Kind = "clip"
	Episode    Kind = "episode"
	Transcript Kind = "transcript"
)

// TranscriptName is what the transcript of a Space is called here: its files have
// the same names in every Space.
func TranscriptName(id string) string { return "transcript-" + id }

// A File is one that was moved.
type File struct {
	Name  string `json:"name"` // where it was, below the library
	Bytes int64  `json:"bytes"`
}

// A Record is what is kept of something that was removed, beside it.
type Record struct {
	Schema int    `json:"schema"`
	Kind   Kind   `json:"kind"`
	ID     string `json:"id"` // of the Space
	Title  string `json:"title"`
	Name   string `json:"name"` // of the Space's folder, or of the audio
	// Folder is where it was, below the library: of a Space its own folder, of
	// others the one that they lay in.
	Folder    string     `json:"folder"`
	Files     []File     `json:"files"`
	Bytes     int64      `json:"bytes"`
	RemovedAt space.Time `json:"removed_at"`
	By        string     `json:"by,omitempty"` // the command
}

// An Item is something that was removed.
type Item struct {
	Record
	Place string // its name in layout.Removed
	// Bare says that an earlier program put it aside: it has no record, and of
	// the Space the originals and the sidecar alone.
	Bare bool

	written time.Time // when its record was, by the file system
}

// earliest is before the first removal that this program can have made.
var earliest = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

// Since is when the time began for which it is kept, zero if nobody knows. A
// clock may have been wrong at the removal, or a backup may have brought it back:
// the record must be as old as it says.
func (it *Item) Since() time.Time {
	switch {
	case it.RemovedAt.Before(earliest):
		return time.Time{}
	case it.written.After(it.RemovedAt.Time.Add(time.Hour)):
		return it.written.UTC()
	}
	return it.RemovedAt.Time
}

// A Store is the folder of a library in which they lie.
type Store struct {
	Root  *os.Root // of the library
	Trace durable.Trace
	// Unreadable, if set, is told of a record or a list of moves that cannot be
	// read: it is skipped, and never deleted. Otherwise it is an error.
	Unreadable func(name string, err error)
}

// maxRecord bounds the JSON that is read.
const maxRecord = 32 << 20

// List returns what can be brought back, the latest first; what earlier programs
// removed last, as nobody knows when that was.
func (s Store) List() ([]Item, error) {
	entries, err := s.entries()
	if err != nil {
		return nil, err
	}
	var list []Item
	for _, e := range entries {
		if !e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		if moving := layout.RemovedMoves(e.Name()); s.exists(moving) {
			if err := s.skip(moving, s.read(moving, new(moves))); err != nil {
				return nil, err
			}
			continue
		}
		it, err := s.Find(e.Name())
		if errors.Is(err, fs.ErrNotExist) {
			continue // somebody's own folder
		}
		if err != nil {
			if err := s.skip(layout.RemovedRecord(e.Name()), err); err != nil {
				return nil, err
			}
			continue
		}
		list = append(list, *it)
	}
	slices.SortStableFunc(list, func(a, b Item) int {
		return cmp.Or(b.RemovedAt.Compare(a.RemovedAt.Time), cmp.Compare(a.Place, b.Place))
	})
	return list, nil
}

// skip passes on what is wrong with a file that can be skipped. The rest can be
// brought back though one record is damaged.
func (s Store) skip(name string, err error) error {
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if s.Unreadable == nil {
		return err
	}
	s.Unreadable(name, err)
	return nil
}

// Find returns what lies at a place. The error is fs.ErrNotExist if there is
// nothing that could be brought back.
func (s Store) Find(place string) (*Item, error) {
	if place != path.Base(place) || place == "." || place == ".." {
		return nil, fmt.Errorf("%q: %w", place, fs.ErrNotExist)
	}
	it := &Item{Place: place}
	err := s.read(layout.RemovedRecord(place), &it.Record)
	switch {
	case err == nil && it.Schema > space.Schema:
		return nil, fmt.Errorf("%s was written by a newer version of spaces", layout.RemovedRecord(place))
	case err == nil:
		info, err := s.Root.Stat(layout.RemovedRecord(place))
		if err != nil {
			return nil, err
		}
		it.written = info.ModTime()
		_, err = s.Root.Lstat(layout.RemovedIn(place))
		return it, err
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	return it, s.bare(it)
}

// bare fills in what an earlier program put aside.
func (s Store) bare(it *Item) error {
	folder := layout.RemovedIn(it.Place)
	known := new(space.Space)
	if err := s.read(layout.SidecarIn(folder), known); err != nil {
		return err
	}
	if !space.ValidID(known.ID) {
		return fmt.Errorf("%s: invalid id %q", layout.SidecarIn(folder), known.ID)
	}
	it.Bare = true
	it.Record = Record{Schema: space.Schema, Kind: Space, ID: known.ID, Title: known.Title, Name: path.Base(known.Folder), Folder: known.Folder}
	if known.Folder == "" || !fs.ValidPath(known.Folder) {
		it.Folder = layout.Folder(&known.Recording)
		it.Name = path.Base(it.Folder)
	}
	err := Walk(s.Root, folder, func(f File) {
		it.Files = append(it.Files, File{path.Join(it.Folder, strings.TrimPrefix(f.Name, folder+"/")), f.Bytes})
		it.Bytes += f.Bytes
	})
	return err
}

// Walk calls fn with each file in a folder of a library.
func Walk(root *os.Root, folder string, fn func(File)) error {
	return fs.WalkDir(root.FS(), folder, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		fn(File{name, info.Size()})
		return nil
	})
}

// Here returns where a file of it lies now, by where it was.
func (it *Item) Here(name string) string {
	return path.Join(layout.RemovedIn(it.Place), strings.TrimPrefix(name, it.Folder+"/"))
}

func (s Store) entries() ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(s.Root.FS(), layout.Removed)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return entries, err
}

func (s Store) read(name string, v any) error {
	return durable.ReadJSON(s.Root, name, maxRecord, v)
}

func (s Store) exists(name string) bool {
	_, err := s.Root.Lstat(name)
	return err == nil
}

func (s Store) options() durable.Options { return durable.Options{Trace: s.Trace} }

func (s Store) remove(name string) error {
	if err := s.Trace.Step("remove", name); err != nil {
		return err
	}
	if err := durable.Remove(s.Root, name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func (s Store) mkdir(name string, all bool) error {
	if info, err := s.Root.Stat(name); err == nil && info.IsDir() {
		return nil
	}
	if err := s.Trace.Step("mkdir", name); err != nil {
		return err
	}
	mkdir := s.Root.Mkdir
	if all {
		mkdir = s.Root.MkdirAll
	}
	if err := mkdir(name, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	// The files that are moved into it must not go with a power cut.
	return s.options().SyncDir(s.Root, path.Dir(name))
}
