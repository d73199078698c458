package studio

import (
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"math"
	"net/http"
	"os"
	"path"
	"runtime"
	"slices"
	"strings"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/durable/disk"
	"github.com/spaces-cli/spaces/internal/episode/feed"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/catalog"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/spell"
)

// session tells the page what it is connected to.
func (s *Server) session(w http.ResponseWriter, r *http.Request) {
	answer(w, struct {
		Version string          `json:"version"`
		Library string          `json:"library"`      // as people read it
		Flag    string          `json:"library_flag"` // what --library has to say, or ""
		System  string          `json:"system"`
		Formats []format.Format `json:"formats"` // of episodes
		Clips   []format.Format `json:"clip_formats"`
		States  []space.State   `json:"states"`
		// Fixed says that nothing can be added: the drive is read-only. Here says
		// that the page is seen on this computer, so that paths mean something.
		Fixed bool `json:"read_only"`
		Here  bool `json:"here"`
		// Intake is the task that takes something in now, or "".
		Intake string `json:"intake,omitempty"`
		// Presets are the host's own presets of exports.
		Presets []string `json:"presets"`
	}{s.o.Library.Version, s.o.Library.Dir, s.o.LibraryFlag, runtime.GOOS, format.Encoded(), format.All(), space.States[:],
		disk.Of(s.o.Library.Dir).ReadOnly, fromHere(r), s.tasks.about(intakeKey), s.presets()}, nil)
}

// A row is a recording in the list.
type row struct {
	ID       string      `json:"id"`
	Title    string      `json:"title"`
	Untitled bool        `json:"untitled,omitempty"` // the title is made from the date
	Started  space.Time  `json:"started_at"`
	Duration float64     `json:"duration"` // negative when unknown
	State    space.State `json:"state"`
	Lost     float64     `json:"lost_seconds,omitempty"`
	Speakers []string    `json:"speakers"`
	Cover    bool        `json:"cover,omitempty"`
	Clips    int         `json:"clips,omitempty"`
	Episodes int         `json:"episodes,omitempty"`
	Words    bool        `json:"transcript,omitempty"`
}

type recordingList struct {
	Rows  []row  `json:"rows"`
	Total *int64 `json:"total,omitempty"`
}

const (
	maxRows  = 200
	maxStart = 1 << 40
)

// listRecordings answers with a part of the list: ?words= &state= &sort=
// &offset= &limit=, and how many there are in all if ?count=1 is asked for,
// which takes reading all of them.
func (s *Server) listRecordings(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	offset, err := number(r, "offset", 0, 1<<31, 0)
	limit, lerr := number(r, "limit", 1, maxRows, maxRows)
	if err = errors.Join(err, lerr); err != nil {
		answer(w, nil, err)
		return
	}
	lib, release, err := s.library.take(r.Context())
	if errors.Is(err, library.ErrNoLibrary) {
		none := int64(0)
		answer(w, recordingList{Rows: []row{}, Total: &none}, nil)
		return
	}
	if err != nil {
		answer(w, nil, err)
		return
	}
	defer release()
	query := catalog.Query{Words: q.Get("words"), State: space.State(q.Get("state")), Sort: q.Get("sort")}
	count := q.Get("count") == "1"
	if !count {
		query.Limit = int(offset + limit)
	}
	rows, n := []row{}, int64(0)
	for c, err := range lib.Catalog().List(r.Context(), query) {
		if err != nil {
			answer(w, nil, err)
			return
		}
		if n++; n > offset && n <= offset+limit {
			rows = append(rows, row{c.ID, c.Title, c.TitleSource == space.TitleDate, space.Time{Time: c.StartedAt}, c.Duration,
				c.State, c.LostSeconds, append([]string{}, strings.Fields(c.Speakers)...), coverOf(lib, c.Folder) != "",
				countMade(lib, c.Folder, layout.Clips), countMade(lib, c.Folder, layout.Episodes), keepsWords(lib, c.Folder)})
		}
	}
	list := recordingList{Rows: rows}
	if count {
		list.Total = &n
	}
	answer(w, list, nil)
}

// coverOf is the picture of a recording: the host's among its episodes.
func coverOf(lib *library.Library, folder string) string {
	for _, name := range []string{"cover.jpg", "cover.jpeg", "cover.png"} {
		name = path.Join(folder, layout.Episodes, name)
		if info, err := os.Stat(lib.Path(name)); err == nil && info.Mode().IsRegular() {
			return name
		}
	}
	return ""
}

