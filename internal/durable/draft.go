// Package durable writes files that get their names when they are whole, so that
// nobody ever sees half of one, nor loses what had the name before.
package durable

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"regexp"
	"runtime"
	"sync"
	"time"
)

// IsDraft reports whether a file that is called so, without its folder, is a
// draft. Whether a program still writes it, Abandoned tells.
func IsDraft(name string) bool { return draftName().MatchString(name) }

// draftName is what Create makes of rand.Text: RFC 4648's base32.
var draftName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\.[A-Z2-7]{10}\.partial$`)
})

// A File is a file that gets its name when it is whole.
type File struct {
	root *os.Root
	name string // that it gets
	tmp  string
	*os.File
	modified time.Time // that it gets, or zero
	trace    Trace
	remove   func(root *os.Root, name string) error // Remove; tests refuse it
}

// Create makes a file for writing, under a name of its own: others may be
// making the same file. The draft is locked until it is committed or
// discarded, so that nobody sweeps it away.
func Create(root *os.Root, name string) (*File, error) { return Options{}.Create(root, name) }

// Create is the function Create with options.
func (o Options) Create(root *os.Root, name string) (*File, error) {
	for {
		tmp := path.Join(path.Dir(name), "."+rand.Text()[:10]+".partial")
		if err := o.Trace.Step("create", tmp); err != nil {
			return nil, err
		}
		f, err := root.OpenFile(tmp, os.O_RDWR|os.O_CREATE|os.O_EXCL, cmp.Or(o.Perm, 0o644))
		if err != nil {
			return nil, err
		}
		d := &File{root: root, name: name, tmp: tmp, File: f, trace: o.Trace, remove: Remove}
		if Hold(root, tmp, f) {
			return d, nil
		}
		d.Discard() // somebody swept it in the moment before it was locked
	}
}

// Write writes to the draft.
func (d *File) Write(p []byte) (int, error) {
	if err := d.trace.Step("write", d.tmp); err != nil {
		return 0, err
	}
	return d.File.Write(p)
}

// ReadFrom copies what r holds, by the system's own means where it has some.
func (d *File) ReadFrom(r io.Reader) (int64, error) {
	if err := d.trace.Step("write", d.tmp); err != nil {
		return 0, err
	}
	return d.File.ReadFrom(r)
}

// SetName says under which name the file is committed, if that is known only
// when it is written. It lies in the same folder.
func (d *File) SetName(name string) { d.name = name }

// SetModified says which time of modification the file gets.
func (d *File) SetModified(t time.Time) { d.modified = t }

// Discard removes the draft. After Commit it does nothing.
func (d *File) Discard() {
	d.Close()
	d.remove(d.root, d.tmp)
}

// Commit flushes the file to the medium and gives it its name. Unless force
// is set, that name must be free: the error is fs.ErrExist if it is not.
func (d *File) Commit(force bool) error {
	if err := d.trace.Step("fsync", d.tmp); err != nil {
		return err
	}
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
	if !d.modified.IsZero() {
		if err := d.root.Chtimes(d.tmp, d.modified, d.modified); err != nil {
			return err
		}
	}
	if err := d.trace.Step("rename", d.name); err != nil {
		return err
	}
	if err := d.publish(force); err != nil {
		return err
	}
	if runtime.GOOS == "windows" {
		return nil
	}
	return d.Close()
}

// publish gives the draft its name.
func (d *File) publish(force bool) error {
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

// WriteFile puts content under a name: whoever reads it finds what was there
// before, or all of this, whatever happens meanwhile. It is on the medium when
// WriteFile returns.
func WriteFile(root *os.Root, name string, content []byte) error {
	return Options{}.WriteFile(root, name, content)
}

// WriteFile is the function WriteFile with options.
func (o Options) WriteFile(root *os.Root, name string, content []byte) error {
	d, err := o.Create(root, name)
	if err != nil {
		return err
	}
	_, err = d.Write(content)
	if err == nil {
		err = d.Commit(true)
	}
	if err != nil {
		d.Discard()
		return err
	}
	return o.SyncDir(root, path.Dir(name))
}

// Replace gives the file or folder old, which is on the medium, another name,
// and flushes the entries of both folders, so that the name survives a power
// cut. A file of that name is replaced.
func Replace(root *os.Root, old, name string) error { return Options{}.Replace(root, old, name) }

// Replace is the function Replace with options.
func (o Options) Replace(root *os.Root, old, name string) error {
	if err := o.Trace.Step("rename", name); err != nil {
		return err
	}
	if err := Rename(root, old, name); err != nil {
		return err
	}
	if err := o.SyncDir(root, path.Dir(name)); err != nil {
		return err
	}
	if path.Dir(old) != path.Dir(name) {
		return o.SyncDir(root, path.Dir(old))
	}
	return nil
}

// SyncDir flushes the entries of a folder, so that new names survive a power
// cut. Windows has no such call; some network drives cannot do it.
func SyncDir(root *os.Root, name string) error { return Options{}.SyncDir(root, name) }

// SyncDir is the function SyncDir with options.
func (o Options) SyncDir(root *os.Root, name string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	if err := o.Trace.Step("fsync", name); err != nil {
		return err
	}
	f, err := root.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !isInvalid(err) {
		return err
	}
	return nil
}

// Rename renames a file, and repeats what Windows refuses while a virus scanner
// looks at it. The new name survives a power cut only after SyncDir, which
// Replace calls.
func Rename(root *os.Root, old, name string) error {
	return patiently(func() error { return root.Rename(old, name) })
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

// Update is WriteFile, but leaves a file alone that holds the same already;
// changed is false then.
func Update(root *os.Root, name string, content []byte) (changed bool, err error) {
	if old, err := root.ReadFile(name); err == nil && bytes.Equal(old, content) {
		return false, nil
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	if err := WriteFile(root, name, content); err != nil {
		return false, err
	}
	return true, nil
}
