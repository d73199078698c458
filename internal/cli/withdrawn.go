package cli

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/withdrawal"
	"github.com/spaces-cli/spaces/internal/terminal"
)

// A consentSetLine is the entry in JSON, and what was sent with the voice of who
// has said no.
type consentSetLine struct {
	consent.Entry
	Sent []withdrawal.Sent `json:"sent,omitempty"`
}

// printSent lists after a no what was sent with the person's voice, and where.
func (a *App) printSent(list []withdrawal.Sent, e *consent.Entry) error {
	who := consent.Who{Handle: e.Handle, ID: e.ID}
	if len(list) == 0 {
		a.Say("According to the receipts, no upload has the voice or the words of %s", who)
		return nil
	}
	if _, err := fmt.Fprintf(a.Out, "These uploads have the voice or the words of %s:\n", who); err != nil {
		return err
	}
	t := a.Table()
	fed := false
	for _, l := range list {
		access := "private"
		if l.Public {
			access = "public"
		}
		place, _, _ := strings.Cut(l.Place, "?")
		t.Add("  "+string(l.Kind), access, terminal.Safe(cmp.Or(l.URL, strings.TrimSuffix(place, "/")+"/"+l.Object)))
		fed = fed || l.Kind == publish.Feed
	}
	t.Write(a.Out, 0)
	if fed {
		a.Say("Remove them there: spaces upload --feed --take-down TARGET. Subscribers and caches keep their copies")
	} else {
		a.Say("Remove them there. People who downloaded them keep their copies")
	}
	return nil
}

// sentOf finds what was sent with the voice of who has just said no.
func (a *App) sentOf(ctx context.Context, lib *library.Library, l *consent.Ledger, e *consent.Entry) ([]withdrawal.Sent, error) {
	if e.Answer == consent.Granted {
		return nil, nil
	}
	f, err := withdrawal.NewFinder(ctx, lib, l, a.Now)
	if err != nil {
		return nil, err
	}
	return f.Sent(consent.Who{Handle: e.Handle, ID: e.ID})
}
