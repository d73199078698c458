package cli

import (
	"context"
	"fmt"
	"math"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/backup"
	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/library/status"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/terminal"
)

type statusOptions struct{ check bool }

func newStatusCmd(a *App) *cobra.Command {
	var o statusOptions
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show which Spaces are safe, and what to do now",
		Long: `Show every Space known from archives, from links in your posts and from the library: its age, whether
X probably still has the audio, whether it is saved here, and whether it is published. X does not say
how long it keeps audio; spaces assumes 30 days from the end (setting "window"). A linked Space may
belong to another host. --check is for cron: it lists only Spaces that X may still have and that are
not saved, and exits with 5 if there are any.`,
		Example: `  spaces status
  spaces status --check --quiet || mail -s "Spaces to save" me@example.org
  spaces config set window 60`,
		Annotations: manual.Exits(map[int]string{app.ExitNotFound: "no library found", app.ExitPartly: "some records could not be read; they are listed", app.ExitFound: "--check: a Space that X may still have is not saved"}),
		Args:        app.Takes(0, 0),
		RunE:        func(cmd *cobra.Command, _ []string) error { return a.status(cmd.Context(), o) },
	}
	cmd.Flags().BoolVar(&o.check, "check", false, "list only Spaces that X may still have and that are not saved")
	return cmd
}

func (a *App) status(ctx context.Context, o statusOptions) error {
	lib, err := a.OpenLibrary(ctx)
	if err != nil {
		return err
	}
	defer lib.Close()
	list, broken, err := status.Known(ctx, lib)
	if err != nil {
		return err
	}
	var shown []*status.Space
	for _, l := range list {
		if l.Judge(a.Now(), a.Settings.Window); !o.check || l.AtRisk() {
			shown = append(shown, l)
		}
	}
	sum := status.Sum(list, a.Settings.Window)
	unknown := sum.AddBackup(ctx, lib, a.Now(), backup.ChangedSince)
	if unknown != nil {
		broken = append(broken, unknown)
	}
	if a.Settings.JSON {
		for _, l := range shown {
			if err := app.WriteJSON(a.Out, l); err != nil {
				return err
			}
		}
		err = app.WriteJSON(a.Out, sum)
	} else {
		a.tableStatus(shown)
		if !o.check {
			a.adviseStatus(list, sum)
		}
		if !o.check && !a.Settings.Quiet && unknown == nil {
			a.adviseBackup(sum)
		}
	}
	left := app.Skipped(a.App, broken)
	if err == nil && o.check && sum.AtRisk > 0 {
		return app.Fail(app.ExitFound, "not-saved", "request an archive from X now: Settings, Your account, Download an archive of your data",
			fmt.Errorf("%s not saved, and X may delete the audio soon", spell.Plural(sum.AtRisk, "Space is", "Spaces are")))
	}
	if err == nil {
		err = left
	}
	return err
}

func (a *App) tableStatus(list []*status.Space) {
	t := a.Table()
	z := spell.Zones{Location: a.Zone}
	for _, l := range list {
		age, window := "–", "–"
		if l.AgeDays != nil {
			age = fmt.Sprintf("%.0f d", math.Floor(*l.AgeDays))
			if window = "expired"; *l.InsideWindow {
				window = fmt.Sprintf("%.0f d left", math.Ceil(l.WindowEnds.Sub(a.Now()).Hours()/24))
			}
		}
		saved := map[bool]string{true: "saved", false: "no audio"}[l.Saved]
		switch l.State {
		case string(space.Damaged):
			saved = "saved, damaged"
		case string(space.Missing):
			saved = "files missing"
		case status.Changed:
			saved = "files changed"
		case status.Linked:
			saved = "no audio (from a post)"
		case status.Removed:
			saved = "removed"
		}
		published := "–"
		switch {
		case l.Published:
			published = "public"
		case l.InFeed:
			published = "in the feed"
		case l.PublishAt != nil && l.PublishAt.After(a.Now()):
			published = a.from(l.PublishAt.Time)
		case l.PublishAt != nil:
			published = "due: spaces feed build"
		case l.Receipts > 0:
			published = "sent, private"
		}
		title := terminal.Safe(l.Title)
		if title == "" {
			title = "(no title)"
		}
		t.Add(l.ID, z.Format(l.StartedAt.Time, "2006-01-02 15:04"), age, window, saved, published, title)
	}
	t.Columns = []terminal.Column{
		{Title: "ID", Yield: 6},
		{Title: "STARTED (" + z.String() + ")", Yield: 2},
		{Title: "AGE", Right: true, Yield: 1},
		{Title: "AT X", Yield: 4},
		{Title: "AUDIO", Yield: 5, Min: 8, Style: savedStyle},
		{Title: "PUBLISHED", Yield: 3},
		{Title: "TITLE", Min: app.TitleRoom},
	}
	t.Write(a.Out, a.Columns)
}

