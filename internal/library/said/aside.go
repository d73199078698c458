package said

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/removed"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/library/transcripts"
	"github.com/spaces-cli/spaces/internal/library/words"
)

// PutAside moves the transcript of a recording to where it can be brought back
// from, and takes it out of the index. The error is transcripts.ErrNone if there
// is none. by is the command, for the record.
func PutAside(ctx context.Context, lib *library.Library, s *space.Space, by string, now time.Time) (it *removed.Item, err error) {
	err = change(ctx, lib, func() (err error) {
		it, err = transcripts.PutAside(lib, s, by, now)
		return err
	}, func(ctx context.Context, x *words.Index) error { return x.Delete(ctx, s.ID) })
	return it, err
}

// Replace is Keep, but puts what was there aside if it says anything else. It
// returns what was put aside, or nil. If the new one cannot be kept, the one that
// was there is brought back; if that fails too, the error is an AsideError.
func Replace(ctx context.Context, lib *library.Library, s *space.Space, t *transcripts.Transcript, by string, now time.Time) (*removed.Item, error) {
	was, err := transcripts.Read(lib.Root(), s)
	if err == nil && reflect.DeepEqual(was.Utterances, t.Utterances) {
		return nil, Keep(ctx, lib, s, t)
	}
	var it *removed.Item
	if !errors.Is(err, transcripts.ErrNone) {
		if it, err = PutAside(ctx, lib, s, by, now); err != nil && !errors.Is(err, transcripts.ErrNone) {
			return nil, err
		}
	}
	if err = Keep(ctx, lib, s, t); err == nil || it == nil {
		return it, err
	}
	ctx = context.WithoutCancel(ctx)
	transcripts.Remove(lib.Root(), s) // what was written of the new one; if that stays, Restore puts it aside
	if _, refused := Restore(ctx, lib, it); refused != nil {
		return nil, &AsideError{Name: it.Name, Err: errors.Join(err, refused)}
	}
	return nil, err
}

// An AsideError says that a transcript could not be replaced, and that the one
// that was there could not be brought back: it lies among what was removed.
type AsideError struct {
	Name string // of what was put aside
	Err  error  // why the new one was not kept, and the old one not brought back
}

func (e *AsideError) Error() string {
	return fmt.Sprintf("the previous transcript is still among the removed items, as %s: %v", e.Name, e.Err)
}

func (e *AsideError) Unwrap() error { return e.Err }

// Restore brings back what was removed, as lib.Restore does, and puts a
// transcript into the index. Its speakers are those of the turns that are known
// now: they may have been confirmed or discarded since it was removed.
func Restore(ctx context.Context, lib *library.Library, it *removed.Item) (got *library.Restored, err error) {
	if it.Kind != removed.Transcript {
		return lib.Restore(ctx, it.Place)
	}
	err = change(ctx, lib, func() (err error) {
		if got, err = lib.Restore(ctx, it.Place); err != nil {
			return err
		}
		return respeak(lib, it.ID)
	}, func(ctx context.Context, x *words.Index) error {
		s, err := lib.Load(it.ID)
		if err != nil {
			return err
		}
		t, err := transcripts.Read(lib.Root(), s)
		if err != nil {
			return errors.Join(err, x.Delete(ctx, it.ID))
		}
		stamp, _, err := stampOf(lib, s.Folder)
		if err != nil {
			return err
		}
		return x.Put(ctx, indexed(s, t, stamp))
	})
	return got, err
}

// respeak gives a transcript that was brought back the speakers of the turns. One
// that cannot be read or used is left as it is.
func respeak(lib *library.Library, id string) error {
	s, err := lib.Load(id)
	if err != nil {
		return err
	}
	t, err := transcripts.Open(lib.Root(), s)
	if err != nil {
		return nil
	}
	next, changed, err := spokenBy(lib, s, t)
	if err != nil || !changed {
		return err
	}
	return transcripts.Write(lib.Root(), s, next)
}

// spokenBy returns a transcript with the speakers that follow from the turns that
// are known now, and whether they are others.
func spokenBy(lib *library.Library, s *space.Space, t *transcripts.Transcript) (*transcripts.Transcript, bool, error) {
	turns, err := lib.TurnsOf(s)
	if err != nil {
		return nil, false, err
	}
	next, changed := t.Respeak(turns)
	return next, changed, nil
}

// Respeak gives the transcript of a recording, if it has one of this audio, the
// speakers that follow from the turns that are known now, but for those that the
// host has set in it. It reports whether that changed anything.
func Respeak(ctx context.Context, lib *library.Library, s *space.Space) (bool, error) {
	t, err := transcripts.Open(lib.Root(), s)
	if errors.Is(err, transcripts.ErrNone) || errors.Is(err, transcripts.ErrOther) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	next, changed, err := spokenBy(lib, s, t)
	if err != nil || !changed {
		return false, err
	}
	return true, Keep(ctx, lib, s, next)
}
