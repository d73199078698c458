package studio

import (
	"context"

	"github.com/spaces-cli/spaces/internal/consent/gate"
	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/episode/feed"
	"github.com/spaces-cli/spaces/internal/languages"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/recording"
)

// presets are the names of the host's own presets.
func (s *Server) presets() []string {
	if s.o.Presets == nil {
		return []string{}
	}
	return append([]string{}, s.o.Presets()...)
}

// episode is what an export is asked for by a preset. The caller calls done.
func (s *Server) episode(ctx context.Context, lib *library.Library, rec *recording.Recording, preset string) (q episode.Request, done func(), err error) {
	if s.o.Episode != nil {
		if q, done, err = s.o.Episode(ctx, lib, rec, preset); err != nil {
			return q, nil, err
		}
	} else {
		q = episode.Request{Preset: episode.Preset(preset), Transcript: episode.OfLibrary(usable(lib, rec.Space), "")}
		done = func() {}
	}
	q.Recording, q.Library, q.Version, q.Jobs = rec, lib, s.o.Library.Version, s.o.Jobs
	if show, err := feed.Load(lib.Root(), q.Show); err == nil {
		q.Language, _ = languages.For(show.Language)
	}
	return q, done, nil
}

// bumpers finds the recordings of the library that intro and outro are made of, and
// returns what of them is used.
func (s *Server) bumpers(ctx context.Context, lib *library.Library, q *episode.Request) ([]gate.Use, error) {
	if q.Intro == nil && q.Outro == nil {
		return nil, nil
	}
	g, err := s.gate(lib, "")
	if err != nil {
		return nil, err
	}
	defer g.Close()
	var uses []gate.Use
	for _, b := range []*episode.Bumper{q.Intro, q.Outro} {
		if b == nil {
			continue
		}
		if b.Heard, err = g.Bumper(ctx, b.Path); err != nil {
			return nil, err
		}
		uses = append(uses, gate.OfBumper(b.Heard)...)
	}
	return uses, nil
}
