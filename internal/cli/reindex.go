package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/library/space"
)

func newReindexCmd(a *App) *cobra.Command {
	return &cobra.Command{
		Use:   "reindex",
		Short: "Build the catalogue again from the folders",
		Long: `Build the catalogue, which lists and searches use, again from the folders. They
hold everything; the catalogue can be deleted at any time. This is needed after
folders were moved or edited by hand, never for what spaces does itself.`,
		Example:     `  spaces reindex`,
		Annotations: exits(map[int]string{exitNotThere: "there is no library"}),
		Args:        takes(0, 0),
		RunE:        func(cmd *cobra.Command, _ []string) error { return a.reindex(cmd.Context()) },
	}
}

func (a *App) reindex(ctx context.Context) error {
	lib, err := a.openLibraryWrite(ctx)
	if err != nil {
		return err
	}
	defer lib.Close()
	n, err := lib.Reindex(ctx)
	if err != nil {
		return err
	}
	if a.set.JSON {
		return writeJSON(a.Out, struct {
			Schema     int `json:"schema"`
			Recordings int `json:"recordings"`
		}{space.Schema, n})
	}
	_, err = fmt.Fprintln(a.Out, count(n, "Space")+" in the catalogue")
	return err
}
