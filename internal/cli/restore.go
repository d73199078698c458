package cli

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/find"
	"github.com/spaces-cli/spaces/internal/library/intake"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/removed"
	"github.com/spaces-cli/spaces/internal/library/said"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/terminal"
)

type restoreOptions struct {
	words  []string
	empty  bool
	yes    bool
	dryRun bool
}

func newRestoreCmd(a *App) *cobra.Command {
	var o restoreOptions
	cmd := &cobra.Command{
		Use:   "restore [SPACE|CLIP|EPISODE]...",
		Short: "Bring back removed or replaced Spaces, clips, episodes and transcripts",
		Long: `Bring back Spaces, clips, episodes and transcripts that were removed, or replaced with --force. Without
arguments, list them. They are kept for 30 days; after that, the next command that changes the
library deletes them. Existing files are not replaced: if the name is taken, the restored item gets
another; a restored transcript takes the place of the present one, which is put aside. SPACE is an id or the beginning of one, or a part of the title; CLIP and EPISODE are file
names; "latest" is the item that was removed last.`,
		Example: `  spaces restore
  spaces restore latest
  spaces restore 1ypKdEXvkMLGW
  spaces restore --empty`,
		Annotations: manual.Exits(map[int]string{app.ExitUsage: "wrong usage, or a name is ambiguous", app.ExitPartly: "some were not restored; they are listed",
			app.ExitNotFound: "no removed item has that name"}),
		Args: app.Takes(0, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.words = args
			return a.restore(cmd.Context(), o)
		},
	}
	cmd.Flags().BoolVar(&o.empty, "empty", false, "delete all removed items permanently; asks first")
	cmd.Flags().BoolVarP(&o.yes, "yes", "y", false, "do not ask before deleting")
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "show what would be restored or deleted")
	cmd.ValidArgsFunction = completeRemoved(a)
	return cmd
}

// completeRemoved completes what can be restored.
func completeRemoved(a *App) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, toComplete string) ([]string, cobra.ShellCompDirective) {
		return a.CompleteFrom(cmd, func(lib *library.Library, add func(word, about string)) error {
			items, err := lib.Removed()
			for _, it := range items {
				if word := restoreWord(&it); strings.HasPrefix(word, toComplete) {
					add(word, terminal.Safe(it.Title))
				}
			}
			return err
		})
	}
}

// restoreWord is what names an item for restore.
func restoreWord(it *removed.Item) string {
	if it.Kind == removed.Space {
		return it.ID
	}
	return it.Name
}

// A removedLine is a line of JSON about something that was removed.
type removedLine struct {
	Schema    int            `json:"schema"`
	Kind      removed.Kind   `json:"kind"`
	ID        string         `json:"id"`
	Title     string         `json:"title"`
	Name      string         `json:"name"`
	Place     string         `json:"place"`
	Files     []removed.File `json:"files"`
	Bytes     int64          `json:"bytes"`
	RemovedAt space.Time     `json:"removed_at"`
	By        string         `json:"by,omitempty"`
	KeptUntil space.Time     `json:"kept_until"`
	Deleted   bool           `json:"deleted"`
}

func newRemovedLine(it *removed.Item, deleted bool) removedLine {
	files := it.Files
	if files == nil {
		files = []removed.File{}
	}
	return removedLine{space.Schema, it.Kind, it.ID, it.Title, it.Name, layout.RemovedIn(it.Place), files, it.Bytes, it.RemovedAt, it.By, keptUntil(it), deleted}
}

// keptUntil is when something is deleted; zero if nobody knows when it was removed: then it stays.
func keptUntil(it *removed.Item) space.Time {
	since := it.Since()
	if since.IsZero() {
		return space.Time{}
	}
	return space.Time{Time: since.Add(library.KeepRemoved)}
}

// day writes the day of a time.
func (a *App) day(t time.Time) string { return t.In(a.Zone).Format("2 Jan 2006") }

// removedOn says when something was removed.
func (a *App) removedOn(it *removed.Item) string {
	if it.RemovedAt.IsZero() {
		return "before"
	}
	return "on " + a.day(it.RemovedAt.Time)
}

