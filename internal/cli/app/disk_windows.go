package app

import (
	"errors"

	"golang.org/x/sys/windows"
)

// isReadOnly reports whether an error says that a disk takes no changes.
func isReadOnly(err error) bool { return errors.Is(err, windows.ERROR_WRITE_PROTECT) }
