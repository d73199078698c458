package ranges

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/publish/wire"
	"github.com/spaces-cli/spaces/internal/stream"
)

// Names in the folder that Save writes to.
const (
	partSuffix  = ".part"
	stateSuffix = ".state.json"
)

// Saved returns how many bytes an earlier call of Save has left of a file.
func Saved(dir *os.Root, name string) (n int64) {
	for _, name := range []string{name, name + partSuffix} {
		if info, err := dir.Stat(name); err == nil {
			n = max(n, info.Size())
		}
	}
	return n
}

// A state says how far a file has got that is being saved, and of which object.
type state struct {
	Size     int64     `json:"size"`
	ETag     string    `json:"etag,omitempty"`
	Modified time.Time `json:"modified"`
	Have     int64     `json:"have"` // bytes that are on the disk
}

// flushed is how much is saved between two notes of how far it has got.
const flushed = 64 << 20

// A saver writes an object to a file.
type saver struct {
	ctx      context.Context
	source   Source
	o        Options
	object   Object
	dir      *os.Root
	name     string
	f        *os.File
	have     int64 // bytes written
	noted    int64 // of them, those that are known to be on the disk
	progress stream.Progress
}

// Save writes all of an object to the file name in dir. What an earlier call
// left there of the same object is gone on with if the server sends parts, and
// else begun anew. r is the Reader of the object, or nil if Open said that the
// server sends it only as a whole.
func Save(ctx context.Context, s Source, o Options, object Object, r *Reader, dir *os.Root, name string, p stream.Progress) error {
	sv := &saver{ctx: ctx, source: s, o: o.harmless(), object: object, dir: dir, name: name, progress: p}
	if p == nil {
		sv.progress = stream.NoProgress{}
	}
	if info, err := dir.Stat(name); err == nil && info.Size() == object.Size {
		if was, err := sv.state(); err == nil && was.Have == object.Size && sv.same(was) {
			return nil
		}
	}
	if err := sv.open(); err != nil {
		return err
	}
	defer sv.f.Close()
	if object.Size >= 0 {
		sv.progress.Expect(object.Size)
	}
	sv.progress.Add(sv.have)
	var err error
	if r != nil {
		err = sv.parts(r)
	} else {
		err = sv.whole()
	}
	if noted := sv.note(); err == nil {
		err = noted
	}
	if err == nil {
		err = sv.f.Close()
	}
	if err == nil {
		err = durable.Rename(dir, name+partSuffix, name)
	}
	return err
}

func (s *saver) state() (was state, err error) {
	return was, durable.ReadJSON(s.dir, s.name+stateSuffix, 1<<16, &was)
}

// same reports whether a state is one of the object. One of which the server
// tells neither ETag nor time cannot be told from another one of its size.
func (s *saver) same(was state) bool {
	o := Object{Size: was.Size, ETag: was.ETag, Modified: was.Modified}
	return o.differs(&s.object) == "" && (was.ETag != "" && s.object.ETag != "" || !was.Modified.IsZero() && !s.object.Modified.IsZero())
}

// open opens the file, behind what is known to be in it.
func (s *saver) open() (err error) {
	was, err := s.state()
	if err != nil && !errors.Is(err, fs.ErrNotExist) || err == nil && !s.same(was) {
		was = state{}
	}
	if s.f, err = s.dir.OpenFile(s.name+partSuffix, os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return err
	}
	info, err := s.f.Stat()
	if err == nil {
		s.have = min(was.Have, info.Size())
		s.noted = s.have
		err = s.f.Truncate(s.have)
	}
	if err != nil {
		s.f.Close()
	}
	return err
}

// note flushes the file and says how far it has got.
func (s *saver) note() error {
	if err := s.f.Sync(); err != nil {
		return err
	}
	s.noted = s.have
	b, err := json.Marshal(state{s.object.Size, s.object.ETag, s.object.Modified, s.have})
	if err != nil {
		return err
	}
	return durable.WriteFile(s.dir, s.name+stateSuffix, b)
}

// write appends to the file.
func (s *saver) write(b []byte) error {
	if _, err := s.f.WriteAt(b, s.have); err != nil {
		return &localError{err}
	}
	s.have += int64(len(b))
	s.progress.Add(int64(len(b)))
	if s.have-s.noted >= flushed {
		if err := s.note(); err != nil {
			return &localError{err}
		}
	}
	return nil
}

// A localError is one of this computer's disk.
type localError struct{ error }

func (e *localError) Unwrap() error { return e.error }

// parts fetches what is missing, several requests at a time.
func (s *saver) parts(r *Reader) error {
	done := r.Expect(s.have, r.Size()-s.have)
	defer done()
	b := make([]byte, 64<<10)
	for s.have < r.Size() {
		if err := s.ctx.Err(); err != nil {
			return err
		}
		n, err := r.ReadAt(b[:min(int64(len(b)), r.Size()-s.have)], s.have)
		if n > 0 {
			if err := s.write(b[:n]); err != nil {
				return err
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// whole fetches the object in one request, and after a broken connection goes
// on where it broke if the server can.
func (s *saver) whole() error {
	for furthest := int64(-1); ; {
		err := s.o.Wire.Try(s.ctx, s.request)
		var local *localError
		switch {
		case err == nil:
			return nil
		case errors.As(err, &local), s.ctx.Err() != nil:
			return err
		case s.have > furthest && wire.Retryable(err):
			furthest = s.have // it gets on
			continue
		}
		return s.o.explain(err)
	}
}

func (s *saver) request(ctx context.Context) error {
	p, err := s.source.Get(ctx, s.have, -1, &s.object)
	if err != nil {
		return err
	}
	defer p.Body.Close()
	if what := s.object.differs(&p.Object); what != "" {
		return changed(what)
	}
	switch {
	case p.Whole:
		s.progress.Add(-s.have)
		s.have, s.noted = 0, 0
		if err := s.f.Truncate(0); err != nil {
			return wire.Permanent(&localError{err})
		}
	case p.Offset != s.have:
		return wire.Temporary(errNoRange)
	}
	b := make([]byte, 64<<10)
	for {
		n, err := p.Body.Read(b)
		if n > 0 {
			if s.object.Size >= 0 && s.have+int64(n) > s.object.Size {
				return wire.Permanent(&Error{Kind: Unreachable, What: fmt.Sprintf("the server sends more than the %d bytes that it announced", s.object.Size)})
			}
			if most := s.o.Most; most > 0 && s.object.Size < 0 && s.have+int64(n) > most {
				return wire.Permanent(&Error{Kind: Unreachable, What: fmt.Sprintf("the server does not say how large the file is, and sends more than the %d bytes that there is room for", most)})
			}
			if err := s.write(b[:n]); err != nil {
				return wire.Permanent(err)
			}
		}
		switch {
		case err == io.EOF && s.object.Size >= 0 && s.have < s.object.Size:
			return wire.Temporary(fmt.Errorf("the answer ended %d bytes early", s.object.Size-s.have))
		case err == io.EOF:
			return nil
		case err != nil:
			return wire.Temporary(err)
		}
	}
}
