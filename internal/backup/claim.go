package backup

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"github.com/spaces-cli/spaces/internal/library/backups"
	"github.com/spaces-cli/spaces/internal/publish"
)

// begin finds what lies at the target, and whether it is of this library.
func (r *run) begin(ctx context.Context) error {
	record, err := backups.Read(r.Library.Root())
	if err != nil {
		return err
	}
	r.head, r.seen, err = r.Backup.head(ctx)
	switch {
	case errors.Is(err, ErrNone):
		err = r.anew(record)
	case err == nil:
		err = r.resume(ctx, record)
	}
	if err != nil {
		return err
	}
	own := record.Of(r.result.Place, r.head.ID)
	if own != nil {
		r.own = *own
	}
	r.head.assume(r.last, record, own)
	r.broken = r.head.Sending != nil || len(r.head.Removing) > 0
	if r.o.DryRun || own != nil && !r.result.TakenOver {
		return nil
	}
	// The library knows of its backup before there is one: otherwise a killed
	// run would leave one that belongs to nobody.
	r.own = backups.Entry{At: r.now(), Place: r.result.Place, Target: r.Name, ID: r.head.ID, Forgets: r.head.follows(record)}
	if r.result.TakenOver {
		r.own.TookOver = r.head.newest().Name
	}
	return backups.Note(ctx, r.Library.Root(), r.own)
}

// anew begins a backup where none lies. It gets an ID of its own, even where a
// disk that is not connected has another one of this library.
func (r *run) anew(record backups.Record) error {
	for _, e := range record.At(r.result.Place) {
		if record.Complete(e.ID) && !r.o.New {
			return fmt.Errorf("%s: %w", r.result.Place, ErrGone)
		}
	}
	r.head = &head{Schema: Schema, About: about, ID: r.newID(record, ""), Followed: []string{}}
	return nil
}

// newID returns an ID other than was: that of a run which was killed before it sent
// anything, or a new one.
func (r *run) newID(record backups.Record, was string) string {
	for _, e := range record.At(r.result.Place) {
		if e.ID != was && !record.Complete(e.ID) {
			return e.ID
		}
	}
	return strings.ToLower(rand.Text())
}

// resume looks whether the backup is of this library, and of no other copy of it.
// Copies share its ID: whoever comes second finds a snapshot that the other made.
// Who takes it over gives it a new one, so that the other can not.
func (r *run) resume(ctx context.Context, record backups.Record) (err error) {
	h := r.head
	refused := r.refusal(h, record)
	if refused != nil && refused != ErrCopy {
		return fmt.Errorf("%s: %w", r.result.Place, refused)
	}
	s := h.newest()
	if s == nil {
		return nil
	}
	if r.last, err = r.manifest(ctx, s); err != nil && !errors.Is(err, publish.ErrNotExist) && !errors.Is(err, ErrBroken) {
		return err
	}
	own := record.Of(r.result.Place, h.ID)
	switch {
	case own != nil && own.TookOver == s.Name:
		r.result.TakenOver = true
	case refused == nil:
	case !r.o.TakeOver:
		return fmt.Errorf("%s: %w; nothing was sent", r.result.Place, ErrCopy)
	default:
		h.ID, r.result.TakenOver = r.newID(record, h.ID), true
	}
	return nil
}

// refusal says why a library with a record cannot continue a backup without
// taking it over, or at all: ErrCopy, ErrReplaced, ErrOther or nil.
func (b *Backup) refusal(h *head, record backups.Record) error {
	place := b.Target.Place()
	switch {
	case record.Has(h.ID):
	case len(record.At(place)) > 0:
		return ErrReplaced
	default:
		return ErrOther
	}
	s, own := h.newest(), record.Of(place, h.ID)
	if s == nil || own != nil && own.TookOver == s.Name || record.Made(h.ID, s.Name) {
		return nil
	}
	return ErrCopy
}
