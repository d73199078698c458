package cli

import (
	"context"
	"fmt"
	"path"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/cli/app"
	clips "github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/catalog"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/removed"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/terminal"
)

func newClipsCmd(a *App) *cobra.Command {
	var o app.Refs
	cmd := &cobra.Command{
		Use:   "clips [SPACE...]",
		Short: "List, play, rename and remove clips",
		Long: `List the clips in the library, those of the newest Space first. Clips that were written to other
folders with -o are not listed.`,
		Example: `  spaces clips latest
  spaces clips open "12m30s"
  spaces clips remove "2021-06-14 Debat 12m30s.m4a"`,
		Annotations: manual.Exits(map[int]string{app.ExitUsage: "wrong usage, or SPACE is ambiguous", app.ExitNotFound: "no such Space or clip", app.ExitPartly: "some records could not be read; they are listed"}),
		Args:        app.Takes(0, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Words = args
			return a.clips(cmd.Context(), o)
		},
	}
	app.AddIDOnly(cmd, &o)
	addMade(a, cmd, removed.Clip, a.showClip)
	return cmd
}

// A clipLine is a line of JSON about a clip.
type clipLine struct {
	Schema    int        `json:"schema"`
	ID        string     `json:"id"`
	Title     string     `json:"title"`
	At        float64    `json:"at"`
	Length    float64    `json:"length"`
	Start     int64      `json:"start"`
	Samples   int64      `json:"samples"`
	StartedAt space.Time `json:"started_at"`
	Format    string     `json:"format"`
	Lossless  bool       `json:"lossless"`
	Bytes     int64      `json:"bytes"`
	SHA256    string     `json:"sha256"`
	Path      string     `json:"path"`
	Missing   bool       `json:"missing,omitempty"`
}

// listClips lists the clips of a library, or of one Space, and the records that
// cannot be read.
func listClips(ctx context.Context, lib *library.Library, id string) (list []madeItem, broken []error, err error) {
	for row, err := range lib.Catalog().List(ctx, catalog.Query{}) {
		if err != nil {
			return nil, nil, err
		}
		if id != "" && row.ID != id {
			continue
		}
		some, bad, err := clips.List(lib.Root(), row.Folder)
		if err != nil {
			continue // its folder is gone: verify tells
		}
		broken = append(broken, asErrors(bad)...)
		for _, p := range some {
			if p.File != path.Base(p.File) {
				continue // written by nobody of us
			}
			name := lib.Path(layout.ClipIn(row.Folder, p.File))
			list = append(list, madeItem{removed.Clip, row.ID, row.Folder, p.File, p.Title, clipLine{
				space.Schema, row.ID, p.Title, p.At, p.Length, p.Start, p.Samples, p.StartedAt, string(p.Format), p.Lossless, p.Bytes, p.SHA256, name, isMissing(name)}})
		}
	}
	return list, broken, nil
}

func (a *App) clips(ctx context.Context, o app.Refs) error {
	lib, err := a.OpenLibrary(ctx)
	if err != nil {
		return err
	}
	defer lib.Close()
	var list []madeItem
	var broken []error
	if len(o.Words) > 0 {
		rows, err := o.Resolve(ctx, a.App, lib)
		if err != nil {
			return err
		}
		for _, row := range rows {
			some, bad, err := listClips(ctx, lib, row.ID)
			if err != nil {
				return err
			}
			list, broken = append(list, some...), append(broken, bad...)
		}
	} else if list, broken, err = listClips(ctx, lib, ""); err != nil {
		return err
	}
	t := a.Table(
		terminal.Column{Title: "SPACE", Yield: 2},
		terminal.Column{Title: "AT", Right: true},
		terminal.Column{Title: "LENGTH", Right: true},
		terminal.Column{Title: "SIZE", Right: true, Yield: 1},
		terminal.Column{Title: "FILE", Min: app.TitleRoom},
	)
	for _, m := range list {
		if a.Settings.JSON {
			if err := app.WriteJSON(a.Out, m.line); err != nil {
				return err
			}
			continue
		}
		c := m.line.(clipLine)
		cells := []string{m.id, spell.Position(c.At), spell.Length(c.Length), spell.Size(c.Bytes), m.file}
		if c.Missing { // a library that is whole has no column for it
			cells = append(cells, "missing")
		}
		t.Add(cells...)
	}
	if a.Settings.JSON {
		return app.Skipped(a.App, broken)
	}
	if len(t.Columns) > 5 {
		t.Columns[5] = terminal.Column{Title: "STATE", Style: stateStyle}
	}
	t.Write(a.Out, a.Columns)
	if len(list) == 0 && len(broken) == 0 {
		a.Say("No clips yet. Cut one: spaces clip latest --at 12:30")
	}
	return app.Skipped(a.App, broken)
}

// showClip shows what is known of a clip.
func (a *App) showClip(lib *library.Library, m *madeItem) error {
	c := m.line.(clipLine)
	if a.Settings.JSON {
		return app.WriteJSON(a.Out, c)
	}
	var b strings.Builder
	fact := func(label, format string, args ...any) {
		fmt.Fprintf(&b, "%-10s %s\n", label, fmt.Sprintf(format, args...))
	}
	fmt.Fprintf(&b, "%s\n%s\n\n", terminal.Safe(m.file), terminal.Safe(m.title))
	fact("Space", "%s", m.id)
	fact("From", "%s, for %s", spell.Length(c.At), spell.Length(c.Length))
	if !c.StartedAt.IsZero() {
		local := c.StartedAt.In(a.Zone)
		fact("Clock", "%s", local.Format("Mon 2 Jan 2006 15:04:05 ")+spell.Zone(local))
	}
	kind := "re-encoded"
	if c.Lossless {
		kind = "not re-encoded"
	}
	fact("Format", "%s, %s, %s", c.Format, kind, spell.Size(c.Bytes))
	fact("SHA-256", "%s", c.SHA256)
	fact("File", "%s", terminal.Safe(a.ShortenHome(c.Path)))
	_, err := fmt.Fprint(a.Out, b.String())
	return err
}
