package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/find"
	"github.com/spaces-cli/spaces/internal/library/intake"
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
	x := &extraction{Report: intake.Report{DryRun: o.dryRun}, app: a, lib: lib}
	if lib != nil {
		defer lib.Close()
		a.opened(lib, nil)
		if !o.dryRun {
			a.emptyOld(ctx, lib)
		}
	}
	bar := a.newBar("reading").CountBytes()
	opts.Progress = bar
	x.Summary, err = intake.Import(ctx, lib, o.paths, opts, x.event)
	bar.Close()
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

// An extraction prints what an import tells.
type extraction struct {
	intake.Report
	app *App
	lib *library.Library // nil in a dry run without a library
	err error            // of writing JSON
}

func (x *extraction) event(e intake.Event) {
	if x.app.set.JSON {
		x.json(e)
	}
	x.Add(e)
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
	a, s := x.app, x.Summary
	if a.set.JSON {
		archives := s.Archives
		if archives == nil {
			archives = []space.Archive{}
		}
		return errors.Join(x.err, writeJSON(a.Out, summaryLine{space.Schema, "summary", x.DryRun, s.Added, s.Updated, s.Unchanged,
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
	if x.DryRun || len(x.Rows) == 0 || x.app.set.Quiet {
		return
	}
	fmt.Fprintf(b, "Folder: %s\n", terminal.Safe(x.app.shortenHome(x.app.set.Library)))
	for _, r := range x.Rows {
		if r.State == space.NoAudio {
			continue
		}
		ref := find.Short(ctx, x.lib.Catalog(), r.ID)
		if latest, err := x.lib.Catalog().Find(ctx, find.Latest); err == nil && len(latest) == 1 && latest[0].ID == r.ID {
			ref = find.Latest
		}
		fmt.Fprintf(b, "Next: spaces open %s · spaces show %s\n", ref, ref)
		return
	}
}

// heading says whose archives these are and which zone the times are in.
func (x *extraction) heading(b *strings.Builder, z *spell.Zones) {
	for _, ar := range x.Archives {
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
	if len(x.Archives) == 0 && z.Any() {
		fmt.Fprintln(b, "Times in "+z.String())
	}
}

func (x *extraction) table(ctx context.Context, z *spell.Zones) *terminal.Table {
	layout := "02 Jan 15:04"
	for _, r := range x.Rows {
		if !r.Started.IsZero() && r.Started.In(x.app.Zone).Year() != x.year() {
			layout = "02 Jan 2006 15:04"
		}
	}
	t := terminal.NewTable(terminal.Column{}, terminal.Column{Right: true})
	for _, r := range x.Rows {
		title := terminal.Safe(r.Title)
		if r.Untitled {
			title = "(no title)"
			if r.State != space.NoAudio && r.Was == nil {
				id := r.ID
				if x.lib != nil && !x.DryRun {
					id = find.Short(ctx, x.lib.Catalog(), r.ID)
				}
				title = fmt.Sprintf("(no title: spaces edit %s --title \"…\")", id)
			}
		}
		words := x.Words(r)
		if r.Was != nil {
			words = "removed by you " + x.app.removedOn(r.Was)
		}
		t.Add(z.Format(r.Started, layout), spell.Length(r.Seconds), words, title)
	}
	return t
}

// year is the one that need not be said: that of the first archive.
func (x *extraction) year() int {
	if len(x.Archives) == 0 || x.Archives[0].Made.IsZero() {
		return 0
	}
	return x.Archives[0].Made.In(x.app.Zone).Year()
}

// outcomes says in plain words how it went.
func (x *extraction) outcomes(b *strings.Builder) {
	if x.Done()+x.Summary.Removed > 0 {
		fmt.Fprintln(b, x.Counts())
	}
	if x.Gone() > 0 && !x.DryRun {
		fmt.Fprintln(b, "For missing files: spaces verify")
	}
	if x.Summary.Removed > 0 {
		var ids []string
		for _, r := range x.Rows {
			if r.Was != nil {
				ids = append(ids, r.ID)
			}
		}
		fmt.Fprintf(b, "What you removed stays removed; to bring it back: spaces restore %s\n", strings.Join(ids, " "))
	}
	for _, line := range x.Remarks() {
		fmt.Fprintln(b, terminal.Safe(line))
	}
}

// printProblems lists what went wrong, what cost something first.
func (x *extraction) printProblems() {
	a := x.app
	const most = 20
	notes := 0
	for _, p := range x.Told() {
		word := "note"
		if p.Failed {
			word = "problem"
		} else if notes++; notes > most || a.set.Quiet {
			continue
		}
		fmt.Fprintf(a.Err, "spaces: %s: %s\n", word, terminal.SafeLines(p.Error()))
		if p.Hint != "" {
			fmt.Fprintf(a.Err, "spaces: hint: %s\n", terminal.SafeLines(p.Hint))
		}
	}
	if notes > most && !a.set.Quiet {
		fmt.Fprintf(a.Err, "spaces: note: and %d more; --json lists them all\n", notes-most)
	}
}

// verdict is the error that the command ends with.
func (x *extraction) verdict() error {
	v, first := x.Verdict()
	problems := spell.Count(x.Summary.Problems, "problem")
	switch {
	case v == intake.Partly && x.DryRun:
		return &failure{exitPartly, "partly", "", fmt.Errorf("%s, listed above; nothing was written", problems)}
	case v == intake.Partly:
		return &failure{exitPartly, "partly", "mend what is listed and run the same command again; what is saved stays",
			fmt.Errorf("%s, listed above; all else is saved", problems)}
	case v == intake.NoInput:
		return &failure{exitNotFound, first, "", errors.New("there is nothing at the paths given")}
	case v == intake.Nothing:
		return &failure{exitFailed, first, "", errors.New("nothing could be saved")}
	case v == intake.NoSpace:
		return &failure{exitNotFound, "no-spaces", noSpacesHint, errors.New("no Spaces found")}
	}
	return nil
}

const noSpacesHint = "X includes Spaces of about the last 30 days: request a new archive soon after a Space ends; " +
	"recordings you have in other ways can be added too: spaces add FILE"
