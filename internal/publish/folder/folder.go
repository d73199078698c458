// Package folder sends files to a folder: of a disk, a network drive, or one
// that another program synchronises.
package folder

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
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

	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/publish"
)

// A Target is a folder.
type Target struct {
	dir  string
	mu   sync.Mutex
	root *os.Root
}

// New returns the target of a folder, by its absolute path. It is made when the
// first file comes, if the folder above it is there.
func New(dir string) *Target { return &Target{dir: dir} }

// Place implements publish.Target.
func (t *Target) Place() string { return URL(t.dir).String() }

// open opens the folder, or makes it first.
func (t *Target) open(create bool) (*os.Root, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.root != nil {
		return t.root, nil
	}
	root, err := os.OpenRoot(t.dir)
	if errors.Is(err, fs.ErrNotExist) && create {
		// Not those above it: where a disk is missing, its files would go to
		// another.
		if err = os.Mkdir(t.dir, 0o755); err == nil || errors.Is(err, fs.ErrExist) {
			root, err = os.OpenRoot(t.dir)
		} else if errors.Is(err, fs.ErrNotExist) {
			return nil, &missingError{filepath.Dir(t.dir)}
		}
	}
	if err != nil {
		return nil, explain(err)
	}
	t.root = root
	return root, nil
}

// A missingError says which folder is not there.
type missingError struct{ dir string }

func (e *missingError) Error() string { return fmt.Sprintf("the folder %s does not exist", e.dir) }
func (e *missingError) Unwrap() error { return publish.ErrNotExist }

// explain says what an error of the file system means.
func explain(err error) error {
	switch {
	case err == nil:
		return nil
	case library.IsFull(err):
		return fmt.Errorf("%w: %w", publish.ErrFull, err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: %w", publish.ErrDenied, err)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: %w", publish.ErrNotExist, err)
	}
	return err
}

// check refuses names that are none, or that this system would take for
// something else.
func check(name string) error {
	if err := publish.CheckName(name); err != nil {
		return err
	}
	if runtime.GOOS != "windows" {
		return nil
	}
	for part := range strings.SplitSeq(name, "/") {
		if strings.ContainsAny(part, "<>:\"|?*\\") || strings.HasSuffix(part, ".") || strings.HasSuffix(part, " ") {
			return fmt.Errorf("%q is not a valid file name on Windows", name)
		}
	}
	return nil
}

// Stat implements publish.Target. No hash is computed: Put has done that, and
// whoever doubts reads the file.
func (t *Target) Stat(ctx context.Context, name string) (publish.Remote, error) {
	if err := errors.Join(ctx.Err(), check(name)); err != nil {
		return publish.Remote{}, err
	}
	root, err := t.open(false)
	if err != nil {
		return publish.Remote{}, err
	}
	info, err := root.Stat(name)
	if err != nil {
		return publish.Remote{}, explain(err)
	}
	if !info.Mode().IsRegular() {
		return publish.Remote{}, fmt.Errorf("%w: %s is not a regular file", publish.ErrNotExist, name)
	}
	return publish.Remote{Size: info.Size(), Modified: info.ModTime().UTC()}, nil
}

// Put implements publish.Target: the file gets its name when it is whole, on
// the medium and read back.
func (t *Target) Put(ctx context.Context, u *publish.Upload) (publish.Remote, error) {
	r, err := t.put(ctx, u)
	return r, explain(err)
}

func (t *Target) put(ctx context.Context, u *publish.Upload) (r publish.Remote, err error) {
	if err := check(u.Name); err != nil {
		return r, err
	}
	root, err := t.open(true)
	if err != nil {
		return r, err
	}
	if err := root.MkdirAll(path.Dir(u.Name), 0o755); err != nil {
		return r, err
	}
	d, err := durable.Create(root, u.Name)
	if err != nil {
		return r, err
	}
	defer d.Discard()
	if _, err := io.CopyBuffer(onlyWriter{d}, u.Content(ctx), make([]byte, 256<<10)); err != nil {
		return r, err
	}
	if err := d.Sync(); err != nil {
		return r, err
	}
	if _, err := d.Seek(0, io.SeekStart); err != nil {
		return r, err
	}
	h := sha256.New()
	if _, err := io.Copy(h, d); err != nil {
		return r, err
	}
	if [32]byte(h.Sum(nil)) != u.SHA256 {
		return r, fmt.Errorf("%w: %s, read back", publish.ErrMismatch, u.Name)
	}
	if err := d.Commit(true); err != nil {
		return r, err
	}
	if err := durable.SyncDir(root, path.Dir(u.Name)); err != nil {
		return r, err
	}
	if r, err = t.Stat(ctx, u.Name); err != nil {
		return r, err
	}
	r.SHA256, r.SHA256Computed = hex.EncodeToString(u.SHA256[:]), true
	return r, nil
}

// An onlyWriter hides os.File's ReadFrom, which would not use the buffer.
type onlyWriter struct{ io.Writer }

// Open implements publish.Target.
func (t *Target) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	if err := errors.Join(ctx.Err(), check(name)); err != nil {
		return nil, err
	}
	root, err := t.open(false)
	if err != nil {
		return nil, err
	}
	if info, err := root.Stat(name); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%w: %s is not a regular file", publish.ErrNotExist, name)
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, explain(err)
	}
	return f, nil
}

// Remove implements publish.Target.
func (t *Target) Remove(ctx context.Context, name string, was publish.Remote) error {
	there, err := t.Stat(ctx, name)
	if err == nil {
		err = there.Unchanged(was)
	}
	if err != nil {
		return err
	}
	root, err := t.open(false)
	if err != nil {
		return err
	}
	if err := root.Remove(name); err != nil {
		return explain(err)
	}
	return explain(durable.SyncDir(root, path.Dir(name)))
}

// Plan implements publish.Target.
func (t *Target) Plan(u *publish.Upload) []string {
	to := filepath.Join(t.dir, filepath.FromSlash(u.Name))
	return []string{
		"check " + to,
		fmt.Sprintf("write %d bytes to a temporary file, flush and read them back", u.Size),
		"rename them to " + to,
		"check " + to,
	}
}

// Leftovers implements publish.Target.
func (t *Target) Leftovers(ctx context.Context) ([]publish.Leftover, error) {
	root, err := t.open(false)
	if errors.Is(err, publish.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var list []publish.Leftover
	err = fs.WalkDir(root.FS(), ".", func(name string, e fs.DirEntry, err error) error {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil || !e.Type().IsRegular() || !durable.IsDraft(e.Name()) {
			return err
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		list = append(list, publish.Leftover{
			Name: name, Temporary: true, Bytes: info.Size(), Since: info.ModTime().UTC(),
			Remove: func(context.Context) error { return explain(durable.Remove(root, name)) },
		})
		return nil
	})
	return list, explain(err)
}

// Close implements publish.Target.
func (t *Target) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.root == nil {
		return nil
	}
	err := t.root.Close()
	t.root = nil
	return err
}
