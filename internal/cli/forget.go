package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/forget"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/backups"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/terminal"
)

type forgetOptions struct {
	handle, yes string
	dryRun      bool
	choice      forget.Choice
}

func newForgetCmd(a *App) *cobra.Command {
	var o forgetOptions
	cmd := &cobra.Command{
		Use:   "forget HANDLE",
		Short: "Remove a person from the library: their voice and their name",
		Long: `Remove a person from the library. The command lists every file that has their voice or name, shows
what happens to it, and asks for the handle. It removes clips and episodes with their voice, takes
what they said out of the transcripts, and replaces their name by "forgotten" everywhere, the
consent ledger included. Original recordings cannot be changed: they keep the voice and the handle,
unless --originals removes these recordings and everything made from them. With any of --clips,
--episodes, --words, --names and --originals, only that is done. Uploads are listed; you remove them at the target. More: spaces help topic consent.`,
		Example: `  spaces people forget @guest --dry-run
  spaces people forget @guest --clips --episodes --words --names --originals
  spaces people forget guest --yes guest --json | jq -r 'select(.fate == "stays").name'`,
		Annotations: manual.Exits(map[int]string{app.ExitNotFound: "nothing in the library has their voice or name"}),
		Args:        app.Takes(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.handle = args[0]
			return a.forget(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.BoolVar(&o.dryRun, "dry-run", false, "list the files and change nothing")
	f.StringVar(&o.yes, "yes", "", "do not ask; repeat `HANDLE` to confirm")
	f.BoolVar(&o.choice.Clips, "clips", false, "remove clips with their voice")
	f.BoolVar(&o.choice.Episodes, "episodes", false, "remove episodes with their voice")
	f.BoolVar(&o.choice.Words, "words", false, "remove what they said from transcripts, and what is said while they may speak")
	f.BoolVar(&o.choice.Names, "names", false, "replace their name, and remove files with their name in the tags")
	f.BoolVar(&o.choice.Originals, "originals", false, "remove recordings of Spaces in which they were on stage")
	manual.Group(f, "How", "dry-run", "yes")
	manual.Group(f, "What to remove", "clips", "episodes", "words", "names", "originals")
	return cmd
}

// forgetLine is a line of JSON about one thing.
type forgetLine struct {
	Schema int    `json:"schema"`
	Type   string `json:"type"` // item
	forget.Item
}

// forgetSum is the last line.
type forgetSum struct {
	Schema int      `json:"schema"`
	Type   string   `json:"type"` // summary
	Handle string   `json:"handle"`
	Done   bool     `json:"done"` // false in a dry run
	Left   []string `json:"left"` // what names them still
	// Backups are the places whose backups still hold them.
	Backups []string `json:"backups"`
}

func (a *App) forget(ctx context.Context, o forgetOptions) error {
	if !consent.IsHandle(o.handle) {
		return app.Usage("%q is not a valid handle", o.handle)
	}
	if o.choice == (forget.Choice{}) {
		o.choice = forget.Choice{Clips: true, Episodes: true, Words: true, Names: true}
	}
	ask := o.yes == "" && !o.dryRun
	if o.yes != "" && consent.Handle(o.yes) != consent.Handle(o.handle) {
		return app.Usage("--yes must repeat the handle %s, not %s", o.handle, o.yes)
	}
	// What only looks changes nothing: not if there is nobody, not in a dry run.
	plan, done, err := a.findPerson(ctx, a.OpenLibrary, o)
	if err != nil {
		return err
	}
	done()
	if ask && (!a.InTTY || a.Settings.JSON) {
		return app.Hinted(app.Usage("cannot ask: standard input is not a terminal"), "--yes HANDLE removes without asking; --dry-run lists the files")
	}
	if err := a.showPlan(plan); err != nil {
		return err
	}
	if ask {
		if yes, err := a.confirmHandle(ctx, plan.Handle); err != nil || !yes {
			a.Say("Nothing was changed")
			return err
		}
	}
	if o.dryRun {
		return a.forgotten(plan, false, nil)
	}
	if plan, done, err = a.findPerson(ctx, a.OpenLibraryWrite, o); err != nil {
		return err
	}
	defer done()
	if err := plan.Do(ctx); errors.Is(err, forget.ErrTranscribing) {
		return app.Hinted(err, "wait until it is done, or stop it")
	} else if err != nil {
		return err
	}
	left, err := plan.Left(ctx)
	if err != nil {
		return err
	}
	return a.forgotten(plan, true, left)
}

// findPerson opens the library and looks for the person in it. What it returns
// lives until done is called.
func (a *App) findPerson(ctx context.Context, open func(context.Context) (*library.Library, error), o forgetOptions) (plan *forget.Plan, done func(), err error) {
	lib, err := open(ctx)
	if err != nil {
		return nil, nil, err
	}
	ledger, err := a.OpenLedger(lib)
	if err != nil {
		lib.Close()
		return nil, nil, err
	}
	done = func() {
		ledger.Close()
		lib.Close()
	}
	plan, err = forget.Find(ctx, lib, ledger, o.handle, o.choice)
	if err == nil && len(plan.Items) == 0 && ledger.HasForgotten(plan.Handle) {
		err = app.Fail(app.ExitNotFound, "forgotten", "to see what is kept of everybody who was forgotten: spaces people forget forgotten --originals --dry-run",
			fmt.Errorf("@%s was forgotten before; what was kept, such as originals, is known as forgotten", plan.Handle))
	} else if err == nil && len(plan.Items) == 0 {
		err = app.Fail(app.ExitNotFound, "nobody", "list the people: spaces people", fmt.Errorf("nothing in the library has the voice or name of @%s", plan.Handle))
	}
	if err != nil {
		done()
		return nil, nil, err
	}
	return plan, done, nil
}

// showPlan lists what there is, and what becomes of it.
func (a *App) showPlan(p *forget.Plan) error {
	t := a.Table(terminal.Column{Title: "KIND"}, terminal.Column{Title: "FATE"}, terminal.Column{Title: "HOW"}, terminal.Column{Title: "SIZE", Right: true}, terminal.Column{Title: "NAME"})
	for _, it := range p.Items {
		if a.Settings.JSON {
			if err := app.WriteJSON(a.Out, forgetLine{space.Schema, "item", it}); err != nil {
				return err
			}
			continue
		}
		what := "named"
		switch {
		case it.Voice && it.Named:
			what = "heard, named"
		case it.Voice:
			what = "heard"
		}
		t.Add(string(it.Kind), string(it.Fate), what, spell.Size(it.Bytes), terminal.Safe(it.Name))
	}
	if !a.Settings.JSON {
		t.Write(a.Out, a.Columns)
	}
	return nil
}

// forgotten tells how it ended, and what is left to do.
func (a *App) forgotten(p *forget.Plan, done bool, left []string) error {
	var held []string
	for _, e := range p.Backups {
		if !slices.Contains(held, e.Place) {
			held = append(held, e.Place)
		}
	}
	if a.Settings.JSON {
		return app.WriteJSON(a.Out, forgetSum{space.Schema, "summary", p.Handle, done, app.OrEmpty(left), app.OrEmpty(held)})
	}
	for i, e := range p.Backups {
		if slices.ContainsFunc(p.Backups[i+1:], func(later backups.Entry) bool { return later.Place == e.Place }) {
			a.Warn("an earlier backup at %s, last made on %s, holds @%s if it still exists; to remove them there, connect it and run: spaces backup create %s",
				terminal.Safe(e.Place), a.day(e.At), p.Handle, terminal.Safe(e.Where()))
			continue
		}
		a.Warn("the backup at %s still holds @%s; to remove them there: spaces backup create %s", terminal.Safe(e.Place), p.Handle, terminal.Safe(e.Where()))
	}
	if n := p.Staying(); n > 0 {
		a.Warn("the voice and the handle of @%s stay in %s: only --originals removes them. The archive from X has both too", p.Handle, spell.Count(n, "original"))
	}
	if n := len(p.Sent()); n > 0 {
		a.Warn("remove %s at the targets: they are listed above as receipts", spell.Count(n, "file"))
	}
	if !done {
		return nil
	}
	for _, name := range left {
		a.Warn("@%s is still named in %s", p.Handle, terminal.Safe(name))
	}
	a.Say("Removed @%s. If you have a feed, build it again: spaces feed build", p.Handle)
	return nil
}

// confirmHandle asks for the handle on the terminal.
func (a *App) confirmHandle(ctx context.Context, handle string) (bool, error) {
	fmt.Fprintf(a.Err, "This cannot be undone. Type %s to forget @%s: ", handle, handle)
	text, err := terminal.ReadLine(ctx, a.In, a.Err)
	return consent.Handle(text) == handle, err
}
