package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/bag"
	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/consent/gate"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/library/transcripts"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/terminal"
)

type bagOptions struct {
	app.Refs
	out       string
	access    string
	originals bool
	dryRun    bool
	override  string
}

func newBagCmd(a *App) *cobra.Command {
	var o bagOptions
	cmd := &cobra.Command{
		Use:   "bag SPACE... -o DIR",
		Short: "Put recordings into a bag for an archive or a library",
		Long: `Put recordings into a bag: a folder in the BagIt format 1.0 (RFC 8493) for archives and libraries,
with SHA-256 and SHA-512 of every file. DIR is written completely or not at all. A restricted bag has
everything: originals, X's records, timed tags. An open bag is for everybody: it has the playable
files and the public facts of the Space, without ids, without people who were only invited, and
without originals, because their tags contain handles and ids (--originals adds them). The transcript
is part of both; in an open bag without the words and names of people who have not given consent.

An open bag needs the consent of the speakers, or --override-consent REASON.

SPACE is an id or the beginning of one, its address on X, "latest", or a part of the title;
"-" reads ids, or JSON Lines with an "id", from standard input.`,
		Example: `  spaces bag latest -o talk-bag
  spaces bag latest --access open -o talk-for-all
  spaces list --json | spaces bag - -o everything`,
		Annotations: manual.Exits(map[int]string{app.ExitUsage: "wrong usage, or SPACE is ambiguous",
			app.ExitNotFound: "no such Space", app.ExitFound: "a file has changed since it was saved: nothing is written"}),
		Args:              app.Takes(1, -1),
		ValidArgsFunction: app.CompleteSpaces(a.App),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Words = args
			return a.bag(cmd.Context(), o)
		},
	}
	cmd.Flags().StringVarP(&o.out, "output", "o", "", "write the bag to the folder `DIR`, which must not exist")
	cmd.Flags().StringVar(&o.access, "access", string(bag.Restricted), "`WHO`: who may have the bag: open (everybody) or restricted")
	cmd.Flags().BoolVar(&o.originals, "originals", false, "include the originals in an open bag")
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "list the contents and write nothing")
	app.AddOverride(cmd, &o.override)
	app.AddIDOnly(cmd, &o.Refs)
	return cmd
}

// A bagLine is a bag as scripts see it.
type bagLine struct {
	Schema      int        `json:"schema"`
	Path        string     `json:"path"`
	Access      bag.Access `json:"access"`
	Spaces      []string   `json:"spaces"`
	Files       []string   `json:"files"` // below data
	Bytes       int64      `json:"bytes"`
	PayloadOxum string     `json:"payload_oxum,omitempty"`
	Written     bool       `json:"written"`
}

func (a *App) bag(ctx context.Context, o bagOptions) error {
	access := bag.Access(o.access)
	if err := app.OneOf("--access", o.access, []string{string(bag.Open), string(bag.Restricted)}); err != nil {
		return err
	}
	if o.out == "" {
		return app.Hinted(app.Usage("spaces bag needs a folder"), "name it with -o DIR")
	}
	lib, rows, err := o.Open(ctx, a.App)
	if err != nil {
		return err
	}
	defer lib.Close()
	if len(rows) == 0 { // standard input may name none
		a.Warn("no bag was written")
		return nil
	}
	line := bagLine{Schema: space.Schema, Path: o.out, Access: access, Files: []string{}}
	var uses []gate.Use
	for _, row := range rows {
		line.Spaces = append(line.Spaces, row.ID)
		uses = append(uses, gate.Use{Recording: row.ID})
	}
	words := func(*space.Space) (*transcripts.Transcript, error) { return nil, nil }
	if access == bag.Open {
		ask, err := a.NewAsker(lib, o.override, o.dryRun)
		if err != nil {
			return err
		}
		defer ask.Close()
		if _, err := ask.AskAll(ctx, consent.SendingAll, uses); err != nil {
			return err
		}
		words = func(s *space.Space) (*transcripts.Transcript, error) { return a.publicWords(ask, lib, s) }
	}
	bar := a.NewBar("bagging").CountBytes()
	defer bar.Close()
	plan, err := bag.NewPlan(lib, line.Spaces, bag.Options{Access: access, Originals: o.originals, Words: words, Version: a.Version, Now: a.Now(), Progress: bar})
	if err != nil {
		return err
	}
	line.Bytes = plan.Bytes
	for _, f := range plan.Files {
		line.Files = append(line.Files, f.Name)
	}
	if !o.dryRun {
		line.PayloadOxum, err = plan.Write(ctx, o.out)
		line.Written = true
	}
	bar.Close()
	switch {
	case errors.Is(err, bag.ErrChanged):
		return app.Fail(app.ExitFound, "changed", "no bag was written; check the other files: spaces verify", err)
	case errors.Is(err, fs.ErrExist):
		return app.Fail(app.ExitFailed, "exists", "choose another folder with -o; an existing bag cannot be changed", fmt.Errorf("%s exists already", o.out))
	case err != nil:
		return err
	}
	return a.showBag(&line, plan)
}

// publicWords returns the transcript of a Space as everybody may have it, or nil:
// the words and names of people who have not agreed are not in it, and where
// nobody knows when they speak, nothing is.
func (a *App) publicWords(ask *app.Asker, lib *library.Library, s *space.Space) (*transcripts.Transcript, error) {
	t := a.keptTranscript(lib, s)
	if t == nil {
		return nil, nil
	}
	out, err := ask.Withheld(consent.SendingAll, s.ID)
	if errors.As(err, new(*gate.UnknownTurnsError)) {
		a.Warn("left out the transcript: %v", err)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return t.Without(out.Spans, out.People).Anonymous(), nil
}

func (a *App) showBag(line *bagLine, plan *bag.Plan) error {
	if a.Settings.JSON {
		return app.WriteJSON(a.Out, line)
	}
	if !line.Written {
		t := a.Table(terminal.Column{}, terminal.Column{Right: true})
		for _, f := range plan.Files {
			t.Add("data/"+terminal.Safe(f.Name), spell.Size(f.Bytes))
		}
		t.Write(a.Out, a.Columns)
		return nil
	}
	_, err := fmt.Fprintf(a.Out, "%s  %s of %s, %s, %s\n", terminal.Safe(line.Path), spell.Count(len(line.Files), "file"), spell.Count(len(line.Spaces), "Space"), spell.Size(line.Bytes), line.Access)
	return err
}
