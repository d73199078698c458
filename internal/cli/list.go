package cli

import (
	"bufio"
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/library/catalog"
	"github.com/spaces-cli/spaces/internal/library/find"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/terminal"
)

type listOptions struct {
	query        catalog.Query
	since, until string
	csv          bool
}

func newListCmd(a *App) *cobra.Command {
	var o listOptions
	var state string
	cmd := &cobra.Command{
		Use:   "list [WORDS...]",
		Short: "List the Spaces in the library",
		Long: `List the Spaces in the library, newest first. With WORDS, list only those
with all words in title, names, hashtags or note; the beginning of a word is
enough, and case and accents do not matter. Times are local.`,
		Example: `  spaces list
  spaces list jazz --since 2021 --until 2021-06
  spaces list --since 7d
  spaces list --speaker guest1 --sort length
  spaces list --state damaged --json | spaces verify -
  spaces list --csv > spaces.csv`,
		Annotations: manual.Exits(map[int]string{app.ExitDone: "done, also when nothing matches", app.ExitNotFound: "no library found"}),
		Args:        app.Takes(0, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.query.Words = strings.Join(args, " ")
			o.query.State = space.State(state)
			return a.list(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.since, "since", "", "list Spaces that started at `TIME` or later: 7d, yesterday, 2021-06, 2021-06-14T20:00")
	f.StringVar(&o.until, "until", "", "list Spaces that started before `TIME`; a day or month is included whole")
	f.StringVar(&o.query.Speaker, "speaker", "", "list Spaces with `HANDLE` on stage")
	f.StringVar(&o.query.Host, "host", "", "list Spaces that `HANDLE` hosted")
	f.StringVar(&o.query.Account, "account", "", "list Spaces from the archive of `HANDLE`")
	f.StringVar(&o.query.Tag, "tag", "", "list Spaces with `HASHTAG` in the title")
	f.StringVar(&state, "state", "", "list Spaces in `STATE`: "+spell.Or(states()))
	f.StringVar(&o.query.Sort, "sort", "date", "`ORDER`: sort by date, title or length; -date, -title or -length reverses")
	f.IntVar(&o.query.Limit, "limit", 0, "list at most `N` Spaces")
	f.BoolVar(&o.csv, "csv", false, "write CSV for Excel: UTF-8 with a byte order mark, times in UTC, formulas as text")
	manual.Group(f, "Which", "since", "until", "speaker", "host", "account", "tag", "state", "limit")
	manual.Group(f, "How", "sort", "csv")
	app.Complete(cmd, "state", states()...)
	app.Complete(cmd, "sort", "date", "title", "length", "-date", "-title", "-length")
	return cmd
}

func states() []string { return app.Words(space.States[:]) }

func (a *App) list(ctx context.Context, o listOptions) error {
	if o.csv && a.Settings.JSON {
		return app.Usage("--csv cannot be combined with --json")
	}
	var err error
	if o.since != "" {
		if o.query.Since, _, err = spell.ParseSince(o.since, a.Now(), a.Zone); err != nil {
			return app.Usage("--since: %w", err)
		}
	}
	if o.until != "" {
		if _, o.query.Until, err = spell.ParseSince(o.until, a.Now(), a.Zone); err != nil {
			return app.Usage("--until: %w", err)
		}
	}
	if o.query.Limit < 0 {
		return app.Usage("--limit must be 0 or more, not %d", o.query.Limit)
	}
	if err := cmp.Or(app.OneOf("--state", string(o.query.State), states()), app.OneOf("--sort", strings.TrimPrefix(o.query.Sort, "-"), catalog.Sorts[:])); err != nil {
		return err
	}
	lib, err := a.OpenLibrary(ctx)
	if err != nil {
		return err
	}
	defer lib.Close()
	o.query.JSON = a.Settings.JSON
	rows := lib.Catalog().List(ctx, o.query)
	if o.csv {
		return a.writeCSV(rows)
	}
	n, err := a.writeRows(rows)
	if err == nil && n == 0 {
		if all, err := lib.Catalog().Find(ctx, find.Latest); err == nil && len(all) == 0 {
			a.Say("The library is empty. To add your Spaces: spaces extract ARCHIVE.zip")
		} else {
			a.Say("No Space matches. To list all: spaces list")
		}
	}
	return err
}

// writeRows prints recordings as a table, or as JSON Lines, and returns how
// many there were.
func (a *App) writeRows(rows iter.Seq2[catalog.Row, error]) (n int, err error) {
	if a.Settings.JSON {
		out := bufio.NewWriterSize(a.Out, 64<<10)
		for row, err := range rows {
			if err != nil {
				return n, errors.Join(err, out.Flush())
			}
			if _, err := out.Write(append(row.JSON, '\n')); err != nil {
				return n, err
			}
			n++
		}
		return n, out.Flush()
	}
	t := a.Table()
	z := spell.Zones{Location: a.Zone}
	for row, err := range rows {
		if err != nil {
			return 0, err
		}
		t.Add(row.ID, z.Format(row.StartedAt, "2006-01-02 15:04"), spell.Length(row.Duration), stateOf(row), speakersOf(row), titleOf(row))
	}
	t.Columns = []terminal.Column{
		{Title: "ID", Yield: 5},
		{Title: "STARTED (" + z.String() + ")", Yield: 4},
		{Title: "LENGTH", Right: true, Yield: 3},
		{Title: "STATE", Yield: 2, Min: 8, Style: stateStyle},
		{Title: "ON STAGE", Max: max(12, a.Columns/6), Yield: 1, Min: 8},
		{Title: "TITLE", Min: app.TitleRoom},
	}
	t.Write(a.Out, a.Columns)
	return t.Len(), nil
}

// stateOf is the state of a row, with what was lost.
func stateOf(r catalog.Row) string {
	if r.LostSeconds > 0 {
		return string(r.State) + ", " + spell.Short(r.LostSeconds) + " lost"
	}
	return string(r.State)
}

// stateStyle is how a state looks in colour: what is as it should be is plain.
func stateStyle(text string) terminal.Style {
	state, _, _ := strings.Cut(text, ",")
	switch space.State(state) {
	case space.Missing:
		return terminal.Bad
	case space.Damaged:
		return terminal.Warn
	case space.NoAudio:
		return terminal.Dim
	}
	return terminal.Plain
}

func speakersOf(r catalog.Row) string {
	names := strings.Fields(r.Speakers)
	for i := range names {
		names[i] = app.At(names[i])
	}
	return strings.Join(names, " ")
}

// titleOf is the title of a row; one made from the date tells nothing.
func titleOf(r catalog.Row) string {
	if r.TitleSource == space.TitleDate {
		return "(no title)"
	}
	return terminal.Safe(r.Title)
}

// writeCSV writes recordings as RFC 4180 has it, but with the line ends of
// the system's other tools.
func (a *App) writeCSV(rows iter.Seq2[catalog.Row, error]) error {
	io.WriteString(a.Out, "\ufeff") // without it Excel takes UTF-8 for the code page of the computer
	w := csv.NewWriter(a.Out)
	w.Write([]string{"id", "title", "title_source", "started_at", "duration", "state", "lost_seconds", "host", "account",
		"speakers", "hashtags", "pieces", "bytes", "folder", "file"})
	for r, err := range rows {
		if err != nil {
			return err
		}
		duration := ""
		if r.Duration >= 0 {
			duration = decimal(r.Duration)
		}
		w.Write([]string{r.ID, terminal.Cell(r.Title), string(r.TitleSource), space.Time{Time: r.StartedAt}.String(), duration, string(r.State),
			decimal(r.LostSeconds), terminal.Cell(r.Host), terminal.Cell(r.Account), terminal.Cell(r.Speakers), terminal.Cell(r.Hashtags), strconv.Itoa(r.Pieces), fmt.Sprint(r.Bytes), terminal.Cell(r.Folder), terminal.Cell(r.File)})
	}
	w.Flush()
	return w.Error()
}

func decimal(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
