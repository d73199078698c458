package feed

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"

	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/stream"
)

// Choose finds those episodes of a library that may be chosen for a show, newest
// first. A Space has one item in a feed, whatever was published of it: of several
// episodes the one is taken whose format stands first (that which the show prefers,
// then MP3, M4A, Opus, Ogg, FLAC, WAV), then the one whose preset does (host,
// untouched, archive), then the one whose record was written last. Each file is
// read to see that it is still the one that its record describes. The error is a
// *ProblemError if one is not.
func (s *Show) Choose(ctx context.Context, root *os.Root, may func(*Episode) bool) ([]*Episode, error) {
	return s.choose(ctx, root, may, refuse, nil)
}

// refuse is for those who leave out no episode.
func refuse(p *ProblemError) error { return p }

// choose is Choose, but asks skip what to do about each problem: nil leaves out
// what it is about.
func (s *Show) choose(ctx context.Context, root *os.Root, may func(*Episode) bool, skip func(*ProblemError) error, p stream.Progress) ([]*Episode, error) {
	all, broken, err := all(ctx, root)
	for _, b := range broken {
		err = cmp.Or(err, skip(b))
	}
	if err != nil {
		return nil, err
	}
	chosen := make(map[string]*candidate)
	for _, c := range all {
		if best := chosen[c.ID]; may(c.Episode) && (best == nil || s.compare(c, best) < 0) {
			chosen[c.ID] = c
		}
	}
	switch {
	case len(all) == 0 && len(broken) > 0:
		return nil, broken[0]
	case len(all) == 0:
		return nil, ErrNoEpisodes
	case len(chosen) == 0 && len(broken) > 0:
		return nil, broken[0] // it may be the one that was published
	case len(chosen) == 0:
		return nil, ErrNonePublished
	}
	list := s.newest(slices.Collect(maps.Values(chosen)))
	if err := distinct(list); err != nil {
		return nil, err
	}
	if p == nil {
		p = stream.NoProgress{}
	}
	for _, e := range list {
		p.Expect(e.Bytes)
	}
	var good []*Episode
	for _, e := range list {
		err := e.check(ctx, root, p)
		if s.Date(e).IsZero() {
			err = &ProblemError{e.Path(e.File), "the date of the Space is unknown, and feeds are ordered by date", NoDate}
		}
		var problem *ProblemError
		if errors.As(err, &problem) {
			broken = append(broken, problem)
			if err = skip(problem); err == nil {
				continue
			}
		}
		if err == nil {
			e.Clips, err = e.clips(root, skip)
		}
		if err != nil {
			return nil, err
		}
		good = append(good, e)
	}
	if len(good) == 0 {
		return nil, broken[0]
	}
	return good, nil
}

// newest puts the episodes of candidates into the order of the show's feed.
func (s *Show) newest(list []*candidate) []*Episode {
	episodes := make([]*Episode, len(list))
	for i, c := range list {
		episodes[i] = c.Episode
	}
	slices.SortFunc(episodes, func(a, b *Episode) int {
		return cmp.Or(s.Date(b).Compare(s.Date(a)), cmp.Compare(a.ID, b.ID), cmp.Compare(a.File, b.File))
	})
	return episodes
}

// Best returns the episode of a Space that the show prefers, published or not, nil
// if it has none.
func (s *Show) Best(list []*Episode, id string) *Episode {
	var best *candidate
	for _, e := range list {
		if c := (&candidate{e}); e.ID == id && (best == nil || s.compare(c, best) < 0) {
			best = c
		}
	}
	if best == nil {
		return nil
	}
	return best.Episode
}

// Chosen returns those of the episodes of a show that Choose would take, by their
// records: one of each Space.
func (s *Show) Chosen(list []*Episode) map[*Episode]bool {
	best := make(map[string]*candidate)
	for _, e := range list {
		if c := (&candidate{e}); s.Publishes(e) && (best[e.ID] == nil || s.compare(c, best[e.ID]) < 0) {
			best[e.ID] = c
		}
	}
	chosen := make(map[*Episode]bool)
	for _, c := range best {
		chosen[c.Episode] = true
	}
	return chosen
}

// Find returns the episode of one recording, by the recording's folder, that is
// published in the show and that Choose would take, or the best one if none is. The
// error is ErrNoEpisodes if none has been exported.
func (s *Show) Find(ctx context.Context, root *os.Root, folder string) (*Episode, error) {
	found, broken, err := candidates(root, path.Join(folder, layout.Episodes))
	if err == nil && len(found) == 0 && len(broken) > 0 {
		return nil, broken[0]
	}
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(found) == 0 {
		return nil, ErrNoEpisodes
	}
	if err != nil {
		return nil, err
	}
	if published := slices.DeleteFunc(slices.Clone(found), func(c *candidate) bool { return !s.Publishes(c.Episode) }); len(published) > 0 {
		found = published
	}
	best := slices.MinFunc(found, s.compare)
	return best.Episode, best.check(ctx, root, stream.NoProgress{})
}

// A candidate is an episode that may be the one of its Space.
type candidate struct{ *Episode }

// compare orders candidates of one Space for a show, the best first. What has a
// date comes before what was made before somebody said when the Space was.
func (s *Show) compare(a, b *candidate) int {
	presets := []string{"host", "untouched", "archive"}
	undated := func(c *candidate) int {
		if s.Date(c.Episode).IsZero() {
			return 1
		}
		return 0
	}
	return cmp.Or(
		cmp.Compare(undated(a), undated(b)),
		cmp.Compare(formatRank(a.File, s.Prefer), formatRank(b.File, s.Prefer)),
		cmp.Compare(slices.Index(presets, a.Settings.Preset), slices.Index(presets, b.Settings.Preset)),
		b.written.Compare(a.written),
		cmp.Compare(a.Sidecar, b.Sidecar),
	)
}
