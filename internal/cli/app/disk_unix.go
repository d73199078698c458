//go:build !windows

package app

import (
	"errors"
	"syscall"
)

// isReadOnly reports whether an error says that a disk takes no changes.
func isReadOnly(err error) bool { return errors.Is(err, syscall.EROFS) }
