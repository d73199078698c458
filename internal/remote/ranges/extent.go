package ranges

import (
	"context"
	"sync"
	"sync/atomic"
)

// An extent is a stretch of an object that is read in order: chunks of it are
// fetched before they are asked for.
type extent struct {
	r      *Reader
	end    int64
	ctx    context.Context
	cancel context.CancelFunc
	from   atomic.Int64 // what lies before it has been read

	mu     sync.Mutex
	chunks []*chunk // in their order, without a hole
	ask    int64    // where the next chunk begins
	closed bool
}

type chunk struct {
	off  int64
	data []byte
	held bool // it takes a place of the Reader's
	done chan struct{}
	err  error
}

func (r *Reader) newExtent(off, end int64) *extent {
	e := &extent{r: r, end: end, ask: off}
	e.from.Store(off)
	e.ctx, e.cancel = context.WithCancel(r.ctx)
	return e
}

// next is where the extent begins that has not been read.
func (e *extent) next() int64 { return e.from.Load() }

// readAt reads at least one byte at off, or none if off lies before what is
// still held.
func (e *extent) readAt(p []byte, off int64) (int, error) {
	e.mu.Lock()
	for len(e.chunks) > 0 && e.chunks[0].end() <= off {
		e.drop()
	}
	if len(e.chunks) == 0 && !e.closed {
		e.ask = off
		e.start(false)
	}
	for len(e.chunks) < ahead && e.ask < e.end && !e.closed && e.place() {
		e.start(true)
	}
	var c *chunk
	if len(e.chunks) > 0 && e.chunks[0].off <= off {
		c = e.chunks[0]
	}
	e.mu.Unlock()
	if c == nil {
		return 0, nil
	}
	<-c.done
	if c.err != nil {
		if e.ctx.Err() != nil && e.r.ctx.Err() == nil {
			return 0, nil // who announced it needs it no more
		}
		return 0, c.err
	}
	n := copy(p, c.data[off-c.off:])
	e.from.Store(off + int64(n))
	if off+int64(n) == e.end {
		e.mu.Lock()
		for len(e.chunks) > 0 { // c is the last one
			e.drop()
		}
		e.mu.Unlock()
	}
	return n, nil
}

func (c *chunk) end() int64 { return c.off + int64(len(c.data)) }

// place takes one of the Reader's places for chunks, if there is one.
func (e *extent) place() bool {
	select {
	case e.r.chunks <- struct{}{}:
		return true
	default:
		return false
	}
}

// start begins to fetch the next chunk.
func (e *extent) start(held bool) {
	size := int64(chunkSize)
	if len(e.chunks) == 0 && !held {
		size = firstChunk
	}
	c := &chunk{off: e.ask, data: make([]byte, min(size, e.end-e.ask)), held: held, done: make(chan struct{})}
	e.ask = c.end()
	e.chunks = append(e.chunks, c)
	go func() {
		defer close(c.done)
		c.err = e.r.fetch(e.ctx, c.off, c.data)
	}()
}

// drop lets go of the first chunk.
func (e *extent) drop() {
	if e.chunks[0].held {
		<-e.r.chunks
	}
	e.chunks[0] = nil
	e.chunks = e.chunks[1:]
}

// close ends what is being fetched.
func (e *extent) close() {
	e.cancel()
	e.mu.Lock()
	e.closed = true
	chunks := e.chunks
	e.mu.Unlock()
	for _, c := range chunks {
		<-c.done
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for len(e.chunks) > 0 {
		e.drop()
	}
}
