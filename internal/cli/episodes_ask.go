package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"strings"
	"unicode"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/episode/feed"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/terminal"
)

// oneGUID fails if a change gives two Spaces of a show one guid: apps would take
// their episodes for one, and show one of them.
func (a *App) oneGUID(show *feed.Show, all, list []*feed.Episode, c episode.Relisting) error {
	guid := func(e *feed.Episode) string { return cmp.Or(show.Listing(e).GUID, "x-space:"+e.ID) }
	for i, e := range list {
		if c.GUID == nil && show.Publishes(e) {
			continue
		}
		want := guid(e)
		if c.GUID != nil {
			want = cmp.Or(*c.GUID, "x-space:"+e.ID)
		}
		for _, other := range all {
			if other.ID != e.ID && show.Publishes(other) && guid(other) == want {
				hint := fmt.Sprintf("take the guid from that one first: spaces episodes publish%s %s --guid \"\"", ofShow(show), terminal.Safe(other.File))
				return app.Hinted(app.Usage("the episode %s of %s has the guid %q already", other.File, other.ID, want), hint)
			}
		}
		if c.GUID != nil && *c.GUID != "" && i > 0 && list[0].ID != e.ID {
			return app.Usage("--guid is that of one episode, not of both %s and %s", list[0].File, e.File)
		}
	}
	return nil
}

// mayVanish asks before episodes that a feed was sent with leave it until their
// new date. Where nobody can be asked, it warns alone.
func (a *App) mayVanish(ctx context.Context, lib *library.Library, show *feed.Show, all, list []*feed.Episode, o *publishOptions) error {
	at := o.change.PublishAt
	if at == nil || !at.After(a.Now()) {
		return nil
	}
	sent, err := sentWith(lib, show)
	if err != nil {
		return err
	}
	leaving := make(map[*feed.Episode]bool)
	for _, e := range list {
		leaving[e] = true
	}
	lost := false
	for _, e := range list {
		stays := false // another episode takes its place
		for _, other := range all {
			stays = stays || other.ID == e.ID && !leaving[other] && show.Due(other, a.Now())
		}
		if sent[e.SHA256] && show.Due(e, a.Now()) && !stays {
			lost = true
			a.Warn("%s is public already: with the next upload of the feed, subscribers lose it until %s", terminal.Safe(e.File), at.In(a.Zone).Format("2 Jan 2006 15:04"))
		}
	}
	if !lost || o.yes || !a.InTTY || a.Settings.JSON {
		return nil
	}
	yes, err := a.Confirm(ctx, "Take it out of the feed until then?")
	if err == nil && !yes {
		err = app.Fail(app.ExitUsage, "not-changed", "to keep the date as it is, leave out --at", errors.New("nothing was changed"))
	}
	return err
}

// sentWith lists the SHA-256 of the episodes that lie, by the receipts, where a
// feed of the show was sent.
func sentWith(lib *library.Library, show *feed.Show) (map[string]bool, error) {
	standing, err := publish.Standing(lib.Root())
	if err != nil {
		return nil, err
	}
	places := make(map[string]bool)
	for _, r := range standing {
		if r.Kind == publish.Feed && r.File == path.Join(show.Folder(), layout.FeedFile) {
			places[r.Place] = true
		}
	}
	sent := make(map[string]bool)
	for _, r := range standing {
		if r.Kind == publish.Episode && places[r.Place] {
			sent[r.SHA256] = true
		}
	}
	return sent, nil
}

// guidOf reads a guid as a person writes it. XML cannot write control characters,
// and apps compare what is left of them.
func guidOf(text string) (string, error) {
	if strings.ContainsFunc(text, unicode.IsControl) || strings.ToValidUTF8(text, "") != text {
		return "", app.Usage("--guid must not contain control characters: %q", text)
	}
	return strings.TrimSpace(text), nil
}
