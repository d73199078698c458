package withdrawal

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/consent/gate"
	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/episode/feed"
	"github.com/spaces-cli/spaces/internal/episode/site"
	"github.com/spaces-cli/spaces/internal/publish"
)

// A TakeDown is what a target must lose because people have withdrawn. An
// episode that was made without them replaces the one in which they are heard;
// nothing else is added to the feed.
type TakeDown struct {
	// Refused are episodes that could replace another, but for the gate.
	Refused []Refusal

	finder   *Finder
	root     *os.Root
	show     *feed.Show
	place    string
	stays    map[string]bool // records of the episodes that the feed is going to have
	replaces map[string]bool // those of them that replace another
	unfit    map[string]bool // records of those in which somebody is heard who has withdrawn
	pages    map[string]bool // Spaces whose pages stay
	keep     map[string]bool // objects that the feed and its episodes need
}

// A Refusal is an episode that the gate does not let through, and why.
type Refusal struct {
	Episode *feed.Episode
	Err     error // wraps a *consent.Refused
}

// NewTakeDown finds the episodes that stay in the feed at a place: of those that
// are there, the ones in which nobody is heard who has withdrawn, else one that
// was made without them. may is asked of each that is going to be sent anew. The
// feed at the place is that of the show.
func (f *Finder) NewTakeDown(show *feed.Show, place string, may func(*feed.Episode) error) (*TakeDown, error) {
	d := &TakeDown{
		finder: f, root: f.lib.Root(), show: show, place: place,
		stays: make(map[string]bool), replaces: make(map[string]bool), unfit: make(map[string]bool), keep: make(map[string]bool), pages: make(map[string]bool),
	}
	there, err := d.standing()
	if err != nil {
		return nil, err
	}
	for _, r := range there {
		if r.Kind != publish.Episode {
			continue
		}
		if err := d.choose(r, there, may); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// choose finds the episode that stays for one that was sent. The host has taken a
// Space of which no episode is published out of the feed: then none comes back.
func (d *TakeDown) choose(r *publish.Receipt, there []*publish.Receipt, may func(*feed.Episode) error) error {
	if !slices.ContainsFunc(d.finder.episodes, func(e *feed.Episode) bool { return e.ID == r.ID && d.show.Publishes(e) }) {
		return nil
	}
	fit, err := d.fit(r.ID)
	if err != nil {
		return err
	}
	// What is there already stays as it is.
	if i := slices.IndexFunc(fit, func(e *feed.Episode) bool {
		return slices.ContainsFunc(there, func(o *publish.Receipt) bool { return o.SHA256 == e.SHA256 && o.Object == e.File }) && d.show.Publishes(e)
	}); i >= 0 {
		d.stays[fit[i].Sidecar] = true
		return nil
	}
	if published := slices.DeleteFunc(slices.Clone(fit), func(e *feed.Episode) bool { return !d.show.Publishes(e) }); len(published) > 0 {
		fit = published
	}
	best := (&feed.Show{Name: d.show.Name}).Best(fit, r.ID)
	said, err := d.finder.Heard(r)
	if err != nil || best == nil {
		return err
	}
	d.stays[best.Sidecar] = len(said) == 0 // it was made anew since, and nothing is wrong with it
	if err := may(best); err != nil {
		if !errors.As(err, new(*consent.Refused)) {
			return err
		}
		d.Refused = append(d.Refused, Refusal{best, err})
		return nil
	}
	d.stays[best.Sidecar], d.replaces[best.Sidecar] = true, true
	return nil
}

// fit lists the episodes of a Space in which nobody is heard who has withdrawn,
// of those that are published or were made without somebody. It remembers the
// others.
func (d *TakeDown) fit(id string) ([]*feed.Episode, error) {
	var list []*feed.Episode
	for _, e := range d.finder.episodes {
		if e.ID != id || !d.show.Publishes(e) && len(e.Omitted) == 0 {
			continue
		}
		said, err := d.finder.In(gate.OfEpisode(&e.Record))
		if err != nil {
			return nil, err
		}
		if len(said) == 0 {
			list = append(list, e)
		} else {
			d.unfit[e.Sidecar] = true
		}
	}
	return list, nil
}

// Stays reports whether an episode is part of the feed afterwards.
func (d *TakeDown) Stays(e *feed.Episode) bool { return d.stays[e.Sidecar] }

// Sends reports whether an episode of the feed is sent: it replaces another.
// Those that are there already are left alone.
func (d *TakeDown) Sends(e *feed.Episode) bool { return d.replaces[e.Sidecar] }

// Hears reports whether nobody is heard in a clip who has withdrawn.
func (d *TakeDown) Hears(p *clip.Provenance) (bool, error) {
	said, err := d.finder.In(gate.OfClip(p))
	return len(said) == 0, err
}

// Send prepares items to be sent in the place of others. episodes are those of
// the feed; what belongs to them is not removed.
func (d *TakeDown) Send(episodes []*feed.Episode, items []*publish.Item) {
	for _, e := range episodes {
		d.pages[e.ID] = true
		for _, name := range e.Files() {
			d.keep[name] = true
		}
	}
	for _, it := range items {
		it.Replace, d.keep[it.Name] = true, true
	}
}

// Publish notes in the records of the episodes which of them are published from
// now on. Those that replace others come first: of a Space whose episodes were all
// unpublished nothing comes back, also if this program is killed in between.
func (d *TakeDown) Publish() error {
	for _, replaces := range []bool{true, false} {
		for _, e := range d.finder.episodes {
			if d.replaces[e.Sidecar] != replaces || replaces == d.show.Publishes(e) || !replaces && !d.unfit[e.Sidecar] {
				continue
			}
			if err := episode.SetPublished(d.root, e.Sidecar, d.show.Name, replaces); err != nil {
				return err
			}
		}
	}
	return nil
}

// standing are the receipts of what is at the place.
func (d *TakeDown) standing() ([]*publish.Receipt, error) {
	list, err := publish.Standing(d.root)
	return slices.DeleteFunc(list, func(r *publish.Receipt) bool { return r.Place != d.place }), err
}

// Plan finds what is removed and what is replaced, by the receipts as they are
// now: everything in which somebody is heard who has withdrawn, and what stands
// beside such an episode. What has sound comes first.
func (d *TakeDown) Plan() (removed, replaced []*publish.Receipt, err error) {
	there, err := d.standing()
	if err != nil {
		return nil, nil, err
	}
	for _, r := range there {
		probe := *r
		switch r.Kind {
		case publish.Feed:
			continue
		case publish.Page:
			probe.ID = site.EpisodeOf(r.Object)
		}
		if soundless(r) == 1 {
			// The page of a clip says what is said in it, and so does its picture: where
			// the clip has gone, its episode keeps neither.
			stays := r.Kind == publish.Page && d.pages[probe.ID] && !site.IsOfClip(r.Object)
			if d.keep[r.Object] || probe.ID == "" || stays {
				continue
			}
			probe.SHA256 = "" // it is of the whole
		}
		said, err := d.finder.Heard(&probe)
		switch {
		case err != nil:
			return nil, nil, err
		case len(said) == 0:
		case d.keep[r.Object]:
			replaced = append(replaced, r)
		default:
			removed = append(removed, r)
		}
	}
	slices.SortStableFunc(removed, func(a, b *publish.Receipt) int { return cmp.Compare(soundless(a), soundless(b)) })
	return removed, replaced, nil
}

// soundless is 1 for what stands beside a sound, and 0 for the sound.
func soundless(r *publish.Receipt) int {
	if r.Kind == publish.Extra || r.Kind == publish.Page {
		return 1
	}
	return 0
}

// Stale returns the receipts of feeds that differ from what is going to be sent:
// a run was killed, or refused, before it could send them.
func (d *TakeDown) Stale(items []*publish.Item) ([]*publish.Receipt, error) {
	there, err := d.standing()
	if err != nil {
		return nil, err
	}
	var list []*publish.Receipt
	for _, it := range items {
		if it.Kind != publish.Feed {
			continue
		}
		b, err := it.Content()
		if err != nil {
			return nil, err
		}
		sum := fmt.Sprintf("%x", sha256.Sum256(b))
		for _, r := range there {
			if r.Object == it.Name && r.SHA256 != sum {
				list = append(list, r)
			}
		}
	}
	return list, nil
}
