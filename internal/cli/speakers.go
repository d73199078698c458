package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/said"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/terminal"
)

type speakersOptions struct {
	app.Refs
	turns  string
	labels bool
	yes    bool
}

func newSpeakersCmd(a *App) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "speakers COMMAND",
		Short: "Show who speaks when, and confirm it",
		Long: `Show who speaks when, and confirm it. The turns of a recording are estimates from the levels in its
timed tags. Once you confirm them, clips, episodes and --consented-only use them as exact, as long
as the audio stays the same.`,
		Example: `  spaces speakers show latest --labels > turns.txt    # edit them in Audacity
  spaces speakers confirm latest --turns turns.txt`,
		Args: app.Subcommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newSpeakersShowCmd(a), newSpeakersConfirmCmd(a), newSpeakersUnconfirmCmd(a))
	return cmd
}

// speakersCmd makes one of the commands below speakers, all of which take one
// SPACE.
func speakersCmd(a *App, o *speakersOptions, cmd *cobra.Command, run func(context.Context, *speakersOptions) error) *cobra.Command {
	cmd.Annotations = manual.Exits(map[int]string{app.ExitUsage: "wrong usage, or SPACE is ambiguous", app.ExitNotFound: "no such Space, or its turns are not known"})
	cmd.Args = app.Takes(1, 1)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		o.Words = args
		return run(cmd.Context(), o)
	}
	app.AddIDOnly(cmd, &o.Refs)
	return cmd
}

func newSpeakersShowCmd(a *App) *cobra.Command {
	var o speakersOptions
	cmd := &cobra.Command{
		Use:   "show SPACE",
		Short: "Show the speaking turns",
		Long: `Show who speaks when. --labels writes a label track for Audacity. speakers confirm --turns reads
that file, and the output of --json.`,
		Example: `  spaces speakers show latest
  spaces speakers show latest --labels > turns.txt`,
	}
	cmd.Flags().BoolVar(&o.labels, "labels", false, "write a label track for Audacity")
	return speakersCmd(a, &o, cmd, a.showTurns)
}

func newSpeakersConfirmCmd(a *App) *cobra.Command {
	var o speakersOptions
	cmd := &cobra.Command{
		Use:   "confirm SPACE",
		Short: "Confirm who speaks when",
		Long: `Confirm who speaks when: the known turns, or those of a file. FILE is a label track of Audacity
(start, end and handle, separated by tabs) or the JSON of speakers show; "-" reads standard input. A
turn without a handle belongs to an unknown speaker. The command shows the turns and asks.`,
		Example: `  spaces speakers confirm latest
  spaces speakers confirm latest --turns turns.txt`,
	}
	cmd.Flags().StringVar(&o.turns, "turns", "", "read the turns from `FILE`")
	cmd.Flags().BoolVar(&o.yes, "yes", false, "do not ask")
	return speakersCmd(a, &o, cmd, a.confirmTurns)
}

func newSpeakersUnconfirmCmd(a *App) *cobra.Command {
	var o speakersOptions
	return speakersCmd(a, &o, &cobra.Command{
		Use:     "unconfirm SPACE",
		Short:   "Discard your confirmation",
		Long:    `Discard your confirmation, and use the turns estimated from the audio again.`,
		Example: `  spaces speakers unconfirm latest`,
	}, a.unconfirmTurns)
}

// turnsLine is the JSON of speakers show.
type turnsLine struct {
	Schema      int          `json:"schema"`
	ID          string       `json:"id"`
	Approximate bool         `json:"approximate"`
	Method      string       `json:"method"`
	Turns       []space.Turn `json:"turns"`
}

func (a *App) showTurns(ctx context.Context, o *speakersOptions) error {
	lib, row, err := o.OpenOne(ctx, a.App)
	if err != nil {
		return err
	}
	defer lib.Close()
	return a.printTurns(lib, row.ID, o.labels)
}

func (a *App) printTurns(lib *library.Library, id string, labels bool) error {
	turns, err := lib.Turns(id)
	if err != nil {
		return err
	}
	if turns == nil || len(turns.Turns) == 0 {
		return noTurns(id)
	}
	if a.Settings.JSON {
		return app.WriteJSON(a.Out, turnsLine{space.Schema, id, turns.Approximate, turns.Method, turns.Turns})
	}
	t := a.Table(terminal.Column{Title: "AT", Right: true}, terminal.Column{Title: "LENGTH", Right: true}, terminal.Column{Title: "WHO"})
	for _, u := range turns.Turns {
		if labels {
			if _, err := fmt.Fprintf(a.Out, "%.3f\t%.3f\t%s\n", u.Start, u.End, terminal.Safe(u.Handle)); err != nil {
				return err
			}
			continue
		}
		t.Add(spell.Position(u.Start), fmt.Sprintf("%.1f s", u.End-u.Start), terminal.Safe(cmp.Or(app.At(u.Handle), "an unknown speaker")))
	}
	if !labels {
		t.Write(a.Out, a.Columns)
		a.Say("%s", turns.Method)
	}
	return nil
}

func noTurns(id string) error {
	return app.Fail(app.ExitNotFound, "no-turns", "write the turns to a file, and confirm them: spaces speakers confirm "+id+" --turns FILE",
		fmt.Errorf("the speaking turns of %s are not known", id))
}

