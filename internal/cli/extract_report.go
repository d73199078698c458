package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/spaces-cli/spaces/internal/archive"
	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/find"
	"github.com/spaces-cli/spaces/internal/library/intake"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/library/transcripts"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/terminal"
)

// An extraction prints what an import tells.
type extraction struct {
	intake.Report
	app   *App
	lib   *library.Library // nil without a library
	paths []string
	err   error // of writing JSON
	// followed says that a live recording was followed as long as there was more.
	followed bool
	// updated are the ids of recordings that are other ones now.
	updated []string
	// Of files on servers that are read in parts: how many bytes have come, and
	// how many they have.
	fetched, fetchedOf int64
}

func (x *extraction) event(e intake.Event) {
	if e.Problem != nil && e.Problem.Kind == intake.MaybeChunks {
		e.Problem.Hint = "to join them to one recording: spaces extract --join FOLDER"
	}
	if e.Problem != nil && e.Problem.Kind == intake.NotEnded && !x.followed {
		e.Problem.Hint = "if the Space goes on, run the same command again with --follow, which takes it to its end; what is here is kept"
	}
	if x.app.Settings.JSON {
		x.json(e)
	}
	x.Add(e)
	if e.Recording != nil && e.Action == intake.Updated {
		x.updated = append(x.updated, e.Recording.ID)
	}
}

