//go:build unix

package library

import (
	"errors"
	"syscall"
)

// retry exists for Windows, where virus scanners hold files for a moment.
func retry(f func() error) error { return f() }

// isInvalid reports whether the file system does not know the call.
func isInvalid(err error) bool { return errors.Is(err, syscall.EINVAL) }

// IsFull reports whether an error says that a disk or a quota is full.
func IsFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}
