package studio

import (
	"context"
	"errors"
	"sync"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/recording"
	"github.com/spaces-cli/spaces/internal/stream"
)

// measures are the recordings that are being measured: each by one task, for
// which others wait that need the same. To decode ten hours twice at once would
// give the same, later.
type measures struct {
	mu  sync.Mutex
	now map[string]*measuring // by id
}

// A measuring tells all tasks that wait for it how far it is.
type measuring struct {
	ended chan struct{}
	err   error // when ended is closed

	mu          sync.Mutex
	done, total int64
	reported    []stream.Progress
}

// Expect and Add make a measuring a stream.Progress.
func (m *measuring) Expect(n int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.total += n
	for _, p := range m.reported {
		p.Expect(n)
	}
}

func (m *measuring) Add(n int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.done += n
	for _, p := range m.reported {
		p.Add(n)
	}
}

// join tells p of it from now on, and what was done before.
func (m *measuring) join(p stream.Progress) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p.Expect(m.total)
	p.Add(m.done)
	m.reported = append(m.reported, p)
}

// undo takes back from all what they were told, since it came to nothing.
func (m *measuring) undo() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, p := range m.reported {
		p.Expect(-m.total)
		p.Add(-m.done)
	}
}

// do measures a recording, or waits for who does. If that one is stopped,
// another that waits measures it.
func (ms *measures) do(ctx context.Context, id string, p stream.Progress, measure func(context.Context, stream.Progress) error) error {
	for {
		ms.mu.Lock()
		m := ms.now[id]
		if m == nil {
			break
		}
		m.join(p)
		ms.mu.Unlock()
		select {
		case <-m.ended:
		case <-ctx.Done():
			return ctx.Err()
		}
		if !errors.Is(m.err, context.Canceled) {
			return m.err
		}
	}
	m := &measuring{ended: make(chan struct{}), err: context.Canceled} // unless it comes to an end
	m.join(p)
	ms.now[id] = m
	ms.mu.Unlock()
	defer func() {
		ms.mu.Lock()
		delete(ms.now, id)
		ms.mu.Unlock()
		if m.err != nil {
			m.undo()
		}
		close(m.ended)
	}()
	m.err = measure(ctx, m)
	return m.err
}

// measure sees to it that the library has the measurement of a recording.
func (s *Server) measure(ctx context.Context, lib *library.Library, id string, t *task) error {
	return s.measures.do(ctx, id, t, func(ctx context.Context, p stream.Progress) error {
		_, err := recording.Measure(ctx, lib, id, s.o.Jobs, p)
		return err
	})
}
