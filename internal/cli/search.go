package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/manual"
)

type searchOptions struct {
	words string
	limit int
}

func newSearchCmd(a *App) *cobra.Command {
	var o searchOptions
	cmd := &cobra.Command{
		Use:   "search WORDS...",
		Short: "Search titles, people, hashtags and notes, best first",
		Long: `List the Spaces that have all WORDS in title, names, hashtags or note, the best
match first: a word in the title counts most, a word in the note least. The
beginning of the last word is enough. Case and accents do not matter. There are
no operators.`,
		Example: `  spaces search medias sociaux
  spaces search jaz
  spaces search --json guest1 | spaces open -`,
		Annotations: manual.Exits(map[int]string{app.ExitNotFound: "nothing found, or no library"}),
		Args:        app.Takes(1, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.words = strings.Join(args, " ")
			return a.search(cmd.Context(), o)
		},
	}
	cmd.Flags().IntVar(&o.limit, "limit", 50, "list at most `N` Spaces; 0 lists all")
	return cmd
}

func (a *App) search(ctx context.Context, o searchOptions) error {
	if o.limit < 0 {
		return app.Usage("--limit must be 0 or more, not %d", o.limit)
	}
	lib, err := a.OpenLibrary(ctx)
	if err != nil {
		return err
	}
	defer lib.Close()
	n, err := a.writeRows(lib.Catalog().Search(ctx, o.words, o.limit, a.Settings.JSON))
	if err != nil || n > 0 {
		return err
	}
	return app.Fail(app.ExitNotFound, "nothing-found", "try fewer words, or the beginning of one; to list all: spaces list",
		fmt.Errorf("no Space has all of %q", o.words))
}
