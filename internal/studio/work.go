package studio

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"unicode/utf8"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/clip/audiogram"
	"github.com/spaces-cli/spaces/internal/clip/moments"
	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/consent/gate"
	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/episode/chapters"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/recording"
	"github.com/spaces-cli/spaces/internal/recording/passage"
)

// A requestedSpan is a stretch of a recording as the page sends it.
type requestedSpan struct {
	Start   int64 `json:"start"`
	Samples int64 `json:"samples"`
}

func (s requestedSpan) within(r *recording.Recording) (recording.Span, error) {
	if s.Start < 0 || s.Samples < 1 || s.Start > maxStart || s.Samples > maxStart || s.Start+s.Samples > r.Samples {
		return recording.Span{}, &clip.Problem{Kind: recording.OutOfRange, Message: "the recording does not have that range"}
	}
	return recording.Span{Start: s.Start, Samples: s.Samples}, nil
}

// findSpan turns what somebody typed into a span: {"at": T, "length": T} or
// {"at": T, "end": T}, or with "clock" in place of "at", as spaces clip takes
// them; or moves a span that is there to silences: {"snap": span}.
func (s *Server) findSpan(w http.ResponseWriter, r *http.Request) {
	var q struct {
		At, Clock, Length, End string
		Snap                   *requestedSpan
	}
	if err := body(r, &q); err != nil {
		answer(w, nil, err)
		return
	}
	rec, release, err := s.recording(r.Context(), r.PathValue("id"))
	if err != nil {
		answer(w, nil, err)
		return
	}
	defer release()
	var found recording.Span
	if q.Snap != nil {
		if found, err = q.Snap.within(rec); err == nil {
			found, err = rec.Snap(r.Context(), found)
		}
	} else {
		found, _, err = rec.Find(recording.Place{At: q.At, Clock: q.Clock, Zone: s.o.Zone, Length: q.Length, End: q.End, Clamp: true})
	}
	answer(w, requestedSpan{found.Start, found.Samples}, err)
}

// A moment is a span worth sharing.
type moment struct {
	requestedSpan
	Score    float64  `json:"score"`
	Reasons  []reason `json:"reasons"` // that stand for themselves, the weightiest first
	Speakers []string `json:"speakers"`
}

// A reason is a moments.Reason, for which the page has the words.
type reason struct {
	Kind   moments.ReasonKind `json:"kind"`
	Value  float64            `json:"value"`
	Length float64            `json:"length"` // seconds
	Handle string             `json:"handle,omitempty"`
}

// findMoments looks for what is worth sharing, as a task.
func (s *Server) findMoments(w http.ResponseWriter, r *http.Request) {
	var q struct{}
	if err := body(r, &q); err != nil {
		answer(w, nil, err)
		return
	}
	id := r.PathValue("id")
	s.run(w, r, "moments "+id, func(ctx context.Context, t *task) (any, error) {
		rec, release, err := s.recording(ctx, id)
		if err != nil {
			return nil, err
		}
		defer release()
		turns, err := s.turns(ctx, id)
		if err != nil {
			return nil, err
		}
		sentences, err := s.sentences(ctx, rec)
		if err != nil {
			return nil, err
		}
		found, err := moments.Find(ctx, rec, turns, moments.Options{Sentences: sentences, Jobs: s.o.Jobs, Progress: t})
		if err != nil {
			return nil, err
		}
		list := []moment{}
		for _, f := range found {
			m := moment{requestedSpan{f.Start, f.Samples}, f.Score, []reason{}, append([]string{}, f.Speakers...)}
			for _, r := range f.Reasons {
				if r.Kind != moments.Start && r.Kind != moments.End {
					m.Reasons = append(m.Reasons, reason{r.Kind, r.Value, r.Length, r.Handle})
				}
			}
			list = append(list, m)
		}
		return list, nil
	})
}

