package durable

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// A TakenError says that a file has the name that another was to get.
type TakenError struct{ Name string }

func (e *TakenError) Error() string { return e.Name + " exists already" }
func (e *TakenError) Unwrap() error { return fs.ErrExist }

// MayWrite returns an error unless a file of this name can be written. With
// force it can replace another file, but no folder. The error is a *TakenError
// if force would help.
func MayWrite(name string, force bool) error {
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s exists and is not a regular file", name)
	case force:
		return nil
	}
	return &TakenError{name}
}

// WriteNew writes a file that gets its name when it is whole, and returns its
// length. It replaces no other file unless force is set. Its permissions are
// those of any new file.
func WriteNew(name string, force bool, write func(io.Writer) error) (int64, error) {
	dir, err := os.OpenRoot(filepath.Dir(name))
	if err != nil {
		return 0, named(name, err)
	}
	defer dir.Close()
	d, err := Options{Perm: 0o666}.Create(dir, filepath.Base(name))
	if err != nil {
		return 0, named(name, err)
	}
	defer d.Discard()
	b := bufio.NewWriter(d)
	if err = write(b); err == nil {
		err = b.Flush()
	}
	size, serr := d.Seek(0, io.SeekCurrent)
	if err = errors.Join(err, serr); err != nil {
		return 0, err
	}
	if err := MayWrite(name, force); err != nil {
		return 0, err
	}
	if err := d.Commit(force); err != nil {
		if errors.Is(err, fs.ErrExist) { // another program has made one meanwhile
			return 0, &TakenError{name}
		}
		return 0, named(name, err)
	}
	return size, SyncDir(dir, ".")
}

// named is err with the name that the caller gave: nobody knows that of the
// draft.
func named(name string, err error) error {
	var cause *fs.PathError
	if errors.As(err, &cause) {
		err = cause.Err
	}
	return fmt.Errorf("%s: %w", name, err)
}
