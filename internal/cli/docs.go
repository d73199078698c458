package cli

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/manual"
)

// newDocsCmd is for the makers of spaces: docs/cli.md is what it writes, and
// a test holds one against the other.
func newDocsCmd(a *App) *cobra.Command {
	return &cobra.Command{
		Use:    "docs",
		Short:  "Write docs/cli.md",
		Hidden: true,
		Args:   app.Takes(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := io.WriteString(a.Out, manual.Reference(cmd.Root()))
			return err
		},
	}
}