// savedStyle is how what is saved looks in colour.
func savedStyle(text string) terminal.Style {
	switch text {
	case "saved":
		return terminal.Good
	case "saved, damaged":
		return terminal.Warn
	case "files missing", "files changed":
		return terminal.Bad
	}
	return terminal.Plain
}

// adviseStatus says what to do now, most pressing first.
func (a *App) adviseStatus(list []*status.Space, sum status.Summary) {
	if a.Settings.Quiet {
		return
	}
	var request, gone, linked, missing, damaged, publish []string
	for _, l := range list {
		switch {
		case l.Do == status.Request:
			request = append(request, l.ID)
		case l.Do == status.Extract:
			missing = append(missing, l.ID)
		case l.Do == status.Publish:
			publish = append(publish, l.ID)
		case !l.Saved && l.State != status.Removed:
			gone = append(gone, l.ID)
		}
		if l.State == string(space.Damaged) {
			damaged = append(damaged, l.ID)
		}
		if l.State == status.Linked {
			linked = append(linked, l.ID)
		}
	}
	fmt.Fprintf(a.Out, "%s known, %d saved, %d published\n", spell.Count(sum.Spaces, "Space"), sum.Saved, sum.Published)
	say := func(ids []string, one, many, then string) {
		if len(ids) > 0 {
			fmt.Fprintf(a.Out, "%s%s (%s)\n", spell.Plural(len(ids), one, many), then, spell.First(ids, 3))
		}
	}
	days := strconv.FormatFloat(sum.WindowDays, 'f', -1, 64)
	say(request, "Space has", "Spaces have", " no audio here. Request an archive: X keeps audio for about "+days+" days, an estimate")
	say(missing, "Space has", "Spaces have", " lost or changed files. Check them (spaces verify), then extract the archive again, or request one")
	say(damaged, "Space is", "Spaces are", " saved with damage or gaps. To see where: spaces show SPACE --details. A later archive, or its replay, may have a better copy")
	say(gone, "Space has", "Spaces have", " no audio here, and X has probably deleted it")
	say(linked, "Space is", "Spaces are", " known only from a post, and may belong to another host")
	say(publish, "Space is", "Spaces are", " saved but not published: spaces export, then spaces upload")
}

// adviseBackup tells of the latest backup, and of those that are behind.
func (a *App) adviseBackup(sum status.Summary) {
	if sum.Backup == "" {
		fmt.Fprintln(a.Out, "No backup has been made. Make one: spaces backup create TARGET")
	} else {
		since := ""
		if sum.ChangedSince != nil && *sum.ChangedSince {
			since = ". The library has changed since: spaces backup create TARGET"
		}
		place := terminal.Safe(sum.Backup)
		if sum.TimeUnverified {
			fmt.Fprintf(a.Out, "Last backup: at %s. Its date, %s, is in the future and could not be verified: spaces backup check %s%s\n", place, a.day(sum.BackedUpAt.Time), app.Quoted(place), since)
		} else {
			fmt.Fprintf(a.Out, "Last backup: %s, at %s%s\n", a.day(sum.BackedUpAt.Time), place, since)
		}
	}
	for _, e := range sum.Current {
		fmt.Fprintf(a.Out, "The backup at %s still contains a person whom you have forgotten: spaces backup create %s\n", terminal.Safe(e.Place), app.Quoted(terminal.Safe(e.Place)))
	}
	for _, e := range sum.Earlier {
		fmt.Fprintf(a.Out, "An earlier backup at %s, last made on %s, still contains a person whom you have forgotten, if it exists: connect it, then run spaces backup create %s\n",
			terminal.Safe(e.Place), a.day(e.At), app.Quoted(terminal.Safe(e.Place)))
	}
}
