package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/catalog"
	"github.com/spaces-cli/spaces/internal/library/find"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/said"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/terminal"
)

type removeOptions struct {
	app.Refs
	yes         bool
	permanently bool
	dryRun      bool
}

func newRemoveCmd(a *App) *cobra.Command {
	var o removeOptions
	cmd := &cobra.Command{
		Use:   "remove SPACE...",
		Short: "Remove Spaces from the library",
		Long: `Remove Spaces from the library, with their clips and episodes. It lists the files and asks first.
spaces restore can bring them back for 30 days; --permanently deletes them at once.
SPACE is an id or the beginning of one, its address on X, "latest", or a part of the title;
"-" reads ids, or JSON Lines with an "id", from standard input (with --yes).`,
		Example: `  spaces remove 1eaJ
  spaces restore 1eaJ
  spaces remove 1eaJ --permanently --dry-run
  spaces list --state no-audio --json | spaces remove --yes -`,
		Annotations: manual.Exits(map[int]string{app.ExitUsage: "wrong usage, or SPACE is ambiguous", app.ExitPartly: "some were not removed; they are listed",
			app.ExitNotFound: "no such Space"}),
		Args: app.Takes(1, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Words = args
			return a.remove(cmd.Context(), o)
		},
	}
	cmd.Flags().BoolVarP(&o.yes, "yes", "y", false, "do not ask")
	cmd.Flags().BoolVar(&o.permanently, "permanently", false, "delete everything, original bytes included; it cannot be restored")
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "list the files and remove nothing")
	app.AddIDOnly(cmd, &o.Refs)
	return cmd
}

type removalLine struct {
	Schema    int        `json:"schema"`
	ID        string     `json:"id"`
	Title     string     `json:"title"`
	Removed   bool       `json:"removed"` // false in a dry run
	Files     []string   `json:"files"`
	Kept      []string   `json:"kept"`
	KeptUntil space.Time `json:"kept_until"`
	Bytes     int64      `json:"bytes"`
}

func (a *App) remove(ctx context.Context, o removeOptions) error {
	ask := !o.yes && !o.dryRun
	if ask && (!a.InTTY || a.Settings.JSON || slices.Contains(o.Words, "-")) {
		return app.CannotAsk("--yes removes without asking; --dry-run lists what would be removed")
	}
	lib, err := a.OpenLibraryWriteAll(ctx)
	if err != nil {
		return err
	}
	defer lib.Close()
	// What is not there any more may have been removed by a run that was killed:
	// the same command goes on with the rest.
	var absent []string
	var first error
	rows, err := o.ResolveBut(ctx, a.App, lib, func(word string, err error) error {
		if first == nil {
			first = err
		}
		if was, err := lib.WasRemoved(find.Of(lib, true).ID(word)); err != nil {
			return err
		} else if was != nil {
			a.Say("%s was already removed %s", word, a.removedOn(was))
		} else {
			absent = append(absent, word)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if len(rows) == 0 && first != nil {
		return first
	}
	failed, changed := 0, false
	// What was removed long ago is deleted only once the host has said yes.
	defer func() {
		if changed {
			a.EmptyOld(ctx, lib)
		}
	}()
	for _, row := range rows {
		done, err := a.removeOne(ctx, lib, row, o)
		changed = changed || done
		if err != nil {
			if ctx.Err() != nil || len(rows) == 1 && len(absent) == 0 {
				return err
			}
			failed++
			a.PrintFailure(fmt.Errorf("%s: %w", row.ID, err))
		}
	}
	for _, word := range absent {
		a.PrintFailure(fmt.Errorf("%w: %s", library.ErrNotFound, word))
	}
	if n := failed + len(absent); n > 0 {
		code := app.ExitPartly
		if failed == len(rows) {
			code = app.ExitFailed
		}
		return app.Fail(code, "not-removed", "run the same command again for the rest", fmt.Errorf("%d of %d Spaces were not removed", n, len(rows)+len(absent)))
	}
	return nil
}

// removeOne removes one Space, or says what would go. It reports whether it was removed.
func (a *App) removeOne(ctx context.Context, lib *library.Library, row catalog.Row, o removeOptions) (done bool, err error) {
	ask := !o.yes && !o.dryRun
	plan, err := lib.PlanRemoval(row.ID, o.permanently)
	if err != nil {
		return false, err
	}
	if !a.Settings.JSON {
		a.showRemoval(plan)
	}
	if ask {
		question := "Remove?"
		if o.permanently {
			question = "Delete it permanently?"
		}
		yes, err := a.Confirm(ctx, question)
		if err != nil {
			return false, err
		}
		if !yes {
			a.Say("%s was not removed", row.ID)
			return false, nil
		}
	}
	if !o.dryRun {
		if o.permanently && slices.Contains(plan.Files, layout.TranscriptIn(plan.Recording.Folder)) {
			if err := said.Erase(ctx, lib, row.ID); err != nil {
				return false, err
			}
		}
		if plan, err = lib.Remove(ctx, row.ID, o.permanently, "remove"); err != nil {
			return false, err
		}
		if o.permanently {
			a.Say("Deleted %s permanently", row.ID)
		} else {
			a.Say("Removed %s. To bring it back: spaces restore %s", row.ID, row.ID)
		}
	}
	if !a.Settings.JSON {
		return !o.dryRun, nil
	}
	line := removalLine{space.Schema, row.ID, row.Title, !o.dryRun, app.OrEmpty(plan.Files), app.OrEmpty(plan.Kept), space.Time{}, plan.Bytes}
	if !o.permanently {
		line.KeptUntil = space.Time{Time: a.Now().Add(library.KeepRemoved)}
	}
	return !o.dryRun, app.WriteJSON(a.Out, line)
}

// showRemoval lists the files of a Space, by their names in its folder, and says
// what becomes of them.
func (a *App) showRemoval(plan *library.Removal) {
	r := &plan.Recording
	fmt.Fprintf(a.Out, "%s  %s\n  in %s\n", r.ID, terminal.Safe(r.Title), terminal.Safe(r.Folder))
	for _, f := range plan.Files {
		fmt.Fprintf(a.Out, "  %s\n", terminal.Safe(strings.TrimPrefix(f, r.Folder+"/")))
	}
	what := fmt.Sprintf("%s, %s", spell.Count(len(plan.Files), "file"), spell.Size(plan.Bytes))
	if len(plan.Kept) == 0 {
		fmt.Fprintf(a.Out, "  %s, deleted permanently\n", what)
		return
	}
	fmt.Fprintf(a.Out, "  %s, kept in %s until %s\n", what, layout.Removed, a.day(a.Now().Add(library.KeepRemoved)))
}
