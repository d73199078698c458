//go:build !windows

package terminal

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
)

// Opener is the program of the desktop that opens files, and whether it is
// installed.
func Opener() (program string, found bool) {
	program = "xdg-open"
	if runtime.GOOS == "darwin" {
		program = "open"
	}
	_, err := exec.LookPath(program)
	return program, err == nil
}

// Open opens a file or folder with the program that the desktop has for it.
func Open(path string) error {
	opener, _ := Opener()
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
