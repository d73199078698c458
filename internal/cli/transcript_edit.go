package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/library/said"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/library/transcripts"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/terminal"
)

type transcriptEditOptions struct {
	app.Refs
	file   string
	print  bool
	force  bool
	dryRun bool
}

func newTranscriptEditCmd(a *App) *cobra.Command {
	var o transcriptEditOptions
	cmd := &cobra.Command{
		Use:   "edit SPACE",
		Short: "Correct the words and speakers of a transcript",
		Long: `Correct a transcript in your text editor ($VISUAL or $EDITOR). Each line is an utterance; a line with a
time and a name says who speaks. Words that stay keep their times, and the others get theirs from the words
around them. Later changes of the turns do not change speakers that you set here. If the text cannot be saved,
the transcript stays unchanged, and the command names the file with your text.

--print writes the text as the editor would get it, and --file reads it back.`,
		Example: `  spaces transcript edit latest
  spaces transcript edit latest --print > talk.txt
  spaces transcript edit latest --file talk.txt --dry-run`,
		Annotations: manual.Exits(map[int]string{app.ExitFailed: "the editor failed, or the transcript has changed since",
			app.ExitUsage: "wrong usage, SPACE is ambiguous, or the text is empty or invalid", app.ExitNotFound: "no such Space or file, or no transcript"}),
		Args: app.Takes(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Words = args
			return a.editTranscript(cmd.Context(), &o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.file, "file", "", "read the edited text from `FILE` (- is standard input) instead of opening an editor")
	f.BoolVar(&o.print, "print", false, "print the text instead of opening an editor")
	f.BoolVar(&o.force, "force", false, "use the text even if the transcript has changed since it was written")
	f.BoolVar(&o.dryRun, "dry-run", false, "say how many words would change, and change nothing")
	app.AddIDOnly(cmd, &o.Refs)
	return cmd
}

// A correctedLine is the JSON about a transcript that was corrected.
type correctedLine struct {
	Schema   int      `json:"schema"`
	ID       string   `json:"id"`
	Kept     int      `json:"kept"`
	Changed  int      `json:"changed"`
	Added    int      `json:"added"`
	Removed  int      `json:"removed"`
	Speakers int      `json:"speakers"`
	Lines    int      `json:"lines"`
	Unknown  []string `json:"unknown"`
	Saved    bool     `json:"saved"`
}

func (a *App) editTranscript(ctx context.Context, o *transcriptEditOptions) error {
	if o.print {
		if o.file != "" || o.force || o.dryRun || a.Settings.JSON {
			return app.Usage("--print cannot be combined with --file, --force, --dry-run or --json")
		}
		_, text, err := a.textToEdit(ctx, o)
		if err == nil {
			_, err = a.Out.Write(text)
		}
		return err
	}
	if o.file != "" {
		text, err := a.readEdited(o.file)
		if err != nil {
			return err
		}
		err = a.correct(ctx, o, text)
		if e := new(transcripts.EditError); errors.As(err, &e) {
			return app.Fail(app.ExitUsage, "bad-text", "correct the text; spaces transcript edit --print shows how it is written", fmt.Errorf("%s: %w", o.file, err))
		}
		return err
	}
	if a.Settings.JSON {
		return app.Hinted(app.Usage("--json cannot be combined with an editor"), "name the edited text with --file FILE")
	}
	return a.editInEditor(ctx, o)
}

func (a *App) readEdited(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(a.In)
	}
	return os.ReadFile(name)
}

// editInEditor has the host edit the text. What they wrote is in a file until it
// is saved in the library.
func (a *App) editInEditor(ctx context.Context, o *transcriptEditOptions) error {
	editor, err := terminal.Editor(a.Env, a.InTTY && a.OutTTY)
	if err != nil {
		return app.Fail(app.ExitFailed, "no-editor", "set VISUAL or EDITOR to the name of your editor, or use --file FILE", err)
	}
	id, was, err := a.textToEdit(ctx, o)
	if err != nil {
		return err
	}
	o.Words, o.IDOnly = []string{id}, true
	f, err := os.CreateTemp("", "spaces-"+id+"-*.txt")
	if err != nil {
		return err
	}
	name := f.Name()
	_, err = f.Write(was)
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(name))
	}
	a.Say("Editing %s in %s", name, terminal.Safe(editor))
	editErr := terminal.Edit(editor, name, a.In, a.Out, a.Err)
	is, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return app.Fail(app.ExitFailed, "editor", "", errors.Join(editErr, fmt.Errorf("nothing was changed: the editor deleted %s", name)))
	}
	kept := func(code int, kind string, err error) error {
		again := "spaces transcript edit " + id + " --file " + app.Quoted(name)
		if kind == "transcript-changed" { // else it is refused again
			again += " --force"
		}
		return app.Fail(code, kind, "your text is in "+name+"; to use it: "+again, err)
	}
	same := err == nil && bytes.Equal(is, was)
	switch {
	case err != nil:
		return kept(app.ExitFailed, "failed", err)
	case editErr != nil && same:
		os.Remove(name)
		return app.Fail(app.ExitFailed, "editor", "set VISUAL or EDITOR to the name of your editor", fmt.Errorf("nothing was changed: %w", editErr))
	case editErr != nil:
		return kept(app.ExitFailed, "editor", fmt.Errorf("nothing was changed: %w", editErr))
	case ctx.Err() != nil:
		return kept(app.ExitInterrupted, "interrupted", errors.New("stopped; nothing was changed"))
	case same:
		os.Remove(name)
		a.Say("Nothing was changed")
		return nil
	}
	err = a.correct(ctx, o, is)
	switch e := new(transcripts.EditError); {
	case errors.Is(err, transcripts.ErrEmptyEdit):
		os.Remove(name)
		return app.Fail(app.ExitUsage, "bad-text", "", fmt.Errorf("nothing was changed: %w", err))
	case errors.As(err, &e):
		return kept(app.ExitUsage, "bad-text", fmt.Errorf("nothing was changed: %w", err))
	case err != nil:
		f := app.Classify(err)
		return kept(f.Code, f.Kind, fmt.Errorf("nothing was changed: %w", f.Err))
	case o.dryRun:
		a.Say("Your text is in %s", name)
		return nil
	}
	return os.Remove(name)
}

