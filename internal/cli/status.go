package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/catalog"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/publish"
)

type statusOptions struct{ check bool }

func newStatusCmd(a *App) *cobra.Command {
	var o statusOptions
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show which Spaces are safe, and what to do now",
		Long: `Show every Space that is known, from archives, from your own posts that link one and from the
library: how old it is, whether X is likely to have its audio still, whether it is saved here,
and whether it was published. How long X keeps audio is an estimate, 30 days from its end unless
the setting "window" says otherwise; X promises nothing. A post may link somebody else's Space.
--check is for cron: it lists what is inside the window and not saved, and ends with 5 if any is.`,
		Example: `  spaces status
  spaces status --check --quiet || mail -s "Spaces to save" me@example.org
  spaces config set window 60`,
		Annotations: exits(map[int]string{exitNotThere: "there is no library", exitFound: "--check: something inside the window is not saved"}),
		Args:        takes(0, 0),
		RunE:        func(cmd *cobra.Command, _ []string) error { return a.status(cmd.Context(), o) },
	}
	cmd.Flags().BoolVar(&o.check, "check", false, "list what is inside the window and not saved")
	return cmd
}

// What can be done about a Space. The words appear in JSON.
const (
	doRequest = "request-archive" // X may have it still
	doExtract = "extract-again"   // a file is gone from the library
	doPublish = "publish"         // nobody can hear it
)

// A statusLine is a Space as scripts see it.
type statusLine struct {
	Schema    int        `json:"schema"`
	Type      string     `json:"type"` // "space"
	ID        string     `json:"id"`
	Title     string     `json:"title,omitempty"`
	StartedAt space.Time `json:"started_at"`
	EndedAt   space.Time `json:"ended_at"`
	// From says what tells of the Space: "archive", "post", "audio" (only).
	From string `json:"from"`
	// AgeDays counts from its end, or from its start or post where that is
	// unknown.
	AgeDays      *float64   `json:"age_days"`
	InsideWindow *bool      `json:"inside_window"`
	WindowEnds   space.Time `json:"window_ends"`
	State        string     `json:"state"` // space.State, "linked" or "removed"
	Saved        bool       `json:"saved"`
	Published    bool       `json:"published"` // everybody can get something of it, by the receipts
	InFeed       bool       `json:"in_feed"`
	Receipts     int        `json:"receipts"`
	// Places are where everybody gets what was sent, or else where it lies;
	// Locations always are where it lies.
	Places    []string `json:"places"`
	Locations []string `json:"locations"`
	Do        string   `json:"do,omitempty"`
}

type statusSummary struct {
	Schema     int     `json:"schema"`
	Type       string  `json:"type"` // "summary"
	Spaces     int     `json:"spaces"`
	Saved      int     `json:"saved"`
	Published  int     `json:"published"`
	AtRisk     int     `json:"at_risk"`
	WindowDays float64 `json:"window_days"`
}

// atRisk is what the check is for.
func (l *statusLine) atRisk() bool {
	return !l.Saved && l.State != "removed" && l.InsideWindow != nil && *l.InsideWindow
}

func (a *App) status(ctx context.Context, o statusOptions) error {
	lib, err := a.openLibrary(ctx)
	if err != nil {
		return err
	}
	defer lib.Close()
	list, err := a.knownSpaces(ctx, lib)
	if err != nil {
		return err
	}
	sum := statusSummary{Schema: space.Schema, Type: "summary", Spaces: len(list), WindowDays: a.window().Hours() / 24}
	var shown []*statusLine
	for _, l := range list {
		a.age(l)
		l.Do = whatToDo(l)
		if l.Saved {
			sum.Saved++
		}
		if l.Published || l.InFeed {
			sum.Published++
		}
		if l.atRisk() {
			sum.AtRisk++
		}
		if !o.check || l.atRisk() {
			shown = append(shown, l)
		}
	}
	if a.set.JSON {
		for _, l := range shown {
			if err := writeJSON(a.Out, l); err != nil {
				return err
			}
		}
		err = writeJSON(a.Out, sum)
	} else {
		a.tableStatus(shown)
		if !o.check {
			a.adviseStatus(list, sum)
		}
	}
	if err == nil && o.check && sum.AtRisk > 0 {
		return &failure{exitFound, "not-saved", "request an archive at X now: Settings, Your account, Download an archive of your data",
			fmt.Errorf("%s inside the window and not saved", plural(sum.AtRisk, "Space is", "Spaces are"))}
	}
	return err
}

