package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/consent/gate"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/catalog"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/said"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/library/transcripts"
	"github.com/spaces-cli/spaces/internal/recording"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/stream"
	"github.com/spaces-cli/spaces/internal/transcribe"
)

// recognize makes transcripts with an engine.
func (a *App) recognize(ctx context.Context, o *transcribeOptions) error {
	rec, err := o.recognizer(a)
	if err != nil {
		return err
	}
	lib, rows, err := o.Open(ctx, a.App)
	if err != nil {
		return err
	}
	defer lib.Close()
	ask, err := a.NewAsker(lib, o.override, o.dryRun)
	if err != nil {
		return err
	}
	defer ask.Close()
	ask.Late = len(rows) > 1
	defer ask.PrintWarnings()
	if o.dryRun {
		return a.planTranscripts(ctx, rec, ask, o.override, lib, rows)
	}
	if err := a.allowRemote(ctx, o, rec, ask, lib, rows); err != nil {
		return err
	}
	err = a.EachSpace(ctx, "transcribing", rows, transcribe.Phases(), "transcripts-failed", "transcribed", func(row catalog.Row, p stream.Progress) (func() error, error) {
		d, err := a.transcribeSpace(ctx, o, rec, ask, lib, row, p)
		return func() error { return a.printTranscribed(*d) }, err
	})
	if ctx.Err() != nil {
		err = app.Fail(app.ExitInterrupted, "interrupted", "run the same command again to continue: the pieces that are done are kept", errors.New("stopped"))
	}
	return err
}

// allowRemote asks before audio leaves this computer.
func (a *App) allowRemote(ctx context.Context, o *transcribeOptions, rec *recognizer, ask *app.Asker, lib *library.Library, rows []catalog.Row) error {
	if rec.host == "" || a.Settings.Transcribe.Remote {
		return nil
	}
	spaces, seconds, names := a.toSend(ctx, o, rec, ask, lib, rows)
	if spaces == 0 {
		return nil
	}
	if !a.InTTY || a.Settings.JSON {
		return app.Fail(app.ExitUsage, "not-allowed", "to allow this from now on: spaces config set transcribe.remote allow; to see what would be sent: --dry-run",
			fmt.Errorf("nothing was sent to %s: cannot ask, standard input is not a terminal", rec.host))
	}
	silenced := ""
	if len(names) > 0 {
		silenced = "; silenced in it: " + strings.Join(names, ", ")
	}
	yes, err := a.Confirm(ctx, fmt.Sprintf("Send the audio of %s (%s%s) to %s?", spell.Count(spaces, "Space"), spell.Length(seconds), silenced, rec.host))
	if err == nil && !yes {
		err = app.Fail(app.ExitUsage, "not-allowed", "to transcribe on this computer: --engine whisper", errors.New("nothing was sent"))
	}
	return err
}

// toSend says how many Spaces, and how many seconds of them, another computer would
// get, and who is silenced there. What is wrong with a recording is told when its
// turn comes.
func (a *App) toSend(ctx context.Context, o *transcribeOptions, rec *recognizer, ask *app.Asker, lib *library.Library, rows []catalog.Row) (spaces int, seconds float64, silenced []string) {
	for _, row := range rows {
		r, err := recording.Open(lib, row.ID, a.Version)
		if err != nil {
			continue
		}
		var mute []recording.Span
		var muted []string
		if o.override == "" && ask.Requires(consent.Transcribing) { // else asking would warn
			mute, muted, err = a.hearing(ctx, rec, ask, "", r)
		}
		if err == nil && o.standing(lib, r.Space, rec.name, partsOf(mute)) == nil {
			spaces, seconds = spaces+1, seconds+r.Seconds(r.Samples)
			silenced = append(silenced, muted...)
		}
		r.Close()
	}
	slices.Sort(silenced)
	return spaces, seconds, slices.Compact(silenced)
}

// hearing finds what the engine must not hear of a recording, and whom.
func (a *App) hearing(ctx context.Context, rec *recognizer, ask *app.Asker, override string, r *recording.Recording) ([]recording.Span, []string, error) {
	if rec.host == "" || !ask.Asks(consent.Transcribing) {
		return nil, nil, nil
	}
	if override != "" || !ask.Requires(consent.Transcribing) {
		_, err := ask.Ask(ctx, consent.Transcribing, gate.Use{Recording: r.Space.ID})
		return nil, nil, err
	}
	out, err := ask.Omission(consent.Transcribing, r, -1, true)
	if err != nil {
		return nil, nil, err
	}
	return out.Spans, out.Names(), nil
}

