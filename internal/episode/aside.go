package episode

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/removed"
	"github.com/spaces-cli/spaces/internal/library/space"
)

// Files returns the names of the files of an episode in a folder of a library:
// the audio, its record, and what stands beside it and belongs to no other
// episode.
func Files(library *os.Root, folder, file string) ([]string, error) {
	root, err := library.OpenRoot(folder)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	t := &target{root: root, file: file}
	return t.files()
}

func (t *target) files() ([]string, error) {
	list := []string{t.file}
	rec, err := t.record()
	if err != nil {
		return list, nil // the audio alone
	}
	for _, name := range []string{t.recordName(), t.beside(recordExt)} {
		if old, err := t.read(name); err == nil && old.File == t.file {
			list = append(list, name)
		}
	}
	shared, err := t.ofOthers()
	if err != nil {
		return nil, err
	}
	for _, name := range rec.besides() {
		if name == path.Base(name) && !shared[name] && !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	return list, nil
}

// ofOthers are the files that stand beside other episodes.
func (t *target) ofOthers() (map[string]bool, error) {
	entries, err := fs.ReadDir(t.root.FS(), ".")
	if err != nil {
		return nil, err
	}
	list := make(map[string]bool)
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), recordExt) {
			continue
		}
		if rec, err := t.read(e.Name()); err == nil && rec.File != t.file {
			for _, name := range rec.besides() {
				list[name] = true
			}
		}
	}
	return list, nil
}

// PutAside moves an episode of the Space with that id and folder, with its
// files, to what can be restored. by is the command, for the record. The error
// is fs.ErrNotExist if there is no such episode.
func PutAside(library *os.Root, id, folder, file, by string) (*removed.Item, error) {
	return putAside(library, id, path.Join(folder, layout.Episodes), file, by, nil)
}

// Rename gives an episode in a folder of a library another name; the files that
// belong to it follow. The name may have the extension, which stays, and becomes
// a part of an address on the web. It returns the name that the episode's file
// has then.
func Rename(library *os.Root, folder, file, name string) (string, error) {
	renamed, err := clip.Renamed(file, name, plainFile)
	if err != nil {
		return "", err
	}
	return renamed, clip.Move(library, folder, file, renamed, func() ([]string, error) { return Files(library, folder, file) })
}

// putAside is PutAside, but leaves some files where they are.
func putAside(library *os.Root, id, folder, file, by string, leave map[string]bool) (*removed.Item, error) {
	root, err := library.OpenRoot(folder)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	t := &target{root: root, file: file}
	if _, err := root.Lstat(file); err != nil {
		if _, known := t.record(); known != nil {
			return nil, err
		} // a record whose file is gone can be removed
	}
	names, err := t.files()
	if err != nil {
		return nil, err
	}
	r := removed.Record{Kind: removed.Episode, ID: id, Name: file, Folder: folder, RemovedAt: space.Time{Time: time.Now().UTC()}, By: by}
	for _, name := range names {
		if !leave[name] {
			r.Files = append(r.Files, removed.File{Name: path.Join(folder, name)})
		}
	}
	if rec, err := t.record(); err == nil {
		r.Title = rec.Title
	}
	return removed.Store{Root: library}.Put(r)
}

// putReplaced puts aside the episode whose name this one gets, if there is one.
// Files beside it that the host has changed stay.
func (e *export) putReplaced(t *target) (*removed.Item, error) {
	if e.Dir != "" {
		return nil, nil // the host's own folder
	}
	leave := make(map[string]bool)
	if old, err := t.record(); err == nil {
		for _, s := range old.Sidecars {
			was, err := t.has(s)
			if err != nil {
				return nil, err
			}
			leave[s.File] = !was
		}
	}
	s := e.Recording.Space
	it, err := putAside(e.Library.Root(), s.ID, path.Join(s.Folder, layout.Episodes), t.file, "export", leave)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return it, err
}

// mayWrite refuses a folder of the host's choice that is the library's own
// business.
func (e *export) mayWrite(t *target, dir string) error {
	if e.Dir == "" {
		return nil
	}
	own := filepath.Join(e.Recording.Dir, layout.Episodes)
	for _, name := range []string{t.file, t.recordName()} {
		if err := clip.MayWrite(e.Library.Dir(), filepath.Join(dir, name), own, e.Force); err != nil {
			return err
		}
	}
	return nil
}

// own reports whether a folder is that of the recording's episodes.
func (e *export) own(dir string) bool {
	a, aerr := os.Stat(dir)
	b, berr := os.Stat(filepath.Join(e.Recording.Dir, layout.Episodes))
	return aerr == nil && berr == nil && os.SameFile(a, b)
}

// finishRemovals makes the moves that a killed program has left to be made:
// nothing new must lie where they begin.
func (e *export) finishRemovals() error {
	_, err := e.Library.Store().Finish(false)
	return err
}
