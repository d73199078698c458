package library

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spaces-cli/spaces/internal/durable/flock"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/spell"
)

// A Holder says who holds the library's lock.
type Holder struct {
	PID   int       `json:"pid"`
	Host  string    `json:"host"`
	Since time.Time `json:"since"`
	What  string    `json:"what"`
}

// A LockedError means that another program is changing the library.
type LockedError struct {
	Dir    string
	Waited time.Duration
	Holder Holder // zero when it left no details
}

func (e *LockedError) Error() string {
	s := fmt.Sprintf("another program is changing the library %s", e.Dir)
	if e.Holder.PID != 0 {
		s += fmt.Sprintf(" (%s, process %d on %s, since %s)", e.Holder.What, e.Holder.PID, e.Holder.Host, e.Holder.Since.Local().Format("15:04:05"))
	}
	if e.Waited > 0 {
		s += "; gave up after " + spell.Short(e.Waited.Seconds())
	}
	return s
}

// A lock is the OS lock of a library, held in the file .lock; the file beside
// it says who holds it, for people.
type lock struct {
	f       *os.File
	details string
	// last is when it was last taken, by the clock of that time; zero if never.
	last time.Time
}

// acquire takes the lock, waiting for up to wait.
func acquire(ctx context.Context, dir string, wait time.Duration) (*lock, error) {
	name := filepath.Join(dir, layout.Lock)
	_, never := os.Stat(name)
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	l := &lock{f: f, details: filepath.Join(dir, layout.LockDetails)}
	if err = flock.Wait(ctx, f, wait); errors.Is(err, flock.ErrHeld) {
		err = &LockedError{Dir: dir, Waited: wait, Holder: l.holder()}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	if info, err := f.Stat(); err == nil && never == nil {
		l.last = info.ModTime()
	}
	now := time.Now()
	os.Chtimes(name, now, now) // where that fails, the time stays an earlier one
	host, _ := os.Hostname()
	b, _ := json.Marshal(Holder{PID: os.Getpid(), Host: host, Since: time.Now().UTC(), What: filepath.Base(os.Args[0])})
	os.WriteFile(l.details, b, 0o644) // for people: the lock holds without it
	return l, nil
}

func (l *lock) holder() (h Holder) {
	if b, err := os.ReadFile(l.details); err == nil {
		json.Unmarshal(b, &h)
	}
	return h
}

// release removes the details first: afterwards they may be another's.
func (l *lock) release() {
	os.Remove(l.details)
	l.f.Close()
}
