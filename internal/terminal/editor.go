package terminal

import (
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"strings"
)

// ErrNoEditor means that nothing names an editor, and none of the usual ones is
// installed.
var ErrNoEditor = errors.New("no text editor was found")

// Editor returns the command line of the user's editor, as the environment names
// it, or else, on a terminal, one that the system has.
func Editor(env func(string) (string, bool), watched bool) (string, error) {
	for _, name := range []string{"VISUAL", "EDITOR"} {
		if v, _ := env(name); strings.TrimSpace(v) != "" {
			return v, nil
		}
	}
	var usual []string
	switch {
	case runtime.GOOS == "windows":
		usual = []string{"notepad"}
	case watched:
		usual = []string{"sensible-editor", "nano", "vim", "vi"}
	}
	for _, name := range usual {
		if _, err := exec.LookPath(name); err == nil {
			return name, nil
		}
	}
	return "", ErrNoEditor
}

// Edit has an editor edit a file, and returns when it has ended. The editor is
// not stopped from here: it has the terminal, and what is typed there is its own.
func Edit(editor, file string, in io.Reader, out, errs io.Writer) error {
	cmd := editorCommand(editor, file)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, out, errs
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return fmt.Errorf("the editor %s failed: %s", editor, exit)
	}
	if err != nil {
		return fmt.Errorf("cannot run the editor %s: %w", editor, err)
	}
	return nil
}
