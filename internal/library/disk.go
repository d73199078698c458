package library

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"

	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
)

// disk is the library's folder. Every path is slash-separated and relative to
// it, and os.Root sees to it that nothing reaches outside. All that changes
// the disk goes through its methods, which announce each step to trace: the
// tests stop the program or fail the step there.
type disk struct {
	root  *os.Root
	trace func(step, name string) error
}

func openDisk(dir string, trace func(step, name string) error) (*disk, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	if trace == nil {
		trace = func(string, string) error { return nil }
	}
	return &disk{root: root, trace: trace}, nil
}

func (d *disk) Close() error { return d.root.Close() }

func (d *disk) options() durable.Options { return durable.Options{Trace: d.trace} }

// create makes a new file for writing. It must not exist.
func (d *disk) create(name string) (*durable.Part, error) {
	return d.options().CreatePart(d.root, name)
}

// writeFile puts content under name at once: whoever reads it sees the old
// content or the new, never a part. The temporary file lies under layout.Partial,
// where a later run finds it if this one is killed.
func (d *disk) writeFile(name string, content []byte) error {
	if err := d.mkdirAll(layout.Partial); err != nil {
		return err
	}
	return d.writeBeside(name, path.Join(layout.Partial, stageKey(path.Base(name))), content)
}

// writeBeside is writeFile with a temporary name of the caller's choice, for
// those who do not hold the library's lock.
func (d *disk) writeBeside(name, tmp string, content []byte) error {
	if err := d.remove(tmp); err != nil {
		return err
	}
	w, err := d.create(tmp)
	if err != nil {
		return err
	}
	w.Hold()
	if _, err := w.Write(content); err != nil {
		w.Discard()
		return err
	}
	if err = w.Commit(); err == nil {
		err = d.rename(tmp, name)
	}
	if err != nil {
		durable.Remove(d.root, tmp)
	}
	return err
}

// writeJSON writes v as indented JSON without HTML escapes, so that people can
// read it.
func (d *disk) writeJSON(name string, v any) error {
	b, err := space.Marshal(v)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return d.writeFile(name, b)
}

// writeNew writes v as JSON to a file that does not exist yet, in a folder
// that gets its own name later.
func (d *disk) writeNew(name string, v any) error {
	b, err := space.Marshal(v)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	w, err := d.create(name)
	if err != nil {
		return err
	}
	if _, err := w.Write(b); err != nil {
		w.Discard()
		return err
	}
	return w.Commit()
}

// maxJSON bounds the JSON files of a library. The largest hold the timeline of a
// recording of many pieces and another tool's sidecar, which has up to 16 MiB.
const maxJSON = 32 << 20

func (d *disk) readJSON(name string, v any) error {
	return durable.ReadJSON(d.root, name, maxJSON, v)
}

// rename gives old the name new and flushes both folders, so that the new
// name survives a power cut.
func (d *disk) rename(old, new string) error {
	return d.options().Replace(d.root, old, new)
}

func (d *disk) mkdirAll(name string) error {
	if err := d.trace("mkdir", name); err != nil {
		return err
	}
	return d.root.MkdirAll(name, 0o755)
}

func (d *disk) remove(name string) error {
	if err := d.trace("remove", name); err != nil {
		return err
	}
	err := durable.Remove(d.root, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func (d *disk) removeAll(name string) error {
	if err := d.trace("remove", name); err != nil {
		return err
	}
	return durable.RemoveAll(d.root, name)
}

// link gives a file a second name, or a copy of it where the file system
// knows no links.
func (d *disk) link(old, new string) error {
	if err := d.trace("link", new); err != nil {
		return err
	}
	if d.root.Link(old, new) == nil {
		return nil
	}
	src, err := d.root.Open(old)
	if err != nil {
		return err
	}
	defer src.Close()
	w, err := d.create(new)
	if err != nil {
		return err
	}
	if _, err := io.Copy(w, src); err != nil {
		w.Discard()
		return err
	}
	return w.Commit()
}

func (d *disk) exists(name string) bool {
	_, err := d.root.Lstat(name)
	return err == nil
}

// readDir lists a folder; one that does not exist is empty.
func (d *disk) readDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(d.root.FS(), name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return entries, err
}
