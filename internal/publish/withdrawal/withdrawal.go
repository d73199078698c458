// Package withdrawal finds what was sent with the voice of somebody who has
// since said no, and decides what a target must lose: which files are removed,
// and which are replaced by ones that were made without that person. It removes
// nothing itself; publish.Sender does.
package withdrawal

import (
	"context"
	"errors"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/consent/gate"
	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/episode/feed"
	"github.com/spaces-cli/spaces/internal/episode/site"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/removed"
	"github.com/spaces-cli/spaces/internal/publish"
)

// A Finder finds who is heard in something that was sent and has said no, or
// whose consent has ended.
type Finder struct {
	lib    *library.Library
	ledger *consent.Ledger
	now    func() time.Time

	episodes []*feed.Episode
	made     map[string]gate.Use // clips and episodes, by SHA-256
	spaces   map[string]*consent.Use
}

// NewFinder reads the episodes of a library, published or not. The ledger stays
// the caller's.
func NewFinder(ctx context.Context, lib *library.Library, l *consent.Ledger, now func() time.Time) (*Finder, error) {
	f := &Finder{lib: lib, ledger: l, now: now, made: make(map[string]gate.Use), spaces: make(map[string]*consent.Use)}
	// An episode whose record cannot be read is taken to play all of its recording.
	var err error
	if f.episodes, _, err = feed.List(ctx, lib.Root()); err != nil {
		return nil, err
	}
	for _, e := range f.episodes {
		f.made[e.SHA256] = gate.OfEpisode(&e.Record)
		for _, file := range e.Transcripts {
			if sum := e.SidecarSHA256(file); sum != "" {
				f.made[sum] = f.made[e.SHA256]
			}
		}
	}
	return f, f.removed()
}

// removed reads the episodes that were removed, or replaced: what was sent of them
// is still there, with intros and outros of which nothing else tells.
func (f *Finder) removed() error {
	list, err := removed.Store{Root: f.lib.Root(), Unreadable: func(string, error) {}}.List()
	for _, it := range list {
		if it.Kind != removed.Episode {
			continue
		}
		for _, file := range it.Files {
			var r episode.Record
			if path.Ext(file.Name) != ".json" || durable.ReadJSON(f.lib.Root(), it.Here(file.Name), maxRecord, &r) != nil || r.File != it.Name || r.ID != it.ID {
				continue
			}
			if _, known := f.made[r.SHA256]; r.SHA256 != "" && !known {
				f.made[r.SHA256] = gate.OfEpisode(&r)
			}
		}
	}
	return err
}

// maxRecord bounds the record of an episode.
const maxRecord = 32 << 20

// use is what an object holds of its recording: all of it, unless it is a clip
// or an episode that the library still has.
func (f *Finder) use(r *publish.Receipt) (gate.Use, error) {
	if _, known := f.made[r.SHA256]; !known && r.Kind != publish.Episode {
		s, err := f.lib.Load(r.ID)
		if err != nil {
			return gate.Use{Recording: r.ID}, err
		}
		list, _, err := clip.List(f.lib.Root(), s.Folder) // as with episodes
		if err != nil {
			return gate.Use{}, err
		}
		for _, c := range list {
			f.made[c.SHA256] = gate.OfClip(&c)
		}
	}
	if u, ok := f.made[r.SHA256]; ok && r.SHA256 != "" && u.Recording == r.ID {
		return u, nil
	}
	return gate.Use{Recording: r.ID}, nil
}

// In returns those who are heard in a use and have said no to its being public.
// Of a recording that the library does not have, nobody is known.
func (f *Finder) In(u gate.Use) ([]consent.Missing, error) {
	list, err := f.in(u)
	for _, also := range u.Also {
		if err != nil {
			break
		}
		var more []consent.Missing
		more, err = f.in(also)
		list = append(list, more...)
	}
	return list, err
}

func (f *Finder) in(u gate.Use) ([]consent.Missing, error) {
	known := f.spaces[u.Recording]
	if known == nil {
		s, err := f.lib.Load(u.Recording)
		if errors.Is(err, library.ErrNotFound) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		turns, err := f.lib.Turns(u.Recording)
		if err != nil {
			return nil, err
		}
		known = &consent.Use{Recording: &s.Recording, Turns: turns}
		f.spaces[u.Recording] = known
	}
	use := *known
	use.Parts = u.Parts
	return slices.DeleteFunc(f.ledger.Missing(use, consent.Upload, f.now()), func(m consent.Missing) bool {
		return m.Answer != consent.Declined && m.Answer != consent.Withdrawn && m.Answer != consent.Expired
	}), nil
}

// Heard returns those who are heard in an object that was sent and have said no.
func (f *Finder) Heard(r *publish.Receipt) ([]consent.Missing, error) {
	if r.ID == "" {
		return nil, nil
	}
	u, err := f.use(r)
	if errors.Is(err, library.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return f.In(u)
}

// A Sent is an object in which somebody is heard, and where it is.
type Sent struct {
	Kind   publish.Kind `json:"kind"`
	ID     string       `json:"id,omitempty"` // of the Space
	Place  string       `json:"place"`
	Object string       `json:"object"`
	URL    string       `json:"url,omitempty"`
	Public bool         `json:"public"`
}

// Sent lists what was sent, by the receipts, and holds the voice of a person who
// has said no, or their words: transcripts of episodes, and the pages that show
// them. After the episodes come also the feeds that they are part of.
func (f *Finder) Sent(who consent.Who) ([]Sent, error) {
	standing, err := publish.Standing(f.lib.Root())
	if err != nil {
		return nil, err
	}
	var list []Sent
	add := func(r *publish.Receipt) {
		list = append(list, Sent{r.Kind, r.ID, r.Place, r.Object, r.URL, r.Public || r.URL != ""})
	}
	feeds := make(map[string]bool) // places that have an episode of theirs
	pages := make(map[[2]string]bool)
	for _, r := range standing {
		if r.Kind == publish.Page || r.Kind == publish.Extra && !isTranscript(r.Object) {
			continue
		}
		missing, err := f.Heard(r)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(missing, func(m consent.Missing) bool { return same(m.Who(), who) }) {
			add(r)
			feeds[r.Place] = feeds[r.Place] || r.Kind == publish.Episode
			if r.Kind == publish.Extra {
				pages[[2]string{r.Place, r.ID}] = true
			}
		}
	}
	for _, r := range standing {
		id := site.EpisodeOf(r.Object)
		if r.Kind == publish.Feed && feeds[r.Place] || r.Kind == publish.Page && (strings.HasSuffix(r.Object, ".html") || site.IsOfClip(r.Object)) && pages[[2]string{r.Place, id}] {
			add(r)
		}
	}
	return list, nil
}

// isTranscript reports whether a file beside an episode is its transcript, by the
// names that these get.
func isTranscript(object string) bool {
	for _, ext := range [...]string{".vtt", ".srt", episode.TranscriptExt, ".txt"} {
		if strings.HasSuffix(object, ext) {
			return true
		}
	}
	return false
}

func same(a, b consent.Who) bool {
	if a.Handle != "" || b.Handle != "" {
		return consent.Handle(a.Handle) == consent.Handle(b.Handle)
	}
	return a.ID == b.ID
}
