package items

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"time"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/consent/gate"
	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/episode/feed"
	"github.com/spaces-cli/spaces/internal/episode/site"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/publish"
)

// A Collector gathers what one upload consists of, and who is heard in it.
type Collector struct {
	Library *library.Library
	Gate    *gate.Gate
	// Open says that everybody can find what is sent: the target is public, or
	// its settings say at which address.
	Open bool
	Feed bool // what is sent is also going to be part of a feed
	// Show is the name of the show in the library that is meant, "" for the first.
	Show string
	// Now is the clock that says which episodes are due; nil is that of the system.
	Now func() time.Time

	List []*publish.Item
	Uses []gate.Use // of the recordings that are heard in them
	// Broken is what is wrong with things that were named and left out.
	Broken []error
	// Elsewhere is the name at the target of a cover that the feed points to and
	// that is not part of List; "" if there is none.
	Elsewhere string
}

// A NoneError means that a Space has nothing of a kind.
type NoneError struct {
	Recording string // id
	Kind      publish.Kind
}

func (e *NoneError) Error() string {
	if e.Kind == publish.Clip {
		return e.Recording + " has no clips"
	}
	return fmt.Sprintf("%s has no %s", e.Recording, e.Kind)
}

// ErrNoWebName means that nothing of a file's name can be part of a web address.
var ErrNoWebName = errors.New("cannot be part of a web address")

// WebName is the name of a user's file as it needs no escapes in a web address.
func WebName(name string) (string, error) {
	object := episode.PlainName(filepath.Base(name))
	if object == "" {
		return "", fmt.Errorf("the file name %s %w", name, ErrNoWebName)
	}
	return object, nil
}

// acts are what is done by sending.
func (c *Collector) acts() []consent.Action {
	act := consent.SendingOwn
	if c.Open {
		act = consent.SendingAll
	}
	if c.Feed {
		return []consent.Action{act, consent.Feeding}
	}
	return []consent.Action{act}
}

// asks reports whether the gate asks anything at all: to find out who is heard
// in a file can take hashing it.
func (c *Collector) asks() bool { return slices.ContainsFunc(c.acts(), c.Gate.Asks) }

// strict reports whether the gate can refuse. Then what a file holds is not
// taken from its record alone.
func (c *Collector) strict() bool { return slices.ContainsFunc(c.acts(), c.Gate.Requires) }

// Agree asks the gate whether what was collected may be sent, and of a feed also
// whether it may be part of it. What was found until then comes with an error
// too.
func (c *Collector) Agree(ctx context.Context) ([]*consent.Finding, error) {
	var all []*consent.Finding
	for _, act := range c.acts() {
		found, err := c.Gate.CheckAll(ctx, act, c.Uses)
		all = append(all, found...)
		if err != nil {
			return all, err
		}
	}
	return all, nil
}

// MayPublish asks the gate whether an episode may be sent, and be part of the
// feed.
func (c *Collector) MayPublish(ctx context.Context, e *feed.Episode) error {
	for _, act := range c.acts() {
		if _, err := c.Gate.CheckAll(ctx, act, []gate.Use{gate.OfEpisode(&e.Record)}); err != nil {
			return err
		}
	}
	return nil
}

// AddFile adds a file of the user's, as object.
func (c *Collector) AddFile(ctx context.Context, name, object string) error {
	abs, err := filepath.Abs(name)
	if err != nil {
		return err
	}
	looked := ""
	if c.asks() {
		f, err := os.Open(abs)
		if err != nil {
			return err
		}
		defer f.Close()
		uses, sum, err := c.Gate.Opened(ctx, abs, f)
		if err != nil {
			return err
		}
		c.Uses, looked = append(c.Uses, uses...), sum
	}
	c.List = append(c.List, &publish.Item{
		Name: object, File: abs, SHA256: looked, Kind: publish.File, Type: Type(object), Meta: publish.Meta{Title: filepath.Base(name)},
		Open: func() (publish.OpenedFile, error) { return os.Open(abs) },
	})
	return nil
}

// Of says what of a Space is sent. The zero value is its episode.
type Of struct{ Recording, Originals, Clips bool }

