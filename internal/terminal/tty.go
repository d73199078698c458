package terminal

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// Is reports whether somebody watches a file or types it.
func Is(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// Columns is how wide the terminal behind a file is, 0 when that is not known.
func Columns(f *os.File) int {
	columns, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return columns
}

// ReadSecret reads a line that is not shown while it is typed.
func ReadSecret(f *os.File, out io.Writer) (string, error) {
	b, err := term.ReadPassword(int(f.Fd()))
	fmt.Fprintln(out)
	return strings.TrimSpace(string(b)), err
}
