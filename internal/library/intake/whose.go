package intake

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/archive"
	"github.com/spaces-cli/spaces/internal/archive/hydra"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/catalog"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media"
	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/stream"
)

// A Question is which Space a recording is that may be one of several, or is
// only likely to be one.
type Question struct {
	Name       string // of what was given
	Start, End time.Time
	People     []string // handles of those on stage; the host is not named
	Candidates []*space.Space
}

// ErrAmbiguous means that a recording may be one of the library's, and nobody was
// asked.
var ErrAmbiguous = errors.New("it may be one of several Spaces in the library")

// heard is what a recording itself tells of which Space it is.
type heard struct {
	start, end time.Time
	ended      bool // nothing is missing at its end
	people     stage
	host       string // handle, if a tool knows it
}

// whose finds out which Space a joined file is. It is the one that somebody
// named, the one that came from the same playlist before, or the only one that
// fits by clock and people. Without any it gets an id from its content.
func (im *importer) whose(ctx context.Context, j *Joined, o *original) (id, source string, err error) {
	switch {
	case j.SpaceID != "" && im.has(j.SpaceID):
		return j.SpaceID, "", nil
	case j.SpaceID != "":
		return j.SpaceID, space.FromHost, nil
	case j.Sidecar != nil && space.ValidID(j.Sidecar.SpaceID):
		return j.Sidecar.SpaceID, space.FromSidecar, nil
	}
	for _, name := range j.Named {
		if m := idInName().FindStringSubmatch(name); m != nil {
			return m[1], space.FromName, nil
		}
	}
	if id, err := im.withKey(ctx, j.Key); id != "" || err != nil {
		return id, "", err
	}
	h, err := im.hear(ctx, j, o)
	if err != nil {
		return "", "", err
	}
	sure, likely, err := im.candidates(ctx, h)
	switch {
	case err != nil:
		return "", "", err
	case len(sure) == 1 && len(likely) == 0:
		im.warn(archive.Problem{Kind: "joined-by-clock", Subject: j.Name,
			Message: fmt.Sprintf("it belongs to the Space %s: the clock in the audio and the people on stage agree", sure[0].ID)})
		return sure[0].ID, "", nil
	case len(sure)+len(likely) > 0:
		if im.opts.Choose == nil {
			return "", "", ErrAmbiguous
		}
		q := Question{Name: j.Name, Start: h.start, End: h.end, Candidates: append(sure, likely...)}
		for p := range h.people {
			q.People = append(q.People, p)
		}
		slices.Sort(q.People)
		if id, err = im.opts.Choose(ctx, q); id != "" || err != nil {
			return id, "", err
		}
	}
	return space.ContentID(o.chunks.SHA256), space.FromContent, nil
}

// has reports whether the library knows a Space.
func (im *importer) has(id string) bool {
	if im.lib == nil {
		return false
	}
	_, err := im.lib.Load(id)
	return err == nil
}

// withKey finds the recording that came from the same playlist.
func (im *importer) withKey(ctx context.Context, key string) (string, error) {
	if key == "" || im.lib == nil {
		return "", nil
	}
	s, err := OfPlaylist(ctx, im.lib, key)
	if s == nil || err != nil {
		return "", err
	}
	return s.ID, nil
}

// hear reads a joined file for its clock and for the people in its tags.
func (im *importer) hear(ctx context.Context, j *Joined, o *original) (*heard, error) {
	h := &heard{ended: o.chunks.Ended, people: make(stage)}
	if n := len(o.chunks.Gaps); n > 0 && o.chunks.Gaps[n-1].Offset == o.chunks.Length {
		h.ended = false
	}
	if j.Sidecar != nil {
		h.host = strings.ToLower(j.Sidecar.Host.Handle)
	}
	p := &piece{tags: new(hydra.Tags), chunks: o.chunks}
	p.Marks = o.chunks.Offsets()
	err := p.hear(ctx, j, o)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil && err != io.EOF || p.Track == nil || len(p.Track.Runs) == 0 {
		return h, nil // told when it is read in earnest
	}
	if s, ok := p.clock().Interval(); ok {
		h.start, h.end = s.Start, s.End
	}
	for _, q := range p.tags.People {
		h.people[strings.ToLower(q.UserName)] = true
	}
	return h, nil
}

// hear reads a joined file, or the chunks of a folder as far as they can be read
// in one pass.
func (p *piece) hear(ctx context.Context, j *Joined, o *original) error {
	opts := track.Options{OnEvent: p.tags.Add}
	if j.Series != nil {
		r, err := o.open(ctx)
		if err != nil {
			return err
		}
		defer r.Close()
		rd, err := media.NewReader(stream.Until(ctx, r, nil), opts)
		if err != nil {
			return err
		}
		return p.Read(rd)
	}
	f, err := os.Open(j.Path)
	if err != nil {
		return err
	}
	defer f.Close()
	rd, err := media.Open(&stream.ReaderAt{Context: ctx, File: f}, o.size, opts)
	if err != nil {
		return err
	}
	return p.Read(rd)
}

