package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/terminal"
)

func newArchivesCmd(a *App) *cobra.Command {
	return &cobra.Command{
		Use:   "archives",
		Short: "Show the extracted archives and their content",
		Long: `Show the archives that were extracted into the library: when X made them, their size and SHA-256,
and their content, one line for each type of data. The counts are those that the archive states.`,
		Example: `  spaces archives
  spaces archives --json`,
		Annotations: manual.Exits(map[int]string{app.ExitNotFound: "no library found", app.ExitPartly: "some records could not be read; they are listed"}),
		Args:        app.Takes(0, 0),
		RunE:        func(cmd *cobra.Command, _ []string) error { return a.listArchives(cmd.Context()) },
	}
}

func (a *App) listArchives(ctx context.Context) error {
	lib, err := a.OpenLibrary(ctx)
	if err != nil {
		return err
	}
	defer lib.Close()
	list, broken, err := lib.ReadableArchives()
	if err != nil {
		return err
	}
	if len(list)+len(broken) == 0 {
		a.Say("No archive has been extracted. To extract one: spaces extract ARCHIVE.zip")
	}
	for i, ar := range list {
		if a.Settings.JSON {
			if err := app.WriteJSON(a.Out, ar); err != nil {
				return err
			}
			continue
		}
		if i > 0 {
			fmt.Fprintln(a.Out)
		}
		a.showArchive(a.Out, ar)
	}
	return app.Skipped(a.App, broken)
}

func (a *App) showArchive(w io.Writer, ar space.Archive) {
	fmt.Fprintln(w, terminal.Safe(ar.Name))
	var facts []string
	if ar.Account != nil {
		facts = append(facts, app.Person(ar.Account))
	}
	if !ar.Made.IsZero() {
		facts = append(facts, "made "+ar.Made.In(a.Zone).Format("2 Jan 2006 15:04 ")+spell.Zone(ar.Made.In(a.Zone)))
	}
	facts = append(facts, spell.Size(ar.Bytes))
	if ar.Partial {
		facts = append(facts, "one part of several")
	}
	known := "SHA-256 " + ar.SHA256
	if ar.Listing != "" {
		known = fmt.Sprintf("read from %s, only what was needed: its SHA-256 is unknown\n  SHA-256 of its list of members %s", terminal.Safe(ar.From), ar.Listing)
	}
	fmt.Fprintf(w, "  %s\n  %s\n  Spaces: %s, %s\n", strings.Join(facts, " · "), known,
		spell.Count(ar.Records, "record"), spell.Count(ar.Media, "audio file"))
	t := a.Table(terminal.Column{Title: "  HELD"}, terminal.Column{Title: "FILES", Right: true},
		terminal.Column{Title: "THINGS", Right: true}, terminal.Column{Title: "BYTES", Right: true})
	for _, typ := range ar.Types {
		things := "–"
		if typ.Count >= 0 {
			things = fmt.Sprint(typ.Count)
		}
		t.Add("  "+terminal.Safe(typ.Name), fmt.Sprint(typ.Files), things, spell.Size(typ.Bytes))
	}
	t.Write(w, a.Columns)
}
