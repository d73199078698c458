package ranges

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spaces-cli/spaces/internal/publish/wire"
)

// Options say how an object is read.
type Options struct {
	// Wire says how often a request is made, and when again.
	Wire wire.Options
	// Requests is how many run at a time; 0: 8. Many servers throttle each
	// connection.
	Requests int
	// Most is how many bytes Save takes of an object whose size the server does
	// not tell: it may have no end. 0: no bound.
	Most int64
}

// harmless makes what is told of retries free of addresses.
func (o Options) harmless() Options {
	if tell := o.Wire.Retried; tell != nil {
		o.Wire.Retried = func(err error, wait time.Duration) { tell(o.explain(err), wait) }
	}
	return o
}

const (
	headSize = 4 << 10   // fetched first: says what the object is, and how large
	tailSize = 128 << 10 // fetched where the end is read: a ZIP begins there
	around   = 2 << 10   // fetched before and behind what is read alone
	maxKept  = 8 << 20   // bytes of such that are kept

	mostSize = 1 << 50 // of an object: offsets near the largest number are no more than a trap

	firstChunk = 256 << 10 // of what is read to its end
	chunkSize  = 512 << 10
	ahead      = 8  // chunks of one stretch that are fetched before they are read
	maxChunks  = 24 // that are held at a time for all stretches, beside one for each
)

// A Reader reads an object. Its methods may be called by several goroutines.
type Reader struct {
	ctx    context.Context
	source Source
	o      Options
	object Object
	head   []byte

	requests chan struct{} // a place for each that may run
	chunks   chan struct{} // a place for each chunk that is held ahead
	fetched  atomic.Int64

	mu      sync.Mutex
	spans   []*span // the last that was used comes last
	kept    int     // their bytes
	extents []*extent
	last    int64 // where the last read of a span ended
	inOrder int   // how many reads went on there, one after the other
	dead    error
}

// A span is a stretch of the object that is kept for being read again.
type span struct {
	off  int64
	data []byte
}

// A NoRangesError means that a server sends objects only as a whole.
type NoRangesError struct {
	Object
	Head []byte // the first bytes of it
}

func (e *NoRangesError) Error() string { return "the server sends files only as a whole" }

// Open asks for the first bytes of an object. All that the Reader does ends
// with ctx. An error is an *Error, a *NoRangesError or that of ctx.
func Open(ctx context.Context, s Source, o Options) (*Reader, error) {
	r := &Reader{ctx: ctx, source: s, o: o.harmless(), last: -1}
	r.requests = make(chan struct{}, cmp.Or(o.Requests, 8))
	r.chunks = make(chan struct{}, maxChunks)
	whole := false
	err := r.o.Wire.Try(ctx, func(ctx context.Context) error {
		p, err := s.Get(ctx, 0, headSize, nil)
		if err != nil {
			return err
		}
		defer p.Body.Close()
		want := int64(headSize)
		if p.Size >= 0 {
			want = min(want, p.Size)
		}
		b := make([]byte, want)
		n, err := io.ReadFull(p.Body, b)
		r.fetched.Add(int64(n))
		if err == io.ErrUnexpectedEOF && p.Size < 0 || err == io.EOF && (want == 0 || p.Size < 0) {
			err = nil // it is shorter
			if p.Whole {
				p.Size = int64(n)
			}
		}
		switch {
		case err != nil:
			return wire.Temporary(fmt.Errorf("the answer ended after %d bytes: %w", n, err))
		case !p.Whole && (p.Offset != 0 || p.Length >= 0 && p.Length < want):
			return wire.Temporary(errNoRange)
		}
		r.object, r.head, whole = p.Object, b[:n], p.Whole || p.Size < 0
		return nil
	})
	switch {
	case err != nil:
		return nil, o.explain(err)
	case r.object.Size > mostSize:
		return nil, &Error{Kind: Unreachable, What: "the server says that the file is larger than any"}
	case whole && (r.object.Size < 0 || int64(len(r.head)) < r.object.Size):
		return nil, &NoRangesError{r.object, r.head}
	}
	r.spans = append(r.spans, &span{0, r.head})
	return r, nil
}

// Object returns what the server said of the object at first.
func (r *Reader) Object() Object { return r.object }

// Head returns the first bytes of the object.
func (r *Reader) Head() []byte { return r.head }

// Size returns the size of the object.
func (r *Reader) Size() int64 { return r.object.Size }

// Fetched returns how many bytes of the object have come over the network.
func (r *Reader) Fetched() int64 { return r.fetched.Load() }