// AddSpace adds files of a Space. The error is a *NoneError, or wraps
// library.ErrNoAudio, if it has none.
func (c *Collector) AddSpace(ctx context.Context, sp *space.Space, of Of) error {
	root := c.Library.Root()
	if of == (Of{}) {
		parts, err := c.episode(ctx, sp)
		return c.addParts(ctx, parts, err)
	}
	if of.Recording {
		parts, err := Recording(root, sp)
		if err := c.addParts(ctx, parts, err); err != nil {
			return err
		}
	}
	if of.Originals {
		parts, err := Originals(root, sp)
		if err := c.addParts(ctx, parts, err); err != nil {
			return err
		}
	}
	if of.Clips {
		parts, broken, err := Clips(c.Library, sp)
		for _, b := range broken {
			c.Broken = append(c.Broken, b)
		}
		return c.addParts(ctx, parts, err)
	}
	return nil
}

// episode are the files of that episode of a Space which the show prefers.
func (c *Collector) episode(ctx context.Context, sp *space.Space) ([]Part, error) {
	root := c.Library.Root()
	show, err := feed.Load(root, c.Show)
	if errors.Is(err, feed.ErrNoShow) && c.Show == "" {
		show, err = new(feed.Show), nil
	}
	if err != nil {
		return nil, err
	}
	e, err := show.Find(ctx, root, sp.Folder)
	if errors.Is(err, feed.ErrNoEpisodes) {
		return nil, &NoneError{sp.ID, publish.Episode}
	}
	if err != nil {
		return nil, err
	}
	return Episode(root, e, nil), nil
}

// addParts adds files of the library, and notes who is heard in them.
func (c *Collector) addParts(ctx context.Context, parts []Part, err error) error {
	if err != nil {
		return err
	}
	for _, p := range parts {
		uses := []gate.Use{p.Holds}
		if c.strict() {
			if uses, err = c.Gate.Kept(ctx, c.Library.Path(p.Item.File), p.SHA256, p.Holds); err != nil {
				return err
			}
		}
		c.Uses, c.List = append(c.Uses, uses...), append(c.List, p.Item)
	}
	return nil
}

// A Selection restricts a feed that is at the target already.
type Selection interface {
	Stays(*feed.Episode) bool // is part of it
	Sends(*feed.Episode) bool // is sent too
	// Hears reports whether a clip can still be heard on the pages.
	Hears(*clip.Provenance) (bool, error)
}

// FeedOptions say how a feed is collected.
type FeedOptions struct {
	Place   string // of the target
	BaseURL string // where everybody finds what is sent there; "": as the show says
	Plan    bool   // write nothing
	// Only restricts the feed; nil: all that is published, sent whole.
	Only Selection
	// Agree is asked before pages are written.
	Agree func([]*feed.Episode) error
}

// AddFeed adds the episodes of the show, its pages if there are any, and the
// feed. It returns the episodes of the feed, and the address at which everybody
// finds it.
func (c *Collector) AddFeed(ctx context.Context, o FeedOptions) (episodes []*feed.Episode, baseURL string, err error) {
	root := c.Library.Root()
	show, err := feed.LoadValid(root, c.Show)
	if err != nil {
		return nil, "", err
	}
	if o.BaseURL == "" {
		o.BaseURL = show.BaseURL
	}
	// A take-down also rewrites pages that still stand there after the show was told
	// to have none: they name who is taken down.
	withPages := HasPages(root, show) || o.Only != nil && sentPages(root, o.Place)
	episodes, pages, err := c.build(ctx, show, withPages, &o)
	if err != nil {
		return nil, "", err
	}
	for _, e := range episodes {
		if o.Only == nil || o.Only.Sends(e) {
			if err := c.addParts(ctx, Episode(root, e, show), nil); err != nil {
				return nil, "", err
			}
		}
	}
	if withPages && o.Only == nil {
		clips, err := SiteClips(root, show, episodes)
		if err := c.addParts(ctx, clips, err); err != nil {
			return nil, "", err
		}
	}
	if o.Only != nil && !sentFeed(root, o.Place) {
		return episodes, o.BaseURL, nil // there is no feed to take anything out of
	}
	there := *show
	there.BaseURL = o.BaseURL
	there.Complete()
	text, err := there.Render(episodes, layout.FeedFile, withPages)
	if err != nil {
		return nil, "", err
	}
	if show.Cover != "" {
		c.List = append(c.List, kept(root, publish.Extra, show.Cover, path.Join(show.Folder(), show.Cover), "", publish.Meta{Title: show.Title}))
	}
	if name := there.OwnImage(); name != "" && !slices.ContainsFunc(c.List, func(it *publish.Item) bool { return it.Name == name }) {
		c.Elsewhere = name
	}
	c.List = append(c.List, Feed(root, show, pages, text)...)
	return episodes, o.BaseURL, nil
}

