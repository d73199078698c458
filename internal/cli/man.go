package cli

import (
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/spell"
)

func newManCmd(a *App) *cobra.Command {
	return &cobra.Command{
		Use:   "man [DIR]",
		Short: "Write the manual pages",
		Long: `Write the manual pages, one for each command, into the folder DIR. Without DIR
the page of spaces itself goes to standard output.`,
		Example: `  spaces man | man -l -
  spaces man /usr/local/share/man/man1`,
		Args: app.Takes(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				_, err := io.WriteString(a.Out, manual.Man(cmd.Root(), a.Version))
				return err
			}
			return a.writeManPages(cmd.Root(), args[0])
		},
	}
}

func (a *App) writeManPages(root *cobra.Command, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	files := []string{}
	for _, cmd := range append([]*cobra.Command{root}, manual.Commands(root)...) {
		name := filepath.Join(dir, manual.Name(cmd)+".1")
		if err := os.WriteFile(name, []byte(manual.Man(cmd, a.Version)), 0o644); err != nil {
			return err
		}
		files = append(files, name)
	}
	if a.Settings.JSON {
		return app.WriteJSON(a.Out, struct {
			Schema int      `json:"schema"`
			Files  []string `json:"files"`
		}{space.Schema, files})
	}
	a.Say("%s in %s", spell.Count(len(files), "page"), dir)
	return nil
}