// A detail is all that the page shows of a recording at once.
type detail struct {
	space.Recording
	Rate     int            `json:"rate"`   // positions are samples at this rate
	Length   int64          `json:"length"` // in samples
	Parts    []soundPart    `json:"parts"`
	Clocks   []clock        `json:"clocks"`
	Gaps     []gap          `json:"gaps"`
	Damages  []damaged      `json:"damages"`
	Clips    []savedClip    `json:"clips"`
	Episodes []savedEpisode `json:"episodes"`
	// ClipsError says why not all clips could be read, or is "".
	ClipsError string `json:"clips_error,omitempty"`
	// EpisodesError says why not all episodes could be read, or is "".
	EpisodesError string            `json:"episodes_error,omitempty"`
	Uploads       []publish.Receipt `json:"uploads"`
	Cover         bool              `json:"cover"`
	Untitled      bool              `json:"untitled"`
	SoundHash     string            `json:"sound"` // changes with the audio
}

// A soundPart is a stretch that stands in one playable file. Times are
// seconds: Start in the recording, Offset in what a player plays of the file.
type soundPart struct {
	File   int     `json:"file"`
	Start  float64 `json:"start"`
	Length float64 `json:"length"`
	Offset float64 `json:"offset"`
}

// A clock is the wall clock of a position, in seconds, up to the next one.
type clock struct {
	Start float64    `json:"start"`
	Wall  space.Time `json:"wall"`
}

// A gap is wall-clock time that is missing at a position.
type gap struct {
	At      float64 `json:"at"`
	Seconds float64 `json:"seconds"`
}

// A damaged is a stretch made of an original with damage. Where in it the
// damage lies is not kept.
type damaged struct {
	Start  float64       `json:"start"`
	Length float64       `json:"length"`
	Piece  string        `json:"piece"`
	Damage *space.Damage `json:"damage"`
}

// showRecording answers with what is known of one recording.
func (s *Server) showRecording(w http.ResponseWriter, r *http.Request) {
	lib, release, err := s.library.take(r.Context())
	if err != nil {
		answer(w, nil, err)
		return
	}
	defer release()
	d, err := describe(lib, r.PathValue("id"))
	answer(w, d, err)
}

func describe(lib *library.Library, id string) (*detail, error) {
	known, err := lib.Load(id)
	if err != nil {
		return nil, err
	}
	d := &detail{Recording: known.Recording, Parts: []soundPart{}, Clocks: []clock{}, Gaps: []gap{}, Damages: []damaged{},
		Uploads: []publish.Receipt{},
		Cover:   coverOf(lib, known.Folder) != "", Untitled: known.TitleSource == space.TitleDate}
	if known.State != space.Missing {
		d.layOut(known)
	}
	var bad []*clip.BrokenError
	if d.Clips, bad, err = clipsIn(lib, known.Folder); err != nil {
		return nil, err
	}
	var worse []*feed.ProblemError
	if d.Episodes, worse, err = episodesIn(lib, known.Folder); err != nil {
		return nil, err
	}
	// One record is damaged, and the rest of the page is not.
	d.ClipsError, d.EpisodesError = first(bad), first(worse)
	d.Uploads, err = uploadsOf(lib, id)
	return d, err
}

// first is the first of several errors, as text.
func first[E error](list []E) string {
	if len(list) == 0 {
		return ""
	}
	return spell.Error(list[0])
}

// layOut tells where everything lies in time.
func (d *detail) layOut(s *space.Space) {
	played := make([]float64, len(s.Files)) // of each file
	var at float64
	for i, run := range s.Timeline {
		if run.SampleRate < 1 || run.File < 0 || run.File >= len(s.Files) {
			continue
		}
		if d.Rate == 0 {
			d.Rate = run.SampleRate
		}
		length := float64(run.Samples) / float64(run.SampleRate)
		if n := len(d.Parts); n > 0 && d.Parts[n-1].File == run.File {
			d.Parts[n-1].Length += length
		} else {
			d.Parts = append(d.Parts, soundPart{run.File, at, length, played[run.File]})
		}
		played[run.File] += length
		if !run.Wall.IsZero() {
			d.Clocks = append(d.Clocks, clock{at, run.Wall})
		} else if i == 0 && !s.StartedAt.IsZero() {
			d.Clocks = append(d.Clocks, clock{0, s.StartedAt})
		}
		if run.GapBefore > 0 {
			d.Gaps = append(d.Gaps, gap{at, run.GapBefore})
		}
		if run.Piece >= 0 && run.Piece < len(s.Pieces) && s.Pieces[run.Piece].Damage != nil {
			p := s.Pieces[run.Piece]
			if n := len(d.Damages); n > 0 && d.Damages[n-1].Piece == p.Name {
				d.Damages[n-1].Length += length
			} else {
				d.Damages = append(d.Damages, damaged{at, length, p.Name, p.Damage})
			}
		}
		at += length
	}
	d.Length = int64(math.Round(at * float64(d.Rate)))
	d.SoundHash = soundHash(s)
}

