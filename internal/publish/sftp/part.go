package sftp

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"sync"

	"github.com/pkg/sftp"

	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/wire"
	"github.com/spaces-cli/spaces/internal/remote/ranges"
)

// Source implements publish.Ranged. The object is opened once on a connection.
func (t *Target) Source(name string) ranges.Source { return &source{t: t, file: t.path(name)} }

type source struct {
	t    *Target
	file string

	mu sync.Mutex
	on *session // that f was opened on
	f  *sftp.File
}

// mostAtOnce bounds what is read of an object in one piece.
const mostAtOnce = 1 << 20

func (s *source) Get(ctx context.Context, offset, length int64, was *ranges.Object) (*ranges.Part, error) {
	c, err := s.t.session(ctx)
	if err != nil {
		return nil, s.explain(err, was)
	}
	stop := context.AfterFunc(ctx, func() { s.t.drop(c) }) // the calls of package sftp take no context
	defer stop()
	p, err := s.get(c, offset, length)
	if err != nil && broken(err) {
		s.t.drop(c)
		err = wire.Temporary(err)
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return p, s.explain(err, was)
}

func (s *source) get(c *session, offset, length int64) (*ranges.Part, error) {
	f, info, err := s.open(c)
	if err != nil {
		return nil, err
	}
	o := ranges.Object{Size: info.Size(), Modified: info.ModTime().UTC()}
	if left := max(0, info.Size()-offset); length < 0 || length > left {
		length = left
	}
	b := make([]byte, min(length, mostAtOnce))
	if n, err := f.ReadAt(b, offset); n < len(b) {
		if err == io.EOF {
			err = errors.New("the file on the server has become shorter")
		}
		return nil, err
	}
	return &ranges.Part{Object: o, Offset: offset, Length: int64(len(b)), Body: io.NopCloser(bytes.NewReader(b))}, nil
}

// open returns the file, opened on a connection, and what it is now.
func (s *source) open(c *session) (*sftp.File, os.FileInfo, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.on == c {
		info, err := s.f.Stat()
		return s.f, info, err
	}
	info, err := c.stat(s.file)
	if err != nil {
		return nil, nil, err
	}
	f, err := c.sftp.Open(s.file)
	if err != nil {
		return nil, nil, at(s.file, err)
	}
	now, err := f.Stat()
	if err != nil || now.Size() != info.Size {
		f.Close()
		return nil, nil, errors.Join(err, wire.Temporary(errors.New("the file changes on the server")))
	}
	s.on, s.f = c, f
	return f, now, nil
}

// explain says what an error means for who reads.
func (s *source) explain(err error, was *ranges.Object) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, publish.ErrNotExist) && was != nil:
		return wire.Permanent(&ranges.Error{Kind: ranges.Expired, What: "the file could be read before and has been deleted from the server", Err: err})
	case errors.Is(err, publish.ErrNotExist):
		return wire.Permanent(&ranges.Error{Kind: ranges.NotFound, What: "there is no such file on the server", Err: err})
	}
	return err
}
