package episode

import (
	"fmt"
	"os"
	"path"
	"reflect"
	"slices"
	"time"

	"github.com/spaces-cli/spaces/internal/library/space"
)

// The types of an episode in a feed, as itunes:episodeType has them.
const (
	Full    = "full"
	Trailer = "trailer"
	Bonus   = "bonus"
)

// Types lists the types of an episode.
func Types() []string { return []string{Full, Trailer, Bonus} }

// A Listing is what a record says of the episode's place in one show.
type Listing struct {
	// Published says whether the episode enters the feed. Records of before
	// there was a choice have no such key, and count as published in the
	// library's first show: the programs that wrote them put every episode into
	// the feed.
	Published *bool `json:"published,omitempty"`
	// PublishAt is when the episode enters the feed, and its date there; without
	// it the episode enters with the next build, with the date of the Space.
	PublishAt *space.Time `json:"publish_at,omitempty"`
	Season    int         `json:"season,omitempty"`
	Number    int         `json:"number,omitempty"`
	// EpisodeType is "trailer" or "bonus"; "" is a full episode.
	EpisodeType string `json:"episode_type,omitempty"`
	// Explicit is that of the show unless it is set.
	Explicit *bool `json:"explicit,omitempty"`
	// GUID is that of the item in another feed, of which subscribers have the
	// episode already; "" makes it of the Space's id.
	GUID string `json:"guid,omitempty"`
}

// In returns the listing of the episode in a show of the library, by its name;
// "" is the first show.
func (r *Record) In(show string) Listing {
	if show == "" {
		l := r.Listing
		if l.Published == nil {
			yes := true
			l.Published = &yes
		}
		return l
	}
	if l := r.Shows[show]; l != nil {
		return *l
	}
	return Listing{}
}

// IsPublishedIn reports whether the episode enters the feed of a show.
func (r *Record) IsPublishedIn(show string) bool {
	p := r.In(show).Published
	return p != nil && *p
}

// IsPublished reports whether the episode enters the feed of the library's first
// show.
func (r *Record) IsPublished() bool { return r.IsPublishedIn("") }

// PublishedIn lists the shows whose feeds the episode enters, "" for the first.
func (r *Record) PublishedIn() []string {
	var list []string
	for name := range r.Shows {
		if r.IsPublishedIn(name) {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	if r.IsPublished() {
		list = slices.Insert(list, 0, "")
	}
	return list
}

// A Relisting is what changes of a listing, and of the title; what is nil stays.
type Relisting struct {
	Title          *string // of the record, and so in all shows
	Published      *bool
	PublishAt      *time.Time // the zero time takes the date away
	Season, Number *int       // 0 takes it away
	EpisodeType    *string
	Explicit       *string // "true", "false", or "show", which is that of the show
	GUID           *string
}

// IsNone reports whether nothing changes.
func (c Relisting) IsNone() bool { return reflect.ValueOf(c).IsZero() }

// apply returns the listing after a change.
func (c Relisting) apply(l Listing) Listing {
	if c.Published != nil {
		l.Published = c.Published
	}
	if c.PublishAt != nil {
		l.PublishAt = nil
		if !c.PublishAt.IsZero() {
			l.PublishAt = &space.Time{Time: c.PublishAt.UTC()}
		}
	}
	if c.Season != nil {
		l.Season = *c.Season
	}
	if c.Number != nil {
		l.Number = *c.Number
	}
	if c.EpisodeType != nil {
		if l.EpisodeType = *c.EpisodeType; l.EpisodeType == Full {
			l.EpisodeType = ""
		}
	}
	if c.Explicit != nil {
		l.Explicit = nil
		if *c.Explicit != "show" {
			yes := *c.Explicit == "true"
			l.Explicit = &yes
		}
	}
	if c.GUID != nil {
		l.GUID = *c.GUID
	}
	return l
}

// Relist changes the listing of the episode in a show.
func (r *Record) Relist(show string, c Relisting) {
	if c.Title != nil {
		r.Title = *c.Title
	}
	if show == "" {
		r.Listing = c.apply(r.Listing)
		return
	}
	l := c.apply(r.In(show))
	shows := make(map[string]*Listing, len(r.Shows)+1)
	for name, other := range r.Shows {
		shows[name] = other
	}
	shows[show] = &l
	r.Shows = shows
}

// Relist writes into an episode's record, which has a name below a folder, what
// changes of its listing in a show. The record keeps its time, by which feeds
// tell the latest of several episodes.
func Relist(folder *os.Root, name, show string, c Relisting) error {
	root, err := folder.OpenRoot(path.Dir(name))
	if err != nil {
		return err
	}
	defer root.Close()
	t := &target{root: root}
	rec, err := t.read(path.Base(name))
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	was := *rec
	if rec.Relist(show, c); reflect.DeepEqual(was, *rec) {
		return nil
	}
	return t.rewrite(path.Base(name), rec)
}

// SetPublished writes into an episode's record whether it enters the feed of a
// show.
func SetPublished(folder *os.Root, name, show string, published bool) error {
	return Relist(folder, name, show, Relisting{Published: &published})
}

// inherit carries over what a record that is replaced says of publishing: the
// episode is made anew, and stays where it stands.
func (t *target) inherit(rec *Record) {
	old, err := t.record()
	if err != nil || old.File != t.file || old.ID != rec.ID {
		return
	}
	rec.Listing, rec.Shows = old.In(""), old.Shows
}

// relist sets down what the request says of publishing.
func (q *Request) relist(rec *Record) {
	if c := q.Listing; q.Publish || !c.IsNone() {
		if q.Publish {
			c.Published = &q.Publish
		}
		rec.Relist(q.Show, c)
	}
}
