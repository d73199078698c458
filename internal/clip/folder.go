package clip

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
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

// swept is how old a draft is that a killed program must have left.
const swept = 24 * time.Hour

// tidy removes the drafts that killed programs have left among the clips.
func (f *folder) tidy() {
	f.sweep.Do(func() {
		entries, err := fs.ReadDir(f.root.FS(), clipsDir)
		if err != nil {
			return
		}
		for _, e := range entries {
			if !strings.HasPrefix(e.Name(), ".") || !strings.HasSuffix(e.Name(), partialExt) {
				continue
			}
			if info, err := e.Info(); err == nil && time.Since(info.ModTime()) > swept {
				f.root.Remove(path.Join(clipsDir, e.Name()))
			}
		}
	})
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

const partialExt = ".partial"

// A Draft is a file that gets its name when it is whole.
type Draft struct {
	root *os.Root
	name string // that it gets
	tmp  string
	*os.File
}

// NewDraft makes a file for writing, under a name of its own: others may be
// cutting the same clip.
func NewDraft(root *os.Root, name string) (*Draft, error) {
	tmp := path.Join(path.Dir(name), "."+rand.Text()[:10]+partialExt)
	f, err := root.OpenFile(tmp, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, err
	}
	return &Draft{root: root, name: name, tmp: tmp, File: f}, nil
}

// Discard removes the draft. After Commit it does nothing.
func (d *Draft) Discard() {
	d.Close()
	d.root.Remove(d.tmp)
}

// Commit flushes the file to the medium and gives it its name. Unless force
// is set, that name must be free: the error is fs.ErrExist if it is not.
func (d *Draft) Commit(force bool) error {
	if err := d.Sync(); err != nil {
		return err
	}
	if err := d.Close(); err != nil {
		return err
	}
	if force {
		return Rename(d.root, d.tmp, d.name)
	}
	// A link never replaces a file. Some file systems know no links; there
	// two programs could meet between the look and the renaming.
	err := d.root.Link(d.tmp, d.name)
	if err == nil {
		return d.root.Remove(d.tmp)
	}
	if _, there := d.root.Lstat(d.name); there == nil {
		return fmt.Errorf("%s: %w", d.name, fs.ErrExist)
	}
	return Rename(d.root, d.tmp, d.name)
}

// SyncDir flushes the entries of a folder, so that new names survive a power
// cut. Windows has no such call; some network drives cannot do it.
func SyncDir(root *os.Root, name string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := root.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, syscall.EINVAL) {
		return err
	}
	return nil
}

// Rename renames a file, and repeats what Windows refuses while a virus scanner
// looks at it.
func Rename(root *os.Root, old, name string) error {
	err := root.Rename(old, name)
	for wait := time.Millisecond; err != nil && runtime.GOOS == "windows" && wait < time.Second; wait *= 2 {
		time.Sleep(wait)
		err = root.Rename(old, name)
	}
	return err
}

// sameContent reports whether a file holds the same bytes as the draft.
func (d *Draft) sameContent(name string) bool {
	f, err := d.root.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	a, err := f.Stat()
	if err != nil || !a.Mode().IsRegular() {
		return false
	}
	b, err := d.Stat()
	if err != nil || a.Size() != b.Size() {
		return false
	}
	const block = 64 << 10
	x, y := make([]byte, block), make([]byte, block)
	for off := int64(0); off < a.Size(); off += block {
		n := min(block, a.Size()-off)
		if _, err := io.ReadFull(io.NewSectionReader(f, off, n), x[:n]); err != nil {
			return false
		}
		if _, err := io.ReadFull(io.NewSectionReader(d, off, n), y[:n]); err != nil {
			return false
		}
		if string(x[:n]) != string(y[:n]) {
			return false
		}
	}
	return true
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
