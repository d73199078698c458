package library

import (
	"errors"
	"time"

	"golang.org/x/sys/windows"
)

// retry repeats f while another program, a virus scanner or an indexer, has a
// file open without sharing it. They let go within moments.
func retry(f func() error) error {
	var err error
	for wait := 10 * time.Millisecond; wait < 2*time.Second; wait *= 2 {
		err = f()
		if !errors.Is(err, windows.ERROR_SHARING_VIOLATION) && !errors.Is(err, windows.ERROR_ACCESS_DENIED) {
			return err
		}
		time.Sleep(wait)
	}
	return err
}

// isInvalid reports whether the file system does not know the call.
func isInvalid(err error) bool { return errors.Is(err, windows.ERROR_INVALID_FUNCTION) }

// IsFull reports whether an error says that a disk or a quota is full.
func IsFull(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL) || errors.Is(err, windows.ERROR_DISK_QUOTA_EXCEEDED)
}
