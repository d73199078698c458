// Package flock takes the operating system's lock on files: flock(2), on
// Windows LockFileEx. Such a lock goes with the process, however that ends.
package flock

import (
	"context"
	"errors"
	"os"
	"time"
)

// ErrHeld means that another process, or another opened file of this one, has
// the lock.
var ErrHeld = errors.New("lock is held")

// Wait takes the lock on f as soon as it is free. It returns ErrHeld if that
// takes longer than limit. Closing f frees the lock.
func Wait(ctx context.Context, f *os.File, limit time.Duration) error {
	deadline := time.Now().Add(limit)
	for pause := 10 * time.Millisecond; ; pause = min(2*pause, 250*time.Millisecond) {
		err := Try(f)
		left := time.Until(deadline)
		if !errors.Is(err, ErrHeld) || left <= 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(min(pause, left)):
		}
	}
}
