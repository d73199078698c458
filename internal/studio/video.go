package studio

import (
	"context"
	"errors"
	"image/png"
	"net/http"
	"slices"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/clip/audiogram"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/library/transcripts"
	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/media/lettering"
	"github.com/spaces-cli/spaces/internal/recording"
	"github.com/spaces-cli/spaces/internal/transcript"
)

// A videoStyle is how the pictures of a clip that is saved as a video look. Shape,
// Look and Theme are words of package audiogram, Accent is a colour; what is "" or 0
// is as the settings have it. Captions is "" for those of the transcript, or "none".
// Speakers says who speaks: "yes", "no", or as the settings have it.
type videoStyle struct {
	Shape     audiogram.Shape
	Look      audiogram.Look
	Theme     audiogram.Theme
	Accent    string
	Size, FPS int
	Captions  string
	Speakers  string
}

// noCaptions is the value of captions that leaves out those of the transcript.
const noCaptions = "none"

// spoken is the language of the captions that a video of a recording has, by which
// fonts are chosen as the command line chooses them; "" if it has none. What is wrong
// with the recording, the video itself tells.
func (s *Server) spoken(ctx context.Context, id string, l videoStyle) string {
	if l.Captions == noCaptions {
		return ""
	}
	lib, release, err := s.library.take(ctx)
	if err != nil {
		return ""
	}
	defer release()
	of, err := lib.Load(id)
	if err != nil {
		return ""
	}
	if t := usable(lib, of); t != nil {
		return t.Language
	}
	return ""
}

// config is how the pictures look, with what the settings say of it, and with fonts
// for a language.
func (s *Server) config(l videoStyle, language string) (audiogram.Config, error) {
	c := audiogram.Config{Shape: l.Shape, Look: l.Look, Theme: l.Theme, Accent: l.Accent, Size: l.Size, FPS: l.FPS, Zone: s.o.Zone, Language: language}
	if l.Captions != "" && l.Captions != noCaptions {
		return c, badRequest("captions must be empty or %s", noCaptions)
	}
	var err error
	if c.Fonts, err = lettering.Find(lettering.Options{System: true, Language: language}); err == nil && s.o.Dress != nil {
		err = s.o.Dress(&c, language)
	}
	return c, err
}

// style makes the pictures as spaces clip does if it is told no more.
func (s *Server) style(l videoStyle, language string) (*audiogram.Style, error) {
	c, err := s.config(l, language)
	if err != nil {
		return nil, err
	}
	style, err := audiogram.New(c)
	if errors.Is(err, audiogram.ErrConfig) {
		return nil, badRequest("%v", err)
	}
	return style, err
}

// film gives a clip its pictures, with the captions that the command line gives it,
// and says how many of these have letters that cannot be drawn. A transcript that
// cannot be used gives none: the page says what is wrong with it.
func (s *Server) film(lib *library.Library, q *clip.Request, style *audiogram.Style, l videoStyle) (unwritten int, err error) {
	r := q.Recording
	var cues []audiogram.Cue
	if t := usable(lib, r.Space); t != nil && l.Captions != noCaptions {
		g, err := s.gate(lib, "")
		if err != nil {
			return 0, err
		}
		defer g.Close()
		said, err := g.Captions(*q, transcript.Captions(t.Cues()))
		if err != nil {
			return 0, err
		}
		q.Language = t.Language
		if cues, q.Captions, err = audiogram.Captions(said, r.Seconds(q.Span.Start), r.Seconds(q.Span.End())); err != nil {
			return 0, err
		}
	}
	turns, err := s.speaking(lib, q, l)
	if err != nil {
		return 0, err
	}
	film := style.Renderer(cues, turns)
	q.Renderer = film
	lacking := film.Unwritten(q)
	for _, c := range cues {
		if slices.ContainsFunc(lacking, func(u lettering.Unwritten) bool { return u.Text == c.Text }) {
			unwritten++
		}
	}
	return unwritten, nil
}

// usable returns the transcript that the library keeps of a recording, or nil if
// there is none that can be used.
func usable(lib *library.Library, s *space.Space) *transcripts.Transcript {
	t, err := transcripts.Read(lib.Root(), s)
	if err != nil {
		return nil
	}
	return t
}

// maxPreview is the longest clip whose picture is shown before it is saved, in
// seconds: all of it has to be decoded.
const maxPreview = 20 * 60

// servePicture answers with a picture of the video that a clip would be, from
// the middle of it: ?start= &samples= &title= &shape= &theme= &captions=, as
// saveClip has them.
func (s *Server) servePicture(w http.ResponseWriter, r *http.Request) {
	start, err := number(r, "start", 0, maxStart, 0)
	samples, serr := number(r, "samples", 1, maxStart, 1)
	values := r.URL.Query()
	q := clip.Request{Format: format.MP4, Title: values.Get("title")}
	size, zerr := number(r, "size", 0, maxStart, 0)
	fps, rerr := number(r, "fps", 0, maxStart, 0)
	look := videoStyle{
		Shape: audiogram.Shape(values.Get("shape")), Look: audiogram.Look(values.Get("look")), Theme: audiogram.Theme(values.Get("theme")),
		Accent: values.Get("accent"), Size: int(size), FPS: int(fps), Captions: values.Get("captions"), Speakers: values.Get("speakers"),
	}
	style, ferr := s.style(look, s.spoken(r.Context(), r.PathValue("id"), look))
	if err = errors.Join(err, serr, zerr, rerr, checkTitle(q.Title), ferr); err != nil {
		answer(w, nil, err)
		return
	}
	lib, release, err := s.library.take(r.Context())
	if err != nil {
		answer(w, nil, err)
		return
	}
	defer release()
	rec, err := recording.Open(lib, r.PathValue("id"), s.o.Library.Version)
	if err != nil {
		answer(w, nil, err)
		return
	}
	defer rec.Close()
	q.Recording = rec
	if q.Span, err = (requestedSpan{start, samples}).within(rec); err == nil && rec.Seconds(samples) > maxPreview {
		err = badRequest("the clip is too long for a preview")
	}
	if err != nil {
		answer(w, nil, err)
		return
	}
	if _, err := s.film(lib, &q, style, look); err != nil {
		answer(w, nil, err)
		return
	}
	picture, err := q.Renderer.(*audiogram.Renderer).Still(r.Context(), &q, rec.Seconds(samples)/2)
	if err != nil {
		answer(w, nil, err)
		return
	}
	w.Header().Set("Content-Type", "image/png")
	(&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(w, picture)
}
