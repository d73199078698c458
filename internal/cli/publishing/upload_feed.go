package publishing

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/episode/feed"
	"github.com/spaces-cli/spaces/internal/episode/site"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/items"
	"github.com/spaces-cli/spaces/internal/publish/named"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/terminal"
)

// A feedChangesLine is a line of JSON about what subscribers are going to see.
type feedChangesLine struct {
	Schema  int           `json:"schema"`
	Type    string        `json:"type"`
	Object  string        `json:"object"`
	Added   []feed.Change `json:"added"`
	Changed []feed.Change `json:"changed"`
	Removed []feed.Change `json:"removed"`
}

// agreeToFeed lists what a feed adds to the one that is at the target, changes in
// it and removes from it, before anything is sent, and asks on a terminal. Scripts
// are not asked: they have sent feeds without --yes since there are feeds.
func (g *gatherer) agreeToFeed(ctx context.Context, t *named.Target) error {
	it := g.FeedItem()
	c, err := items.FeedChanges(ctx, g.s.Target, it)
	var unreadable *items.UnreadableFeedError
	if errors.As(err, &unreadable) { // sending it finds that out, and stops
		g.a.Warn("%v", unreadable)
	} else if err != nil {
		return app.UploadError(err, t)
	}
	if g.a.Settings.JSON {
		return app.WriteJSON(g.a.Out, feedChangesLine{space.Schema, "feed", it.Name, c.Added, c.Changed, c.Removed})
	}
	if c.None() {
		return nil
	}
	g.a.Say("Changes in the feed at %s:", terminal.Safe(g.s.Target.Place()))
	for _, kind := range []struct {
		word string
		list []feed.Change
	}{{"added", c.Added}, {"changed", c.Changed}, {"removed", c.Removed}} {
		for _, change := range kind.list {
			text := terminal.Safe(change.Title)
			if len(change.What) > 0 {
				text += " (" + strings.Join(change.What, ", ") + ")"
			}
			g.a.Say("  %-8s %s  %s", kind.word, terminal.Safe(path.Base(change.URL)), text)
		}
	}
	if g.s.Public || g.o.yes || !g.a.InTTY {
		return nil // at a public target agreeToPublic asks
	}
	yes, err := g.a.Confirm(ctx, "Publish this feed?")
	if err == nil && !yes {
		err = app.Fail(app.ExitUsage, "not-agreed", "", errors.New("nothing was sent"))
	}
	return err
}

// sameShow fails if the feed at the target is that of another show of the library:
// its subscribers would get this one.
func (g *gatherer) sameShow() error {
	if !g.o.feed || g.o.force {
		return nil
	}
	names, err := feed.Names(g.Library.Root())
	if err != nil || len(names) < 2 {
		return err
	}
	standing, err := publish.Standing(g.Library.Root())
	if err != nil {
		return err
	}
	for _, r := range standing {
		for _, name := range names {
			if r.Kind == publish.Feed && r.Place == g.s.Target.Place() && name != g.Show && r.File == path.Join(layout.FeedOf(name), layout.FeedFile) {
				word := app.ShowWord(name)
				return app.Hinted(app.Usage("the feed at %s is that of the show %s", terminal.Safe(r.Place), word), "send that show: --show "+word+"; or overwrite it: --force")
			}
		}
	}
	return nil
}

// stale are the receipts of pages at the target that the site does not have any
// more, and of the sound of its clips: an episode or a clip is gone, or may not be
// heard any more. The sound of episodes stays, because apps may still ask for it.
func (g *gatherer) stale() ([]*publish.Receipt, error) {
	names := make(map[string]bool)
	pages := false
	for _, it := range g.List {
		names[it.Name] = true
		pages = pages || it.Kind == publish.Page
	}
	if !g.o.feed {
		return nil, nil
	}
	if !pages {
		show, err := feed.Load(g.Library.Root(), g.Show)
		if err != nil || !show.NoSite {
			return nil, err
		}
	}
	standing, err := publish.Standing(g.Library.Root())
	return slices.DeleteFunc(standing, func(r *publish.Receipt) bool {
		ofSite := r.Kind == publish.Page || r.Kind == publish.Clip && site.IsOfClip(r.Object)
		return !ofSite || r.Place != g.s.Target.Place() || names[r.Object]
	}), err
}

// removeStale removes these pages, after all else: nothing links them any more.
func (g *gatherer) removeStale(ctx context.Context, t *named.Target) error {
	gone, err := g.stale()
	if err != nil || len(gone) == 0 {
		return err
	}
	left, err := g.remove(ctx, t, gone)
	if err != nil {
		return app.UploadError(err, t)
	}
	if left > 0 {
		return app.Fail(app.ExitPartly, "not-removed", "the next run tries again; or remove the remaining objects there yourself",
			fmt.Errorf("%s could not be removed from %s", spell.Count(left, "old page"), g.s.Target.Place()))
	}
	return nil
}

// planStale lists the pages that would be removed.
func (g *gatherer) planStale() error {
	gone, err := g.stale()
	for _, r := range gone {
		if g.a.Settings.JSON {
			err = errors.Join(err, app.WriteJSON(g.a.Out, takenDownLine{space.Schema, "planned-removed", r.Object, r.ID, r.URL, nil}))
			continue
		}
		_, werr := fmt.Fprintf(g.a.Out, "%s  would be removed\n", terminal.Safe(r.Object))
		err = errors.Join(err, werr)
	}
	return err
}