func (a *App) restore(ctx context.Context, o restoreOptions) error {
	switch {
	case o.empty && len(o.words) > 0:
		return app.Hinted(app.Usage("--empty deletes all removed items and takes no names"), "leave out "+o.words[0])
	case o.empty && !o.yes && !o.dryRun && (!a.InTTY || a.Settings.JSON):
		return app.CannotAsk("--yes deletes without asking; --dry-run lists what would be deleted")
	case len(o.words) == 0 && (!o.empty || o.dryRun):
		return a.listRemoved(ctx)
	}
	lib, err := a.OpenLibraryWriteAll(ctx)
	if err != nil {
		return err
	}
	defer lib.Close()
	if o.empty {
		return a.emptyNow(ctx, lib, o)
	}
	failed := 0
	for _, word := range o.words {
		err := a.restoreWord(ctx, lib, word, o)
		if err == nil {
			continue
		}
		if ctx.Err() != nil || len(o.words) == 1 {
			return err
		}
		failed++
		a.PrintFailure(err)
	}
	if failed == 0 {
		return nil
	}
	code := app.ExitPartly
	if failed == len(o.words) {
		code = app.ExitFailed
	}
	return app.Fail(code, "not-restored", "", fmt.Errorf("%d of %d were not restored", failed, len(o.words)))
}

// listRemoved lists what can be restored.
func (a *App) listRemoved(ctx context.Context) error {
	lib, err := a.OpenLibrary(ctx)
	if err != nil {
		return err
	}
	defer lib.Close()
	items, err := lib.Removed()
	if err != nil {
		return err
	}
	if a.Settings.JSON {
		for _, it := range items {
			if err := app.WriteJSON(a.Out, newRemovedLine(&it, false)); err != nil {
				return err
			}
		}
		return nil
	}
	if len(items) == 0 {
		a.Say("Nothing has been removed")
		return nil
	}
	a.writeRemoved(items)
	a.Say("To bring one back: spaces restore NAME")
	return nil
}

// writeRemoved writes a table of what was removed.
func (a *App) writeRemoved(items []removed.Item) {
	t := a.Table(
		terminal.Column{Title: "KIND"},
		terminal.Column{Title: "REMOVED", Yield: 3},
		terminal.Column{Title: "KEPT UNTIL", Yield: 2},
		terminal.Column{Title: "SIZE", Right: true, Yield: 1},
		terminal.Column{Title: "NAME"},
		terminal.Column{Title: "TITLE", Min: 12},
	)
	seen := make(map[string]bool)
	for _, it := range items {
		when, until := "unknown", "you delete it"
		if !it.RemovedAt.IsZero() {
			when = a.day(it.RemovedAt.Time)
		}
		if !it.Since().IsZero() {
			until = a.day(keptUntil(&it).Time)
		}
		word := restoreWord(&it)
		if seen[word] { // the word means the latest of them
			word = layout.RemovedIn(it.Place)
		}
		seen[word] = true
		t.Add(string(it.Kind), when, until, spell.Size(it.Bytes), word, it.Title)
	}
	t.Write(a.Out, a.Columns)
}

// A restoredLine is a line of JSON about something that was brought back.
type restoredLine struct {
	Schema   int          `json:"schema"`
	Kind     removed.Kind `json:"kind"`
	ID       string       `json:"id"`
	Title    string       `json:"title"`
	Name     string       `json:"name"`
	Path     string       `json:"path"`
	Renamed  bool         `json:"renamed"`
	Restored bool         `json:"restored"`
}

