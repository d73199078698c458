package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/space"
)

type removeOptions struct {
	refs
	yes       bool
	originals bool
	dryRun    bool
}

func newRemoveCmd(a *App) *cobra.Command {
	var o removeOptions
	cmd := &cobra.Command{
		Use:   "remove SPACE...",
		Short: "Remove Spaces from the library",
		Long: `Remove Spaces from the library. It says what goes and asks first. The original
bytes stay, in the library's folder "removed", unless --originals is given.
SPACE is an id or the beginning of one, "latest", or a part of the title;
"-" reads ids, or JSON Lines with an "id", from standard input (with --yes).`,
		Example: `  spaces remove 1eaJ
  spaces remove 1eaJ --originals --dry-run
  spaces list --state no-audio --json | spaces remove --yes -`,
		Annotations:       exits(map[int]string{exitUsage: "wrong usage, or SPACE can mean several", exitNotThere: "no such Space"}),
		Args:              takes(1, -1),
		ValidArgsFunction: completeSpaces(a),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.words = args
			return a.remove(cmd.Context(), o)
		},
	}
	cmd.Flags().BoolVarP(&o.yes, "yes", "y", false, "do not ask")
	cmd.Flags().BoolVar(&o.originals, "originals", false, "remove the original bytes as well")
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "only say what would go")
	addIDOnly(cmd, &o.refs)
	return cmd
}

type removalLine struct {
	Schema  int      `json:"schema"`
	ID      string   `json:"id"`
	Title   string   `json:"title"`
	Removed bool     `json:"removed"` // false in a dry run
	Files   []string `json:"files"`
	Kept    []string `json:"kept"`
	Bytes   int64    `json:"bytes"`
}

func (a *App) remove(ctx context.Context, o removeOptions) error {
	ask := !o.yes && !o.dryRun
	if ask && (!a.InTTY || a.set.JSON || slices.Contains(o.words, "-")) {
		return hinted(usage("nobody can be asked here"), "say --yes to remove without asking, or --dry-run to see what would go")
	}
	lib, err := a.openLibraryWrite(ctx)
	if err != nil {
		return err
	}
	defer lib.Close()
	rows, err := o.resolve(ctx, a, lib.Catalog())
	if err != nil {
		return err
	}
	for _, row := range rows {
		plan, err := lib.PlanRemoval(row.ID, o.originals)
		if err != nil {
			return err
		}
		if !a.set.JSON {
			a.showRemoval(plan)
		}
		if ask {
			yes, err := a.confirm(ctx, "Remove?")
			if err != nil {
				return err
			}
			if !yes {
				a.say("%s stays", row.ID)
				continue
			}
		}
		if !o.dryRun {
			if plan, err = lib.Remove(ctx, row.ID, o.originals); err != nil {
				return err
			}
			a.say("%s is removed", row.ID)
		}
		if a.set.JSON {
			if err := writeJSON(a.Out, removalLine{space.Schema, row.ID, row.Title, !o.dryRun,
				orEmpty(plan.Files), orEmpty(plan.Kept), plan.Bytes}); err != nil {
				return err
			}
		}
	}
	return nil
}

// orEmpty makes nil an empty list in JSON.
func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// showRemoval says what goes, by its name in the Space's folder, and what
// stays.
func (a *App) showRemoval(plan *library.Removal) {
	r := &plan.Recording
	fmt.Fprintf(a.Out, "%s  %s\n  in %s\n", r.ID, safe(r.Title), safe(r.Folder))
	for _, f := range plan.Files {
		fmt.Fprintf(a.Out, "  goes   %s\n", safe(strings.TrimPrefix(f, r.Folder+"/")))
	}
	for _, f := range plan.Kept {
		fmt.Fprintf(a.Out, "  stays  %s\n", safe(f))
	}
	fmt.Fprintf(a.Out, "  %s go\n", size(plan.Bytes))
}

// confirm asks a question on the terminal. Everything but yes is no.
func (a *App) confirm(ctx context.Context, question string) (bool, error) {
	fmt.Fprintf(a.Err, "%s [y/N] ", question)
	text, err := a.line(ctx)
	text = strings.ToLower(text)
	return text == "y" || text == "yes", err
}
