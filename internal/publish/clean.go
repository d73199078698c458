package publish

import (
	"context"
	"errors"
	"path"
	"slices"
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
		if l.Temporary {
			busy, err := j.sending(s.Target.Place())
			if err != nil {
				return err
			}
			if slices.ContainsFunc(busy, func(name string) bool { return path.Dir(name) == path.Dir(l.Name) }) {
				continue // it may be of that one
			}
		}
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
