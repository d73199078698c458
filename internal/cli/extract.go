package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/archive"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/find"
	"github.com/spaces-cli/spaces/internal/library/intake"
	"github.com/spaces-cli/spaces/internal/library/removed"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/terminal"
)

type extractOptions struct {
	paths     []string
	titles    []string // ID=TEXT
	startedAt string
	dryRun    bool
	all       bool
}

func newExtractCmd(a *App) *cobra.Command {
	var o extractOptions
	cmd := &cobra.Command{
		Use:     "extract PATH...",
		Aliases: []string{"add"},
		Short:   "Take the Spaces out of an archive into the library",
		Long: `Take the audio of all Spaces out of archives from X (the ZIPs as downloaded, or
their unzipped folders) and out of loose recordings, and keep it in the library.
Every byte is verified and kept; each recording is joined to one playable file.
What is there already is not copied again, so the command can be repeated.`,
		Example: `  spaces extract twitter-2021-06-17.zip
  spaces extract part1.zip part2.zip            # parts of one archive, together
  spaces extract --dry-run twitter-2021-06-17.zip
  spaces add recording.m4a --started-at 2021-06-14T20:00
  spaces extract a.zip --title 1eaJbNqXaXWxX="Jazz night"`,
		Annotations: manual.Exits(map[int]string{
			exitPartly:   "some could not be saved; they are listed",
			exitNotFound: "no Spaces there, or no such file",
		}),
		Args: takes(1, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.paths = args
			return a.extract(cmd.Context(), o)
		},
	}
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "only list what would be saved; reads no audio, writes nothing")
	cmd.Flags().BoolVar(&o.all, "all", false, "take all recordings out of a folder of other things too, without asking")
	cmd.Flags().StringArrayVar(&o.titles, "title", nil, "give the Space ID the title `ID=TEXT` (repeatable)")
	cmd.Flags().StringVar(&o.startedAt, "started-at", "", "when loose recordings without a clock began, as `TIME`")
	return cmd
}

func (a *App) extract(ctx context.Context, o extractOptions) error {
	opts := intake.Options{DryRun: o.dryRun, Jobs: a.set.Jobs}
	if opts.Jobs == 0 {
		opts.Jobs = runtime.GOMAXPROCS(0)
	}
	var err error
	if opts.Titles, err = parseTitles(o.titles); err != nil {
		return err
	}
	if o.startedAt != "" {
		if opts.StartedAt, _, err = spell.ParseDate(o.startedAt, a.Zone); err != nil {
			return usage("--started-at: %w", err)
		}
	}

	if yes, err := a.askFolders(ctx, o); err != nil || !yes {
		return err
	}

	var lib *library.Library
	if o.dryRun {
		lib, err = library.Open(ctx, a.libraryOptions())
		if isNoLibrary(err) {
			lib, err = nil, nil
		}
	} else {
		lib, err = library.OpenWrite(ctx, a.libraryOptions())
	}
	if err != nil {
		return err
	}
	x := &extraction{app: a, lib: lib, dryRun: o.dryRun}
	if lib != nil {
		defer lib.Close()
		a.opened(lib, nil)
		if !o.dryRun {
			a.emptyOld(ctx, lib)
		}
	}
	bar := a.newBar("reading").CountBytes()
	opts.Progress = bar
	summary, err := intake.Import(ctx, lib, o.paths, opts, x.event)
	bar.Close()
	x.summary = summary
	if ctx.Err() != nil {
		return ctx.Err()
	}
	// What is saved is told, also when something ended the import.
	if err := errors.Join(err, x.finish(ctx)); err != nil {
		return err
	}
	return x.verdict()
}

var titleFlag = regexp.MustCompile(`^([0-9A-Za-z]{10,16})=(.*)$`)

func parseTitles(flags []string) (map[string]string, error) {
	titles := make(map[string]string)
	for _, f := range flags {
		m := titleFlag.FindStringSubmatch(f)
		if m == nil {
			return nil, usage("--title wants ID=TEXT, not %q", f)
		}
		titles[m[1]] = m[2]
	}
	return titles, nil
}

// An extraction collects what an import tells, to print it.
type extraction struct {
	app      *App
	lib      *library.Library // nil in a dry run without a library
	dryRun   bool
	rows     []extracted
	archives []space.Archive
	problems []failedProblem
	summary  intake.Summary
	err      error // of writing JSON
}

// An extracted is what the table needs of a recording.
type extracted struct {
	id, title string
	untitled  bool
	started   time.Time
	seconds   float64
	state     space.State
	lost      float64
	action    intake.Action
	failed    bool          // something of it could not be saved
	better    bool          // the library has a better copy
	kept      bool          // an original is saved that cannot be played
	was       *removed.Item // the host removed it, and it is left removed
}

