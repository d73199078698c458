// Package stream has readers that end with a context, tell how they get on,
// and remember why their source failed.
package stream

import (
	"context"
	"io"
)

// A Progress is told how reading gets on. Its methods are called from several
// goroutines.
type Progress interface {
	Expect(bytes int64) // so many more bytes are going to be read
	Add(bytes int64)    // so many have been
}

// NoProgress is told and says nothing.
type NoProgress struct{}

func (NoProgress) Expect(int64) {}
func (NoProgress) Add(int64)    {}

// A Phase is a part of a job: its name, and its share of the time that the job
// takes, in any unit. How long a phase takes is a guess; it makes a bar run
// evenly and is not seen elsewhere.
type Phase struct {
	Name   string
	Weight float64
}

// Enter says that a phase of a job begins, to a Progress that has a method Phase.
func Enter(p Progress, phase string) {
	if p, ok := p.(interface{ Phase(string) }); ok {
		p.Phase(phase)
	}
}

// A Job is one of several jobs that a Progress is told of: the names of its
// phases begin with its own. One that has no name leaves them as they are.
type Job struct {
	Progress
	Name string
}

// Phase tells the Progress of a phase of the job.
func (j Job) Phase(name string) { Enter(j.Progress, j.PhaseName(name)) }

// PhaseName is how the Progress calls a phase of the job.
func (j Job) PhaseName(phase string) string {
	if j.Name == "" || phase == "" {
		return j.Name + phase
	}
	return j.Name + " · " + phase
}

// Until returns a reader of r that ends with a context and tells p, which may
// be nil, of what comes. It passes on the errors of r as they are.
func Until(ctx context.Context, r io.Reader, p Progress) io.Reader {
	if p == nil {
		p = NoProgress{}
	}
	return &until{ctx, r, p}
}

type until struct {
	ctx      context.Context
	r        io.Reader
	progress Progress
}

func (u *until) Read(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := u.r.Read(p)
	u.progress.Add(int64(n))
	return n, err
}

// A Reader is a stream that counts what comes, looks at the context, and turns
// a failing source into an early end that is remembered.
type Reader struct {
	ctx      context.Context
	r        io.Reader
	progress Progress
	n        int64
	err      error
}

// NewReader returns a Reader that reads from r.
func NewReader(ctx context.Context, r io.Reader, p Progress) *Reader {
	return &Reader{ctx: ctx, r: r, progress: p}
}

func (s *Reader) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := s.r.Read(p)
	s.n += int64(n)
	s.progress.Add(int64(n))
	if err != nil && err != io.EOF {
		s.err, err = err, io.EOF
	}
	return n, err
}

// Bytes returns how many have come.
func (s *Reader) Bytes() int64 { return s.n }

// Err returns why the stream ended early, or nil.
func (s *Reader) Err() error { return s.err }

// ReaderAt makes a file's reads end with a context.
type ReaderAt struct {
	Context context.Context
	File    io.ReaderAt
}

func (r *ReaderAt) ReadAt(p []byte, off int64) (int, error) {
	if err := r.Context.Err(); err != nil {
		return 0, err
	}
	return r.File.ReadAt(p, off)
}
