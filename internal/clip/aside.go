package clip

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/removed"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media/format"
)

// Files returns the names of the files of a clip in a folder of a library: the
// clip, its record, and captions that belong to it. A clip without a picture has
// captions only where no video has the name.
func Files(library *os.Root, folder, file string) []string {
	list := []string{file, sidecar(file)}
	video := strings.TrimSuffix(file, path.Ext(file)) + "." + string(format.MP4)
	if _, err := library.Lstat(path.Join(folder, video)); file != video && err == nil {
		return list
	}
	captions := captionsName(file)
	if _, err := library.Lstat(path.Join(folder, captions)); err == nil && captions != file {
		list = append(list, captions)
	}
	return list
}

// PutAside moves a clip of the Space with that id and folder, with its files, to
// what can be restored. by is the command, for the record. The error is
// fs.ErrNotExist if there is no such clip.
func PutAside(library *os.Root, id, folder, file, by string) (*removed.Item, error) {
	r := removed.Record{Kind: removed.Clip, ID: id, Name: file, Folder: path.Join(folder, layout.Clips), RemovedAt: space.Time{Time: time.Now().UTC()}, By: by}
	record := path.Join(r.Folder, sidecar(file))
	if _, err := library.Lstat(path.Join(r.Folder, file)); err != nil {
		if _, known := library.Lstat(record); known != nil {
			return nil, err
		} // a record whose file is gone can be removed
	}
	for _, name := range Files(library, r.Folder, file) {
		r.Files = append(r.Files, removed.File{Name: path.Join(r.Folder, name)})
	}
	var p Provenance
	if b, err := library.ReadFile(record); err == nil && json.Unmarshal(b, &p) == nil {
		r.Title = p.Title
	}
	return removed.Store{Root: library}.Put(r)
}

// putReplaced puts aside the clip whose name this one gets, if there is one,
// and returns how to bring it back.
func (q *Request) putReplaced(name string) (back func() error, err error) {
	library, err := os.OpenRoot(q.Recording.Library)
	if err != nil {
		return nil, err
	}
	defer library.Close()
	it, err := PutAside(library, q.Recording.Space.ID, q.Recording.Space.Folder, name, "clip")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return func() error { return q.putBack(it) }, nil
}

// putBack brings back a clip that was put aside for one that then could not be
// written.
func (q *Request) putBack(it *removed.Item) error {
	library, err := os.OpenRoot(q.Recording.Library)
	if err != nil {
		return err
	}
	defer library.Close()
	_, err = removed.Store{Root: library}.Restore(it, it.Folder)
	return err
}

// finishRemovals makes the moves that a killed program has left to be made:
// nothing new must lie where they begin. A list of moves that is damaged stops no
// clip: verify tells of it.
func (q *Request) finishRemovals() error {
	library, err := os.OpenRoot(q.Recording.Library)
	if err != nil {
		return err
	}
	defer library.Close()
	_, err = removed.Store{Root: library, Unreadable: func(string, error) {}}.Finish(false)
	return err
}