// How far apart the clocks of a recording and of X's record may be.
const (
	sameClock  = 2 * time.Second // both are the audio's own
	recordEnd  = 2 * time.Minute // the record ends when the Space does
	recordOpen = 15 * time.Minute
)

// candidates returns the Spaces of the library that a recording fits surely, and
// those that it may be.
func (im *importer) candidates(ctx context.Context, h *heard) (sure, likely []*space.Space, err error) {
	if h.start.IsZero() || im.lib == nil {
		return nil, nil, nil
	}
	// A Space that was announced has a record from long before it began.
	const before = 30 * 24 * time.Hour
	q := catalog.Query{Since: h.start.Add(-before), Until: h.end}
	for row, err := range im.lib.Catalog().List(ctx, q) {
		if err != nil {
			return nil, nil, err
		}
		s, err := im.lib.Load(row.ID)
		if err != nil {
			continue
		}
		switch h.fits(s) {
		case fitsSurely:
			sure = append(sure, s)
		case fitsPerhaps:
			likely = append(likely, s)
		}
	}
	byStart := func(a, b *space.Space) int {
		return cmp.Or(a.StartedAt.Compare(b.StartedAt.Time), cmp.Compare(a.ID, b.ID))
	}
	slices.SortFunc(sure, byStart)
	slices.SortFunc(likely, byStart)
	return sure, likely, ctx.Err()
}

// A fit says how well a recording fits a Space.
type fit int

const (
	fitsNot fit = iota
	fitsPerhaps
	fitsSurely
)

// fits compares clocks and people. Of two Spaces at the same time with nobody on
// stage but their hosts, whom the tags do not name, only a person can tell which
// it is.
func (h *heard) fits(s *space.Space) fit {
	if s.StartedAt.IsZero() || s.EndedAt.IsZero() {
		return fitsNot
	}
	start, end := s.StartedAt.Time, s.EndedAt.Time
	common := h.people.common(s)
	if common == peopleDiffer || h.host != "" && s.Host != nil && s.Host.Handle != "" && !strings.EqualFold(h.host, s.Host.Handle) {
		return fitsNot
	}
	if len(s.Pieces) > 0 && hasClock(s) {
		begins, ends := h.start.Sub(start).Abs() <= sameClock, h.end.Sub(end).Abs() <= sameClock
		switch overlap := min(h.end.Sub(start), end.Sub(h.start)); {
		case begins && ends, (begins || ends) && common == peopleAgree:
			return fitsSurely
		case begins || ends, overlap > 0 && common == peopleAgree:
			return fitsPerhaps
		}
		return fitsNot
	}
	switch inside := !h.start.Before(start.Add(-sameClock)) && !h.end.After(end.Add(recordEnd)); {
	case !inside, h.ended && end.Sub(h.end) > recordEnd:
		return fitsNot
	case common == peopleAgree, h.ended && h.start.Sub(start) <= recordOpen && common == peopleUnknown && len(h.people) == 0 && alone(s):
		return fitsSurely
	}
	return fitsPerhaps
}

// hasClock reports whether the times of a recording are those of its audio.
func hasClock(s *space.Space) bool {
	source := s.Sources["started_at"]
	return source == space.FromClock || source == space.FromPlaylist
}

// alone reports whether nobody was on stage but the host.
func alone(s *space.Space) bool {
	return !slices.ContainsFunc(s.Speakers, func(p space.Speaker) bool { return p.Role != "host" })
}

// A likeness says how the people of two recordings compare.
type likeness int

const (
	peopleUnknown likeness = iota
	peopleAgree
	peopleDiffer
)

// stage is the people in the tags of a recording, without the host, in small
// letters.
type stage map[string]bool

// common compares those on stage with the people of a Space.
func (h stage) common(s *space.Space) likeness {
	if s.Host != nil && s.Host.Handle != "" && h[strings.ToLower(s.Host.Handle)] {
		return peopleDiffer // the tags leave the host out
	}
	named, all := 0, true
	for _, p := range s.Speakers {
		switch {
		case p.Role == "host":
		case p.Handle == "":
			all = false
		case h[strings.ToLower(p.Handle)]:
			return peopleAgree
		default:
			named++
		}
	}
	if len(h) > 0 && named > 0 && all {
		return peopleDiffer
	}
	return peopleUnknown
}

// OfPlaylist returns the recording in a library that came from the playlist of a
// key, or nil.
func OfPlaylist(ctx context.Context, lib *library.Library, key string) (*space.Space, error) {
	for row, err := range lib.Catalog().List(ctx, catalog.Query{JSON: true}) {
		if err != nil {
			return nil, err
		}
		if !bytes.Contains(row.JSON, []byte(key)) {
			continue
		}
		s, err := lib.Load(row.ID)
		if err != nil {
			continue
		}
		if slices.ContainsFunc(s.Pieces, func(p space.Piece) bool { return p.Playlist != nil && p.Playlist.Key == key }) {
			return s, nil
		}
	}
	return nil, ctx.Err()
}