// soundHash stands for the audio of a Space.
func soundHash(s *space.Space) string {
	var b strings.Builder
	for _, p := range s.Pieces {
		b.WriteString(p.SHA256[:min(12, len(p.SHA256))])
	}
	return b.String()
}

// uploadsOf returns the latest receipt of each object that was sent of a
// Space, the latest first.
func uploadsOf(lib *library.Library, id string) ([]publish.Receipt, error) {
	root := lib.Root()
	latest := make(map[[2]string]publish.Receipt)
	err := publish.Receipts(root, func(r *publish.Receipt) error {
		if r.ID == id {
			latest[[2]string{r.Place, r.Object}] = *r
		}
		return nil
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	list := []publish.Receipt{}
	for _, r := range latest {
		list = append(list, r)
	}
	slices.SortFunc(list, func(a, b publish.Receipt) int {
		return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.Object, b.Object))
	})
	return list, nil
}

// editRecording changes title or note: {"title": …, "note": …}.
func (s *Server) editRecording(w http.ResponseWriter, r *http.Request) {
	var e struct{ Title, Note *string }
	err := body(r, &e)
	if err == nil && e.Title != nil && len(*e.Title) > 1000 || err == nil && e.Note != nil && len(*e.Note) > 20_000 {
		err = badRequest("the text is too long")
	}
	if err != nil {
		answer(w, nil, err)
		return
	}
	id := r.PathValue("id")
	s.waves.drop(id) // Windows renames no folder in which a file is open
	// A change that has begun is finished, whether or not the page waits.
	ctx := context.WithoutCancel(r.Context())
	var rec *space.Recording
	err = s.library.write(ctx, func(lib *library.Library) error {
		rec, err = lib.Edit(ctx, id, library.Edit{Title: e.Title, Note: e.Note})
		return err
	})
	answer(w, rec, err)
}

// serve answers with a file below the library, whose name comes from the
// library and never from a client.
func serve(w http.ResponseWriter, r *http.Request, lib *library.Library, name, kind string) {
	root := lib.Root()
	f, err := root.Open(name)
	if err != nil {
		answer(w, nil, err)
		return
	}
	defer f.Close()
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fs.ErrNotExist
	}
	if err != nil {
		answer(w, nil, err)
		return
	}
	w.Header().Set("Content-Type", kind)
	http.ServeContent(w, r, "", info.ModTime(), patient(w, f))
}

// mediaType is what browsers call a file of the library, by its extension.
func mediaType(name string) string {
	switch ext := strings.ToLower(path.Ext(name)); ext {
	case ".jpg", ".jpeg":
		return "image/jpeg"
	case ".png":
		return "image/png"
	default:
		return cmp.Or(format.WebType(ext), "application/octet-stream")
	}
}

func (s *Server) serveCover(w http.ResponseWriter, r *http.Request) {
	lib, release, err := s.library.take(r.Context())
	if err != nil {
		answer(w, nil, err)
		return
	}
	defer release()
	rec, err := lib.Catalog().Get(r.Context(), r.PathValue("id"))
	if err != nil {
		answer(w, nil, err)
		return
	}
	name := coverOf(lib, rec.Folder)
	if name == "" {
		answer(w, nil, fs.ErrNotExist)
		return
	}
	serve(w, r, lib, name, mediaType(name))
}

// patient returns a file whose reader may take its time, as a player does,
// but not for ever.
func patient(w http.ResponseWriter, f io.ReadSeeker) io.ReadSeeker {
	return &patientFile{f, http.NewResponseController(w)}
}