// warnTranscripts tells of transcripts that belong to the audio that was there
// before.
func (x *extraction) warnTranscripts() {
	if x.DryRun || x.lib == nil {
		return
	}
	for _, id := range x.updated {
		s, err := x.lib.Load(id)
		if err != nil {
			continue
		}
		if _, err := transcripts.Read(x.lib.Root(), s); errors.Is(err, transcripts.ErrOther) {
			x.app.Warn("%s: the transcript belongs to the earlier audio and is not used; to make a new one: spaces transcribe %s", id, id)
		}
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
	x.err = errors.Join(x.err, app.WriteJSON(x.app.Out, line))
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
	Fetched   int64           `json:"fetched_bytes,omitempty"`
	Library   string          `json:"library"`
	Archives  []space.Archive `json:"archives"`
}

// finish prints what there is to say at the end.
func (x *extraction) finish(ctx context.Context) error {
	a, s := x.app, x.Summary
	defer x.warnTranscripts()
	if a.Settings.JSON {
		archives := s.Archives
		if archives == nil {
			archives = []space.Archive{}
		}
		return errors.Join(x.err, app.WriteJSON(a.Out, summaryLine{space.Schema, "summary", x.DryRun, s.Added, s.Updated, s.Unchanged,
			s.Failed, s.NoAudio, s.NoRecord, s.Removed, s.Problems, s.Bytes, s.Seconds, x.fetched, a.Settings.Library, archives}))
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

// nextSteps says where things are and what can be done with the newest Space.
func (x *extraction) nextSteps(ctx context.Context, b *strings.Builder) {
	if x.DryRun || x.lib == nil || len(x.Rows) == 0 || x.app.Settings.Quiet {
		return
	}
	fmt.Fprintf(b, "Folder: %s\n", terminal.Safe(x.app.ShortenHome(x.app.Settings.Library)))
	newest := -1
	for i, r := range x.Rows {
		if r.State != space.NoAudio && (newest < 0 || r.Started.After(x.Rows[newest].Started)) {
			newest = i
		}
	}
	if newest < 0 {
		return
	}
	ref := find.Short(ctx, x.lib.Catalog(), x.Rows[newest].ID)
	if latest, err := x.lib.Catalog().Find(ctx, find.Latest); err == nil && len(latest) == 1 && latest[0].ID == x.Rows[newest].ID {
		ref = find.Latest
	}
	then := "show " + ref
	if x.Rows[newest].Seconds > 800 {
		then = "clip " + ref + " --at 12:30"
	}
	fmt.Fprintf(b, "Next: spaces open %s · spaces %s\n", ref, then)
}

// heading says whose archives these are and which zone the times are in.
func (x *extraction) heading(b *strings.Builder, z *spell.Zones) {
	for _, ar := range x.Archives {
		parts := []string{}
		if ar.Account != nil {
			parts = append(parts, app.Person(ar.Account))
		} else {
			parts = append(parts, terminal.Safe(ar.Name))
		}
		if !ar.Made.IsZero() {
			parts = append(parts, "archive made "+ar.Made.In(x.app.Zone).Format("2 Jan 2006"))
		}
		if z.Any() {
			times := "times in " + z.String()
			if x.DryRun { // the clock in the audio, which an extract shows, is not read
				times += ", by X's record"
			}
			parts = append(parts, times)
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
	t := x.app.Table(terminal.Column{}, terminal.Column{Right: true})
	for _, r := range x.Rows {
		title := terminal.Safe(r.Title)
		if r.Untitled {
			title = "(no title)"
			if r.State != space.NoAudio && r.Was == nil && r.ID != "" {
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
		fmt.Fprintf(b, "Removed Spaces were not extracted again; to bring them back: spaces restore %s\n", strings.Join(ids, " "))
	}
	// An import into a new library reads the list of members twice: the sum says
	// something only where it is less than all of it.
	if x.fetched < x.fetchedOf && x.Done() > 0 {
		fmt.Fprintf(b, "Fetched %s of %s\n", spell.Size(x.fetched), spell.Size(x.fetchedOf))
	}
	for _, line := range x.Remarks() {
		fmt.Fprintln(b, terminal.Safe(line))
	}
	if x.Summary.Undated > 0 && !x.DryRun && !x.app.Settings.Quiet {
		fmt.Fprintln(b, "To give a recording its date: add the file again with --started-at TIME")
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
		} else if notes++; notes > most || a.Settings.Quiet {
			continue
		}
		fmt.Fprintf(a.Err, "spaces: %s: %s\n", word, terminal.SafeLines(a.ShortenIn(p.Error())))
		if p.Hint != "" {
			fmt.Fprintf(a.Err, "spaces: hint: %s\n", terminal.SafeLines(p.Hint))
		}
	}
	if notes > most && !a.Settings.Quiet {
		fmt.Fprintf(a.Err, "spaces: note: and %d more; --json lists them all\n", notes-most)
	}
}

// verdict is the error that the command ends with.
func (x *extraction) verdict() error {
	v, first := x.Verdict()
	problems := spell.Count(x.Summary.Problems, "problem")
	switch {
	case v == intake.Partly && x.DryRun:
		return app.Fail(app.ExitPartly, "partly", "", fmt.Errorf("%s, listed above; nothing was written", problems))
	case v == intake.Partly:
		return app.Fail(app.ExitPartly, "partly", "fix the listed problems and run the same command again; saved recordings stay",
			fmt.Errorf("%s, listed above; everything else was saved", problems))
	case v == intake.NoInput:
		return app.Fail(app.ExitNotFound, first, x.whereHint(), errors.New("no such file or folder"))
	case v == intake.Nothing:
		return app.Fail(app.ExitFailed, first, x.nothingHint(), errors.New("nothing could be saved"))
	case v == intake.NoSpace:
		return app.Fail(app.ExitNotFound, "no-spaces", noSpacesHint, errors.New("no Spaces found"))
	}
	return nil
}

// nothingHint is what to do where nothing could be saved, if that was not told
// with the problems.
func (x *extraction) nothingHint() string {
	for _, p := range x.Problems {
		if p.Hint != "" {
			return ""
		}
	}
	return "give the ZIP that X sent, the folder it unpacks to, or recordings"
}

// whereHint is what to do where there is nothing at the paths.
func (x *extraction) whereHint() string {
	for _, p := range x.Problems {
		if p.Away {
			return "" // it was an address, and its hint is told
		}
		if id := path.Base(p.Subject); archive.LooksLikeX(id) {
			return "for the Space with this ID: spaces extract https://x.com/i/spaces/" + id
		}
	}
	return app.CheckName + ". Browsers save to the folder Downloads"
}

const noSpacesHint = "X includes Spaces of about the last 30 days: request a new archive soon after a Space ends; " +
	"to add a recording from elsewhere: spaces add FILE"