// ReadAt implements io.ReaderAt. An error other than io.EOF is an *Error or that
// of the context.
func (r *Reader) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, errors.New("negative offset")
	}
	for n < len(p) {
		if off >= r.object.Size {
			return n, io.EOF
		}
		k, err := r.some(p[n:min(len(p), n+chunkSize)], off)
		n += k
		off += int64(k)
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// some reads at least one byte at off, which lies in the object.
func (r *Reader) some(p []byte, off int64) (int, error) {
	r.mu.Lock()
	if r.dead != nil {
		defer r.mu.Unlock()
		return 0, r.dead
	}
	for i, s := range slices.Backward(r.spans) {
		if s.off <= off && off < s.off+int64(len(s.data)) {
			r.spans = append(slices.Delete(r.spans, i, i+1), s)
			n := copy(p, s.data[off-s.off:])
			r.follow(off, n)
			r.mu.Unlock()
			return n, nil
		}
	}
	if e := r.extent(off); e != nil {
		r.mu.Unlock()
		if n, err := e.readAt(p, off); n > 0 || err != nil {
			return n, err
		}
		r.mu.Lock() // another reader was faster
	}
	if r.follow(off, len(p)) && len(r.extents) == 0 {
		// What is read in order without having been announced is the list of
		// members, which goes on to the end.
		e := r.newExtent(off, r.object.Size)
		r.extents = append(r.extents, e)
		r.mu.Unlock()
		if n, err := e.readAt(p, off); n > 0 || err != nil {
			return n, err
		}
		r.mu.Lock()
	}
	r.mu.Unlock()
	start, end := max(0, off-around), min(off+int64(len(p))+around, r.object.Size)
	if r.object.Size-off <= tailSize {
		start, end = max(0, min(start, r.object.Size-tailSize)), r.object.Size
	}
	s := &span{start, make([]byte, end-start)}
	if err := r.fetch(r.ctx, s.off, s.data); err != nil {
		return 0, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.spans, r.kept = append(r.spans, s), r.kept+len(s.data)
	for r.kept > maxKept {
		r.kept -= len(r.spans[0].data)
		r.spans = slices.Delete(r.spans, 0, 1)
	}
	return copy(p, s.data[off-start:]), nil
}

// extent returns the stretch that goes on at off, or else one that holds it, or
// nil. The caller holds the lock.
func (r *Reader) extent(off int64) *extent {
	var holds *extent
	for _, e := range r.extents {
		switch next := e.next(); {
		case next == off && off < e.end:
			return e
		case next <= off && off < e.end && holds == nil:
			holds = e
		}
	}
	return holds
}

// follow notes what is read and reports whether it has gone on in order for
// some time. The caller holds the lock.
func (r *Reader) follow(off int64, n int) bool {
	if off == r.last {
		r.inOrder++
	} else {
		r.inOrder = 0
	}
	r.last = off + int64(n)
	return r.inOrder >= 2
}

// Expect says that length bytes from off on are going to be read in order, so
// that they are fetched ahead, and nothing behind them. The function that it
// returns says that they are not needed any more.
func (r *Reader) Expect(off, length int64) (done func()) {
	off, end := max(0, off), min(off+length, r.object.Size)
	if off >= end {
		return func() {}
	}
	e := r.newExtent(off, end)
	r.mu.Lock()
	r.extents = append(r.extents, e)
	r.mu.Unlock()
	return func() {
		r.mu.Lock()
		if i := slices.Index(r.extents, e); i >= 0 {
			r.extents = slices.Delete(r.extents, i, i+1)
		}
		r.mu.Unlock()
		e.close()
	}
}

// fetch fills b with the bytes of the object at off. What has come is not
// fetched again when a request breaks off.
func (r *Reader) fetch(ctx context.Context, off int64, b []byte) error {
	select {
	case r.requests <- struct{}{}:
		defer func() { <-r.requests }()
	case <-ctx.Done():
		return ctx.Err()
	}
	got := 0
	for {
		before := got
		err := r.o.Wire.Try(ctx, func(ctx context.Context) error {
			n, err := r.attempt(ctx, off+int64(got), b[got:])
			got += n
			if got == len(b) {
				return nil
			}
			return err
		})
		switch {
		case err == nil && got == len(b):
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case got > before && (err == nil || wire.Retryable(err)):
			continue // it gets on
		}
		err = r.o.explain(err)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.dead = cmp.Or(r.dead, err) // the others need not find out by themselves
		return r.dead
	}
}

// attempt makes one request.
func (r *Reader) attempt(ctx context.Context, off int64, b []byte) (n int, err error) {
	p, err := r.source.Get(ctx, off, int64(len(b)), &r.object)
	if err != nil {
		return 0, err
	}
	defer p.Body.Close()
	if what := r.object.differs(&p.Object); what != "" {
		return 0, changed(what)
	}
	switch {
	case p.Whole && off == 0 && (p.Size < 0 || p.Size == r.object.Size):
	case p.Whole:
		return 0, wire.Temporary(fmt.Errorf("%w: all of the file", errNoRange))
	case p.Offset != off || p.Length > int64(len(b)):
		return 0, wire.Temporary(errNoRange)
	case p.Length >= 0:
		b = b[:p.Length] // a server may send less than it was asked for (RFC 9110, 15.3.7)
	}
	n, err = io.ReadFull(p.Body, b)
	r.fetched.Add(int64(n))
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = wire.Temporary(fmt.Errorf("the answer ended %d bytes early", len(b)-n))
	} else if err != nil {
		err = wire.Temporary(err)
	} else {
		err = wire.Temporary(errors.New("the server sends less than it was asked for"))
	}
	return n, err
}
