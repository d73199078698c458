package publish

import (
	"context"
	"errors"
	"time"
)

// Clean finds what interrupted uploads have left at the target and calls fn
// with each. What a run is sending right now, from this library, is not among
// it.
func (s *Sender) Clean(ctx context.Context, fn func(Leftover) error) error {
	list, err := s.Target.Leftovers(ctx)
	if err != nil || len(list) == 0 {
		return err
	}
	const moment = time.Millisecond
	j, err := openJournal(s.Library, moment, s.Now)
	if err != nil {
		return err
	}
	for _, l := range list {
		unlock, err := j.lock(ctx, s.Target.Place(), l.Name)
		var busy *BusyError
		if errors.As(err, &busy) {
			continue
		}
		if err != nil {
			return err
		}
		err = fn(l)
		unlock()
		if err != nil {
			return err
		}
	}
	return nil
}
