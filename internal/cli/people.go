package cli

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/catalog"
	"github.com/spaces-cli/spaces/internal/library/find"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/terminal"
)

type peopleOptions struct {
	app.Refs
	purpose string
}

func newPeopleCmd(a *App) *cobra.Command {
	var o peopleOptions
	cmd := &cobra.Command{
		Use:   "people [SPACE...]",
		Short: "List the speakers, how long they spoke, and their consent",
		Long: `List the people who were on stage, in all Spaces or in the named ones, longest speakers first. The
speaking time is an estimate from audio levels. The consent is what you recorded with spaces consent
set; Spaces in which it differs are named. It is "own" for the account of the archive, and for the handles of spaces config set me.
More about consent: spaces help topic consent.`,
		Example: `  spaces people
  spaces people latest --for upload
  spaces people --json | jq -r 'select(.consent == "unknown").handle'`,
		Annotations: manual.Exits(map[int]string{app.ExitUsage: "wrong usage, or SPACE is ambiguous", app.ExitNotFound: "no such Space", app.ExitPartly: "some records could not be read; they are listed"}),
		Args:        app.Takes(0, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Words = args
			return a.people(cmd.Context(), o)
		},
	}
	cmd.Flags().StringVar(&o.purpose, "for", "", "show the consent for `PURPOSE`: "+consent.PurposeWords())
	app.AddIDOnly(cmd, &o.Refs)
	cmd.AddCommand(newForgetCmd(a))
	return cmd
}

func (a *App) people(ctx context.Context, o peopleOptions) error {
	var purpose consent.Purpose
	if o.purpose != "" {
		list, err := consent.ParsePurposes(o.purpose)
		if err != nil || len(list) != 1 {
			return app.Usage("--for must be %s, not %q", consent.PurposeWords(), o.purpose)
		}
		purpose = list[0]
	}
	lib, err := a.OpenLibrary(ctx)
	if err != nil {
		return err
	}
	defer lib.Close()
	recs, broken, err := a.readableRecordings(ctx, lib, o.Refs)
	if err != nil {
		return err
	}
	ledger, err := a.OpenLedger(lib)
	if err != nil {
		return err
	}
	defer ledger.Close()
	t := a.Table(terminal.Column{Title: "HANDLE"}, terminal.Column{Title: "ROLE", Yield: 1},
		terminal.Column{Title: "SPACES", Right: true, Yield: 2}, terminal.Column{Title: "TALK", Right: true, Yield: 3}, terminal.Column{Title: "CONSENT", Min: 30})
	for _, p := range ledger.People(recs, purpose, a.Now()) {
		if a.Settings.JSON {
			if err := app.WriteJSON(a.Out, p); err != nil {
				return err
			}
			continue
		}
		talk := "–"
		if p.TalkSeconds != nil {
			talk = spell.Length(*p.TalkSeconds)
		}
		t.Add(terminal.Safe(cmp.Or(app.At(p.Handle), "id "+p.ID)), p.Role, fmt.Sprint(len(p.Recordings)), talk, a.standing(ctx, lib, &p, purpose))
	}
	if !a.Settings.JSON {
		t.Write(a.Out, a.Columns)
		if t.Len() == 0 {
			a.Say("No speakers are known")
		}
	}
	return app.Skipped(a.App, broken)
}

// noteWidth is the widest a note gets in the table: consent log and JSON have
// all of it.
const noteWidth = 60

// standing is how a person stands to a purpose, in words; to all of them, where
// that is empty: then those that differ are named, and so are the recordings.
func (a *App) standing(ctx context.Context, lib *library.Library, p *consent.Person, purpose consent.Purpose) string {
	text := string(p.Consent)
	if !p.Since.IsZero() && len(p.Differs) == 0 {
		text += " " + p.Since.In(a.Zone).Format("2006-01-02")
	}
	if p.Until != nil {
		text += ", until " + a.lastDay(*p.Until)
	}
	text += exceptions(p.Consent, p.For, purpose)
	if len(p.Differs) > 0 {
		text = differences(ctx, lib, p, purpose, text)
	}
	if p.Note != "" {
		text += "  " + terminal.Truncate(terminal.Safe(p.Note), noteWidth)
	}
	return text
}

// exceptions names the purposes for which an answer differs from the one told.
func exceptions(told consent.Answer, answers map[consent.Purpose]consent.Answer, purpose consent.Purpose) (text string) {
	last := told
	for _, other := range consent.Purposes {
		switch answer := answers[other]; {
		case purpose != "" || answer == told:
		case answer == last: // "granted for clip, upload"
			text += ", " + string(other)
		default:
			text, last = text+fmt.Sprintf(", %s for %s", answer, other), answer
		}
	}
	return text
}

// differences adds the recordings in which a person stands otherwise. If that is
// all of them, how they stand in general says nothing and is left out.
func differences(ctx context.Context, lib *library.Library, p *consent.Person, purpose consent.Purpose, general string) string {
	var order []string
	in := make(map[string][]string) // the recordings, by the answer
	for _, d := range p.Differs {
		text := string(d.Consent) + exceptions(d.Consent, d.For, purpose)
		if in[text] == nil {
			order = append(order, text)
		}
		in[text] = append(in[text], find.Short(ctx, lib.Catalog(), d.Recording))
	}
	var parts []string
	if len(p.Differs) < len(p.Recordings) {
		parts = append(parts, general)
	}
	for _, text := range order {
		parts = append(parts, text+" in "+spell.First(in[text], 3))
	}
	return strings.Join(parts, "; ")
}

// lastDay is the last day before a time.
func (a *App) lastDay(t time.Time) string {
	return t.Add(-time.Second).In(a.Zone).Format("2006-01-02")
}

// recordings loads those that are named, or all.
func (a *App) recordings(ctx context.Context, lib *library.Library, r app.Refs) ([]*space.Recording, error) {
	list, broken, err := a.readableRecordings(ctx, lib, r)
	if err == nil && len(broken) > 0 {
		return nil, broken[0]
	}
	return list, err
}

// readableRecordings is recordings for those who can do without some: it also
// returns what is wrong with those that cannot be loaded.
func (a *App) readableRecordings(ctx context.Context, lib *library.Library, r app.Refs) (list []*space.Recording, broken []error, err error) {
	var ids []string
	if len(r.Words) == 0 {
		for row, err := range lib.Catalog().List(ctx, catalog.Query{}) {
			if err != nil {
				return nil, nil, err
			}
			ids = append(ids, row.ID)
		}
	} else {
		rows, err := r.Resolve(ctx, a.App, lib)
		if err != nil {
			return nil, nil, err
		}
		for _, row := range rows {
			ids = append(ids, row.ID)
		}
	}
	for _, id := range ids {
		s, err := lib.Load(id)
		if err != nil {
			broken = append(broken, err)
			continue
		}
		list = append(list, &s.Recording)
	}
	return list, broken, nil
}
