package cli

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
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
	tmp := filepath.Join(filepath.Dir(name), "."+rand.Text()[:10]+".partial")
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		var cause *fs.PathError
		if errors.As(err, &cause) {
			err = cause.Err // which name it had is of no use to anybody
		}
		return 0, fmt.Errorf("%s: %w", name, err)
	}
	defer os.Remove(tmp)
	b := bufio.NewWriter(f)
	err = write(b)
	if err == nil {
		err = b.Flush()
	}
	if err == nil {
		err = f.Sync()
	}
	size, serr := f.Seek(0, io.SeekCurrent)
	if err = errors.Join(err, serr, f.Close()); err != nil {
		return 0, err
	}
	if err := mayWrite(name, force); err != nil {
		return 0, err
	}
	if !force {
		// A link never replaces a file, whoever may have made one meanwhile.
		// Some file systems know no links; there the look has to do.
		if err := os.Link(tmp, name); err == nil || errors.Is(err, fs.ErrExist) {
			return size, err
		}
	}
	return size, os.Rename(tmp, name)
}
