//go:build !windows

package terminal

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
)

// Open opens a file or folder with the program that the desktop has for it.
func Open(path string) error {
	opener := "xdg-open"
	if runtime.GOOS == "darwin" {
		opener = "open"
	}
	out, err := exec.Command(opener, path).CombinedOutput()
	if errors.Is(err, exec.ErrNotFound) {
		return fmt.Errorf("cannot open %s: %s is not installed", path, opener)
	} else if err != nil {
		text := ""
		if said := strings.TrimSpace(string(out)); said != "" {
			text = "\n" + said
		}
		return fmt.Errorf("cannot open %s: %s failed: %w%s", path, opener, err, text)
	}
	return nil
}

// StartedByExplorer is about Windows.
func StartedByExplorer() bool { return false }

// CanPaint reports whether the terminal behind a file shows colour.
func CanPaint(f *os.File) bool { return Is(f) }
