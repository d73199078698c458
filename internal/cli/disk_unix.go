//go:build !windows

package cli

import (
	"errors"
	"syscall"
)

// isFull reports whether an error says that a disk or a quota is full.
func isFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// isReadOnly reports whether an error says that a disk takes no changes.
func isReadOnly(err error) bool { return errors.Is(err, syscall.EROFS) }