// knownSpaces lists what is known, newest first, those without a date last.
func (a *App) knownSpaces(ctx context.Context, lib *library.Library) ([]*statusLine, error) {
	known := make(map[string]*statusLine)
	root := lib.Root()
	for row, err := range lib.Catalog().List(ctx, catalog.Query{JSON: true}) {
		if err != nil {
			return nil, err
		}
		r := new(space.Recording)
		if err := json.Unmarshal(row.JSON, r); err != nil {
			return nil, err
		}
		known[r.ID] = statusOf(root, r)
	}
	archives, err := lib.Archives()
	if err != nil {
		return nil, err
	}
	linked := make(map[string]space.Link)
	for _, ar := range archives {
		for _, id := range ar.Spaces {
			if known[id] == nil {
				known[id] = &statusLine{ID: id, From: "archive", State: "removed"}
			}
		}
		for _, l := range ar.Links {
			if was, ok := linked[l.ID]; !ok || !l.PostedAt.IsZero() && l.PostedAt.Before(was.PostedAt.Time) {
				linked[l.ID] = l
			}
		}
	}
	for id, l := range linked {
		if known[id] == nil {
			known[id] = &statusLine{ID: id, From: "post", State: "linked", Title: l.Title, StartedAt: l.PostedAt}
		}
	}
	if err := addPublished(root, known); err != nil {
		return nil, err
	}
	var list []*statusLine
	for _, l := range known {
		l.Schema, l.Type = space.Schema, "space"
		l.Places, l.Locations = orEmpty(l.Places), orEmpty(l.Locations)
		list = append(list, l)
	}
	slices.SortFunc(list, func(a, b *statusLine) int {
		return cmp.Or(b.StartedAt.Compare(a.StartedAt.Time), cmp.Compare(a.ID, b.ID))
	})
	return list, nil
}

// statusOf looks whether the originals of a recording are there, each of its
// size: verify reads them.
func statusOf(root *os.Root, r *space.Recording) *statusLine {
	l := &statusLine{ID: r.ID, StartedAt: r.StartedAt, EndedAt: r.EndedAt, From: "archive", State: string(r.State), Saved: len(r.Pieces) > 0}
	if r.TitleSource != space.TitleDate {
		l.Title = r.Title
	}
	if r.State == space.NoRecord {
		l.From = "audio"
	}
	for _, p := range r.Pieces {
		info, err := root.Stat(layout.OriginalIn(r.Folder, p.Name))
		if err != nil || info.Size() != p.Bytes {
			l.Saved, l.State = false, string(space.Missing)
		}
	}
	return l
}

