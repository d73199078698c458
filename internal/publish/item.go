package publish

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/spaces-cli/spaces/internal/publish/wire"
	"github.com/spaces-cli/spaces/internal/stream"
)

// A Kind says what is sent. The words appear in JSON.
type Kind string

const (
	Episode   Kind = "episode"
	Extra     Kind = "extra" // chapters, transcripts and pictures beside an episode
	Recording Kind = "recording"
	Original  Kind = "original"
	Clip      Kind = "clip"
	File      Kind = "file"
	Page      Kind = "page"
	Feed      Kind = "feed"
)

// An Item is something to be sent.
type Item struct {
	Name string // of the object
	File string // what it is here, for people and receipts
	Open func() (OpenedFile, error)
	// SHA256 is what the content was when somebody agreed to it, in hex; what is
	// something else by now is not sent. Without it any content is.
	SHA256 string
	Kind   Kind
	Space  string // its id
	Type   string // MIME type
	Meta   Meta
	// Replace lets it take the place of what an earlier run put there, as long
	// as nobody else has changed that since.
	Replace bool
	// Last is for what points at the other items: it is sent after them, and
	// only if they are all there.
	Last bool
}

// Content reads an item that is in memory or small.
func (it *Item) Content() ([]byte, error) {
	src, err := it.Open()
	if err != nil {
		return nil, err
	}
	defer src.Close()
	info, err := src.Stat()
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.NewSectionReader(src, 0, info.Size()))
}

// Phases are the items as parts of a job, each as long as its content.
func Phases(items []*Item) []stream.Phase {
	list := make([]stream.Phase, len(items))
	for i, it := range items {
		list[i] = stream.Phase{Name: it.Name, Weight: 1} // what cannot be opened fails at once
		if src, err := it.Open(); err == nil {
			if info, err := src.Stat(); err == nil {
				list[i].Weight += float64(info.Size())
			}
			src.Close()
		}
	}
	return list
}

// An OpenedFile is the content of an item. Its size and time tell whether it has
// changed.
type OpenedFile interface {
	io.ReaderAt
	io.Closer
	Stat() (fs.FileInfo, error)
}

// OpenFile returns an Item.Open for a file below a folder.
func OpenFile(root *os.Root, name string) func() (OpenedFile, error) {
	return func() (OpenedFile, error) {
		f, err := root.Open(name)
		if err != nil {
			return nil, err
		}
		if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
			f.Close()
			if err == nil {
				err = &fs.PathError{Op: "open", Path: name, Err: fmt.Errorf("not a regular file")}
			}
			return nil, err
		}
		return f, nil
	}
}

// Bytes returns an Item.Open for what is in memory.
func Bytes(name string, b []byte) func() (OpenedFile, error) {
	return func() (OpenedFile, error) { return memory{bytes.NewReader(b), name}, nil }
}

type memory struct {
	*bytes.Reader
	name string
}

func (m memory) Close() error               { return nil }
func (m memory) Stat() (fs.FileInfo, error) { return m, nil }
func (m memory) Name() string               { return m.name }
func (m memory) Mode() fs.FileMode          { return 0o444 }
func (m memory) ModTime() time.Time         { return time.Time{} }
func (m memory) IsDir() bool                { return false }
func (m memory) Sys() any                   { return nil }

// A steady source fails with ErrChanged as soon as what is read is not what
// was there when it was opened.
type steady struct {
	OpenedFile
	info fs.FileInfo
}

// Steady returns a source that fails with ErrChanged as soon as the file is not
// as info has it.
func Steady(src OpenedFile, info fs.FileInfo) OpenedFile { return &steady{src, info} }

func (s *steady) ReadAt(p []byte, off int64) (int, error) {
	n, err := s.OpenedFile.ReadAt(p, off)
	now, serr := s.Stat()
	if serr != nil {
		return 0, wire.Permanent(serr)
	}
	if now.Size() != s.info.Size() || !now.ModTime().Equal(s.info.ModTime()) {
		return 0, wire.Permanent(fmt.Errorf("%s: %w", s.info.Name(), ErrChanged))
	}
	return n, err
}

// Digest reads a source and returns the SHA-256 of it.
func Digest(ctx context.Context, r io.ReaderAt, size int64) (sum [32]byte, err error) {
	h := sha256.New()
	b := make([]byte, 256<<10)
	for off := int64(0); off < size; off += int64(len(b)) {
		if err := ctx.Err(); err != nil {
			return sum, err
		}
		b = b[:min(int64(cap(b)), size-off)]
		if _, err := r.ReadAt(b, off); err != nil && err != io.EOF {
			return sum, err
		}
		h.Write(b)
	}
	return [32]byte(h.Sum(nil)), nil
}