// restoreWord brings back what a word means.
func (a *App) restoreWord(ctx context.Context, lib *library.Library, word string, o restoreOptions) error {
	items, err := lib.Removed()
	if err != nil {
		return err
	}
	found := removed.Match(items, find.Of(lib, true).ID(word))
	switch {
	case len(found) == 0:
		return a.notRemoved(lib, word)
	case len(found) > 1:
		var b strings.Builder
		for _, it := range found[:min(len(found), 10)] {
			fmt.Fprintf(&b, "\n  %s  %s", it.Kind, terminal.Safe(restoreWord(&it)))
		}
		return app.Fail(app.ExitUsage, "ambiguous", "name one of them: spaces restore "+app.Quoted(restoreWord(&found[0])), fmt.Errorf("%q can mean %d removed items:%s", word, len(found), b.String()))
	}
	it := &found[0]
	if o.dryRun {
		if a.Settings.JSON {
			return app.WriteJSON(a.Out, restoredLine{space.Schema, it.Kind, it.ID, it.Title, it.Name, lib.Path(path.Join(it.Folder, fileOf(it))), false, false})
		}
		_, err := fmt.Fprintf(a.Out, "Would restore the %s %s, removed %s\n", it.Kind, terminal.Safe(restoreWord(it)), a.removedOn(it))
		return err
	}
	got, err := said.Restore(ctx, lib, it)
	switch {
	case errors.Is(err, library.ErrNoPlace):
		hint := "extract it first: spaces extract ARCHIVE.zip"
		if was, _ := lib.WasRemoved(it.ID); was != nil {
			hint = "restore it first: spaces restore " + it.ID
		}
		return app.Fail(app.ExitNotFound, "no-such-space", hint, fmt.Errorf("cannot restore %s: its Space %s is not in the library", it.Name, it.ID))
	case errors.Is(err, library.ErrPresent):
		return app.Fail(app.ExitFailed, "exists", "remove the existing one first: spaces remove "+it.ID, fmt.Errorf("cannot restore %s: the library already has this Space", it.ID))
	case err != nil:
		return err
	}
	if got.Bare {
		bar := a.NewBar("making the playable file")
		err := intake.Remake(ctx, lib, it.ID, bar)
		bar.Close()
		if err != nil {
			return fmt.Errorf("restored %s, but its playable file could not be made: %w", it.ID, err)
		}
	}
	renamed := got.Name != it.Name
	if a.Settings.JSON {
		where := got.Folder
		switch it.Kind {
		case removed.Space:
		case removed.Transcript:
			where = path.Join(got.Folder, fileOf(it))
		default:
			where = path.Join(got.Folder, got.Name)
		}
		return app.WriteJSON(a.Out, restoredLine{space.Schema, it.Kind, it.ID, it.Title, got.Name, lib.Path(where), renamed, true})
	}
	text := fmt.Sprintf("Restored the %s %s", it.Kind, terminal.Safe(restoreWord(it)))
	if it.Kind == removed.Transcript {
		text = "Restored the transcript of " + it.ID
	}
	if renamed {
		text += " as " + terminal.Safe(got.Name) + ", because its former name is taken"
	}
	if got.Swapped {
		text += "; the transcript that it replaces was put aside"
	}
	_, err = fmt.Fprintln(a.Out, text)
	return err
}

// fileOf is the name of an item's audio in its folder; a Space is the folder.
func fileOf(it *removed.Item) string {
	switch it.Kind {
	case removed.Space:
		return ""
	case removed.Transcript:
		return path.Base(layout.TranscriptIn(""))
	}
	return it.Name
}

// notRemoved says that nothing of a name was removed.
func (a *App) notRemoved(lib *library.Library, word string) error {
	hint := "list removed items: spaces restore"
	if _, err := lib.Load(find.Of(lib, true).ID(word)); err == nil {
		hint = "it is in the library: spaces show " + word
	}
	return app.Fail(app.ExitNotFound, "not-removed", hint, fmt.Errorf("nothing named %q was removed", word))
}

// emptyNow deletes all that was removed.
func (a *App) emptyNow(ctx context.Context, lib *library.Library, o restoreOptions) error {
	items, err := lib.Removed()
	if err != nil {
		return err
	}
	if len(items) == 0 {
		a.Say("Nothing has been removed")
		return nil
	}
	if !o.yes {
		a.writeRemoved(items)
		yes, err := a.Confirm(ctx, "Delete all of this permanently?")
		if err != nil {
			return err
		}
		if !yes {
			a.Say("Nothing was deleted")
			return nil
		}
	}
	for _, it := range items {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := lib.DropRemoved(it.Place); err != nil {
			return err
		}
		if a.Settings.JSON {
			if err := app.WriteJSON(a.Out, newRemovedLine(&it, true)); err != nil {
				return err
			}
		}
	}
	a.Say("Deleted %s permanently", app.KindsOf(items))
	return nil
}
