package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spaces-cli/spaces/internal/durable"
)

// mayWrite reports what speaks against writing a file of this name.
func mayWrite(name string, force bool) error {
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is there and no file that could be replaced", name)
	case force:
		return nil
	}
	return &failure{exitFailed, "exists", "choose another name with -o, or replace it with --force", fmt.Errorf("%s is there already", name)}
}

// writeNew writes a file that gets its name when it is whole, and returns its
// length. It replaces no other unless force is set.
func writeNew(name string, force bool, write func(io.Writer) error) (int64, error) {
	dir, err := os.OpenRoot(filepath.Dir(name))
	if err != nil {
		return 0, namedError(name, err)
	}
	defer dir.Close()
	d, err := durable.Options{Perm: 0o666}.Create(dir, filepath.Base(name))
	if err != nil {
		return 0, namedError(name, err)
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
	if err := mayWrite(name, force); err != nil {
		return 0, err
	}
	if err := d.Commit(force); err != nil {
		if errors.Is(err, fs.ErrExist) { // somebody has made one meanwhile
			err = errors.Join(mayWrite(name, force), namedError(name, err))
		}
		return 0, err
	}
	return size, durable.SyncDir(dir, ".")
}

// namedError is err with the name that the user gave: which name the draft of a
// file had is of no use to anybody.
func namedError(name string, err error) error {
	var cause *fs.PathError
	if errors.As(err, &cause) {
		err = cause.Err
	}
	return fmt.Errorf("%s: %w", name, err)
}
