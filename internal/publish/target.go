// Package publish sends files to places where people can get them, and proves
// that they arrived.
//
// A Target is such a place; each kind has a package of its own below this one
// (publish/folder, publish/s3 …). Sending is the same for all: what is there
// already and equal is skipped, what differs is not overwritten unasked, a
// journal in the library lets the next run go on where this one was killed, and
// a receipt says what arrived, where, and how that was checked.
package publish

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spaces-cli/spaces/internal/publish/wire"
)

// A Target is a place that files can be sent to. Names of objects are paths
// with slashes below the target's root, as UTF-8, and may hold whatever a file
// name may: escaping them is the target's work. A target retries what can be
// retried itself (see package wire) and returns errors that wrap one of this
// package's errors where one fits. It may be used by several goroutines.
type Target interface {
	// Place names the target's root as its user would write it, without
	// secrets: "s3://bucket/prefix".
	Place() string

	// Stat tells of an object. The error wraps ErrNotExist if there is none.
	Stat(ctx context.Context, name string) (Remote, error)

	// Put sends an object so that its name shows all of it or, as before, none:
	// what is half there has another name or none. It goes on from what
	// u.State and the target know of an earlier try. When it returns without an
	// error the target has said that all bytes are there.
	Put(ctx context.Context, u *Upload) (Remote, error)

	// Open reads an object back from its start.
	Open(ctx context.Context, name string) (io.ReadCloser, error)

	// Remove removes an object that Stat has told of. If another one is there by
	// now it is left, and the error wraps ErrDiffers; if there is none, the error
	// wraps ErrNotExist.
	Remove(ctx context.Context, name string, was Remote) error

	// Plan tells the requests that sending would make, in order, one a line, for
	// people: those of Stat before and after, and those of Put. It makes none.
	Plan(u *Upload) []string

	// Leftovers finds what interrupted uploads left below the root: unfinished
	// multipart uploads, temporary files.
	Leftovers(ctx context.Context) ([]Leftover, error)

	Close() error
}

// An Upload is one object to be sent.
type Upload struct {
	Name        string
	Body        io.ReaderAt
	Size        int64
	SHA256      [32]byte
	ContentType string
	Meta        Meta
	Public      bool // everybody may read it; otherwise who may is left to the target, as narrow as it can
	Jobs        int  // how many requests may run at a time, at least one

	// State is what Put last gave to Save in an earlier run that did not finish
	// (an upload's id, say), nil at first. It holds no secrets.
	State []byte
	// Save keeps the state durably; it has reached the disk when it returns.
	Save func(state []byte) error
	// Sent is told of bytes as they are sent, also of those that are sent again;
	// Kept of bytes that an earlier run had sent. Both may be called by several
	// goroutines.
	Sent func(n int64)
	Kept func(n int64)
}

// Meta is what a target may say of an object beside its bytes.
type Meta struct {
	Title       string
	Description string // plain text
	Creator     string
	Date        time.Time
	Language    string
	Subjects    []string
}

// A Remote is an object as the target tells of it.
type Remote struct {
	Size     int64
	Modified time.Time
	// SHA256 is that of the object's bytes, in hex, if the target has it;
	// SHA256Computed says that it computed it itself rather than having stored
	// what it was told.
	SHA256         string
	SHA256Computed bool
	// Checks are other checksums of the whole object that the target computed
	// and that Put compared with its own, by name: "crc64nvme".
	Checks map[string]string
	URL    string // where everybody can get it, if that is known
}

// Unchanged returns an error that wraps ErrDiffers if an object is not the one
// that Stat has told of before.
func (r Remote) Unchanged(was Remote) error {
	if r.Size != was.Size || !r.Modified.Equal(was.Modified) || r.SHA256 != was.SHA256 {
		return fmt.Errorf("%w: it changed after it was checked", ErrDiffers)
	}
	return nil
}

// A Leftover is what an interrupted upload left behind.
type Leftover struct {
	Name string // of the object that it was to become, or of the temporary file
	// Temporary says that it is of a temporary file, which lies in the folder of
	// the object.
	Temporary bool
	ID        string // the upload's id, if it has one
	Bytes     int64  // -1: not known
	Since     time.Time
	Remove    func(ctx context.Context) error
}

// What can be wrong with a target. The errors of targets wrap them.
var (
	ErrNotExist  = wire.ErrNotExist                                           // the object, bucket or folder
	ErrDenied    = wire.ErrDenied                                             // wrong or expired key, signature, permission: never retried
	ErrFull      = wire.ErrFull                                               // never retried
	ErrChanged   = errors.New("the file changed while it was being sent")     // the local one
	ErrMismatch  = errors.New("the uploaded file differs from the local one") // size or checksum
	ErrUntrusted = wire.ErrUntrusted                                          // TLS certificate, host key
	ErrDiffers   = errors.New("a different file already has that name")       // and Force was not given
)