// transcribeSpace makes the transcript of one recording, and keeps it.
func (a *App) transcribeSpace(ctx context.Context, o *transcribeOptions, rec *recognizer, ask *app.Asker, lib *library.Library, row catalog.Row, p stream.Progress) (*transcribed, error) {
	r, err := recording.Open(lib, row.ID, a.Version)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	mute, muted, err := a.hearing(ctx, rec, ask, o.override, r)
	if err != nil {
		return nil, err
	}
	if d := o.standing(lib, r.Space, rec.name, partsOf(mute)); d != nil {
		return d, a.addForms(ctx, lib, d)
	}
	if err := o.mayReplace(lib, r.Space); err != nil {
		return nil, err
	}
	turns, err := lib.TurnsOf(r.Space)
	if err != nil {
		return nil, err
	}
	base, _, _ := strings.Cut(o.language, "-")
	job := &transcribe.Job{
		Library: lib, Recording: r, Turns: turns, Engine: rec.Engine, Name: rec.name, Setup: rec.setup, Language: base, Mute: mute,
		At: rec.at, Cores: a.jobs(), Timeout: rec.timeout, Progress: p,
	}
	if rec.host == "" && rec.name.Name != "command" { // no other computer is told which names occur
		job.Prompt = a.glossary().Prompt(stageNames(r.Space), r.Space.Title)
	}
	res, err := job.Run(ctx)
	if res == nil {
		return nil, soundError(lib, r.Space, err)
	}
	var some *transcribe.FailedError
	if err != nil && (!errors.As(err, &some) || !o.partial || some.Done == 0) {
		return nil, errors.Join(unfinished(err, row.ID, o.partial), res.Close())
	}
	d := &transcribed{pieces: res.Pieces, failed: len(res.Failed), muted: muted, remarks: remarks(res, muted)}
	if err := a.keepTranscript(ctx, o, rec, r, mute, res, d); err != nil {
		return nil, errors.Join(err, res.Close())
	}
	if d.failed > 0 { // another run may have more luck with them
		return d, res.Close()
	}
	return d, res.Done()
}

// addForms writes the captions and the text of a transcript that stands, if they
// are missing. It takes the lock of the library only then.
func (a *App) addForms(ctx context.Context, lib *library.Library, d *transcribed) error {
	for _, name := range layout.TranscriptFiles(d.s.Folder) {
		if name == layout.RawIn(d.s.Folder) {
			continue
		}
		if _, err := lib.Root().Stat(name); !errors.Is(err, fs.ErrNotExist) {
			continue
		}
		writable, err := a.OpenLibraryWrite(ctx)
		if err != nil {
			return err
		}
		defer writable.Close()
		return transcripts.AddForms(writable.Root(), d.s, d.t)
	}
	return nil
}

// keepTranscript keeps what an engine heard. The lock of the library is taken now
// only: the engine may have worked for hours.
func (a *App) keepTranscript(ctx context.Context, o *transcribeOptions, rec *recognizer, r *recording.Recording, mute []recording.Span, res *transcribe.Result, d *transcribed) error {
	lib, err := a.OpenLibraryWrite(ctx)
	if err != nil {
		return err
	}
	defer lib.Close()
	if d.s, err = lib.Load(r.Space.ID); err != nil {
		return err
	}
	turns, err := lib.TurnsOf(d.s) // as they are by now
	if err != nil {
		return err
	}
	cues, corrected := a.glossary().Correct(res.Cues)
	d.glossary = corrected
	d.t = transcripts.New(r.Space, r.Rate, r.Samples, turns, cues)
	if !d.t.Of(d.s) {
		return app.Fail(app.ExitFailed, "changed", "run the same command again to transcribe the audio that it has now",
			fmt.Errorf("the audio of %s was replaced meanwhile; its transcript was not saved", d.s.ID))
	}
	d.t.Language, d.t.Engine, d.t.MadeAt = res.Language, rec.name, space.Time{Time: a.Now().UTC()}
	if strings.HasPrefix(o.language, res.Language+"-") {
		d.t.Language = o.language
	}
	d.t.Muted = partsOf(mute)
	for _, f := range res.Failed {
		d.t.Missing = append(d.t.Missing, transcripts.Part{Start: f.Span.Start, End: f.Span.End()})
	}
	if err := o.mayReplace(lib, d.s); err != nil { // corrected meanwhile
		return err
	}
	if d.was, err = said.Replace(ctx, lib, d.s, d.t, "transcribe", a.Now()); err != nil {
		return err
	}
	return transcripts.WriteRaw(lib.Root(), d.s, rec.name, res.Raw)
}

