// Package ranges reads objects on servers in parts, as if they were files:
// wherever something is read, a few kilobytes are fetched; where much is going
// to be read, several requests run ahead of it. An object that is another one
// than at the first request is an error, and so is an answer that is not what
// was asked for.
package ranges

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/publish/wire"
)

// A Source is an object on a server.
type Source interface {
	// Get makes one request for length bytes from offset on, or, if length is
	// negative, for all of them. was is what the
	// first answer said of the object, or nil: a server that can is asked to
	// refuse if it is another one now. Whether an error is worth another request
	// says wire.Retryable.
	Get(ctx context.Context, offset, length int64, was *Object) (*Part, error)
}

// An Object is what a server says of one.
type Object struct {
	Size     int64     // -1: it does not say
	ETag     string    // as the server writes it, or empty
	Modified time.Time // zero: it does not say
	Name     string    // of the file, if the server gives it one
	Type     string    // media type, or empty
}

// A Part is what a server sends.
type Part struct {
	Object
	Offset int64
	Length int64 // -1: to the end of Body
	// Whole says that the server sends all of the object from its start,
	// whatever it was asked for.
	Whole bool
	Body  io.ReadCloser
}

// strong reports whether an ETag stands for the very bytes (RFC 9110, 8.8.1).
func strong(etag string) bool { return etag != "" && !strings.HasPrefix(etag, "W/") }

// opaque is an ETag without its mark of weakness. Apache marks those of files that
// were changed a second ago, and no longer the next second.
func opaque(etag string) string { return strings.TrimPrefix(etag, "W/") }

// differs says in what an object that the server tells of now is another one,
// or returns "".
func (o *Object) differs(now *Object) string {
	switch {
	case o.Size >= 0 && now.Size >= 0 && o.Size != now.Size:
		return fmt.Sprintf("it had %d bytes and has %d now", o.Size, now.Size)
	case o.ETag != "" && now.ETag != "" && opaque(o.ETag) != opaque(now.ETag):
		return "the server gives it another ETag now"
	case !o.Modified.IsZero() && !now.Modified.IsZero() && !o.Modified.Equal(now.Modified):
		return "it was modified at " + now.Modified.UTC().Format(time.RFC3339)
	}
	return ""
}

// A Kind is a word for what is wrong with an object or the way to it.
type Kind string

const (
	NotFound    Kind = "not-found"
	Expired     Kind = "link-expired" // it was there before, or the server says so
	Changed     Kind = "changed"      // another object than at the first request
	Password    Kind = "password"     // the server asks who we are
	Denied      Kind = "denied"       // the server refuses
	WebPage     Kind = "web-page"     // a page in the place of a file
	Unreachable Kind = "unreachable"  // no connection, or no useful answer
	Untrusted   Kind = "untrusted"    // the server's identity
	Refused     Kind = "refused"      // by this program: a redirect to a private address
)

// An Error says why an object cannot be read. Asking again does not help now.
type Error struct {
	Kind Kind
	What string // in words, without an address
	Host string // that a redirect led to, if that is what is wrong
	Err  error  // the cause, or nil
}

func (e *Error) Error() string { return e.What }
func (e *Error) Unwrap() error { return e.Err }

// errNoRange is an answer with all of an object, or another part than the one
// that was asked for.
var errNoRange = errors.New("the server sent another part than it was asked for")

// changed is the error of an object that is another one now.
func changed(what string) error {
	return wire.Permanent(&Error{Kind: Changed, What: "the file changed on the server while it was being read: " + what})
}
