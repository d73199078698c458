// Package status tells of every Space that a library knows of, from recordings,
// archives and posts: whether it is saved, at risk, published, and what to do now.
package status

import (
	"cmp"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/episode/feed"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/backups"
	"github.com/spaces-cli/spaces/internal/library/catalog"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media/mp4"
	"github.com/spaces-cli/spaces/internal/publish"
)

// What can be done about a Space. The words appear in JSON.
const (
	Request = "request-archive" // X may have it still
	Extract = "extract-again"   // a file is gone from the library
	Publish = "publish"         // nobody can hear it
)

// States besides those of a recording. The words appear in JSON.
const (
	Linked  = "linked"  // a post tells of it, and nothing else
	Removed = "removed" // from the library
	Changed = "changed" // a file is there, and not in its size
)

// A Space is a Space as scripts see it.
type Space struct {
	Schema    int        `json:"schema"`
	Type      string     `json:"type"` // "space"
	ID        string     `json:"id"`
	Title     string     `json:"title,omitempty"`
	StartedAt space.Time `json:"started_at"`
	EndedAt   space.Time `json:"ended_at"`
	// From says what tells of the Space: "archive", "post", "audio" (only).
	From string `json:"from"`
	// AgeDays counts from its end, or from its start or post where that is
	// unknown.
	AgeDays      *float64   `json:"age_days"`
	InsideWindow *bool      `json:"inside_window"`
	WindowEnds   space.Time `json:"window_ends"`
	State        string     `json:"state"` // space.State, "linked" or "removed"
	Saved        bool       `json:"saved"`
	Published    bool       `json:"published"` // everybody can get something of it, by the receipts
	InFeed       bool       `json:"in_feed"`
	// PublishAt is when an episode of it enters a feed, if it waits for that.
	PublishAt *space.Time `json:"publish_at,omitempty"`
	Receipts  int         `json:"receipts"`
	// Places are where everybody gets what was sent, or else where it lies;
	// Locations always are where it lies.
	Places    []string `json:"places"`
	Locations []string `json:"locations"`
	Do        string   `json:"do,omitempty"`
}

// A Summary counts Spaces.
type Summary struct {
	Schema     int     `json:"schema"`
	Type       string  `json:"type"` // "summary"
	Spaces     int     `json:"spaces"`
	Saved      int     `json:"saved"`
	Published  int     `json:"published"`
	AtRisk     int     `json:"at_risk"`
	WindowDays float64 `json:"window_days"`
	// Backup is where the latest backup lies, BackedUpAt when it was made.
	Backup     string     `json:"backup,omitempty"`
	BackedUpAt space.Time `json:"backed_up_at,omitzero"`
	// TimeUnverified says that this lies in the future: a clock was wrong then, or
	// is now.
	TimeUnverified bool `json:"backup_time_unverified,omitempty"`
	// ChangedSince says that the library is not as that backup has it.
	ChangedSince *bool `json:"changed_since_backup,omitempty"`
	// Holding are the places of backups that still hold somebody who was forgotten.
	Holding []string `json:"backups_holding_forgotten,omitempty"`
	// Current are those backups, and Earlier others in whose place another one was
	// made since: they are on other disks, if they still exist.
	Current, Earlier []backups.Entry `json:"-"`
}

// AddBackup adds when the latest backup was made, whether the library has changed
// since, as changed says, and which backups hold somebody who was forgotten.
func (s *Summary) AddBackup(ctx context.Context, lib *library.Library, now time.Time, changed func(context.Context, *library.Library, *backups.Entry) (bool, error)) error {
	record, err := backups.Read(lib.Root())
	if err != nil {
		return err
	}
	for _, e := range record.Holding() {
		if record.Earlier(&e) {
			s.Earlier = append(s.Earlier, e)
		} else {
			s.Current = append(s.Current, e)
		}
		if !slices.Contains(s.Holding, e.Place) {
			s.Holding = append(s.Holding, e.Place)
		}
	}
	last := record.Latest(now)
	if last == nil {
		return nil
	}
	s.Backup, s.BackedUpAt, s.TimeUnverified = last.Place, space.Time{Time: last.At}, last.Ahead(now)
	if s.TimeUnverified && last.State == "" {
		return nil // an earlier program had only the times to tell by
	}
	since, err := changed(ctx, lib, last)
	s.ChangedSince = &since
	return err
}

