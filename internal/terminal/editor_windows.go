package terminal

import (
	"os"
	"os/exec"
	"strings"
)

// editorCommand splits the command line at spaces that are not within quotes,
// unless all of it is a program.
func editorCommand(editor, file string) *exec.Cmd {
	if _, err := os.Stat(editor); err == nil {
		return exec.Command(editor, file)
	}
	quoted := false
	args := strings.FieldsFunc(editor, func(r rune) bool {
		if r == '"' {
			quoted = !quoted
			return true
		}
		return r == ' ' && !quoted
	})
	if len(args) == 0 {
		args = []string{editor}
	}
	return exec.Command(args[0], append(args[1:], file)...)
}
