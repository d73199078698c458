package publish

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"time"

	"github.com/spaces-cli/spaces/internal/durable/flock"
	"github.com/spaces-cli/spaces/internal/durable/ledger"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/spell"
)

// A step is a line of the journal: where an upload has got to.
type step struct {
	Schema int       `json:"schema"`
	At     time.Time `json:"at"`
	Place  string    `json:"place"`
	Object string    `json:"object"`
	Bytes  int64     `json:"bytes"`
	SHA256 string    `json:"sha256"`
	State  []byte    `json:"state,omitempty"` // of the target
	Ended  bool      `json:"ended,omitempty"` // there, or given up: the next run has nothing to go on from
}

// A journal keeps how far uploads have got. Its lines are appended as targets
// tell of steps; whoever finds one of an upload that has not ended goes on from
// there.
type journal struct {
	root *os.Root
	name string
	file *ledger.File
	wait time.Duration
	now  func() time.Time
}

func openJournal(root *os.Root, wait time.Duration, now func() time.Time) (*journal, error) {
	return openJournalIn(root, layout.Journal, wait, now)
}

// openJournalIn opens a journal that has a file of its own.
func openJournalIn(root *os.Root, name string, wait time.Duration, now func() time.Time) (*journal, error) {
	if err := root.MkdirAll(layout.Uploads, 0o755); err != nil {
		return nil, err
	}
	return &journal{root, name, ledger.New(root, name, wait), wait, now}, nil
}

// last returns the latest step of an upload, nil if none is known or it has
// ended.
func (j *journal) last(place, object string) (*step, error) {
	var found *step
	_, err := j.file.Read(func(n int, line []byte) error {
		var s step
		if err := json.Unmarshal(line, &s); err != nil {
			return fmt.Errorf("%s, line %d: %w", j.name, n, err)
		}
		if s.Place != place || s.Object != object {
			return nil
		}
		if found = &s; s.Ended {
			found = nil
		}
		return nil
	})
	return found, err
}

// note appends a step. It is on the medium when note returns.
func (j *journal) note(ctx context.Context, s step) error {
	s.Schema, s.At = Schema, j.now().UTC().Truncate(time.Second)
	_, err := j.file.Append(ctx, s)
	return err
}

// tidy leaves out the lines of uploads that have ended, once they are many.
func (j *journal) tidy(ctx context.Context) error {
	const many = 64 << 10
	info, err := j.root.Stat(j.name)
	if err != nil || info.Size() < many {
		return nil
	}
	type key struct{ place, object string }
	return j.file.Rewrite(ctx, func(lines [][]byte) ([][]byte, error) {
		latest := make(map[key]int) // line, of what has not ended
		for i, line := range lines {
			var s step
			if err := json.Unmarshal(line, &s); err != nil {
				return nil, fmt.Errorf("%s, line %d: %w", j.name, i+1, err)
			}
			if latest[key{s.Place, s.Object}] = i; s.Ended {
				delete(latest, key{s.Place, s.Object})
			}
		}
		var open [][]byte
		for _, i := range slices.Sorted(maps.Values(latest)) {
			open = append(open, lines[i])
		}
		return open, nil
	})
}

// A BusyError means that another run is sending the same object.
type BusyError struct {
	Object string
	Waited time.Duration
}

func (e *BusyError) Error() string {
	return fmt.Sprintf("another program has been sending %s to the same place for %s", e.Object, spell.Short(e.Waited.Seconds()))
}

// A holder is what stands in a lock's file of the run that has it, behind the
// first byte: that is the one that Windows locks, and lets nobody read.
type holder struct {
	Place  string `json:"place"`
	Object string `json:"object"`
}

// sending lists the objects of a place that runs are sending right now.
func (j *journal) sending(place string) ([]string, error) {
	names, err := fs.Glob(j.root.FS(), layout.Uploads+"/.*.lock")
	if err != nil {
		return nil, err
	}
	var list []string
	for _, name := range names {
		f, err := j.root.OpenFile(name, os.O_RDWR, 0)
		if errors.Is(err, fs.ErrNotExist) {
			continue // that run has just ended
		}
		if err != nil {
			return nil, err
		}
		held := errors.Is(flock.Try(f), flock.ErrHeld)
		text, rerr := io.ReadAll(io.NewSectionReader(f, 1, 64<<10))
		f.Close()
		var h holder
		if held && rerr == nil && json.Unmarshal(text, &h) == nil && h.Place == place {
			list = append(list, h.Object)
		}
	}
	return list, nil
}

// tell writes into a lock's file what it is of.
func (h holder) tell(f *os.File) error {
	text, err := json.Marshal(h)
	if err != nil {
		return err
	}
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err = f.WriteAt(text, 1)
	return err
}

// lock takes the object for this run alone. The OS frees the lock when the
// program ends, however it ends.
func (j *journal) lock(ctx context.Context, place, object string) (unlock func(), err error) {
	sum := sha256.Sum256([]byte(place + "\x00" + object))
	name := path.Join(layout.Uploads, "."+hex.EncodeToString(sum[:8])+".lock")
	for {
		f, err := j.root.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644)
		if err != nil {
			return nil, err
		}
		if err := flock.Wait(ctx, f, j.wait); err != nil {
			f.Close()
			if errors.Is(err, flock.ErrHeld) {
				err = &BusyError{object, j.wait}
			}
			return nil, err
		}
		// Whoever held it has removed it: then this is the lock of no name.
		mine, err := f.Stat()
		if err != nil {
			f.Close()
			return nil, err
		}
		if there, err := j.root.Stat(name); err != nil || !os.SameFile(mine, there) {
			f.Close()
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, err
			}
			continue
		}
		if err := (holder{place, object}).tell(f); err != nil {
			f.Close()
			return nil, err
		}
		return func() {
			j.root.Remove(name) // where open files cannot be removed, it stays
			f.Close()
		}, nil
	}
}
