package clip

import (
	"os"
	"path/filepath"
	"sync"

	"github.com/spaces-cli/spaces/internal/library/draft"
)

// A folder is a place where clips are put: os.Root sees to it that no name
// reaches outside.
type folder struct {
	dir   string
	open  sync.Once
	root  *os.Root
	err   error
	sweep sync.Once
}

// tidy removes the drafts that killed programs have left among the clips.
func (f *folder) tidy() {
	f.sweep.Do(func() { draft.SweepDir(f.root, clipsDir) })
}

// in opens the folder when it is first used.
func (f *folder) in() (*os.Root, error) {
	f.open.Do(func() { f.root, f.err = os.OpenRoot(f.dir) })
	return f.root, f.err
}

func (f *folder) close() error {
	f.open.Do(func() {})
	if f.root == nil {
		return nil
	}
	return f.root.Close()
}

// split divides the path of an output file into an opened folder and a name
// in it. The folder must exist.
func split(file string) (*os.Root, string, error) {
	dir, name := filepath.Split(file)
	if dir == "" {
		dir = "."
	}
	root, err := os.OpenRoot(dir)
	return root, name, err
}
