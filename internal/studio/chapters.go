package studio

import (
	"context"
	"net/http"

	"github.com/spaces-cli/spaces/internal/episode/chapters"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/spell"
)

// A turnsHere is who speaks when, and the chapters: those that the host has edited,
// or else those of the turns.
type turnsHere struct {
	Approximate bool               `json:"approximate"`
	Turns       []space.Turn       `json:"turns"`
	Chapters    []chapters.Chapter `json:"chapters"`
	Kept        bool               `json:"kept"` // the chapters were edited
}

// showTurns answers with who speaks when, and with chapters made of that as
// export --chapters turns has them. Of a long recording that takes longer
// than all the rest.
func (s *Server) showTurns(w http.ResponseWriter, r *http.Request) {
	lib, release, err := s.library.take(r.Context())
	if err != nil {
		answer(w, nil, err)
		return
	}
	defer release()
	v, err := s.turnsOf(lib, r)
	answer(w, v, err)
}

func (s *Server) turnsOf(lib *library.Library, r *http.Request) (*turnsHere, error) {
	known, err := lib.Load(r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	turns, err := lib.Turns(known.ID)
	if err != nil {
		return nil, err
	}
	v := &turnsHere{Turns: []space.Turn{}, Chapters: []chapters.Chapter{}}
	if turns != nil {
		v.Approximate = turns.Approximate
		v.Turns = append(v.Turns, turns.Turns...)
	}
	kept, err := chapters.Kept(lib, known)
	if err != nil {
		return nil, err
	}
	switch {
	case len(kept) > 0:
		v.Chapters, v.Kept = kept, true
	case turns != nil:
		v.Chapters = append(v.Chapters, chapters.FromTurns(turns.Turns, chapters.LeastSeconds, s.language(r))...)
	}
	return v, nil
}

// editChapters keeps chapters in place of those that there are, {"chapters":
// [{"start", "title"}]}, or goes back to the detected ones, without any. It answers
// as showTurns does.
func (s *Server) editChapters(w http.ResponseWriter, r *http.Request) {
	var q struct{ Chapters []chapters.Chapter }
	if err := body(r, &q); err != nil {
		answer(w, nil, err)
		return
	}
	var v *turnsHere
	// A change that has begun is finished, whether or not the page waits.
	err := s.library.write(context.WithoutCancel(r.Context()), func(lib *library.Library) error {
		known, err := lib.Load(r.PathValue("id"))
		if err != nil {
			return err
		}
		if len(q.Chapters) == 0 {
			err = chapters.Discard(lib, known)
		} else if known.Duration != nil && len(known.Files) > 0 {
			_, err = chapters.Keep(lib, known, q.Chapters, *known.Duration)
			if err != nil {
				err = newProblem(http.StatusUnprocessableEntity, "bad-chapter", spell.Error(err), "")
			}
		} else {
			err = library.ErrNoAudio
		}
		if err == nil {
			v, err = s.turnsOf(lib, r)
		}
		return err
	})
	answer(w, v, err)
}
