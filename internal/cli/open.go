package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/catalog"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/manual"
)

type openOptions struct {
	refs
	folder bool
	print  bool
}

func newOpenCmd(a *App) *cobra.Command {
	var o openOptions
	cmd := &cobra.Command{
		Use:   "open SPACE...",
		Short: "Play a Space with the system's player",
		Long: `Play a Space with the player that the system has for it, or open its folder.
SPACE is an id or the beginning of one, its address on X, "latest", or a part of the title;
"-" reads ids, or JSON Lines with an "id", from standard input.`,
		Example: `  spaces open latest
  spaces open 1ypK --folder
  ffplay "$(spaces open --print médias)"`,
		Annotations:       manual.Exits(map[int]string{exitUsage: "wrong usage, or SPACE can mean several", exitNotFound: "no such Space, or it has no audio"}),
		Args:              takes(1, -1),
		ValidArgsFunction: completeSpaces(a),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.words = args
			return a.open(cmd.Context(), o)
		},
	}
	cmd.Flags().BoolVar(&o.folder, "folder", false, "open the folder of the Space instead")
	cmd.Flags().BoolVar(&o.print, "print", false, "open nothing: print the path")
	addIDOnly(cmd, &o.refs)
	return cmd
}

func (a *App) open(ctx context.Context, o openOptions) error {
	lib, rows, err := o.open(ctx, a)
	if err != nil {
		return err
	}
	defer lib.Close()
	for _, row := range rows {
		path, err := pathOf(lib, row, o.folder)
		if err != nil {
			return err
		}
		switch {
		case a.set.JSON:
			err = writeJSON(a.Out, struct {
				Schema int    `json:"schema"`
				ID     string `json:"id"`
				Path   string `json:"path"`
			}{space.Schema, row.ID, path})
		case o.print:
			_, err = fmt.Fprintln(a.Out, path)
		}
		if err == nil && !o.print {
			err = a.Start(path)
		}
		if err != nil {
			return err
		}
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
		return "", &failure{exitNotFound, "missing", "extract its archive again: spaces extract ARCHIVE.zip",
			fmt.Errorf("the audio of %s is gone from the library", row.ID)}
	case s.File == "":
		return "", &failure{exitNotFound, "no-audio", "its folder can be opened: spaces open --folder " + row.ID,
			fmt.Errorf("%s has no audio: the archive had a record of it only", row.ID)}
	}
	return lib.Path(s.File), nil
}
