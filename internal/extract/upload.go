package extract

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/durable/disk"
	"github.com/spaces-cli/spaces/internal/durable/flock"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/stream"
)

// An Upload is a folder of a library in which files lie that were sent to it,
// until they have been taken in. It has a lock, so that the next run knows what
// nobody is going to take in.
type Upload struct {
	root  *os.Root // of the library
	dir   string   // below it
	lock  *os.File
	paths []string
}

// uploadKey begins the names of the folders of uploads.
const uploadKey = "upload-"

// A FullError says that a disk has no room for what would be sent to it.
type FullError struct{ Needs, Free int64 }

func (e *FullError) Error() string {
	return fmt.Sprintf("this needs %s, and the disk with the library has room for %s", spell.Size(e.Needs), spell.Size(e.Free))
}

// NewUpload makes the folder for files of so many bytes in all.
func NewUpload(library string, bytes int64) (*Upload, error) {
	if err := SweepUploads(library); err != nil {
		return nil, err
	}
	if free := disk.Of(library).Free; free >= 0 && free-spare < bytes {
		return nil, &FullError{bytes, max(0, free-spare)}
	}
	root, err := os.OpenRoot(library)
	if err != nil {
		return nil, err
	}
	u := &Upload{root: root, dir: layout.DownloadOf(uploadKey + strings.ToLower(rand.Text()))}
	if err = root.MkdirAll(u.dir, 0o700); err == nil {
		u.lock, err = root.OpenFile(path.Join(u.dir, layout.Lock), os.O_CREATE|os.O_RDWR, 0o600)
	}
	if err == nil {
		err = flock.Try(u.lock)
	}
	if err != nil {
		return nil, errors.Join(err, u.Discard())
	}
	return u, nil
}

// ErrNotWhole means that a sender sent less or more than it announced.
var ErrNotWhole = errors.New("the file did not arrive whole")

// Receive writes a file of so many bytes. Of one that does not arrive whole
// nothing stays.
func (u *Upload) Receive(ctx context.Context, name string, size int64, r io.Reader) error {
	name = cmp.Or(layout.OriginalName(name), "file")
	create := func() (*os.File, error) {
		return u.root.OpenFile(path.Join(u.dir, name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	}
	f, err := create()
	if errors.Is(err, fs.ErrExist) { // archives from different folders have the same name
		dir := fmt.Sprint(len(u.paths) + 1)
		if err = u.root.Mkdir(path.Join(u.dir, dir), 0o700); err == nil {
			name = path.Join(dir, name)
			f, err = create()
		}
	}
	if err != nil {
		return err
	}
	n, err := io.Copy(f, stream.Until(ctx, io.LimitReader(r, size+1), nil))
	if err == nil && n != size {
		err = ErrNotWhole
	}
	if err = errors.Join(err, f.Close()); err != nil {
		u.root.Remove(path.Join(u.dir, name))
		return err
	}
	u.paths = append(u.paths, filepath.Join(u.root.Name(), filepath.FromSlash(path.Join(u.dir, name))))
	return nil
}

// Paths are those of the files that have arrived.
func (u *Upload) Paths() []string { return u.paths }

// Discard removes what was sent.
func (u *Upload) Discard() error {
	if u.lock != nil {
		u.lock.Close()
	}
	err := durable.RemoveAll(u.root, u.dir)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	u.root.Remove(layout.Downloads) // succeeds when it is empty
	return errors.Join(err, u.root.Close())
}

// young is how long an upload may take to make its lock.
const young = time.Minute

// SweepUploads removes uploads that nobody is going to take in: the program that
// received them has ended.
func SweepUploads(library string) error {
	root, err := os.OpenRoot(library)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer root.Close()
	list, err := fs.ReadDir(root.FS(), layout.Downloads)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range list {
		if e.IsDir() && strings.HasPrefix(e.Name(), uploadKey) && abandoned(root, layout.DownloadOf(e.Name())) {
			err = errors.Join(err, durable.RemoveAll(root, layout.DownloadOf(e.Name())))
		}
	}
	root.Remove(layout.Downloads) // succeeds when it is empty
	return err
}

// abandoned reports whether nobody holds the lock of an upload.
func abandoned(root *os.Root, dir string) bool {
	lock, err := root.OpenFile(path.Join(dir, layout.Lock), os.O_RDWR, 0)
	if err != nil {
		info, ierr := root.Stat(dir)
		return errors.Is(err, fs.ErrNotExist) && ierr == nil && time.Since(info.ModTime()) > young
	}
	defer lock.Close()
	return flock.Try(lock) == nil
}
