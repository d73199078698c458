package studio

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"time"

	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/consent/gate"
	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/episode/feed"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/catalog"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/removed"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/library/title"
	"github.com/spaces-cli/spaces/internal/publish"
)

// A shelved is a clip or an episode in the list of all that the library has.
type shelved struct {
	Kind      removed.Kind `json:"kind"`
	ID        string       `json:"id"` // of the Space
	Recording string       `json:"recording"`
	Untitled  bool         `json:"untitled,omitempty"` // Recording is made from the date
	File      string       `json:"file"`
	Title     string       `json:"title"`
	Made      space.Time   `json:"made_at"` // when the file was written
	Start     float64      `json:"start"`   // of a clip, in the recording
	Duration  float64      `json:"duration"`
	Bytes     int64        `json:"bytes"`
	SHA256    string       `json:"sha256"`
	Video     bool         `json:"video,omitempty"`
	Published bool         `json:"published,omitempty"`  // an episode: it enters the feed
	PublishAt *time.Time   `json:"publish_at,omitempty"` // when, if that is still to come
	Missing   bool         `json:"missing,omitempty"`
	Uploads   []sentTo     `json:"uploads"`
}

// A sentTo says where a file was uploaded.
type sentTo struct {
	Place  string     `json:"place"` // the target's name, or where it lies
	URL    string     `json:"url,omitempty"`
	Public bool       `json:"public"`
	At     space.Time `json:"at"`
}

// shelf lists the clips or the episodes of a whole library, the latest first,
// and counts the records that cannot be read.
func shelf(ctx context.Context, lib *library.Library, kind removed.Kind) (list []shelved, broken int, err error) {
	sent, err := sentFiles(lib)
	if err != nil {
		return nil, 0, err
	}
	list = []shelved{}
	for row, err := range lib.Catalog().List(ctx, catalog.Query{}) {
		if err != nil {
			return nil, 0, err
		}
		dir := layout.Clips
		if kind == removed.Episode {
			dir = layout.Episodes
		}
		if _, err := lib.Root().Lstat(path.Join(row.Folder, dir)); err != nil {
			continue
		}
		of := shelved{Kind: kind, ID: row.ID, Recording: row.Title, Untitled: row.TitleSource == space.TitleDate}
		add := func(v shelved, path string) {
			if info, err := lib.Root().Lstat(path); err == nil {
				v.Made = space.Time{Time: info.ModTime().UTC()}
			}
			v.Uploads = append([]sentTo{}, sent[v.SHA256]...)
			list = append(list, v)
		}
		if kind == removed.Clip {
			clips, bad, err := clipsIn(lib, row.Folder)
			if err != nil {
				return nil, 0, err
			}
			broken += len(bad)
			for _, c := range clips {
				v := of
				v.File, v.Title, v.Start, v.Duration = c.File, cmp.Or(c.Settings.Title, c.Title), c.At, c.Length
				v.Bytes, v.SHA256, v.Video, v.Missing = c.Bytes, c.SHA256, c.Settings.Video != nil, c.Missing
				add(v, layout.ClipIn(row.Folder, c.File))
			}
			continue
		}
		episodes, bad, err := episodesIn(lib, row.Folder)
		if err != nil {
			return nil, 0, err
		}
		broken += len(bad)
		for _, e := range episodes {
			v := of
			v.File, v.Title, v.Duration, v.Bytes = e.File, e.Title, e.Duration, e.Bytes
			v.SHA256, v.Published, v.PublishAt, v.Missing = e.SHA256, e.Published, e.PublishAt, e.Missing
			add(v, path.Join(row.Folder, layout.Episodes, e.File))
		}
	}
	slices.SortStableFunc(list, func(a, b shelved) int { return b.Made.Compare(a.Made.Time) })
	return list, broken, nil
}