// Sum counts Spaces that have been judged.
func Sum(list []*Space, window time.Duration) Summary {
	sum := Summary{Schema: space.Schema, Type: "summary", Spaces: len(list), WindowDays: window.Hours() / 24}
	for _, l := range list {
		if l.Saved {
			sum.Saved++
		}
		if l.Published || l.InFeed {
			sum.Published++
		}
		if l.AtRisk() {
			sum.AtRisk++
		}
	}
	return sum
}

// AtRisk reports whether X may have the audio still, and nobody else has.
func (l *Space) AtRisk() bool {
	return !l.Saved && l.State != Removed && l.InsideWindow != nil && *l.InsideWindow
}

// Known lists what is known, newest first, those without a date last, and what could
// not be read of it: then a Space may be missing, or not be known as published.
func Known(ctx context.Context, lib *library.Library) (list []*Space, broken []error, err error) {
	known := make(map[string]*Space)
	root := lib.Root()
	for row, err := range lib.Catalog().List(ctx, catalog.Query{JSON: true}) {
		if err != nil {
			return nil, nil, err
		}
		r := new(space.Recording)
		if err := json.Unmarshal(row.JSON, r); err != nil {
			return nil, nil, err
		}
		known[r.ID] = recording(root, r)
	}
	archives, broken, err := lib.ReadableArchives()
	if err != nil {
		return nil, nil, err
	}
	linked := make(map[string]space.Link)
	for _, ar := range archives {
		for _, id := range ar.Spaces {
			if known[id] == nil {
				known[id] = &Space{ID: id, From: "archive", State: Removed}
			}
		}
		for _, l := range ar.Links {
			if was, ok := linked[l.ID]; !ok || !l.PostedAt.IsZero() && l.PostedAt.Before(was.PostedAt.Time) {
				linked[l.ID] = l
			}
		}
	}
	for id, l := range linked {
		if known[id] == nil {
			known[id] = &Space{ID: id, From: "post", State: Linked, Title: l.Title, StartedAt: l.PostedAt}
		}
	}
	if err := addPublished(ctx, root, known); err != nil {
		broken = append(broken, err)
	}
	for _, l := range known {
		l.Schema, l.Type = space.Schema, "space"
		l.Places, l.Locations = append([]string{}, l.Places...), append([]string{}, l.Locations...)
		list = append(list, l)
	}
	slices.SortFunc(list, func(a, b *Space) int {
		return cmp.Or(b.StartedAt.Compare(a.StartedAt.Time), cmp.Compare(a.ID, b.ID))
	})
	return list, broken, nil
}

// recording looks whether the originals and the playable files of a recording are
// there, each of its size: verify reads them. What only a playable file lacks is
// saved in the originals.
func recording(root *os.Root, r *space.Recording) *Space {
	l := &Space{ID: r.ID, StartedAt: r.StartedAt, EndedAt: r.EndedAt, From: "archive", State: string(r.State), Saved: len(r.Pieces) > 0}
	if r.TitleSource != space.TitleDate {
		l.Title = r.Title
	}
	if r.State == space.NoRecord {
		l.From = "audio"
	}
	for _, p := range r.Pieces {
		info, err := root.Stat(layout.OriginalIn(r.Folder, p.Name))
		switch {
		case err != nil:
			l.Saved, l.State = false, string(space.Missing)
		case info.Size() != p.Bytes && l.State != string(space.Missing):
			l.Saved, l.State = false, Changed
		}
	}
	for _, f := range r.Files {
		if !l.Saved {
			break
		}
		switch whole, err := endsWhole(root, f); {
		case err != nil:
			l.State = string(space.Missing)
		case !whole && l.State != string(space.Missing):
			l.State = Changed
		}
	}
	return l
}

