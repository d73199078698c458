//go:build !windows

package terminal

import "os/exec"

// editorCommand has the shell read the command line, as other programs do: it may
// have flags, quotes and variables.
func editorCommand(editor, file string) *exec.Cmd {
	return exec.Command("/bin/sh", "-c", editor+` "$@"`, editor, file)
}
