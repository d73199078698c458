//go:build unix

package library

import (
	"errors"
	"os"
	"syscall"
)

// retry exists for Windows, where virus scanners hold files for a moment.
func retry(f func() error) error { return f() }

// isInvalid reports whether the file system does not know the call.
func isInvalid(err error) bool { return errors.Is(err, syscall.EINVAL) }

// lockFile takes the OS lock on f, or returns errHeld. The lock goes with the
// process, however it ends.
func lockFile(f *os.File) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return errHeld
	}
	return err
}
