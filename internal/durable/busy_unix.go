//go:build !windows

package durable

import (
	"errors"
	"syscall"
)

// isBusy reports whether another program has the file open without sharing it:
// on Windows only.
func isBusy(error) bool { return false }

// isInvalid reports whether the file system does not know the call.
func isInvalid(err error) bool { return errors.Is(err, syscall.EINVAL) }