// partsOf returns spans as a transcript keeps them.
func partsOf(spans []recording.Span) (parts []transcripts.Part) {
	for _, s := range spans {
		parts = append(parts, transcripts.Part{Start: s.Start, End: s.End()})
	}
	return parts
}

// unfinished says what becomes of a recording of which some pieces failed.
func unfinished(err error, id string, partial bool) error {
	var some *transcribe.FailedError
	if !errors.As(err, &some) || some.Done == 0 {
		return err
	}
	f := app.Classify(err)
	f.Code = app.ExitPartly
	again := "run the same command again to continue: what is done is kept"
	if !partial {
		again += "; or save the transcript without the rest: --partial"
	}
	f.Hint = strings.Join(slices.DeleteFunc([]string{f.Hint, again}, func(s string) bool { return s == "" }), " · ")
	return f
}

// remarks says what was changed in the output of an engine, and what it did not
// hear.
func remarks(r *transcribe.Result, muted []string) []string {
	var list []string
	add := func(n int, format, one, many string) {
		if n > 0 {
			list = append(list, fmt.Sprintf(format, spell.Plural(n, one, many)))
		}
	}
	const raw = " (the output of the engine is in transcript/raw.zip)"
	add(r.Repeated, "left out %s again and again where nothing is heard"+raw, "line that the engine repeated", "lines that the engine repeated")
	add(r.PastEnd, "cut or left out %s after the audio", "cue that ends", "cues that end")
	add(r.Mended, "corrected the times of %s, which were negative, out of order or overlapping", "cue", "cues")
	add(r.Garbled, "left out %s not UTF-8", "byte that is", "bytes that are")
	add(len(r.Failed), "%s not transcribed; run the same command again to try again", "piece was", "pieces were")
	if len(muted) > 0 {
		list = append(list, "silenced in the audio that was sent: "+strings.Join(muted, ", "))
	}
	return list
}

// planTranscripts tells what would be transcribed, and what would leave this
// computer.
func (a *App) planTranscripts(ctx context.Context, rec *recognizer, ask *app.Asker, override string, lib *library.Library, rows []catalog.Row) error {
	return a.EachSpace(ctx, "reading", rows, []stream.Phase{{Weight: 1}}, "transcripts-failed", "planned", func(row catalog.Row, _ stream.Progress) (func() error, error) {
		r, err := recording.Open(lib, row.ID, a.Version)
		if err != nil {
			return nil, err
		}
		defer r.Close()
		_, muted, err := a.hearing(ctx, rec, ask, override, r)
		return func() error { return a.printPlan(rec, r, muted) }, err
	})
}

// planLine is the JSON of transcribe --dry-run.
type planLine struct {
	Schema   int                `json:"schema"`
	ID       string             `json:"id"`
	Title    string             `json:"title"`
	DryRun   bool               `json:"dry_run"`
	Duration float64            `json:"duration"`
	Engine   transcripts.Engine `json:"engine"`
	Host     string             `json:"host,omitempty"`
	Muted    []string           `json:"muted,omitempty"`
}

func (a *App) printPlan(rec *recognizer, r *recording.Recording, muted []string) error {
	seconds := r.Seconds(r.Samples)
	if a.Settings.JSON {
		return app.WriteJSON(a.Out, planLine{space.Schema, r.Space.ID, r.Space.Title, true, seconds, rec.name, rec.host, muted})
	}
	where := "on this computer; no audio is sent"
	if rec.name.Name == "command" {
		where = "on this computer; spaces cannot tell whether that program sends the audio elsewhere"
	}
	if rec.host != "" {
		where = "by " + rec.host + ", which would receive the audio"
		if len(muted) > 0 {
			where += "; silenced in it: " + strings.Join(muted, ", ")
		}
	}
	_, err := fmt.Fprintf(a.Out, "%s: %s, transcribed with %s %s\n", r.Space.ID, spell.Length(seconds),
		strings.TrimSpace(rec.name.Name+" "+cmp.Or(rec.name.Model, "")), where)
	return err
}
