package durable

import (
	"errors"

	"golang.org/x/sys/windows"
)

// isBusy reports whether another program has the file open without sharing it.
func isBusy(err error) bool {
	return errors.Is(err, windows.ERROR_SHARING_VIOLATION) || errors.Is(err, windows.ERROR_ACCESS_DENIED)
}

// isInvalid reports whether the file system does not know the call.
func isInvalid(err error) bool { return errors.Is(err, windows.ERROR_INVALID_FUNCTION) }