func (s *Server) turns(ctx context.Context, id string) (*space.Turns, error) {
	lib, release, err := s.library.take(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	return lib.Turns(id)
}

// sentences returns those of a recording, or none where it has no transcript that
// can be used.
func (s *Server) sentences(ctx context.Context, r *recording.Recording) ([]recording.Span, error) {
	lib, release, err := s.library.take(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	words, err := passage.Read(lib.Root(), r)
	if err != nil {
		return nil, nil // moments are found without
	}
	return words.Sentences(), nil
}

// maxTitle is how many bytes the title of a clip or an episode may have.
const maxTitle = 1000

func checkTitle(title string) error {
	if len(title) > maxTitle || !utf8.ValidString(title) {
		return badRequest("the title is too long or is not text")
	}
	return nil
}

// saveClip cuts a clip into the recording's folder, as a task: {"start", "samples",
// "format", "title", "force"}, for a video "shape", "theme" and "captions", and
// "reason" to go on without the consent of some.
func (s *Server) saveClip(w http.ResponseWriter, r *http.Request) {
	var q struct {
		requestedSpan
		videoStyle
		Format, Title, Reason string

		Force bool // replace another file of that name
	}
	err := body(r, &q)
	if err == nil {
		err = errors.Join(checkTitle(q.Title), checkReason(q.Reason))
	}
	var kind format.Format
	if err == nil {
		kind, err = format.Parse(q.Format, format.All())
	}
	var style *audiogram.Style
	if err == nil && kind == format.MP4 {
		style, err = s.style(q.videoStyle, s.spoken(r.Context(), r.PathValue("id"), q.videoStyle))
	}
	if err != nil {
		answer(w, nil, err)
		return
	}
	id := r.PathValue("id")
	key := fmt.Sprintf("clip %s %d %d %s %q %v %t %q", id, q.Start, q.Samples, kind, q.Title, q.videoStyle, q.Force, q.Reason)
	s.run(w, r, key, func(ctx context.Context, t *task) (any, error) {
		lib, release, err := s.library.take(ctx)
		if err != nil {
			return nil, err
		}
		defer release()
		rec, err := recording.Open(lib, id, s.o.Library.Version)
		if err != nil {
			return nil, err
		}
		defer rec.Close()
		within, err := q.within(rec)
		if err != nil {
			return nil, err
		}
		cut := clip.Request{Recording: rec, Span: within, Format: kind, Title: q.Title, Force: q.Force}
		unwritten := 0
		if style != nil {
			lufs := cut.UsualLoudness()
			cut.Normalize = &lufs
			if unwritten, err = s.film(lib, &cut, style, q.videoStyle); err != nil {
				return nil, err
			}
		}
		use, err := gate.OfRequest(cut)
		if err != nil {
			return nil, err
		}
		missing, err := s.agreed(ctx, lib, consent.Clipping, use, q.Reason)
		if err != nil {
			return nil, err
		}
		made, err := clip.Cut(ctx, cut)
		if err != nil {
			return nil, err
		}
		return struct {
			clip.Result
			ConsentMissing []string `json:"consent_missing,omitempty"`
			// Unwritten is how many captions have letters that the font lacks.
			Unwritten int `json:"captions_unwritten,omitempty"`
		}{made, missing, unwritten}, nil
	})
}

// exportEpisode makes an episode in the recording's folder, as a task:
// {"preset", "format", "title", "trim_silence", "force", "reason"}, and
// "transcript": "none" to leave that out.
func (s *Server) exportEpisode(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Preset, Format, Title, Reason, Transcript string

		TrimSilence bool `json:"trim_silence"`
		Force       bool
	}
	err := body(r, &q)
	if err == nil {
		err = errors.Join(checkTitle(q.Title), checkReason(q.Reason))
	}
	if err == nil && q.Transcript != "" && q.Transcript != noCaptions {
		err = badRequest("transcript must be empty or %s", noCaptions)
	}
	var kind format.Format
	if err == nil {
		kind, err = format.Parse(q.Format, format.Encoded())
	}
	if err != nil {
		answer(w, nil, err)
		return
	}
	id := r.PathValue("id")
	key := fmt.Sprintf("export %s %q %s %q %t %t %q %q", id, q.Preset, kind, q.Title, q.TrimSilence, q.Force, q.Reason, q.Transcript)
	s.run(w, r, key, func(ctx context.Context, t *task) (any, error) {
		lib, release, err := s.library.take(ctx)
		if err != nil {
			return nil, err
		}
		defer release()
		rec, err := recording.Open(lib, id, s.o.Library.Version)
		if err != nil {
			return nil, err
		}
		defer rec.Close()
		e, done, err := s.episode(ctx, lib, rec, q.Preset)
		if err != nil {
			return nil, err
		}
		defer done()
		also, err := s.bumpers(ctx, lib, &e)
		if err != nil {
			return nil, err
		}
		missing, err := s.agreed(ctx, lib, consent.Exporting, gate.Use{Recording: id, Also: also}, q.Reason)
		if err != nil {
			return nil, err
		}
		if err := s.measure(ctx, lib, id, t); err != nil {
			return nil, err
		}
		if e.Format = cmp.Or(kind, e.Format); q.Transcript != "" {
			e.Transcript = episode.Transcript{}
		}
		e.Title, e.TrimSilence, e.Force = cmp.Or(q.Title, e.Title), q.TrimSilence || e.TrimSilence, q.Force || e.Force
		e.ConsentMissing = missing
		if e.ChapterSource == "" {
			if e.Chapters, err = chapters.Kept(lib, rec.Space); err != nil {
				return nil, err
			}
			if len(e.Chapters) > 0 {
				e.ChapterSource = "kept"
			}
		}
		made, err := episode.Export(ctx, e, t)
		if err != nil {
			return nil, err
		}
		return struct {
			File     string          `json:"file"`
			Bytes    int64           `json:"bytes"`
			Duration float64         `json:"duration"`
			Status   episode.Status  `json:"status"`
			Before   *episode.Levels `json:"before,omitempty"`
			After    *episode.Levels `json:"after,omitempty"`
			Notes    []string        `json:"notes"`
			// ConsentMissing are the handles of those who have not agreed.
			ConsentMissing []string `json:"consent_missing,omitempty"`
		}{made.Path, made.Bytes, made.Duration, made.Status, made.Before, made.After, append([]string{}, made.Notes...), missing}, nil
	})
}
