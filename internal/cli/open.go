package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/catalog"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/manual"
)

type openOptions struct {
	app.Refs
	folder bool
	print  bool
}

func newOpenCmd(a *App) *cobra.Command {
	var o openOptions
	cmd := &cobra.Command{
		Use:   "open [SPACE...]",
		Short: "Play a Space with the system's player, or open the library",
		Long: `Play a Space with the system's player, or open its folder with --folder. Without SPACE, open the
folder of the library.

SPACE is an id or the beginning of one, its address on X, "latest", or a part of the title;
"-" reads ids, or JSON Lines with an "id", from standard input.`,
		Example: `  spaces open latest
  spaces open 1ypK --folder
  ffplay "$(spaces open --print médias)"`,
		Annotations: manual.Exits(map[int]string{app.ExitUsage: "wrong usage, or SPACE is ambiguous", app.ExitNotFound: "no such Space, or it has no audio"}),
		Args:        app.Takes(0, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Words = args
			return a.open(cmd.Context(), o)
		},
	}
	cmd.Flags().BoolVar(&o.folder, "folder", false, "open the folder of the Space")
	cmd.Flags().BoolVar(&o.print, "print", false, "print the path and open nothing")
	app.AddIDOnly(cmd, &o.Refs)
	return cmd
}

func (a *App) open(ctx context.Context, o openOptions) error {
	lib, rows, err := o.Open(ctx, a.App)
	if err != nil {
		return err
	}
	defer lib.Close()
	if len(o.Words) == 0 {
		return a.openPath(o, "", lib.Dir())
	}
	for _, row := range rows {
		path, err := pathOf(lib, row, o.folder)
		if err == nil {
			err = a.openPath(o, row.ID, path)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// openPath opens a path, or prints it.
func (a *App) openPath(o openOptions, id, path string) (err error) {
	switch {
	case a.Settings.JSON:
		err = app.WriteJSON(a.Out, struct {
			Schema int    `json:"schema"`
			ID     string `json:"id"`
			Path   string `json:"path"`
		}{space.Schema, id, path})
	case o.print:
		_, err = fmt.Fprintln(a.Out, path)
	}
	if err != nil || o.print {
		return err
	}
	if err := a.Start(path); err != nil {
		return app.Hinted(err, "open it with another program; spaces open --print writes its path")
	}
	return nil
}

// pathOf returns what there is to open of a Space.
func pathOf(lib *library.Library, row catalog.Row, folder bool) (string, error) {
	if folder {
		return lib.Path(row.Folder), nil
	}
	s, err := lib.Load(row.ID)
	if err != nil {
		return "", err
	}
	switch {
	case s.State == space.Missing:
		return "", app.Fail(app.ExitNotFound, "missing", "extract the archive again: spaces extract ARCHIVE.zip",
			fmt.Errorf("the audio of %s is missing from the library", row.ID))
	case s.File == "":
		return "", app.Fail(app.ExitNotFound, "no-audio", "open the folder instead: spaces open --folder "+row.ID,
			fmt.Errorf("%s has no audio: the archive had only a record of it", row.ID))
	}
	return lib.Path(s.File), nil
}
