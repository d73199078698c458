package publishing

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/episode/feed"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/items"
	"github.com/spaces-cli/spaces/internal/publish/named"
	"github.com/spaces-cli/spaces/internal/terminal"
)

// A gatherer finds the files that are to be sent.
type gatherer struct {
	items.Collector
	a   *App
	o   *uploadOptions
	s   *publish.Sender
	ask *app.Asker
}

// isOpen reports whether everybody may read what is sent to a target: it says so,
// it lies in a target of the settings that does, or a feed was sent there.
func (a *App) isOpen(lib *library.Library, t *named.Target, place string, quiet bool) (bool, error) {
	if t.Is.Public || t.BaseURL != "" {
		return true, nil
	}
	public, err := a.Targets().Public()
	if err != nil {
		return false, a.TargetError(err)
	}
	why := ""
	for _, p := range public {
		if publish.Inside(publish.AtEndpoint(place, p.Place()), p.Place()) {
			why = "everybody can read the target " + p.Name
		}
	}
	sent, err := publish.FeedAt(lib.Root(), place)
	if err != nil {
		return false, err
	}
	if sent {
		why = "a feed was sent to this folder"
	}
	if why != "" && !quiet {
		a.Say("%s is treated as public: %s", terminal.Safe(place), terminal.Safe(why))
	}
	return why != "", nil
}

// gather finds what the words of a command line mean.
func (g *gatherer) gather(ctx context.Context) error {
	a, o := g.a, g.o
	var spaces []string
	for _, word := range o.Words {
		info, err := os.Stat(word)
		switch {
		case word == "-" || err != nil && !strings.ContainsAny(word, `/\`):
			spaces = append(spaces, word)
		case err != nil:
			return app.Fail(app.ExitNotFound, "no-such-file", "", err)
		case info.IsDir() && !strings.ContainsAny(word, `/\`):
			spaces = append(spaces, word) // a folder that happens to be called so
		case !info.Mode().IsRegular():
			return app.Hinted(app.Usage("%s is a folder, not a file", word), "name the files in it: "+filepath.Join(word, "*"))
		default:
			if err := g.file(ctx, word); err != nil {
				return err
			}
		}
	}
	of := items.Of{Recording: o.recording, Originals: o.original, Clips: o.clips}
	if len(spaces) == 0 {
		if of != (items.Of{}) {
			return app.Usage("--recording, --original and --clips apply to Spaces, not to files")
		}
		return nil
	}
	rows, err := app.Refs{Words: spaces, IDOnly: o.IDOnly}.Resolve(ctx, a.App, g.Library)
	if err != nil {
		for _, word := range spaces {
			if info, serr := os.Stat(word); serr == nil && info.IsDir() {
				return app.Hinted(app.Usage("%s is a folder", word), "to send the feed and its pages: spaces feed build --site, then spaces upload --feed "+o.target)
			}
		}
		return err
	}
	for _, row := range rows {
		sp, err := g.Library.Load(row.ID)
		if err != nil {
			g.Broken = append(g.Broken, err) // the others can be sent
			continue
		}
		if err := g.AddSpace(ctx, sp, of); err != nil {
			return noneError(err, sp.State)
		}
	}
	if len(g.List) == 0 && len(g.Broken) == 1 {
		return g.Broken[0]
	}
	return nil
}

// noneError says how a Space gets what it has none of.
func noneError(err error, state space.State) error {
	var none *items.NoneError
	switch {
	case !errors.As(err, &none):
		return err
	case none.Kind == publish.Clip && state != space.NoAudio:
		return app.Fail(app.ExitNotFound, "no-clips", "cut one: spaces clip "+none.Recording+" --at 12:30", err)
	}
	if state == space.NoAudio { // nothing can be made of it
		kind := map[bool]string{true: "no-clips", false: "no-episode"}[none.Kind == publish.Clip]
		return app.Fail(app.ExitNotFound, kind, none.Recording+" has no audio; choose another Space: spaces list", err)
	}
	return app.Fail(app.ExitNotFound, "no-episode", "make one: spaces export "+none.Recording+"; or send the recording: --recording", err)
}

// agree asks whether what was found may be sent, before anything else is done.
// It returns the handles of those who have not agreed.
func (g *gatherer) agree(ctx context.Context) ([]string, error) {
	found, err := g.Agree(ctx)
	if err != nil {
		return nil, err // it names them
	}
	return g.ask.NoteAll(found), nil
}

// file adds a file of the user's. Where it gets an address, its name becomes
// one that needs no escapes there.
func (g *gatherer) file(ctx context.Context, name string) error {
	object := filepath.Base(name)
	if g.s.BaseURL != "" || g.s.Public {
		var err error
		if object, err = items.WebName(name); err != nil {
			return app.Hinted(app.Usage("%w", err), "rename it with letters A-Z, digits, dot, - and _")
		}
		if object != filepath.Base(name) {
			g.a.Say("%s is sent as %s", terminal.Safe(filepath.Base(name)), object)
		}
	}
	return g.AddFile(ctx, name, object)
}

// feed adds the episodes, the pages if there are any, and the feed: only what
// is left of them, unless only is nil.
func (g *gatherer) feed(ctx context.Context, only items.Selection) ([]*feed.Episode, error) {
	episodes, baseURL, err := g.AddFeed(ctx, items.FeedOptions{
		Place: g.s.Target.Place(), BaseURL: g.s.BaseURL, Plan: g.o.dryRun, Only: only,
		Agree: func(list []*feed.Episode) error {
			if only != nil {
				return nil // what stays is there already
			}
			_, err := g.ask.Episodes(ctx, list)
			return err
		},
	})
	g.s.BaseURL = baseURL
	return episodes, app.ShowError(g.Library, err)
}