type failedProblem struct {
	archive.Problem
	failed bool
}

func (x *extraction) event(e intake.Event) {
	if x.app.set.JSON {
		x.json(e)
	}
	switch {
	case e.Archive != nil:
		x.archives = append(x.archives, *e.Archive)
	case e.Problem != nil:
		x.problems = append(x.problems, failedProblem{*e.Problem, e.Failed})
	case e.Recording != nil:
		r := e.Recording
		row := extracted{id: r.ID, title: r.Title, untitled: r.TitleSource == space.TitleDate,
			started: r.StartedAt.Time, seconds: -1, state: r.State, action: e.Action, failed: e.Failed, kept: e.Kept, better: e.Better, was: e.Was}
		if r.Duration != nil {
			row.seconds = *r.Duration
		}
		if r.Damage != nil {
			row.lost = r.Damage.LostSeconds
		}
		x.rows = append(x.rows, row)
	}
}

// json writes an event as a line, as soon as it happens.
func (x *extraction) json(e intake.Event) {
	var line any
	switch {
	case e.Recording != nil:
		line = recordingLine{"recording", e.Action, *e.Recording}
	case e.Problem != nil:
		line = problemLine{space.Schema, "problem", string(e.Problem.Kind), e.Problem.Subject, e.Problem.Message, e.Problem.Hint, e.Failed}
	default:
		return // archives are in the summary
	}
	x.err = errors.Join(x.err, writeJSON(x.app.Out, line))
}

type recordingLine struct {
	Type   string        `json:"type"`
	Action intake.Action `json:"action"`
	space.Recording
}

