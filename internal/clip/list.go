package clip

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/media/format"
)

// A BrokenError is the record of a clip that cannot be read: where the clip
// comes from is unknown.
type BrokenError struct {
	File string // the clip, by its name in the folder of clips
	Path string // of the record, below the library
	Err  error
}

func (e *BrokenError) Error() string { return e.Path + ": cannot read the record: " + e.Err.Error() }
func (e *BrokenError) Unwrap() error { return e.Err }

// maxNote bounds a record that is read.
const maxNote = 64 << 20

// List returns the clips that lie in the folder "clips" of the recording with
// that folder below the library, in the order in which they begin, and the
// records that cannot be read. Other JSON there is passed over: the folder is
// the host's.
func List(library *os.Root, folder string) (list []Provenance, broken []*BrokenError, err error) {
	dir := path.Join(folder, layout.Clips)
	entries, err := fs.ReadDir(library.FS(), dir)
	if errors.Is(err, fs.ErrNotExist) {
		if _, gone := library.Stat(folder); gone != nil {
			return nil, nil, gone
		}
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	for _, e := range entries {
		file, ok := strings.CutSuffix(e.Name(), ".json")
		if !ok || strings.HasPrefix(file, ".") {
			continue
		}
		name := path.Join(dir, e.Name())
		var p Provenance
		err := durable.ReadJSON(library, name, maxNote, &p)
		if errors.Is(err, fs.ErrNotExist) {
			continue // gone meanwhile
		}
		if err != nil {
			if _, ours := format.Of(file, format.All()); ours {
				broken = append(broken, &BrokenError{file, name, bare(name, err)})
			}
			continue
		}
		if p.Schema == Schema && p.File != "" && p.Samples > 0 {
			list = append(list, p)
		}
	}
	slices.SortStableFunc(list, func(a, b Provenance) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.Samples, b.Samples))
	})
	return list, broken, nil
}

// bare is an error without the name of the file, which its reader knows.
func bare(name string, err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return errors.New(strings.TrimPrefix(err.Error(), name+": "))
}
