//go:build !windows

package cli

import (
	"errors"
	"fmt"
	"os/exec"
	"runtime"
)

// start opens a file or folder with the program that the desktop has for it.
func start(path string) error {
	opener := "xdg-open"
	if runtime.GOOS == "darwin" {
		opener = "open"
	}
	out, err := exec.Command(opener, path).CombinedOutput()
	if errors.Is(err, exec.ErrNotFound) {
		return fmt.Errorf("there is no %s to open %s with", opener, path)
	} else if err != nil {
		return fmt.Errorf("%s %s: %w\n%s", opener, path, err, out)
	}
	return nil
}

// startedByExplorer is about Windows.
func startedByExplorer() bool { return false }
