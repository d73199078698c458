package studio

import (
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/episode/feed"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/removed"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/recording"
)

// by is who removed something, in its record.
const by = "studio"

// A savedClip is a clip in the recording's folder.
type savedClip struct {
	clip.Provenance
	Missing bool `json:"missing,omitempty"` // the file is gone
}

// A savedEpisode is an episode in the recording's folder, as far as the page
// shows it.
type savedEpisode struct {
	File      string     `json:"file"`
	Title     string     `json:"title"`
	Date      space.Time `json:"date"`
	Duration  float64    `json:"duration"`
	Bytes     int64      `json:"bytes"`
	SHA256    string     `json:"sha256"`
	Published bool       `json:"published"`            // it enters the feed
	PublishAt *time.Time `json:"publish_at,omitempty"` // when, if that is still to come
	Missing   bool       `json:"missing,omitempty"`
}

// isName reports whether a name that stands in a file of the host's is that of
// a file, and no path.
func isName(name string) bool { return fs.ValidPath(name) && !strings.ContainsAny(name, `/\`) }

// clipsIn lists the clips of a recording, by its folder.
func clipsIn(lib *library.Library, folder string) ([]savedClip, []*clip.BrokenError, error) {
	list, broken, err := clip.List(lib.Root(), folder)
	found := []savedClip{}
	for _, p := range list {
		if isName(p.File) {
			found = append(found, savedClip{p, isMissing(lib, layout.ClipIn(folder, p.File))})
		}
	}
	return found, broken, err
}

// episodesIn lists the episodes of a recording, by its folder.
func episodesIn(lib *library.Library, folder string) ([]savedEpisode, []*feed.ProblemError, error) {
	list, broken, err := feed.In(lib.Root(), folder)
	found := []savedEpisode{}
	for _, e := range list {
		if isName(e.File) {
			v := savedEpisode{e.File, e.Title, e.Date, e.Duration, e.Bytes, e.SHA256, e.IsPublished(), nil, isMissing(lib, e.Path(e.File))}
			if first := new(feed.Show); first.Waits(e, time.Now()) {
				at := first.Date(e)
				v.PublishAt = &at
			}
			found = append(found, v)
		}
	}
	return found, broken, err
}

func isMissing(lib *library.Library, name string) bool {
	_, err := lib.Root().Lstat(name)
	return errors.Is(err, fs.ErrNotExist)
}

// A madeFile is a clip or an episode that a request names.
type madeFile struct {
	kind   removed.Kind
	id     string // of the Space
	folder string // of the Space, below the library
	file   string
}

// dir is the folder that it lies in, below the library.
func (m *madeFile) dir() string {
	if m.kind == removed.Episode {
		return path.Join(m.folder, layout.Episodes)
	}
	return path.Join(m.folder, layout.Clips)
}

func (m *madeFile) path() string { return path.Join(m.dir(), m.file) }

func (m *madeFile) putAside(library *os.Root) (*removed.Item, error) {
	if m.kind == removed.Episode {
		return episode.PutAside(library, m.id, m.folder, m.file, by)
	}
	return clip.PutAside(library, m.id, m.folder, m.file, by)
}

func (m *madeFile) rename(library *os.Root, name string) (string, error) {
	if m.kind == removed.Episode {
		return episode.Rename(library, m.dir(), m.file, name)
	}
	return clip.Rename(library, m.dir(), m.file, name)
}

// findMade returns the clip or the episode that a request means: {made} is
// "clips" or "episodes", {hash} what its record says of the file. Two copies of
// one clip have the same hash: then the name of the file decides, which counts
// only if it stands in the list.
func findMade(lib *library.Library, r *http.Request, file string) (*madeFile, error) {
	known, err := lib.Load(r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	m := &madeFile{id: known.ID, folder: known.Folder}
	hash := r.PathValue("hash")
	is := func(name, sum string) bool {
		return sum == hash && hash != "" && (file == "" || file == name) && m.file == ""
	}
	switch r.PathValue("made") {
	case "clips":
		m.kind = removed.Clip
		list, _, err := clipsIn(lib, m.folder)
		if err != nil {
			return nil, err
		}
		for _, c := range list {
			if is(c.File, c.SHA256) {
				m.file = c.File
			}
		}
	case "episodes":
		m.kind = removed.Episode
		list, _, err := episodesIn(lib, m.folder)
		if err != nil {
			return nil, err
		}
		for _, e := range list {
			if is(e.File, e.SHA256) {
				m.file = e.File
			}
		}
	default:
		return nil, fs.ErrNotExist
	}
	if m.file == "" {
		return nil, gone(m.kind)
	}
	return m, nil
}

// gone says that a clip or an episode is not where the page saw it.
func gone(kind removed.Kind) error {
	return newProblem(http.StatusNotFound, "no-such-"+string(kind), "the "+string(kind)+" has changed or was removed", "Reload the page")
}

// serveMade hands out a clip or an episode for keeping elsewhere.
func (s *Server) serveMade(w http.ResponseWriter, r *http.Request) {
	lib, release, err := s.library.take(r.Context())
	if err != nil {
		answer(w, nil, err)
		return
	}
	defer release()
	m, err := findMade(lib, r, "")
	if err != nil {
		answer(w, nil, err)
		return
	}
	w.Header().Set("Content-Disposition", "attachment; filename*=UTF-8''"+publish.EscapePath(m.file))
	serve(w, r, lib, m.path(), mediaType(m.file))
}

// removeMade moves a clip or an episode to what can be restored: {"file"}.
func (s *Server) removeMade(w http.ResponseWriter, r *http.Request) {
	var q struct{ File string }
	s.changeMade(w, r, &q, &q.File, func(lib *library.Library, m *madeFile) (any, error) {
		if _, err := lib.Store().Finish(false); err != nil {
			return nil, err
		}
		it, err := m.putAside(lib.Root())
		if err != nil {
			return nil, err
		}
		return newRemovedItem(it), nil
	})
}

// renameMade gives a clip or an episode another name: {"file", "name"}.
func (s *Server) renameMade(w http.ResponseWriter, r *http.Request) {
	var q struct{ File, Name string }
	s.changeMade(w, r, &q, &q.File, func(lib *library.Library, m *madeFile) (any, error) {
		if err := checkTitle(q.Name); err != nil {
			return nil, err
		}
		renamed, err := m.rename(lib.Root(), q.Name)
		return struct {
			File string `json:"file"`
		}{renamed}, nameProblem(err)
	})
}

// nameProblem gives a name that cannot be had a kind of its own, with what the
// page tells of it as the hint: the name that works, or the extension to leave out.
func nameProblem(err error) error {
	var p *recording.Problem
	if errors.As(err, &p) && len(p.Known) > 0 && (p.Cause == clip.UnfitName || p.Cause == clip.ExtensionStays) {
		return newProblem(http.StatusUnprocessableEntity, string(p.Cause), p.Message, p.Known[0])
	}
	return err
}

// changeMade reads a request about a clip or an episode into q and does what it
// asks for.
func (s *Server) changeMade(w http.ResponseWriter, r *http.Request, q any, file *string, change func(*library.Library, *madeFile) (any, error)) {
	if err := body(r, q); err != nil {
		answer(w, nil, err)
		return
	}
	if *file == "" {
		answer(w, nil, badRequest("the request names no file"))
		return
	}
	lib, release, err := s.library.take(r.Context())
	if err != nil {
		answer(w, nil, err)
		return
	}
	defer release()
	m, err := findMade(lib, r, *file)
	if err != nil {
		answer(w, nil, err)
		return
	}
	v, err := change(lib, m)
	if errors.Is(err, fs.ErrNotExist) {
		err = gone(m.kind)
	}
	answer(w, v, err)
}
