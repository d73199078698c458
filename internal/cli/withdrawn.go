package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	clips "github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/consent/gate"
	"github.com/spaces-cli/spaces/internal/episode/feed"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/publish"
)

// A withdrawal finds out of what was sent who is heard in it and has said no, or
// whose consent has ended.
type withdrawal struct {
	a      *App
	lib    *library.Library
	ledger *consent.Ledger
	made   map[string]gate.Use // clips and episodes, by SHA-256
	spaces map[string]*consent.Use
}

func (a *App) newWithdrawal(ctx context.Context, lib *library.Library, root *os.Root, l *consent.Ledger) (*withdrawal, error) {
	w := &withdrawal{a, lib, l, make(map[string]gate.Use), make(map[string]*consent.Use)}
	episodes, err := feed.List(ctx, root)
	if err != nil {
		return nil, err
	}
	for _, e := range episodes {
		w.made[e.SHA256] = gate.OfEpisode(&e.Record)
	}
	return w, nil
}

// use is what an object holds of its recording: all of it, unless it is a clip
// or an episode that the library still has.
func (w *withdrawal) use(r *publish.Receipt) (gate.Use, error) {
	if _, known := w.made[r.SHA256]; !known && r.Kind != publish.Episode {
		s, err := w.lib.Load(r.ID)
		if err != nil {
			return gate.Use{Recording: r.ID}, err
		}
		list, err := clips.List(w.lib.Path(s.Folder))
		if err != nil {
			return gate.Use{}, err
		}
		for _, c := range list {
			w.made[c.SHA256] = gate.OfClip(&c)
		}
	}
	if u, ok := w.made[r.SHA256]; ok && r.SHA256 != "" && u.Recording == r.ID {
		return u, nil
	}
	return gate.Use{Recording: r.ID}, nil
}

// of returns those who are heard in a use and have said no to its being public.
// A recording that the library does not have has nobody that it knows.
func (w *withdrawal) of(u gate.Use) ([]consent.Missing, error) {
	known := w.spaces[u.Recording]
	if known == nil {
		s, err := w.lib.Load(u.Recording)
		if errors.Is(err, library.ErrNotFound) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		turns, err := w.lib.Turns(u.Recording)
		if err != nil {
			return nil, err
		}
		known = &consent.Use{Recording: &s.Recording, Turns: turns}
		w.spaces[u.Recording] = known
	}
	use := *known
	use.Parts = u.Parts
	return slices.DeleteFunc(w.ledger.Missing(use, consent.Upload, w.a.Now()), func(m consent.Missing) bool {
		return m.Answer != consent.Declined && m.Answer != consent.Withdrawn && m.Answer != consent.Expired
	}), nil
}

// heard returns those who are heard in an object and have said no.
func (w *withdrawal) heard(r *publish.Receipt) ([]consent.Missing, error) {
	if r.ID == "" {
		return nil, nil
	}
	u, err := w.use(r)
	if errors.Is(err, library.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return w.of(u)
}

// A sentLine tells of a thing in which somebody is heard, and where it is.
type sentLine struct {
	Kind   publish.Kind `json:"kind"`
	ID     string       `json:"id,omitempty"` // of the Space
	Place  string       `json:"place"`
	Object string       `json:"object"`
	URL    string       `json:"url,omitempty"`
	Public bool         `json:"public"`
}

// sentWith lists what was sent, by the receipts, and holds the voice of a person
// who has said no: with each episode the feed that it stands in.
func (w *withdrawal) sentWith(root *os.Root, who consent.Who) ([]sentLine, error) {
	standing, err := publish.Standing(root)
	if err != nil {
		return nil, err
	}
	var list []sentLine
	feeds := make(map[string]bool) // places where there is an episode of theirs
	for _, r := range standing {
		if r.Kind == publish.Extra || r.Kind == publish.Page {
			continue
		}
		missing, err := w.heard(r)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(missing, func(m consent.Missing) bool { return same(m.Who(), who) }) {
			list = append(list, lineOf(r))
			feeds[r.Place] = feeds[r.Place] || r.Kind == publish.Episode
		}
	}
	for _, r := range standing {
		if r.Kind == publish.Feed && feeds[r.Place] {
			list = append(list, lineOf(r))
		}
	}
	return list, nil
}

func lineOf(r *publish.Receipt) sentLine {
	return sentLine{r.Kind, r.ID, r.Place, r.Object, r.URL, r.Public || r.URL != ""}
}

func same(a, b consent.Who) bool {
	if a.Handle != "" || b.Handle != "" {
		return consent.Handle(a.Handle) == consent.Handle(b.Handle)
	}
	return a.ID == b.ID
}

// A consentSetLine is the entry in JSON, and what was sent with the voice of who
// has said no.
type consentSetLine struct {
	consent.Entry
	Sent []sentLine `json:"sent,omitempty"`
}

// printSent lists after a no what was sent with the person's voice, and where.
func (a *App) printSent(list []sentLine, e *consent.Entry) error {
	who := consent.Who{Handle: e.Handle, ID: e.ID}
	if len(list) == 0 {
		a.say("Nothing that was sent holds the voice of %s, by the receipts.", who)
		return nil
	}
	if _, err := fmt.Fprintf(a.Out, "%s is heard in what was sent:\n", who); err != nil {
		return err
	}
	var t table
	fed := false
	for _, l := range list {
		access := "private"
		if l.Public {
			access = "public"
		}
		place, _, _ := strings.Cut(l.Place, "?")
		t.add("  "+string(l.Kind), access, safe(cmp.Or(l.URL, strings.TrimSuffix(place, "/")+"/"+l.Object)))
		fed = fed || l.Kind == publish.Feed
	}
	t.write(a.Out, 0)
	if fed {
		a.say("Take it down there: spaces upload --feed --take-down TARGET. Subscribers and caches keep their copies.")
	} else {
		a.say("Remove it there. Who has fetched it keeps their copy.")
	}
	return nil
}

// sentOf finds what was sent with the voice of who has just said no.
func (a *App) sentOf(ctx context.Context, lib *library.Library, l *consent.Ledger, e *consent.Entry) ([]sentLine, error) {
	if e.Answer == consent.Granted {
		return nil, nil
	}
	root := lib.Root()
	w, err := a.newWithdrawal(ctx, lib, root, l)
	if err != nil {
		return nil, err
	}
	return w.sentWith(root, consent.Who{Handle: e.Handle, ID: e.ID})
}
