package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/spaces-cli/spaces/internal/episode/feed"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/publish"
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

// printChanges lists what a feed adds to the one that is at the target, changes
// in it and removes from it: before anybody is asked, and before anything is
// sent.
func (g *gatherer) printChanges(ctx context.Context, it *publish.Item, t *targetConfig) error {
	is, err := contentOf(it)
	if err != nil {
		return err
	}
	was, err := g.fetchFeed(ctx, it.Name)
	if err != nil {
		return uploadError(err, t)
	}
	c, err := feed.Compare(was, is)
	if err != nil { // what is there is no feed: sending it finds that out, and stops
		g.a.warn("%s at %s: %v", it.Name, g.s.Target.Place(), err)
		if c, err = feed.Compare(nil, is); err != nil {
			return err
		}
	}
	if g.a.set.JSON {
		return writeJSON(g.a.Out, feedChangesLine{space.Schema, "feed", it.Name, c.Added, c.Changed, c.Removed})
	}
	if c.None() {
		return nil
	}
	g.a.say("In the feed at %s:", safe(g.s.Target.Place()))
	for _, kind := range []struct {
		word string
		list []feed.Change
	}{{"added", c.Added}, {"changed", c.Changed}, {"removed", c.Removed}} {
		for _, change := range kind.list {
			text := safe(change.Title)
			if len(change.What) > 0 {
				text += " (" + strings.Join(change.What, ", ") + ")"
			}
			g.a.say("  %-8s %s  %s", kind.word, safe(path.Base(change.URL)), text)
		}
	}
	return nil
}

// contentOf reads an item that is in memory or small.
func contentOf(it *publish.Item) ([]byte, error) {
	src, err := it.Open()
	if err != nil {
		return nil, err
	}
	defer src.Close()
	info, err := src.Stat()
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.NewSectionReader(src, 0, info.Size()))
}

// fetchFeed reads the feed that is at the target, nil if there is none.
func (g *gatherer) fetchFeed(ctx context.Context, name string) ([]byte, error) {
	r, err := g.s.Target.Open(ctx, name)
	if errors.Is(err, publish.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer r.Close()
	const most = 64 << 20 // a feed of thousands of episodes is smaller
	b, err := io.ReadAll(io.LimitReader(r, most+1))
	if errors.Is(err, publish.ErrNotExist) { // some tell only when they are read from
		return nil, nil
	}
	if err == nil && len(b) > most {
		err = fmt.Errorf("%s at %s is longer than %d bytes", name, g.s.Target.Place(), most)
	}
	return b, err
}
