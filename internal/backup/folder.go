package backup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/spaces-cli/spaces/internal/durable"
)

// The folder in which a library is restored: what lies there already, and what
// its file system can hold.

// behind returns the absolute path of a folder: where it is a link, of the folder
// to which that leads, so that the link stays.
func behind(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if info, err := os.Lstat(dir); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		return dir, nil
	}
	return filepath.EvalSymlinks(dir)
}

// vacant fails if something lies in a folder.
func vacant(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && len(entries) > 0 {
		err = fmt.Errorf("%s: %w", dir, ErrTaken)
	}
	return err
}

// replaceable fails if a folder that is there, and empty, cannot be replaced in the
// end. Better to say so before everything was fetched, onto another disk.
func replaceable(dir string) error {
	if _, err := os.Lstat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	aside := dir + ".empty"
	if _, err := os.Lstat(aside); err == nil {
		return nil
	}
	if err := os.Rename(dir, aside); err != nil {
		return fmt.Errorf("%s: %w: %w", dir, ErrFixed, err)
	}
	return os.Rename(aside, dir)
}

// name gives the complete library its name.
func name(part, dir string) error {
	if err := os.Remove(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	above, err := os.OpenRoot(filepath.Dir(dir))
	if err != nil {
		return err
	}
	defer above.Close()
	if err := durable.Replace(above, filepath.Base(part), filepath.Base(dir)); err != nil {
		return err
	}
	return durable.Remove(above, path.Join(filepath.Base(dir), lockName))
}

// adopt makes the folder. One that is there has to be empty or that of an earlier
// run: what is not of the snapshot is removed from it.
func adopt(part string) error {
	info, err := os.Lstat(part)
	if errors.Is(err, fs.ErrNotExist) {
		return os.MkdirAll(part, 0o755)
	}
	if err != nil {
		return err
	}
	foreign := fmt.Errorf("%s: %w", part, ErrForeign)
	if !info.IsDir() {
		return foreign // a link as well
	}
	entries, err := os.ReadDir(part)
	if err != nil || len(entries) == 0 {
		return err
	}
	if mark, err := os.Lstat(filepath.Join(part, lockName)); err != nil || !mark.Mode().IsRegular() {
		return foreign
	}
	return nil
}

// distinct fails if the file system takes two files of the library for one, as those
// do that do not tell capitals from small letters: the second would replace the
// first.
func (r *restoring) distinct() error {
	same := make(map[string][]string)
	for _, f := range r.m.Files {
		key := cases.Fold().String(norm.NFKC.String(f.Path))
		same[key] = append(same[key], f.Path)
	}
	for _, names := range same {
		for i, other := range names[1:] {
			one, err := r.one(names[i], other)
			if err == nil && one {
				err = fmt.Errorf("%w: %s and %s", ErrSameName, names[i], other)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// one reports whether two names are of one file here.
func (r *restoring) one(a, b string) (bool, error) {
	f, err := r.root.OpenFile(a, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	switch {
	case err == nil:
		f.Close()
		defer r.root.Remove(a)
	case !errors.Is(err, fs.ErrExist): // of an earlier run
		return false, err
	}
	x, err := r.root.Lstat(a)
	if err != nil {
		return false, err
	}
	y, err := r.root.Lstat(b)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && os.SameFile(x, y), err
}
