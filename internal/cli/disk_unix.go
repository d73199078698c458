//go:build !windows

package cli

import (
	"errors"
	"syscall"
)

// isReadOnly reports whether an error says that a disk takes no changes.
func isReadOnly(err error) bool { return errors.Is(err, syscall.EROFS) }
