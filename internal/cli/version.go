package cli

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/library/space"
)

func newVersionCmd(a *App) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Show the version",
		Long:  `Show the version of the program, the Go version it was built with, and the system.`,
		Example: `  spaces version
  spaces version --json`,
		Args: app.Takes(0, 0),
		RunE: func(*cobra.Command, []string) error { return a.printVersion() },
	}
}

// printVersion says which program this is.
func (a *App) printVersion() error {
	system := runtime.GOOS + "/" + runtime.GOARCH
	if a.Settings.JSON {
		return app.WriteJSON(a.Out, struct {
			Schema  int    `json:"schema"`
			Version string `json:"version"`
			Go      string `json:"go"`
			System  string `json:"system"`
		}{space.Schema, a.Version, runtime.Version(), system})
	}
	_, err := fmt.Fprintf(a.Out, "spaces %s (%s, %s)\n", a.Version, runtime.Version(), system)
	return err
}
