package publish

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// A Removal is what became of an object that was to be taken down, in a word.
// The words appear in JSON.
type Removal string

const (
	Removed Removal = "removed"
	Gone    Removal = "gone"   // it was not there any more
	Left    Removal = "left"   // it is not what was sent, or nobody knows
	Stays   Removal = "failed" // it is ours, and could not be removed
)

// TakeDown removes objects that receipts tell of, one after the other, and calls
// told with what became of each; err goes with Left and Stays. An object that is
// not what was sent, by its size and hash, is left. What was removed is kept in
// the receipts before the next one is looked at, so that a run that is killed is
// finished by the next. The error is for what concerns the run.
func (s *Sender) TakeDown(ctx context.Context, list []*Receipt, told func(r *Receipt, became Removal, err error)) error {
	j, err := openJournal(s.Library, s.Wait, s.Now)
	if err != nil {
		return err
	}
	for _, r := range list {
		became, err := s.takeDown(ctx, j, r)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		told(r, became, err)
		if errors.Is(err, ErrUntrusted) || errors.Is(err, errUnkept) {
			return err
		}
	}
	return nil
}

// errUnkept means that the library cannot keep what was done.
var errUnkept = errors.New("it was removed, but the receipt could not be saved in the library")

func (s *Sender) takeDown(ctx context.Context, j *journal, r *Receipt) (Removal, error) {
	unlock, err := j.lock(ctx, s.Target.Place(), r.Object)
	if err != nil {
		return Stays, err
	}
	defer unlock()
	rs, err := openReceipts(s.Library, s.Target.Place(), s.Wait)
	if err != nil {
		return Stays, err
	}
	switch last := rs.latest[r.Object]; {
	case last == nil:
		return Gone, nil // another run was faster
	case last.SHA256 != r.SHA256 || last.Bytes != r.Bytes:
		return Left, fmt.Errorf("%w: another run has since sent a different file", ErrDiffers)
	}
	became := Removed
	verified, err := s.remove(ctx, r)
	switch {
	case errors.Is(err, ErrNotExist):
		became, verified = Gone, []string{}
	case errors.Is(err, ErrDiffers):
		return Left, err
	case err != nil:
		return Stays, err
	}
	done := *r
	done.Schema, done.At, done.Removed, done.Sent = removalSchema, s.Now().UTC().Truncate(time.Millisecond), true, false
	done.Verified, done.Modified, done.WrittenBy = verified, time.Time{}, s.Version
	if err := rs.add(context.WithoutCancel(ctx), &done); err != nil {
		return became, fmt.Errorf("%w: %w", errUnkept, err)
	}
	return became, nil
}

// remove removes an object if it is the one of a receipt, and returns what of it
// was compared.
func (s *Sender) remove(ctx context.Context, r *Receipt) (verified []string, err error) {
	there, err := s.Target.Stat(ctx, r.Object)
	if err != nil {
		return nil, err
	}
	if there.Size != r.Bytes {
		return nil, fmt.Errorf("%w: it has %d bytes, but %d were sent", ErrDiffers, there.Size, r.Bytes)
	}
	how := "read-back"
	switch {
	case there.SHA256 != "" && there.SHA256 != r.SHA256:
		return nil, fmt.Errorf("%w: its SHA-256 differs", ErrDiffers)
	case there.SHA256Computed:
		how = "sha256"
	case there.SHA256 != "":
		how = stored
	case r.describes(there):
		how = unchanged
	default:
		sum, err := hex.DecodeString(r.SHA256)
		if err != nil || len(sum) != 32 {
			return nil, fmt.Errorf("%w: its receipt has no hash", ErrDiffers)
		}
		same, err := Same(ctx, s.Target, r.Object, r.Bytes, [32]byte(sum))
		if err != nil {
			return nil, err
		}
		if !same {
			return nil, fmt.Errorf("%w: its bytes differ", ErrDiffers)
		}
	}
	if err := s.Target.Remove(ctx, r.Object, there); err != nil {
		return nil, err
	}
	// Servers say yes to much.
	switch _, err := s.Target.Stat(ctx, r.Object); {
	case err == nil:
		return nil, fmt.Errorf("%w: the server reported it as removed, but it still exists", ErrMismatch)
	case !errors.Is(err, ErrNotExist):
		return nil, err
	}
	return []string{"size", how}, nil
}
