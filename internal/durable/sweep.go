package durable

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"regexp"
	"runtime"
	"sync"
	"time"

	"github.com/spaces-cli/spaces/internal/durable/flock"
)

const (
	// old is the age from which a draft counts as abandoned where no lock can
	// tell.
	old = 24 * time.Hour
	// young is the age below which Windows drafts are left alone: between
	// closing one and renaming it nothing is locked.
	young = time.Minute
)

// leftover is what files are called until they are whole, by this program and
// by those before it: .ABCDEFGHIJ.partial, peaks.partial-ABCDEFGHIJ,
// .1234.partial, .NAME.partial, peaks.partial.
var leftover = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\.partial(-[A-Z2-7]{10})?$`)
})

// IsLeftover reports whether a file in a library that is called so, without its
// folder, is a draft or one that an earlier program made.
func IsLeftover(name string) bool { return leftover().MatchString(name) }

// Hold locks a draft that has just been made, and reports whether it is still
// there. Where the file system knows no locks it is not locked.
func Hold(root *os.Root, name string, f *os.File) bool {
	if err := flock.Own(f); errors.Is(err, flock.ErrHeld) {
		return false
	}
	mine, err := f.Stat()
	if err != nil {
		return true
	}
	there, err := root.Lstat(name)
	return err == nil && os.SameFile(mine, there)
}

// Abandoned reports whether no program is writing a leftover any more: whoever
// writes one holds its lock.
func Abandoned(root *os.Root, name string) bool {
	lock, ok := seize(root, name)
	if lock != nil {
		lock.Close()
	}
	return ok
}

// Sweep removes a leftover unless a program is writing it, and reports whether
// it has.
func Sweep(root *os.Root, name string) (bool, error) {
	lock, ok := seize(root, name)
	if lock != nil {
		defer lock.Close()
		if runtime.GOOS == "windows" {
			lock.Close() // nothing that is open is removed there
		}
	}
	if !ok {
		return false, nil
	}
	err := Remove(root, name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// SweepDir sweeps the drafts of one folder. What cannot be removed stays.
func SweepDir(root *os.Root, dir string) {
	entries, err := fs.ReadDir(root.FS(), dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		if IsDraft(e.Name()) {
			Sweep(root, path.Join(dir, e.Name()))
		}
	}
}

// seize takes the lock of a leftover, if it is abandoned.
func seize(root *os.Root, name string) (lock *os.File, abandoned bool) {
	info, err := root.Lstat(name)
	if err != nil || !info.Mode().IsRegular() {
		return nil, false
	}
	age := time.Since(info.ModTime())
	f, err := root.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		if f, err = root.Open(name); err != nil {
			return nil, false
		}
	}
	switch err := flock.Own(f); {
	case errors.Is(err, flock.ErrHeld):
		f.Close()
		return nil, false
	case err != nil:
		return f, age > old
	}
	return f, runtime.GOOS != "windows" || age > young
}
