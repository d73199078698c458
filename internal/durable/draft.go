// Package durable writes files that get their names when they are whole, so that
// nobody ever sees half of one, nor loses what had the name before.
package durable

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"regexp"
	"runtime"
	"syscall"
	"time"
)

// IsDraft reports whether a file that is called so, without its folder, is a
// draft. Whether a program still writes it, Abandoned tells.
func IsDraft(name string) bool { return draftName.MatchString(name) }

// draftName is what Create makes of rand.Text: RFC 4648's base32.
var draftName = regexp.MustCompile(`^\.[A-Z2-7]{10}\.partial$`)

// A File is a file that gets its name when it is whole.
type File struct {
	root *os.Root
	name string // that it gets
	tmp  string
	*os.File
	remove func(root *os.Root, name string) error // Remove; tests refuse it
}

// Create makes a file for writing, under a name of its own: others may be
// making the same file. The draft is locked until it is committed or
// discarded, so that nobody sweeps it away.
func Create(root *os.Root, name string) (*File, error) {
	for {
		tmp := path.Join(path.Dir(name), "."+rand.Text()[:10]+".partial")
		f, err := root.OpenFile(tmp, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
		if err != nil {
			return nil, err
		}
		d := &File{root: root, name: name, tmp: tmp, File: f, remove: Remove}
		if Hold(root, tmp, f) {
			return d, nil
		}
		d.Discard() // somebody swept it in the moment before it was locked
	}
}

// Discard removes the draft. After Commit it does nothing.
func (d *File) Discard() {
	d.Close()
	d.remove(d.root, d.tmp)
}

// Commit flushes the file to the medium and gives it its name. Unless force
// is set, that name must be free: the error is fs.ErrExist if it is not.
func (d *File) Commit(force bool) error {
	if err := d.Sync(); err != nil {
		return err
	}
	// The lock is held until the file has its name. Windows renames no file
	// that is open: there the sweepers leave young drafts alone.
	if runtime.GOOS == "windows" {
		if err := d.Close(); err != nil {
			return err
		}
	}
	if err := d.land(force); err != nil {
		return err
	}
	if runtime.GOOS == "windows" {
		return nil
	}
	return d.Close()
}

// land gives the draft its name.
func (d *File) land(force bool) error {
	if force {
		return Rename(d.root, d.tmp, d.name)
	}
	// A link never replaces a file. Some file systems know no links; there
	// two programs could meet between the look and the renaming.
	err := d.root.Link(d.tmp, d.name)
	if err == nil {
		// The file is there. A second name that cannot be removed now is
		// swept away later.
		d.remove(d.root, d.tmp)
		return nil
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

// Same reports whether a file holds the same bytes as the draft.
func (d *File) Same(name string) bool {
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