// FeedItem is the feed among what was collected, nil if there is none.
func (c *Collector) FeedItem() *publish.Item {
	i := slices.IndexFunc(c.List, func(it *publish.Item) bool { return it.Kind == publish.Feed })
	if i < 0 {
		return nil
	}
	return c.List[i]
}

// build chooses the episodes of a feed, and writes its pages.
func (c *Collector) build(ctx context.Context, show *feed.Show, withPages bool, o *FeedOptions) (episodes []*feed.Episode, pages []string, err error) {
	root := c.Library.Root()
	now := time.Now()
	if c.Now != nil {
		now = c.Now()
	}
	choose := func(e *feed.Episode) bool { return show.Due(e, now) }
	if o.Only != nil {
		choose = o.Only.Stays
	}
	if !withPages || o.Plan {
		episodes, err = show.Choose(ctx, root, choose)
		if errors.Is(err, feed.ErrNoEpisodes) || errors.Is(err, feed.ErrNonePublished) {
			// Where a feed of the show is, an empty one replaces it, so that
			// subscribers hear that its last episode has gone.
			if o.Only != nil || sentFeed(root, o.Place) {
				err = nil
			}
		}
		if err == nil && withPages {
			pages, err = Pages(root, show, episodes)
		}
		return episodes, pages, err
	}
	if err := root.MkdirAll(show.Folder(), 0o755); err != nil {
		return nil, nil, err
	}
	out, err := root.OpenRoot(show.Folder())
	if err != nil {
		return nil, nil, err
	}
	defer out.Close()
	b, err := feed.Build(ctx, root, out, show, feed.Options{Site: site.New(site.Options{Clip: c.clipFilter(show, o)}), Choose: choose, Now: now, Agree: o.Agree})
	if err != nil {
		return nil, nil, err
	}
	return b.Episodes, b.Pages, nil
}

// clipFilter says which clips can be heard on the pages: those that may be sent,
// and of which everybody who is heard has agreed to the feed.
func (c *Collector) clipFilter(show *feed.Show, o *FeedOptions) func(context.Context, *feed.Episode, *clip.Provenance) (bool, error) {
	if show.NoClips {
		return nil
	}
	return func(ctx context.Context, e *feed.Episode, p *clip.Provenance) (bool, error) {
		if o.Only != nil {
			if hears, err := o.Only.Hears(p); !hears || err != nil {
				return false, err
			}
		}
		uses := []gate.Use{gate.OfClip(p)}
		if c.strict() {
			var err error
			uses, err = c.Gate.Kept(ctx, c.Library.Path(layout.ClipIn(e.Folder, p.File)), p.SHA256, uses[0])
			if errors.Is(err, fs.ErrNotExist) {
				return false, nil
			}
			if err != nil {
				return false, err
			}
		}
		if no, err := c.Gate.Declines(consent.Clipping, uses); no || err != nil { // to the whole, but not to excerpts
			return false, err
		}
		for _, act := range c.acts() {
			_, err := c.Gate.CheckAll(ctx, act, uses)
			if gate.IsRefusal(err) {
				return false, nil
			}
			if err != nil {
				return false, err
			}
		}
		return true, nil
	}
}

// sentFeed reports whether a feed was sent to a place.
func sentFeed(root *os.Root, place string) bool {
	standing, err := publish.Standing(root)
	return err == nil && slices.ContainsFunc(standing, func(r *publish.Receipt) bool {
		return r.Kind == publish.Feed && r.Place == place && r.Object == layout.FeedFile
	})
}

// sentPages reports whether the front page of a show's site is at a place.
func sentPages(root *os.Root, place string) bool {
	standing, err := publish.Standing(root)
	return err == nil && slices.ContainsFunc(standing, func(r *publish.Receipt) bool {
		return r.Kind == publish.Page && r.Place == place && r.Object == site.Index
	})
}