// addPublished notes what the receipts and the feed tell.
func addPublished(root *os.Root, known map[string]*statusLine) error {
	feeds := make(map[string]bool) // places that have one
	sent := make(map[string][]*statusLine)
	err := publish.Receipts(root, func(r *publish.Receipt) error {
		if r.Kind == publish.Feed {
			feeds[r.Place] = true
		}
		l := known[r.ID]
		if l == nil {
			return nil
		}
		l.Receipts++
		l.Published = l.Published || r.Public
		if r.Kind == publish.Episode {
			sent[r.Place] = append(sent[r.Place], l)
		}
		if where := or(r.URL, r.Location); !slices.Contains(l.Places, where) {
			l.Places = append(l.Places, where)
		}
		if !slices.Contains(l.Locations, r.Location) {
			l.Locations = append(l.Locations, r.Location)
		}
		return nil
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for place := range feeds { // who gets the feed gets what lies beside it
		for _, l := range sent[place] {
			l.Published = true
		}
	}
	f, err := root.Open(path.Join(layout.Feed, layout.FeedFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	const most = 64 << 20 // a feed of thousands of episodes is smaller
	text, err := io.ReadAll(io.LimitReader(f, most))
	if err != nil {
		return err
	}
	for id, l := range known {
		// The guid that package feed gives to the item of a Space.
		l.InFeed = strings.Contains(string(text), ">x-space:"+id+"<")
	}
	return nil
}

// age works out how old a Space is, and whether X may have its audio still.
func (a *App) age(l *statusLine) {
	from := l.EndedAt.Time
	if from.IsZero() {
		from = l.StartedAt.Time
	}
	if from.IsZero() {
		return
	}
	age := a.Now().Sub(from)
	days := math.Round(age.Hours()/24*10) / 10
	inside := age < a.window()
	l.AgeDays, l.InsideWindow, l.WindowEnds = &days, &inside, space.Time{Time: from.Add(a.window())}
}

func whatToDo(l *statusLine) string {
	inside := l.InsideWindow == nil || *l.InsideWindow
	switch {
	case l.State == "removed":
		return ""
	case l.State == string(space.Missing):
		return doExtract
	case !l.Saved && inside:
		return doRequest
	case l.Saved && !l.Published && !l.InFeed:
		return doPublish
	}
	return ""
}

func (a *App) tableStatus(list []*statusLine) {
	t := table{right: map[int]bool{2: true}}
	z := zones{location: a.Zone}
	for _, l := range list {
		age, window := "–", "–"
		if l.AgeDays != nil {
			age = fmt.Sprintf("%.0f d", math.Floor(*l.AgeDays))
			if window = "over"; *l.InsideWindow {
				window = fmt.Sprintf("%.0f d left", math.Ceil(l.WindowEnds.Sub(a.Now()).Hours()/24))
			}
		}
		saved := map[bool]string{true: "saved", false: "no audio"}[l.Saved]
		switch l.State {
		case string(space.Damaged):
			saved = "saved, damaged"
		case string(space.Missing):
			saved = "files missing"
		case "linked":
			saved = "no audio (a post links it)"
		case "removed":
			saved = "removed"
		}
		published := "–"
		switch {
		case l.Published:
			published = "public"
		case l.InFeed:
			published = "in the feed"
		case l.Receipts > 0:
			published = "sent, private"
		}
		title := safe(l.Title)
		if title == "" {
			title = "(no title)"
		}
		t.add(l.ID, z.format(l.StartedAt.Time, "2006-01-02 15:04"), age, window, saved, published, title)
	}
	t.header = []string{"ID", "STARTED (" + z.String() + ")", "AGE", "WINDOW", "AUDIO", "PUBLISHED", "TITLE"}
	t.write(a.Out, a.Columns)
}

// adviseStatus says what to do now, most pressing first.
func (a *App) adviseStatus(list []*statusLine, sum statusSummary) {
	if a.set.Quiet {
		return
	}
	var request, gone, linked, missing, publish []string
	for _, l := range list {
		switch {
		case l.Do == doRequest:
			request = append(request, l.ID)
		case l.Do == doExtract:
			missing = append(missing, l.ID)
		case l.Do == doPublish:
			publish = append(publish, l.ID)
		case !l.Saved && l.State != "removed":
			gone = append(gone, l.ID)
		}
		if l.State == "linked" {
			linked = append(linked, l.ID)
		}
	}
	fmt.Fprintf(a.Out, "%s known, %d saved, %d published\n", count(sum.Spaces, "Space"), sum.Saved, sum.Published)
	say := func(ids []string, one, many, then string) {
		if len(ids) > 0 {
			fmt.Fprintf(a.Out, "%s%s (%s)\n", plural(len(ids), one, many), then, firstOf(ids))
		}
	}
	days := strconv.FormatFloat(sum.WindowDays, 'f', -1, 64)
	say(request, "Space has", "Spaces have", " no audio here: request an archive; X keeps audio for about "+days+" days, an estimate")
	say(missing, "Space has", "Spaces have", " lost files here: extract the archive again, or request one")
	say(gone, "Space has", "Spaces have", " no audio here and is older than the window: X has probably deleted it")
	say(linked, "Space is", "Spaces are", " known from a post alone: it may be somebody else's")
	say(publish, "Space is", "Spaces are", " saved and not published: spaces export, spaces upload")
}

// firstOf lists a few ids.
func firstOf(ids []string) string {
	const most = 3
	if len(ids) <= most {
		return strings.Join(ids, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(ids[:most], ", "), len(ids)-most)
}

const defaultWindow = "30"

// window is how long X is taken to keep audio.
func (a *App) window() time.Duration {
	d, err := parseWindow(a.set.Window)
	if err != nil { // settings are checked before commands run
		d, _ = parseWindow(defaultWindow)
	}
	return d
}

// parseWindow reads a number of days: "30", "30d".
func parseWindow(text string) (time.Duration, error) {
	days, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(text), "d"), 64)
	if err == nil && !(days > 0 && days <= 36500) {
		err = errors.New("not a number of days")
	}
	return time.Duration(days * 24 * float64(time.Hour)), err
}