// sentFiles says where each file was uploaded, by its hash: the latest receipt of
// each place, without those from which it was taken down.
func sentFiles(lib *library.Library) (map[string][]sentTo, error) {
	type object struct{ place, name string }
	latest := make(map[object]publish.Receipt)
	err := publish.Receipts(lib.Root(), func(r *publish.Receipt) error {
		latest[object{r.Place, r.Object}] = *r
		return nil
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	sent := make(map[string][]sentTo)
	for _, r := range latest {
		if !r.Removed {
			sent[r.SHA256] = append(sent[r.SHA256], sentTo{cmp.Or(r.Target, r.Place), r.URL, r.Public, space.Time{Time: r.At}})
		}
	}
	for _, list := range sent {
		slices.SortFunc(list, func(a, b sentTo) int { return cmp.Or(b.At.Compare(a.At.Time), cmp.Compare(a.Place, b.Place)) })
	}
	return sent, nil
}

// listMade answers with all clips or all episodes: {made} is which.
func (s *Server) listMade(w http.ResponseWriter, r *http.Request) {
	kind := removed.Clip
	switch r.PathValue("made") {
	case "clips":
	case "episodes":
		kind = removed.Episode
	default:
		answer(w, nil, fs.ErrNotExist)
		return
	}
	v := struct {
		Rows   []shelved `json:"rows"`
		Broken int       `json:"broken,omitempty"` // records that cannot be read
	}{Rows: []shelved{}}
	lib, release, err := s.library.take(r.Context())
	if errors.Is(err, library.ErrNoLibrary) {
		answer(w, v, nil)
		return
	}
	if err == nil {
		defer release()
		v.Rows, v.Broken, err = shelf(r.Context(), lib, kind)
	}
	answer(w, v, err)
}

// publishMade lets an episode enter the feed, or takes it out: {"file",
// "published", "reason"}. The feed is made, and sent, on the command line.
func (s *Server) publishMade(w http.ResponseWriter, r *http.Request) {
	var q struct {
		File, Reason string
		Published    bool
	}
	s.changeMade(w, r, &q, &q.File, func(lib *library.Library, m *madeFile) (any, error) {
		if m.kind != removed.Episode {
			return nil, badRequest("only episodes are published")
		}
		if err := checkReason(q.Reason); err != nil {
			return nil, err
		}
		e, err := findEpisode(lib, m)
		if err != nil {
			return nil, err
		}
		change := episode.Relisting{Published: &q.Published}
		var missing []string
		if q.Published {
			if change.Title, err = titleOf(lib, e); err != nil {
				return nil, err
			}
			if missing, err = s.agreed(r.Context(), lib, consent.Feeding, gate.OfEpisode(&e.Record), q.Reason); err != nil {
				return nil, err
			}
		}
		if err := episode.Relist(lib.Root(), e.Sidecar, "", change); err != nil {
			return nil, err
		}
		return struct {
			Published bool     `json:"published"`
			Missing   []string `json:"consent_missing,omitempty"`
		}{q.Published, missing}, nil
	})
}

// findEpisode returns the record of an episode.
func findEpisode(lib *library.Library, m *madeFile) (*feed.Episode, error) {
	list, _, err := feed.In(lib.Root(), m.folder)
	if err != nil {
		return nil, err
	}
	for _, e := range list {
		if e.File == m.file {
			return e, nil
		}
	}
	return nil, gone(m.kind)
}

// titleOf is the title with which an episode is to be published, if its record
// has none but a date: that of its recording, which has to have one by then.
func titleOf(lib *library.Library, e *feed.Episode) (*string, error) {
	if e.Title != "" && e.Title != title.Dated(e.ID, e.Date.Time) {
		return nil, nil
	}
	known, err := lib.Load(e.ID)
	if err != nil {
		return nil, err
	}
	if known.TitleSource == space.TitleDate || known.Title == "" {
		return nil, newProblem(http.StatusConflict, "untitled", "the episode has no title", "Give the recording a title first")
	}
	return &known.Title, nil
}
