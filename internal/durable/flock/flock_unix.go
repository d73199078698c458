//go:build unix

package flock

import (
	"errors"
	"os"
	"syscall"
)

// Try takes the lock on f, or returns ErrHeld.
func Try(f *os.File) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return ErrHeld
	}
	return err
}

// Own takes the lock on a file that others may read and write meanwhile.
func Own(f *os.File) error { return Try(f) }
