package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/terminal"
)

type editOptions struct {
	refs
	edit library.Edit
}

func newEditCmd(a *App) *cobra.Command {
	var o editOptions
	var title, note string
	cmd := &cobra.Command{
		Use:   "edit SPACE",
		Short: "Give a Space your own title or note",
		Long: `Give a Space a title or a note. Later archives do not change them. The folder and the file are
renamed; the id still finds the Space.

SPACE is an id or the beginning of one, its address on X, "latest", or a part of the title;
"-" reads ids, or JSON Lines with an "id", from standard input.`,
		Example: `  spaces edit 1eaJ --title "Jazz night"
  spaces edit latest --note "sound check until 4:30"
  spaces edit 1eaJ --title ""                  # back to the title X knows`,
		Annotations:       manual.Exits(map[int]string{exitUsage: "wrong usage, or SPACE is ambiguous", exitNotFound: "no such Space"}),
		Args:              takes(1, 1),
		ValidArgsFunction: completeSpaces(a),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.words = args
			if cmd.Flags().Changed("title") {
				o.edit.Title = &title
			}
			if cmd.Flags().Changed("note") {
				o.edit.Note = &note
			}
			if o.edit == (library.Edit{}) {
				return hinted(usage("nothing to change"), "use --title TEXT or --note TEXT")
			}
			return a.edit(cmd.Context(), o)
		},
	}
	cmd.Flags().StringVar(&title, "title", "", "title, `TEXT`; \"\" restores the one X knows")
	cmd.Flags().StringVar(&note, "note", "", "note, `TEXT`; search finds it")
	addIDOnly(cmd, &o.refs)
	return cmd
}

func (a *App) edit(ctx context.Context, o editOptions) error {
	lib, err := a.openLibraryWrite(ctx)
	if err != nil {
		return err
	}
	defer lib.Close()
	rows, err := o.resolve(ctx, a, lib)
	if err != nil {
		return err
	}
	for _, row := range rows {
		r, err := lib.Edit(ctx, row.ID, o.edit)
		if err != nil {
			return err
		}
		if a.set.JSON {
			if err := writeJSON(a.Out, r); err != nil {
				return err
			}
			continue
		}
		a.say("%s is now %q in %s", r.ID, terminal.Safe(r.Title), terminal.Safe(a.shortenHome(lib.Path(r.Folder))))
	}
	return nil
}