// openToChange opens the library for writing and loads the one Space that is
// meant. The caller closes the library.
func (a *App) openToChange(ctx context.Context, o app.Refs) (*library.Library, *space.Space, error) {
	lib, err := a.OpenLibraryWrite(ctx)
	if err != nil {
		return nil, nil, err
	}
	row, err := app.ResolveOne(ctx, a.App, lib, o.Words[0], o.IDOnly)
	if err == nil {
		var s *space.Space
		if s, err = lib.Load(row.ID); err == nil {
			return lib, s, nil
		}
	}
	lib.Close()
	return nil, nil, err
}

func (a *App) confirmTurns(ctx context.Context, o *speakersOptions) error {
	lib, s, err := a.openToChange(ctx, o.Refs)
	if err != nil {
		return err
	}
	defer lib.Close()
	var list []space.Turn
	if o.turns == "" {
		known, err := lib.Turns(s.ID)
		if err != nil {
			return err
		}
		if known == nil || len(known.Turns) == 0 {
			return noTurns(s.ID)
		}
		list = known.Turns
	} else if list, err = a.readTurns(o.turns, s); err != nil {
		return err
	}
	if err := a.agreeToTurns(ctx, o, s, list); err != nil {
		return err
	}
	if err := lib.ConfirmTurns(s, list); err != nil {
		return err
	}
	if err := a.respeak(ctx, lib, s); err != nil {
		return err
	}
	if a.Settings.JSON {
		return a.printTurns(lib, s.ID, false)
	}
	a.Say("Confirmed %s of %s", spell.Count(len(list), "turn"), s.ID)
	return nil
}

// agreeToTurns shows what is to be confirmed, and asks.
func (a *App) agreeToTurns(ctx context.Context, o *speakersOptions, s *space.Space, list []space.Turn) error {
	ask := !o.yes
	if ask && (!a.InTTY || a.Settings.JSON || o.turns == "-") {
		return app.Fail(app.ExitUsage, "not-confirmed", "review the turns: spaces speakers show "+s.ID+"; --yes confirms them without asking",
			errors.New("nothing was confirmed: cannot ask, standard input is not a terminal"))
	}
	if !a.Settings.JSON && !a.Settings.Quiet {
		var order []string
		turns, seconds := make(map[string]int), make(map[string]float64)
		for _, u := range list {
			h := consent.Handle(u.Handle)
			if turns[h] == 0 {
				order = append(order, h)
			}
			turns[h]++
			seconds[h] += u.End - u.Start
		}
		t := a.Table(terminal.Column{}, terminal.Column{Right: true}, terminal.Column{Right: true})
		for _, h := range order {
			t.Add(terminal.Safe(cmp.Or(app.At(h), "an unknown speaker")), spell.Count(turns[h], "turn"), spell.Length(seconds[h]))
		}
		t.Write(a.Err, a.Columns)
	}
	for _, handle := range consent.Strangers(&s.Recording, list) {
		a.Warn("the metadata does not list %s on stage in %s", app.At(handle), s.ID)
	}
	for _, handle := range consent.Unmentioned(&s.Recording, list) {
		a.Warn("the audio levels show that %s speaks in %s, but these turns do not; after this confirmation, %[1]s counts as not heard", app.At(handle), s.ID)
	}
	if !ask {
		return nil
	}
	yes, err := a.Confirm(ctx, "Are these all the turns of "+s.ID+", and are they correct?")
	if err == nil && !yes {
		err = app.Fail(app.ExitUsage, "not-confirmed", "correct the turns: spaces speakers show "+s.ID+" --labels", errors.New("nothing was confirmed"))
	}
	return err
}

// readTurns reads a file of turns.
func (a *App) readTurns(name string, s *space.Space) ([]space.Turn, error) {
	if s.Duration == nil {
		return nil, app.Fail(app.ExitNotFound, "no-audio", "", fmt.Errorf("%w: %s", library.ErrNoAudio, s.ID))
	}
	in := a.In
	if name != "-" {
		f, err := os.Open(name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, app.Fail(app.ExitNotFound, "no-such-file", "write the turns to a file first: spaces speakers show "+s.ID+" --labels", err)
		}
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	list, err := consent.ParseTurns(in, *s.Duration)
	if err != nil {
		return nil, app.Fail(app.ExitUsage, "bad-turns", "see the format: spaces speakers show "+s.ID+" --labels", fmt.Errorf("%s: %w", name, err))
	}
	return list, nil
}

func (a *App) unconfirmTurns(ctx context.Context, o *speakersOptions) error {
	lib, s, err := a.openToChange(ctx, o.Refs)
	if err != nil {
		return err
	}
	defer lib.Close()
	if err := lib.WithdrawTurns(s); err != nil {
		return err
	}
	if err := a.respeak(ctx, lib, s); err != nil {
		return err
	}
	if a.Settings.JSON {
		return a.printTurns(lib, s.ID, false)
	}
	a.Say("%s again uses the turns estimated from its audio", s.ID)
	return nil
}

// respeak gives the transcript of a recording, if it has one, the speakers that
// follow from its turns now.
func (a *App) respeak(ctx context.Context, lib *library.Library, s *space.Space) error {
	changed, err := said.Respeak(ctx, lib, s)
	if err != nil {
		return fmt.Errorf("the turns were saved, but the transcript still has the previous speakers: %w", err)
	}
	if changed {
		a.Say("The speakers of the transcript were changed; those that you set yourself stay")
	}
	return nil
}
