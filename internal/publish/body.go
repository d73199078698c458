package publish

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"sync/atomic"

	"github.com/spaces-cli/spaces/internal/publish/wire"
)

// A Content reads an upload's body from one end to the other and holds it
// against the hash that was announced. Its last bytes come only when all are as
// they should be, so that whoever needs all of them to believe an object never
// gets one of a file that changed: the read fails then with ErrChanged. Its
// errors are marked as not to be tried again.
type Content struct {
	ctx  context.Context
	u    *Upload
	off  int64
	sum  hash.Hash
	fail atomic.Pointer[error]
}

// Content starts reading. Sent is told of the bytes as they are read.
func (u *Upload) Content(ctx context.Context) *Content {
	return &Content{ctx: ctx, u: u, sum: sha256.New()}
}

// Skip reads what has been sent earlier, up to an offset, of which nobody is
// told.
func (c *Content) Skip(to int64) error {
	b := make([]byte, 256<<10)
	for c.off < to {
		if _, err := c.next(b[:min(int64(len(b)), to-c.off)]); err != nil {
			return err
		}
	}
	return nil
}

func (c *Content) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	n, err := c.next(p)
	if n > 0 && c.u.Sent != nil {
		c.u.Sent(int64(n))
	}
	return n, err
}

// Err returns what made reading fail, which whoever was given the Content as a
// reader may have put into other words or kept to itself.
func (c *Content) Err() error {
	if err := c.fail.Load(); err != nil {
		return *err
	}
	return nil
}

func (c *Content) next(p []byte) (int, error) {
	if err := c.Err(); err != nil {
		return 0, err
	}
	if err := c.ctx.Err(); err != nil {
		return 0, c.stop(err)
	}
	p = p[:min(int64(len(p)), c.u.Size-c.off)]
	if len(p) > 0 {
		n, err := c.u.Body.ReadAt(p, c.off)
		switch {
		case n == len(p):
		case err == nil, errors.Is(err, io.EOF):
			return 0, c.stop(fmt.Errorf("%w: it ends after %d of %d bytes", ErrChanged, c.off+int64(n), c.u.Size))
		default:
			return 0, c.stop(err)
		}
		c.sum.Write(p)
		c.off += int64(len(p))
	}
	if c.off < c.u.Size {
		return len(p), nil
	}
	if [sha256.Size]byte(c.sum.Sum(nil)) != c.u.SHA256 {
		return 0, c.stop(ErrChanged)
	}
	if len(p) == 0 {
		return 0, io.EOF
	}
	return len(p), nil
}

func (c *Content) stop(err error) error {
	err = wire.Permanent(err)
	c.fail.Store(&err)
	return err
}
