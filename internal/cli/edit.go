package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/terminal"
)

type editOptions struct {
	app.Refs
	edit library.Edit
}

func newEditCmd(a *App) *cobra.Command {
	var o editOptions
	var title, note string
	cmd := &cobra.Command{
		Use:   "edit SPACE",
		Short: "Set your own title or note of a Space",
		Long: `Set your own title or note of a Space. Later archives do not change them. The folder and the file are
renamed; the id still finds the Space.

SPACE is an id or the beginning of one, its address on X, "latest", or a part of the title;
"-" reads ids, or JSON Lines with an "id", from standard input.`,
		Example: `  spaces edit 1eaJ --title "Jazz night"
  spaces edit latest --note "sound check until 4:30"
  spaces edit 1eaJ --title ""                  # restores the title from X`,
		Annotations: manual.Exits(map[int]string{app.ExitFailed: "the library does not hold the title from X", app.ExitUsage: "wrong usage, or SPACE is ambiguous", app.ExitNotFound: "no such Space"}),
		Args:        app.Takes(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Words = args
			if cmd.Flags().Changed("title") {
				o.edit.Title = &title
			}
			if cmd.Flags().Changed("note") {
				o.edit.Note = &note
			}
			if o.edit == (library.Edit{}) {
				return app.Hinted(app.Usage("spaces edit needs a change"), "use --title TEXT or --note TEXT")
			}
			return a.edit(cmd.Context(), o)
		},
	}
	cmd.Flags().StringVar(&title, "title", "", "`TEXT`: your title of the Space; \"\" restores the title from X")
	cmd.Flags().StringVar(&note, "note", "", "`TEXT`: your note, which search also finds")
	app.AddIDOnly(cmd, &o.Refs)
	return cmd
}

func (a *App) edit(ctx context.Context, o editOptions) error {
	lib, err := a.OpenLibraryWrite(ctx)
	if err != nil {
		return err
	}
	defer lib.Close()
	rows, err := o.Resolve(ctx, a.App, lib)
	if err != nil {
		return err
	}
	var kept []string // whose title could not be restored
	for _, row := range rows {
		r, err := lib.Edit(ctx, row.ID, o.edit)
		if errors.Is(err, library.ErrNoOtherTitle) {
			err, kept = nil, append(kept, row.ID)
		}
		if err != nil {
			return err
		}
		if a.Settings.JSON {
			if err := app.WriteJSON(a.Out, r); err != nil {
				return err
			}
			continue
		}
		a.Say("%s is now %q in %s", r.ID, terminal.Safe(r.Title), terminal.Safe(a.ShortenHome(lib.Path(r.Folder))))
	}
	if len(kept) > 0 {
		return app.Fail(app.ExitFailed, "no-title", "extract the archive again, then run the same command: spaces extract ARCHIVE.zip",
			fmt.Errorf("%s: %w", spell.First(kept, 3), library.ErrNoOtherTitle))
	}
	return nil
}
