package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/consent/gate"
	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/episode/feed"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/items"
)

// A gatherer finds the files that are to be sent.
type gatherer struct {
	a    *App
	o    *uploadOptions
	lib  *library.Library
	root *os.Root // of the library
	s    *publish.Sender
	open bool // the target is public, or its settings say at which address everybody finds it
	ask  *asker
	list []*publish.Item
	uses []gate.Use // of the recordings that are heard in them
	down *takeDown  // nil: nothing is taken down
}

// gather finds what the words of a command line mean.
func (g *gatherer) gather(ctx context.Context) ([]*publish.Item, error) {
	a, o, lib := g.a, g.o, g.lib
	if o.feed {
		err := g.feed(ctx)
		return g.list, err
	}
	var spaces []string
	for _, word := range o.words {
		info, err := os.Stat(word)
		switch {
		case word == "-" || err != nil && !strings.ContainsAny(word, `/\`):
			spaces = append(spaces, word)
		case err != nil:
			return nil, &failure{exitNotFound, "no-such-file", "", err}
		case info.IsDir() && !strings.ContainsAny(word, `/\`):
			spaces = append(spaces, word) // a folder that happens to be called so
		case !info.Mode().IsRegular():
			return nil, hinted(usage("%s is a folder: name the files in it", word), "your shell does that: "+filepath.Join(word, "*"))
		default:
			if err := g.file(ctx, word); err != nil {
				return nil, err
			}
		}
	}
	if len(spaces) == 0 {
		if o.recording || o.original || o.clips {
			return nil, usage("--recording, --original and --clips are of Spaces, not of files")
		}
		return g.list, nil
	}
	rows, err := refs{spaces, o.idOnly}.resolve(ctx, a, lib.Catalog())
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		sp, err := lib.Load(row.ID)
		if err != nil {
			return nil, err
		}
		if err := g.space(ctx, sp); err != nil {
			return nil, err
		}
	}
	return g.list, nil
}

// asks reports whether agree asks anything at all: to find out who is heard in a
// file can take hashing it.
func (g *gatherer) asks() bool {
	return g.ask.Asks(g.act()) || g.o.feed && g.ask.Asks(consent.Feeding)
}

// strict reports whether agree can refuse. Then what a file holds is not taken
// from its record alone.
func (g *gatherer) strict() bool {
	mode := g.a.set.Consent.Mode
	return mode(g.act()) == consent.Require || g.o.feed && mode(consent.Feeding) == consent.Require
}

// holds notes what a file of the library holds, of which there is a record.
func (g *gatherer) holds(ctx context.Context, file, sha256 string, u gate.Use) error {
	if !g.strict() {
		g.uses = append(g.uses, u)
		return nil
	}
	uses, err := g.ask.Kept(ctx, g.lib.Path(file), sha256, u)
	g.uses = append(g.uses, uses...)
	return err
}

// act is what is done by sending to the target.
func (g *gatherer) act() consent.Action {
	if g.open {
		return consent.SendingAll
	}
	return consent.SendingOwn
}

// agree asks whether what was found may be sent: before anything else is done,
// and of a feed also whether it may stand there.
func (g *gatherer) agree(ctx context.Context) ([]string, error) {
	missing, err := g.ask.checkAll(ctx, g.act(), g.uses)
	if err != nil || !g.o.feed {
		return missing, err
	}
	more, err := g.ask.checkAll(ctx, consent.Feeding, g.uses)
	for _, name := range more {
		if !slices.Contains(missing, name) {
			missing = append(missing, name)
		}
	}
	return missing, err
}

// file adds a file of the user's. Where it gets an address, its name becomes
// one that needs no escapes there.
func (g *gatherer) file(ctx context.Context, name string) error {
	abs, err := filepath.Abs(name)
	if err != nil {
		return err
	}
	object := filepath.Base(name)
	if g.s.BaseURL != "" || g.s.Public {
		if object = episode.PlainName(object); object == "" {
			return hinted(usage("nothing of the name %s can be part of a web address", name), "rename it: letters A-Z, digits, dot, - and _ can")
		}
		if object != filepath.Base(name) {
			g.a.say("%s is called %s there", safe(filepath.Base(name)), object)
		}
	}
	looked := ""
	if g.asks() {
		f, err := os.Open(abs)
		if err != nil {
			return err
		}
		defer f.Close()
		use, sum, err := g.ask.Opened(ctx, abs, f)
		if err != nil {
			return err
		}
		g.uses, looked = append(g.uses, use...), sum
	}
	g.list = append(g.list, &publish.Item{
		Name: object, File: abs, SHA256: looked, Kind: publish.File, Type: items.Type(object), Meta: publish.Meta{Title: filepath.Base(name)},
		Open: func() (publish.Source, error) { return os.Open(abs) },
	})
	return nil
}

func (g *gatherer) space(ctx context.Context, sp *space.Space) error {
	if g.o.recording {
		if err := g.parts(ctx, sp)(items.Recording(g.root, sp)); err != nil {
			return err
		}
	}
	if g.o.original {
		if err := g.parts(ctx, sp)(items.Originals(g.root, sp)); err != nil {
			return err
		}
	}
	if g.o.clips {
		if err := g.parts(ctx, sp)(items.Clips(g.lib, sp)); err != nil {
			return err
		}
	}
	if g.o.recording || g.o.original || g.o.clips {
		return nil
	}
	prefer := ""
	if show, err := feed.Load(g.root); err == nil {
		prefer = show.Prefer
	} else if !errors.Is(err, feed.ErrNoShow) {
		return err
	}
	e, err := feed.Find(ctx, g.root, sp.Folder, prefer)
	if errors.Is(err, feed.ErrNoEpisodes) {
		return &failure{exitNotFound, "no-episode", "make one: spaces export " + sp.ID + "; or send the recording with --recording", fmt.Errorf("%s has no episode", sp.ID)}
	}
	if err != nil {
		return err
	}
	return g.add(ctx, items.Episode(g.root, e, nil))
}

// parts adds files of a Space, or says how it gets some.
func (g *gatherer) parts(ctx context.Context, sp *space.Space) func([]items.Part, error) error {
	return func(list []items.Part, err error) error {
		switch {
		case errors.Is(err, library.ErrNoAudio):
			return &failure{exitNotFound, "no-audio", "", err}
		case errors.Is(err, items.ErrNoClips):
			return &failure{exitNotFound, "no-clips", "cut one: spaces clip " + sp.ID + " --at 12:30", fmt.Errorf("%s has no clips", sp.ID)}
		case err != nil:
			return err
		}
		return g.add(ctx, list)
	}
}

// add adds files of the library, and notes who is heard in them.
func (g *gatherer) add(ctx context.Context, list []items.Part) error {
	for _, p := range list {
		if err := g.holds(ctx, p.Item.File, p.SHA256, p.Holds); err != nil {
			return err
		}
		g.list = append(g.list, p.Item)
	}
	return nil
}

// feed adds the episodes, the pages if there are any, and the feed.
func (g *gatherer) feed(ctx context.Context) error {
	const file = layout.FeedFile
	show, err := feed.Load(g.root)
	if err != nil {
		return err
	}
	if _, err := show.Check(); err != nil {
		return hinted(fmt.Errorf("%s: %w", layout.Show, err), "change it: see spaces feed init --help")
	}
	if g.s.BaseURL == "" {
		g.s.BaseURL = show.BaseURL
	}
	site := items.HasPages(g.root)
	var episodes []*feed.Episode
	var pages []string
	if site && !g.o.dryRun {
		out, err := g.root.OpenRoot(layout.Feed)
		if err != nil {
			return err
		}
		defer out.Close()
		b, err := feed.Build(ctx, g.root, out, show, feed.Options{Site: true, Choose: g.down.chooser(), Agree: func(list []*feed.Episode) error {
			if g.down != nil {
				return nil // what stays is there already
			}
			_, err := g.ask.episodes(ctx, list)
			return err
		}})
		if err != nil {
			return err
		}
		episodes, pages = b.Episodes, b.Pages
	} else if episodes, err = feed.Choose(ctx, g.root, show.Prefer, g.down.chooser()); err != nil && !g.emptied(err, file) {
		return err
	}
	if site && g.o.dryRun {
		pages = items.Pages(g.root, episodes)
	}
	for _, e := range episodes {
		if g.down.sends(e) {
			if err := g.add(ctx, items.Episode(g.root, e, show)); err != nil {
				return err
			}
		}
	}
	if g.down != nil && !g.sentFeed(file) {
		return nil // there is no feed to take anything out of
	}
	there := *show
	there.BaseURL = g.s.BaseURL
	there.Complete()
	text, err := there.Render(episodes, file, site)
	if err != nil {
		return err
	}
	g.list = append(g.list, items.Feed(g.root, pages, text)...)
	return nil
}

// emptied reports whether an error says that there is nothing to publish, where
// a feed of the show is at the target: an empty one takes its place, so that
// subscribers hear that its last episode has gone.
func (g *gatherer) emptied(err error, file string) bool {
	if !errors.Is(err, feed.ErrNoEpisodes) && !errors.Is(err, feed.ErrNonePublished) {
		return false
	}
	return g.down != nil || g.sentFeed(file)
}

// sentFeed reports whether a feed was sent to the target.
func (g *gatherer) sentFeed(file string) bool {
	standing, err := publish.Standing(g.root)
	return err == nil && slices.ContainsFunc(standing, func(r *publish.Receipt) bool {
		return r.Kind == publish.Feed && r.Place == g.s.Target.Place() && r.Object == file
	})
}
