package flock

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// Try takes the lock on f, or returns ErrHeld.
func Try(f *os.File) error { return lockByte(f, new(windows.Overlapped)) }

// Own takes the lock on a file that others may read and write meanwhile: on a
// byte behind all that a file can have, since Windows keeps others from bytes
// that are locked.
func Own(f *os.File) error { return lockByte(f, &windows.Overlapped{OffsetHigh: 1 << 30}) }

func lockByte(f *os.File, at *windows.Overlapped) error {
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	err := windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, at)
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING) {
		return ErrHeld
	}
	return err
}
