package durable

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"
)

// Remove removes a file or an empty folder below root. All removals in a
// library go through it and RemoveAll: os.Root deletes with POSIX semantics,
// which Wine, FAT and some shares refuse; there it is done by the path.
func Remove(root *os.Root, name string) error {
	if err := watched.Step("remove", name); err != nil {
		return err
	}
	return remove(root.Remove, root, name)
}

// remove is Remove with the deletion that is tried first.
func remove(first func(name string) error, root *os.Root, name string) error {
	err := patiently(func() error { return first(name) })
	if err == nil || errors.Is(err, fs.ErrNotExist) || !filepath.IsLocal(filepath.FromSlash(name)) {
		return err
	}
	// That Lstat finds it shows that no link on the way leads out of root.
	if _, outside := root.Lstat(name); outside != nil {
		return err
	}
	if os.Remove(filepath.Join(root.Name(), filepath.FromSlash(name))) != nil {
		return err
	}
	return nil
}

// RemoveAll removes a file, or a folder with all that is in it. It is no error
// if there is none.
func RemoveAll(root *os.Root, name string) error {
	if err := watched.Step("remove", name); err != nil {
		return err
	}
	return removeAll(root.RemoveAll, root, name)
}

// removeAll is RemoveAll with the deletion that is tried first.
func removeAll(first func(name string) error, root *os.Root, name string) error {
	if err := first(name); err == nil {
		return nil
	}
	var all []string
	err := fs.WalkDir(root.FS(), filepath.ToSlash(name), func(name string, _ fs.DirEntry, err error) error {
		if err == nil {
			all = append(all, name)
		}
		return err
	})
	if errors.Is(err, fs.ErrNotExist) && len(all) == 0 {
		return nil
	}
	for _, name := range slices.Backward(all) {
		if rerr := Remove(root, name); rerr != nil && !errors.Is(rerr, fs.ErrNotExist) {
			err = errors.Join(err, rerr)
		}
	}
	return err
}

// patiently repeats f while a virus scanner or an indexer has a file open
// without sharing it. They let go within moments.
func patiently(f func() error) error {
	err := f()
	for wait := 10 * time.Millisecond; err != nil && mayPass(err) && wait < 2*time.Second; wait *= 2 {
		time.Sleep(wait)
		err = f()
	}
	return err
}

// mayPass reports whether what is refused now may be allowed in a moment.
func mayPass(err error) bool { return runtime.GOOS == "windows" && isBusy(err) }
