//go:build !windows

package terminal

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
)

// Open opens a file or folder with the program that the desktop has for it.
func Open(path string) error {
	opener := "xdg-open"
	if runtime.GOOS == "darwin" {
		opener = "open"
	}
	err := exec.Command(opener, path).Run()
	if errors.Is(err, exec.ErrNotFound) {
		return fmt.Errorf("cannot open %s: %s is not installed", path, opener)
	} else if err != nil {
		return fmt.Errorf("cannot open %s: %s found no program for it (%w)", path, opener, err)
	}
	return nil
}

// StartedByExplorer is about Windows.
func StartedByExplorer() bool { return false }

// CanPaint reports whether the terminal behind a file shows colour.
func CanPaint(f *os.File) bool { return Is(f) }