// textToEdit writes the transcript of the Space that is meant for the editor.
func (a *App) textToEdit(ctx context.Context, o *transcriptEditOptions) (id string, text []byte, err error) {
	lib, row, err := o.OpenOne(ctx, a.App)
	if err != nil {
		return "", nil, err
	}
	defer lib.Close()
	s, err := lib.Load(row.ID)
	if err != nil {
		return "", nil, err
	}
	t, err := transcriptOf(lib, s)
	if err != nil {
		return "", nil, err
	}
	about := []string{
		"Transcript of " + s.ID + ": " + oneLine(s.Title),
		"",
		"Correct the words below, save the text and close the editor. To cancel, delete everything.",
		"Each line is an utterance; you can split and join lines. Words that stay keep their times.",
		"A line such as 0:12.5  @handle says who speaks from there on. Change the name to change the speaker.",
		"The times help to find the words again; changing a time moves nothing.",
		"Lines that begin with # are ignored.",
	}
	if names := stageNames(s); len(names) > 0 {
		about = append(about, "On stage: "+strings.Join(names, ", "))
	}
	var b bytes.Buffer
	err = t.WriteEdit(&b, append(about, ""))
	return s.ID, b.Bytes(), err
}

func oneLine(text string) string { return strings.Join(strings.Fields(terminal.Safe(text)), " ") }

// stageNames are the handles of those who were on stage.
func stageNames(s *space.Space) []string {
	var list []string
	add := func(handle string) {
		if name := app.At(handle); handle != "" && !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	if s.Host != nil {
		add(s.Host.Handle)
	}
	for _, p := range s.Speakers {
		add(p.Handle)
	}
	return list
}

// correct saves an edited text as the transcript of the Space that is meant.
func (a *App) correct(ctx context.Context, o *transcriptEditOptions, text []byte) error {
	e, err := transcripts.ParseEdit(bytes.NewReader(text))
	if err != nil {
		return err
	}
	lib, s, err := a.openToChange(ctx, o.Refs)
	if err != nil {
		return err
	}
	defer lib.Close()
	t, err := transcripts.Open(lib.Root(), s)
	if err != nil {
		return transcriptError(s, err)
	}
	state, err := t.State()
	if err != nil {
		return err
	}
	if e.State != "" && e.State != state && !o.force {
		hint := "compare it with the transcript: spaces transcript " + s.ID
		if o.file != "" {
			hint += "; to use this text anyway, add --force"
		}
		return app.Fail(app.ExitFailed, "transcript-changed", hint, fmt.Errorf("the transcript of %s has changed since this text was written", s.ID))
	}
	turns, err := lib.TurnsOf(s)
	if err != nil {
		return err
	}
	next, c := t.Correct(s, turns, e)
	for _, name := range c.Unknown {
		a.Warn("%s is not known to speak in %s; the transcript has the name as you wrote it", terminal.Safe(name), s.ID)
	}
	saved := c.Any() && !o.dryRun
	if saved {
		next.CorrectedAt = space.Time{Time: a.Now().UTC()}
		if err := said.Keep(ctx, lib, s, next); err != nil {
			return err
		}
	}
	if a.Settings.JSON {
		return app.WriteJSON(a.Out, correctedLine{space.Schema, s.ID, c.Kept - c.Respelled, c.Changed + c.Respelled, c.Added, c.Removed, c.Speakers, c.Lines, app.OrEmpty(c.Unknown), saved})
	}
	switch {
	case !c.Any():
		a.Say("Nothing was changed")
	case o.dryRun:
		_, err = fmt.Fprintf(a.Out, "Would correct the transcript of %s: %s\n", s.ID, correctionText(c))
	default:
		a.Say("Corrected the transcript of %s: %s", s.ID, correctionText(c))
	}
	return err
}

// correctionText counts what changes.
func correctionText(c *transcripts.Correction) string {
	var list []string
	add := func(n int, what string) {
		if n > 0 {
			list = append(list, what)
		}
	}
	changed := c.Changed + c.Respelled
	add(changed, spell.Count(changed, "word")+" changed")
	add(c.Added, spell.Count(c.Added, "word")+" added")
	add(c.Removed, spell.Count(c.Removed, "word")+" removed")
	add(c.Speakers, "another speaker in "+spell.Count(c.Speakers, "utterance"))
	if len(list) == 0 {
		add(c.Lines, spell.Count(c.Lines, "line")+" split or joined")
	}
	return strings.Join(list, ", ")
}
