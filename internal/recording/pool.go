package recording

import (
	"container/list"
	"sync"
)

// A Pool keeps recordings open between clips, the last few that were used.
// It is safe for use by several goroutines.
type Pool struct {
	open func(id string) (*Recording, error)
	size int

	mu   sync.Mutex
	byID map[string]*list.Element
	used list.List // of *pooled, the latest first
}

type pooled struct {
	id    string
	ready sync.Once
	rec   *Recording
	err   error
	users int
	gone  bool // out of the pool: the last user closes it
}

// NewPool returns a Pool that keeps size recordings open.
func NewPool(size int, open func(id string) (*Recording, error)) *Pool {
	return &Pool{open: open, size: size, byID: make(map[string]*list.Element)}
}

// Get returns a recording, and a function to call when it is no longer used.
func (p *Pool) Get(id string) (*Recording, func(), error) {
	p.mu.Lock()
	e := p.byID[id]
	if e == nil {
		e = p.used.PushFront(&pooled{id: id})
		p.byID[id] = e
	} else {
		p.used.MoveToFront(e)
	}
	x := e.Value.(*pooled)
	x.users++
	closing := p.shrink()
	p.mu.Unlock()
	for _, old := range closing {
		old.Close()
	}
	x.ready.Do(func() { x.rec, x.err = p.open(id) })
	if x.err != nil {
		p.drop(x)
	}
	return x.rec, func() { p.release(x) }, x.err
}

// drop forgets a recording that could not be opened.
func (p *Pool) drop(x *pooled) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e := p.byID[x.id]; e != nil && e.Value == any(x) {
		p.used.Remove(e)
		delete(p.byID, x.id)
	}
	x.gone = true
}

func (p *Pool) release(x *pooled) {
	p.mu.Lock()
	x.users--
	last := x.gone && x.users == 0
	p.mu.Unlock()
	if last && x.rec != nil {
		x.rec.Close()
	}
}

// shrink takes the recordings out that were not used for longest, and returns
// those that nobody uses.
func (p *Pool) shrink() []*Recording {
	var idle []*Recording
	for p.used.Len() > p.size {
		e := p.used.Back()
		x := e.Value.(*pooled)
		p.used.Remove(e)
		delete(p.byID, x.id)
		x.gone = true
		if x.users == 0 && x.rec != nil {
			idle = append(idle, x.rec)
		}
	}
	return idle
}

// Close closes what nobody uses; the rest is closed when it is released.
func (p *Pool) Close() {
	p.mu.Lock()
	p.size = 0
	idle := p.shrink()
	p.mu.Unlock()
	for _, r := range idle {
		r.Close()
	}
}
