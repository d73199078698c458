package studio

import (
	"errors"
	"image/png"
	"net/http"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/clip/audiogram"
	"github.com/spaces-cli/spaces/internal/media/format"
)

// A videoStyle is how the pictures of a clip that is saved as a video look. Both are
// words of package audiogram, or "".
type videoStyle struct {
	Shape audiogram.Shape
	Theme audiogram.Theme
}

// renderer makes the pictures as spaces clip does if it is told no more.
func (s *Server) renderer(l videoStyle) (*audiogram.Renderer, error) {
	style, err := audiogram.New(audiogram.Config{Shape: l.Shape, Theme: l.Theme, Zone: s.o.Zone})
	if errors.Is(err, audiogram.ErrConfig) {
		return nil, badRequest("%v", err)
	}
	if err != nil {
		return nil, err
	}
	return style.Renderer(nil, nil), nil
}

// maxPreview is the longest clip whose picture is shown before it is saved, in
// seconds: all of it has to be decoded.
const maxPreview = 20 * 60

// servePicture answers with a picture of the video that a clip would be, from
// the middle of it: ?start= &samples= &title= &shape= &theme=, as saveClip has
// them.
func (s *Server) servePicture(w http.ResponseWriter, r *http.Request) {
	start, err := number(r, "start", 0, maxStart, 0)
	samples, serr := number(r, "samples", 1, maxStart, 1)
	values := r.URL.Query()
	q := clip.Request{Format: format.MP4, Title: values.Get("title")}
	film, ferr := s.renderer(videoStyle{audiogram.Shape(values.Get("shape")), audiogram.Theme(values.Get("theme"))})
	if err = errors.Join(err, serr, checkTitle(q.Title), ferr); err != nil {
		answer(w, nil, err)
		return
	}
	rec, release, err := s.recording(r.Context(), r.PathValue("id"))
	if err != nil {
		answer(w, nil, err)
		return
	}
	defer release()
	q.Recording, q.Renderer = rec, film
	if q.Span, err = (requestedSpan{start, samples}).within(rec); err == nil && rec.Seconds(samples) > maxPreview {
		err = badRequest("the clip is too long for a preview")
	}
	if err != nil {
		answer(w, nil, err)
		return
	}
	picture, err := film.Still(r.Context(), &q, rec.Seconds(samples)/2)
	if err != nil {
		answer(w, nil, err)
		return
	}
	w.Header().Set("Content-Type", "image/png")
	(&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(w, picture)
}