type problemLine struct {
	Schema  int    `json:"schema"`
	Type    string `json:"type"`
	Kind    string `json:"kind"`
	Subject string `json:"subject"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
	Failed  bool   `json:"failed"` // something could not be saved because of it
}

type summaryLine struct {
	Schema    int             `json:"schema"`
	Type      string          `json:"type"`
	DryRun    bool            `json:"dry_run"`
	Added     int             `json:"added"`
	Updated   int             `json:"updated"`
	Unchanged int             `json:"unchanged"`
	Failed    int             `json:"failed"`
	NoAudio   int             `json:"no_audio"`
	NoRecord  int             `json:"no_record"`
	Removed   int             `json:"removed"`
	Problems  int             `json:"problems"`
	Bytes     int64           `json:"bytes"`
	Duration  float64         `json:"duration"`
	Library   string          `json:"library"`
	Archives  []space.Archive `json:"archives"`
}

// finish prints what there is to say at the end.
func (x *extraction) finish(ctx context.Context) error {
	a, s := x.app, x.summary
	if a.set.JSON {
		archives := s.Archives
		if archives == nil {
			archives = []space.Archive{}
		}
		return errors.Join(x.err, writeJSON(a.Out, summaryLine{space.Schema, "summary", x.dryRun, s.Added, s.Updated, s.Unchanged,
			s.Failed, s.NoAudio, s.NoRecord, s.Removed, s.Problems, s.Bytes, s.Seconds, a.set.Library, archives}))
	}
	var text strings.Builder
	z := spell.Zones{Location: a.Zone}
	t := x.table(ctx, &z)
	x.heading(&text, &z)
	t.Write(&text, a.Columns)
	x.outcomes(&text)
	x.nextSteps(ctx, &text)
	_, err := io.WriteString(a.Out, text.String())
	x.printProblems()
	return err
}

// nextSteps says where things are and what can be done with them.
func (x *extraction) nextSteps(ctx context.Context, b *strings.Builder) {
	if x.dryRun || len(x.rows) == 0 || x.app.set.Quiet {
		return
	}
	fmt.Fprintf(b, "Folder: %s\n", terminal.Safe(x.app.shortenHome(x.app.set.Library)))
	for _, r := range x.rows {
		if r.state == space.NoAudio {
			continue
		}
		ref := find.Short(ctx, x.lib.Catalog(), r.id)
		if latest, err := x.lib.Catalog().Find(ctx, find.Latest); err == nil && len(latest) == 1 && latest[0].ID == r.id {
			ref = find.Latest
		}
		fmt.Fprintf(b, "Next: spaces open %s · spaces show %s\n", ref, ref)
		return
	}
}

// heading says whose archives these are and which zone the times are in.
func (x *extraction) heading(b *strings.Builder, z *spell.Zones) {
	for _, ar := range x.archives {
		parts := []string{}
		if ar.Account != nil {
			parts = append(parts, person(ar.Account))
		} else {
			parts = append(parts, terminal.Safe(ar.Name))
		}
		if !ar.Made.IsZero() {
			parts = append(parts, "archive made "+ar.Made.In(x.app.Zone).Format("2 Jan 2006"))
		}
		if z.Any() {
			parts = append(parts, "times in "+z.String())
		}
		fmt.Fprintln(b, strings.Join(parts, " · "))
	}
	if len(x.archives) == 0 && z.Any() {
		fmt.Fprintln(b, "Times in "+z.String())
	}
}

func (x *extraction) table(ctx context.Context, z *spell.Zones) *terminal.Table {
	layout := "02 Jan 15:04"
	for _, r := range x.rows {
		if !r.started.IsZero() && r.started.In(x.app.Zone).Year() != x.year() {
			layout = "02 Jan 2006 15:04"
		}
	}
	t := terminal.NewTable(terminal.Column{}, terminal.Column{Right: true})
	for _, r := range x.rows {
		title := terminal.Safe(r.title)
		if r.untitled {
			title = "(no title)"
			if r.state != space.NoAudio && r.was == nil {
				id := r.id
				if x.lib != nil && !x.dryRun {
					id = find.Short(ctx, x.lib.Catalog(), r.id)
				}
				title = fmt.Sprintf("(no title: spaces edit %s --title \"…\")", id)
			}
		}
		t.Add(z.Format(r.started, layout), spell.Length(r.seconds), x.stateWords(r), title)
	}
	return t
}

// year is the one that need not be said: that of the first archive.
func (x *extraction) year() int {
	if len(x.archives) == 0 || x.archives[0].Made.IsZero() {
		return 0
	}
	return x.archives[0].Made.In(x.app.Zone).Year()
}

// stateWords says what became of a recording.
func (x *extraction) stateWords(r extracted) string {
	if r.was != nil {
		return "removed by you " + x.app.removedOn(r.was)
	}
	if r.state == space.NoAudio && r.kept {
		return "kept, cannot be played"
	}
	if r.state == space.NoAudio && r.failed {
		return "audio not saved"
	}
	if r.state == space.NoAudio {
		for _, ar := range x.archives {
			if ar.Kind == "zip" {
				return "no audio in ZIP"
			}
		}
		return "no audio"
	}
	words := map[intake.Action]string{intake.Added: "saved", intake.Updated: "updated", intake.Unchanged: "already here"}[r.action]
	if x.dryRun {
		words = map[intake.Action]string{intake.Added: "new", intake.Updated: "would be updated", intake.Unchanged: "already here"}[r.action]
	}
	if r.better {
		words = "here in a better copy"
	}
	if r.state == space.Missing && r.action == intake.Unchanged {
		words = "its file is missing"
	}
	if r.state == space.NoRecord {
		words += ", no record"
	}
	switch {
	case r.lost > 0:
		words += ", " + spell.Short(r.lost) + " lost"
	case r.state == space.Damaged:
		words += ", damaged"
	}
	return words
}

// outcomes says in plain words how it went.
func (x *extraction) outcomes(b *strings.Builder) {
	s := x.summary
	done := s.Added + s.Updated + s.Unchanged
	if done+s.Removed > 0 {
		fmt.Fprintln(b, x.counts())
	}
	if s.Removed > 0 {
		var ids []string
		for _, r := range x.rows {
			if r.was != nil {
				ids = append(ids, r.id)
			}
		}
		fmt.Fprintf(b, "What you removed stays removed; to bring it back: spaces restore %s\n", strings.Join(ids, " "))
	}
	if s.NoRecord > 0 {
		fmt.Fprintln(b, x.unrecorded())
	}
	kept := slices.ContainsFunc(x.rows, func(r extracted) bool { return r.kept })
	if done > 0 && s.NoAudio == done && !kept {
		fmt.Fprintln(b, "The archive has the records of these Spaces, but no audio: they were not recorded, or X no longer keeps them.")
	}
	for _, ar := range x.archives {
		if ar.Records > 0 || ar.Media > 0 || ar.Partial {
			continue
		}
		switch ar.Section {
		case string(archive.SectionNone):
			fmt.Fprintf(b, "%s has no Spaces section: X put nothing about Spaces into it.\n", terminal.Safe(ar.Name))
		case string(archive.SectionEmpty):
			fmt.Fprintf(b, "%s has a Spaces section, but it is empty: X knew of no Spaces of this account.\n", terminal.Safe(ar.Name))
		}
	}
}

// unrecorded says what dates the recordings of which X has no record.
func (x *extraction) unrecorded() string {
	s := x.summary
	text := spell.Count(s.NoRecord, "recording")
	if len(x.archives) > 0 {
		text += " without a record in the archive: "
	} else {
		text += " without X's record: "
	}
	if x.dryRun {
		return text + "to be kept all the same."
	}
	switch {
	case s.ByClock == s.NoRecord:
		return text + "kept, and dated by the audio's own clock."
	case s.Undated == s.NoRecord:
		return text + "kept, without a date."
	}
	parts := []string{"kept"}
	if s.ByClock > 0 {
		parts = append(parts, fmt.Sprintf("%d dated by the audio's own clock", s.ByClock))
	}
	if s.Undated > 0 {
		parts = append(parts, fmt.Sprintf("%d without a date", s.Undated))
	}
	return text + strings.Join(parts, ", ") + "."
}

// counts is the line of numbers below the table.
func (x *extraction) counts() string {
	s := x.summary
	heard := s.Added + s.Updated + s.Unchanged - s.NoAudio
	var parts []string
	add := func(n int, format string) {
		if n > 0 {
			parts = append(parts, fmt.Sprintf(format, n))
		}
	}
	if x.dryRun {
		add(heard, "%d with audio ("+spell.Size(s.Bytes)+"); nothing was written")
	} else {
		saved := s.Added + s.Updated
		for _, r := range x.rows {
			if r.state == space.NoAudio && r.action != intake.Unchanged && r.action != intake.Failed && r.was == nil {
				saved--
			}
		}
		words := "%d saved"
		if saved == heard {
			words += " (" + spell.Size(s.Bytes) + ")"
		}
		if s.Problems == 0 {
			words += ", every byte verified"
		}
		add(saved, words)
		gone := 0
		for _, r := range x.rows {
			if r.state == space.Missing && r.action == intake.Unchanged {
				gone++
			}
		}
		add(heard-saved-s.Better-gone, "%d already here")
		add(s.Better, "%d here in a better copy, which stays")
		add(gone, "%d known, but the playable file is missing (spaces verify)")
	}
	add(s.NoAudio, "%d without audio")
	add(s.Removed, "%d removed by you")
	add(s.Failed, "%d failed")
	return strings.Join(parts, " · ")
}

// printProblems lists what went wrong, what cost something first.
func (x *extraction) printProblems() {
	a := x.app
	slices.SortStableFunc(x.problems, func(p, q failedProblem) int {
		switch {
		case p.failed == q.failed:
			return 0
		case p.failed:
			return -1
		}
		return 1
	})
	const most = 20
	told := 0
	seen := make(map[[2]string]bool)
	for _, p := range x.problems {
		about := [2]string{string(p.Kind), p.Subject}
		if seen[about] && !p.failed {
			continue
		}
		seen[about] = true
		word := "note"
		if p.failed {
			word = "problem"
		} else if told++; told > most || a.set.Quiet {
			continue
		}
		fmt.Fprintf(a.Err, "spaces: %s: %s\n", word, terminal.SafeLines(p.Error()))
		if p.Hint != "" {
			fmt.Fprintf(a.Err, "spaces: hint: %s\n", terminal.SafeLines(p.Hint))
		}
	}
	if told > most && !a.set.Quiet {
		fmt.Fprintf(a.Err, "spaces: note: and %d more; --json lists them all\n", told-most)
	}
}

// verdict is the error that the command ends with.
func (x *extraction) verdict() error {
	s := x.summary
	done := s.Added + s.Updated + s.Unchanged
	var first archive.Problem
	allMissing := true
	for _, p := range x.problems {
		if !p.failed {
			continue
		}
		if first.Kind == "" {
			first = p.Problem
		}
		allMissing = allMissing && p.Kind == archive.NotFound
	}
	switch {
	case s.Problems > 0 && done > 0:
		if x.dryRun {
			return &failure{exitPartly, "partly", "", fmt.Errorf("%s, listed above; nothing was written", spell.Count(s.Problems, "problem"))}
		}
		return &failure{exitPartly, "partly", "mend what is listed and run the same command again; what is saved stays",
			fmt.Errorf("%s, listed above; all else is saved", spell.Count(s.Problems, "problem"))}
	case s.Problems > 0 && allMissing:
		return &failure{exitNotFound, string(archive.NotFound), "", errors.New("there is nothing at the paths given")}
	case s.Problems > 0:
		return &failure{exitFailed, string(first.Kind), "", errors.New("nothing could be saved")}
	case done+s.Removed == 0:
		return &failure{exitNotFound, "no-spaces", noSpacesHint, errors.New("no Spaces found")}
	}
	return nil
}

const noSpacesHint = "X includes Spaces of about the last 30 days: request a new archive soon after a Space ends; " +
	"recordings you have in other ways can be added too: spaces add FILE"
