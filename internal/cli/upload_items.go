package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	clips "github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/consent/gate"
	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/episode/feed"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/publish"
)

// A gatherer finds the files that are to be sent.
type gatherer struct {
	a    *App
	o    *uploadOptions
	lib  *library.Library
	root *os.Root // of the library
	s    *publish.Sender
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
			return nil, &failure{exitNotThere, "no-such-file", "", err}
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
	if g.s.Public {
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
		Name: object, File: abs, SHA256: looked, Kind: publish.File, Type: mimeType(object), Meta: publish.Meta{Title: filepath.Base(name)},
		Open: func() (publish.Source, error) { return os.Open(abs) },
	})
	return nil
}

// kept adds a file of the library.
func (g *gatherer) kept(kind publish.Kind, name, file string, sp *space.Recording, m publish.Meta) *publish.Item {
	it := &publish.Item{Name: name, File: file, Kind: kind, Space: sp.ID, Type: mimeType(name), Meta: m, Open: publish.OpenFile(g.root, file)}
	g.list = append(g.list, it)
	return it
}

func (g *gatherer) space(ctx context.Context, sp *space.Space) error {
	m := metaOf(&sp.Recording)
	if g.o.recording {
		if len(sp.Files) == 0 || len(sp.FileSHA256) != len(sp.Files) {
			return &failure{exitNotThere, "no-audio", "", fmt.Errorf("%w: %s", library.ErrNoAudio, sp.ID)}
		}
		for i, file := range sp.Files {
			if err := g.holds(ctx, file, sp.FileSHA256[i], gate.Use{Recording: sp.ID}); err != nil {
				return err
			}
			name := sp.ID
			if i > 0 {
				name += fmt.Sprintf("-%d", i+1)
			}
			g.kept(publish.Recording, name+path.Ext(file), file, &sp.Recording, m)
		}
	}
	if g.o.original {
		if len(sp.Pieces) == 0 {
			return &failure{exitNotThere, "no-audio", "", fmt.Errorf("%w: %s", library.ErrNoAudio, sp.ID)}
		}
		for _, p := range sp.Pieces {
			if err := g.holds(ctx, layout.OriginalIn(sp.Folder, p.Name), p.SHA256, gate.Use{Recording: sp.ID}); err != nil {
				return err
			}
			g.kept(publish.Original, layout.OriginalIn(sp.ID, plainName(p.Name)), layout.OriginalIn(sp.Folder, p.Name), &sp.Recording, m)
		}
	}
	if g.o.clips {
		if err := g.clips(ctx, sp, m); err != nil {
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
		return &failure{exitNotThere, "no-episode", "make one: spaces export " + sp.ID + "; or send the recording with --recording", fmt.Errorf("%s has no episode", sp.ID)}
	}
	if err != nil {
		return err
	}
	return g.episode(ctx, e, nil)
}

func (g *gatherer) clips(ctx context.Context, sp *space.Space, m publish.Meta) error {
	list, err := clips.List(g.lib.Path(sp.Folder))
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return &failure{exitNotThere, "no-clips", "cut one: spaces clip " + sp.ID + " --at 12:30", fmt.Errorf("%s has no clips", sp.ID)}
	}
	for _, c := range list {
		m := m
		if err := g.holds(ctx, layout.ClipIn(sp.Folder, c.File), c.SHA256, gate.OfClip(&c)); err != nil {
			return err
		}
		m.Title = or(c.Settings.Title, m.Title)
		g.kept(publish.Clip, layout.ClipIn(sp.ID, plainName(c.File)), layout.ClipIn(sp.Folder, c.File), &sp.Recording, m)
	}
	return nil
}

// plainName is the name of a file of ours for the web.
func plainName(file string) string { return or(episode.PlainName(file), "file"+path.Ext(file)) }

// episode adds the files of an episode under the names by which a feed calls
// them.
func (g *gatherer) episode(ctx context.Context, e *feed.Episode, show *feed.Show) error {
	m := publish.Meta{Title: e.Title, Description: e.Description, Date: e.Date.Time}
	if e.Host != nil {
		m.Creator = e.Host.Handle
	}
	if show != nil {
		m.Language, m.Creator = show.Language, or(show.Author, m.Creator)
	}
	sp := &space.Recording{ID: e.ID}
	for i, file := range e.Files() {
		sum := e.SHA256
		if i > 0 {
			sum = "" // what stands beside it has no hash
		}
		if err := g.holds(ctx, e.Path(file), sum, gate.OfEpisode(&e.Record)); err != nil {
			return err
		}
		kind := publish.Extra
		if i == 0 {
			kind = publish.Episode
		}
		it := g.kept(kind, file, e.Path(file), sp, m)
		if i == 0 {
			it.Type = or(e.Type, it.Type)
		}
	}
	return nil
}

// feed adds the episodes, the pages if there are any, and the feed.
func (g *gatherer) feed(ctx context.Context) error {
	const file, dir = layout.FeedFile, layout.Feed
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
	_, err = g.root.Stat(dir + "/index.html")
	site := err == nil
	var episodes []*feed.Episode
	var pages []string
	if site && !g.o.dryRun {
		out, err := g.root.OpenRoot(dir)
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
		pages = g.pages(dir, episodes)
	}
	for _, e := range episodes {
		if g.down.sends(e) {
			if err := g.episode(ctx, e, show); err != nil {
				return err
			}
		}
	}
	if g.down != nil && !g.sentFeed(file) {
		return nil // there is no feed to take anything out of
	}
	for _, p := range pages {
		g.list = append(g.list, &publish.Item{Name: p, File: dir + "/" + p, Kind: publish.Page, Type: mimeType(p), Replace: true, Last: true,
			Open: publish.OpenFile(g.root, dir+"/"+p)})
	}
	there := *show
	there.BaseURL = g.s.BaseURL
	there.Complete()
	text, err := there.Render(episodes, file, site)
	if err != nil {
		return err
	}
	g.list = append(g.list, &publish.Item{Name: file, File: dir + "/" + file, Kind: publish.Feed, Type: "application/rss+xml", Replace: true, Last: true,
		Open: publish.Bytes(file, text)})
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

// pages lists the pages that are there, for a dry run: it builds none.
func (g *gatherer) pages(dir string, episodes []*feed.Episode) []string {
	var list []string
	for _, e := range episodes {
		list = append(list, e.Wave(), e.WaveDark(), e.Page())
	}
	return slices.DeleteFunc(append(list, "index.html"), func(name string) bool {
		_, err := g.root.Stat(dir + "/" + name)
		return err != nil
	})
}

// metaOf is what targets may say of a recording.
func metaOf(r *space.Recording) publish.Meta {
	m := publish.Meta{Title: r.Title, Date: r.StartedAt.Time, Subjects: r.Hashtags}
	if r.Host != nil {
		m.Creator = r.Host.Handle
	}
	return m
}

// mimeType is the type of a file by its name. What the system knows is not
// asked: it would differ from one computer to the next.
func mimeType(name string) string {
	types := map[string]string{
		".json": "application/json", ".vtt": "text/vtt", ".srt": "application/x-subrip", ".txt": "text/plain; charset=utf-8",
		".md": "text/markdown; charset=utf-8", ".html": "text/html; charset=utf-8", ".xml": "application/xml", ".css": "text/css; charset=utf-8",
		".svg": "image/svg+xml", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".zip": "application/zip", ".pdf": "application/pdf",
	}
	ext := strings.ToLower(path.Ext(name))
	return cmp.Or(types[ext], format.MediaType(ext), "application/octet-stream")
}