// endsWhole reports whether a playable file ends where it says. Its size is kept
// nowhere; MPEG-4 tells it, other formats may end anywhere.
func endsWhole(root *os.Root, name string) (bool, error) {
	f, err := root.Open(name)
	if err != nil {
		return false, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || path.Ext(name) != ".m4a" {
		return err == nil && info.Size() > 0, err
	}
	return mp4.EndsWhole(f, info.Size()), nil
}

// addPublished notes what the receipts and the feed tell.
func addPublished(ctx context.Context, root *os.Root, known map[string]*Space) error {
	feeds := make(map[string]bool) // places that have one
	sent := make(map[string][]*Space)
	err := publish.Receipts(root, func(r *publish.Receipt) error {
		if r.Kind == publish.Feed {
			feeds[r.Place] = true
		}
		l := known[r.ID]
		if l == nil {
			return nil
		}
		l.Receipts++
		l.Published = l.Published || r.Public
		if r.Kind == publish.Episode {
			sent[r.Place] = append(sent[r.Place], l)
		}
		if where := cmp.Or(r.URL, r.Location); !slices.Contains(l.Places, where) {
			l.Places = append(l.Places, where)
		}
		if !slices.Contains(l.Locations, r.Location) {
			l.Locations = append(l.Locations, r.Location)
		}
		return nil
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for place := range feeds { // who gets the feed gets what lies beside it
		for _, l := range sent[place] {
			l.Published = true
		}
	}
	return addFeeds(ctx, root, known)
}

// addFeeds notes which Spaces stand in the feeds that were built, and which are
// going to.
func addFeeds(ctx context.Context, root *os.Root, known map[string]*Space) error {
	episodes, _, err := feed.List(ctx, root)
	if err != nil {
		return err
	}
	shows, err := feed.Names(root)
	if err != nil {
		return err
	}
	if !slices.Contains(shows, "") {
		shows = append(shows, "") // a feed can lie there without its show
	}
	for _, name := range shows {
		text, err := readFeed(root, name)
		if err != nil {
			return err
		}
		for id, l := range known {
			// The guid that package feed gives to the item of a Space.
			l.InFeed = l.InFeed || strings.Contains(text, ">x-space:"+id+"<")
		}
		s := &feed.Show{Name: name}
		for _, e := range episodes {
			l := known[e.ID]
			if l == nil || !s.Publishes(e) {
				continue
			}
			if guid := s.Listing(e).GUID; guid != "" { // of an earlier feed
				var b strings.Builder
				if err := xml.EscapeText(&b, []byte(guid)); err != nil {
					return err
				}
				l.InFeed = l.InFeed || strings.Contains(text, ">"+b.String()+"<")
			}
			if at := s.Listing(e).PublishAt; at != nil && (l.PublishAt == nil || at.Before(l.PublishAt.Time)) {
				l.PublishAt = at
			}
		}
	}
	for _, l := range known {
		if l.InFeed {
			l.PublishAt = nil
		}
	}
	return nil
}

// readFeed reads the feed of a show as it was built, "" if it was not.
func readFeed(root *os.Root, show string) (string, error) {
	f, err := root.Open(path.Join(layout.FeedOf(show), layout.FeedFile))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer f.Close()
	const most = 64 << 20 // a feed of thousands of episodes is smaller
	text, err := io.ReadAll(io.LimitReader(f, most))
	return string(text), err
}

// Judge works out how old a Space is, and whether X may have its audio still, which it is taken
// to keep for the window, and what to do.
func (l *Space) Judge(now time.Time, window time.Duration) {
	defer func() { l.Do = l.whatToDo() }()
	from := l.EndedAt.Time
	if from.IsZero() {
		from = l.StartedAt.Time
	}
	if from.IsZero() {
		return
	}
	age := now.Sub(from)
	days := math.Round(age.Hours()/24*10) / 10
	inside := age < window
	l.AgeDays, l.InsideWindow, l.WindowEnds = &days, &inside, space.Time{Time: from.Add(window)}
}

func (l *Space) whatToDo() string {
	inside := l.InsideWindow == nil || *l.InsideWindow
	switch {
	case l.State == Removed:
		return ""
	case l.State == string(space.Missing), l.State == Changed:
		return Extract
	case !l.Saved && inside:
		return Request
	case l.Saved && !l.Published && !l.InFeed && l.PublishAt == nil:
		return Publish
	}
	return ""
}
