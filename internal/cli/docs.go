package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// newDocsCmd is for the makers of spaces: docs/cli.md is what it writes, and
// a test holds one against the other.
func newDocsCmd(a *App) *cobra.Command {
	return &cobra.Command{
		Use:    "docs",
		Short:  "Write docs/cli.md",
		Hidden: true,
		Args:   takes(0, 0),
		RunE:   func(cmd *cobra.Command, _ []string) error { return writeDocs(a.Out, cmd.Root()) },
	}
}

// writeDocs writes the reference of all commands in Markdown.
func writeDocs(w io.Writer, root *cobra.Command) error {
	var b strings.Builder
	b.WriteString("# The commands\n\nWritten by `spaces docs`; `spaces COMMAND --help` shows the same.\n\n")
	for _, c := range allVisible(root) {
		fmt.Fprintf(&b, "- [%s](#%s): %s\n", c.CommandPath(), manName(c), c.Short)
	}
	for _, c := range append([]*cobra.Command{root}, allVisible(root)...) {
		fmt.Fprintf(&b, "\n## %s\n\n```text\n%s```\n", c.CommandPath(), helpText(c))
	}
	_, err := io.WriteString(w, b.String())
	return err
}
