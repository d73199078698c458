package publish

import (
	"cmp"
	"context"
	"os"
	"time"

	"github.com/spaces-cli/spaces/internal/library/layout"
)

// An Attempt is something that only one run at a time does at a place, and that
// the next run resumes: a post, which cannot be looked for once it was made, or
// an object of a backup, which gets no receipt. It keeps in a journal of the
// library how far it has got.
type Attempt struct {
	c       AttemptConfig
	journal *journal
	last    *step
	unlock  func()
}

// An AttemptConfig says what is attempted, and where.
type AttemptConfig struct {
	Library       *os.Root
	Journal       string // a file below the library; "" is that of uploads
	Place, Object string // see Receipt; the journal knows the attempt by them
	Bytes         int64
	SHA256        string        // in hex
	Wait          time.Duration // for another run that attempts the same
	Now           func() time.Time
}

// OpenAttempt takes the attempt for this run alone and finds what is known of it
// from earlier ones. The error is a *BusyError if another run does not let go.
// The caller closes it.
func OpenAttempt(ctx context.Context, c AttemptConfig) (*Attempt, error) {
	j, err := openJournalIn(c.Library, cmp.Or(c.Journal, layout.Journal), c.Wait, c.Now)
	if err != nil {
		return nil, err
	}
	unlock, err := j.lock(ctx, c.Place, c.Object)
	if err != nil {
		return nil, err
	}
	last, err := j.last(c.Place, c.Object)
	if err != nil {
		unlock()
		return nil, err
	}
	return &Attempt{c, j, last, unlock}, nil
}

// State is what Save was last given, nil if nothing is known or it has ended.
func (a *Attempt) State() []byte {
	if a.last == nil {
		return nil
	}
	return a.last.State
}

// Save keeps the state durably; it has reached the disk when Save returns. It
// must hold no secrets.
func (a *Attempt) Save(state []byte) error { return a.note(state, false) }

func (a *Attempt) note(state []byte, ended bool) error {
	s := step{Place: a.c.Place, Object: a.c.Object, Bytes: a.c.Bytes, SHA256: a.c.SHA256, State: state, Ended: ended}
	// What has happened is noted even when nobody waits for it any more.
	if err := a.journal.note(context.Background(), s); err != nil {
		return err
	}
	if a.last = &s; ended {
		a.last = nil
	}
	return nil
}

// Done keeps the receipt, and then ends the attempt.
func (a *Attempt) Done(r *Receipt) error {
	ctx := context.Background()
	rs, err := openReceipts(a.c.Library, a.c.Place, a.c.Wait)
	if err != nil {
		return err
	}
	if err := rs.add(ctx, r); err != nil {
		return err
	}
	return a.End()
}

// End ends the attempt: the next one starts anew.
func (a *Attempt) End() error {
	if err := a.note(nil, true); err != nil {
		return err
	}
	return a.journal.tidy(context.Background())
}

// Close lets other runs at it.
func (a *Attempt) Close() { a.unlock() }
