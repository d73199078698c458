package wire

import (
	"sync"
	"time"
)

// A Limiter shares a bandwidth among all that use it. A nil Limiter limits
// nothing.
type Limiter struct {
	rate float64 // bytes a second

	mu   sync.Mutex
	free time.Time // when what has been let through will have taken its time
}

// NewLimiter returns a limiter to so many bytes a second, or nil for none.
func NewLimiter(bytesPerSecond int64) *Limiter {
	if bytesPerSecond <= 0 {
		return nil
	}
	return &Limiter{rate: float64(bytesPerSecond)}
}

// portion is how many bytes go at once: an eighth of a second's, so that a slow
// connection is not taken for one that stands still.
func (l *Limiter) portion() int {
	if l == nil {
		return 1 << 30
	}
	return min(max(int(l.rate/8), 512), 1<<20)
}

// reserve books n bytes and returns how long to wait before they may move.
func (l *Limiter) reserve(n int, now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	// What was not used is lost but for a tenth of a second, which evens out
	// the grain of timers.
	if first := now.Add(-100 * time.Millisecond); l.free.Before(first) {
		l.free = first
	}
	wait := l.free.Sub(now)
	l.free = l.free.Add(time.Duration(float64(n) / l.rate * float64(time.Second)))
	return wait
}

// wait lets n bytes through, at their time or when stop is closed.
func (l *Limiter) wait(n int, stop <-chan struct{}) {
	if l == nil {
		return
	}
	wait := l.reserve(n, time.Now())
	if wait <= 0 {
		return
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
	case <-stop:
	}
}
