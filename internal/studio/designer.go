package studio

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/clip/audiogram"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/media/lettering"
	"github.com/spaces-cli/spaces/internal/publish/x"
	"github.com/spaces-cli/spaces/internal/recording"
)

const (
	// previewSeconds is how much of a clip a preview plays at most: it is kept in
	// memory, and nothing of it on the disk.
	previewSeconds = 60
	// previewSize is the shorter side of its pictures, whatever the video will have.
	previewSize = 720
	previewTime = 2 * time.Minute
)

// previews keep the preview that was made last. Another one ends one that is being
// made, and takes its place.
type previews struct {
	mu    sync.Mutex
	end   context.CancelFunc
	token string
	film  []byte
}

// begin ends what is being made, and returns the token of the next preview.
func (p *previews) begin(ctx context.Context) (context.Context, string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.end != nil {
		p.end()
	}
	ctx, p.end = context.WithCancel(ctx)
	p.token, p.film = rand.Text(), nil
	return ctx, p.token
}

// keep keeps a preview, unless another one has begun.
func (p *previews) keep(token string, film []byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.token != token {
		return false
	}
	p.film = film
	return true
}

// get returns the preview of a token, or nil.
func (p *previews) get(token string) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.token != token {
		return nil
	}
	return p.film
}

// makePreview renders the video that a clip would be, small and at most its first
// minute: {"start", "samples", "title"} and the style, as saveClip has them. It ends
// when another one is asked for, or when nobody waits for it any more.
func (s *Server) makePreview(w http.ResponseWriter, r *http.Request) {
	var q struct {
		requestedSpan
		videoStyle
		Title string
	}
	err := body(r, &q)
	if err == nil {
		err = checkTitle(q.Title)
	}
	if err != nil {
		answer(w, nil, err)
		return
	}
	http.NewResponseController(w).SetWriteDeadline(time.Now().Add(previewTime))
	ctx, token := s.previews.begin(r.Context())
	v, err := s.preview(ctx, r.PathValue("id"), token, q.requestedSpan, q.videoStyle, q.Title)
	if err == nil && ctx.Err() != nil {
		err = ctx.Err()
	}
	answer(w, v, err)
}

// A previewed is what the page is told of a preview.
type previewed struct {
	Preview string  `json:"preview"`
	Seconds float64 `json:"seconds"` // that it plays
	// Unwritten is what no font can write of what the video says, and Hint how to get
	// one that can.
	Unwritten []lettering.Unwritten `json:"unwritten"`
	Hint      string                `json:"hint,omitempty"`
	Adjusted  string                `json:"adjusted,omitempty"` // the accent that can be seen instead of the one that was asked for
}

func (s *Server) preview(ctx context.Context, id, token string, span requestedSpan, look videoStyle, title string) (*previewed, error) {
	look.Size = previewSize
	style, err := s.style(look, s.spoken(ctx, id, look))
	if err != nil {
		return nil, err
	}
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
	span.Samples = min(span.Samples, int64(previewSeconds*rec.Rate))
	var film bytes.Buffer
	q := clip.Request{Recording: rec, Format: format.MP4, Title: title, Writer: &film}
	if q.Span, err = span.within(rec); err != nil {
		return nil, err
	}
	lufs := q.UsualLoudness()
	q.Normalize = &lufs
	if _, err := s.film(lib, &q, style, look); err != nil {
		return nil, err
	}
	lacking := []lettering.Unwritten{}
	if film, ok := q.Renderer.(*audiogram.Renderer); ok {
		lacking = append(lacking, film.Unwritten(&q)...)
	}
	if _, err := clip.Cut(ctx, q); err != nil {
		return nil, err
	}
	if !s.previews.keep(token, film.Bytes()) {
		return nil, context.Canceled
	}
	return &previewed{token, rec.Seconds(q.Span.Samples), lacking, lettering.Hint(lacking, runtime.GOOS), style.Adjusted()}, nil
}

// servePreview answers with a preview, as long as it is the last one.
func (s *Server) servePreview(w http.ResponseWriter, r *http.Request) {
	film := s.previews.get(r.PathValue("preview"))
	if film == nil {
		answer(w, nil, errNoPreview)
		return
	}
	http.NewResponseController(w).SetWriteDeadline(time.Now().Add(previewTime))
	w.Header().Set("Content-Type", "video/mp4")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(film))
}

var errNoPreview = badRequest("there is a later preview")

// speaking returns who speaks in a clip, if that is to be shown and the host has
// confirmed it.
func (s *Server) speaking(lib *library.Library, q *clip.Request, l videoStyle) ([]audiogram.SpeakerCue, error) {
	asked := l.Speakers == "yes"
	show := asked
	if l.Speakers == "" && s.o.Look != nil {
		show = s.o.Look()["video.speakers"] == "true"
	}
	if !show {
		return nil, nil
	}
	turns, err := lib.Turns(q.Recording.Space.ID)
	if err != nil {
		return nil, err
	}
	if !asked && (turns == nil || turns.Approximate) {
		return nil, nil // as spaces video: the setting is for turns that are confirmed
	}
	return audiogram.Speakers(q.Recording, q.Span, turns)
}

// lookKeys are the keys of the settings that the page may save.
func lookKeys() []string {
	return []string{"video.shape", "video.look", "video.theme", "video.accent", "video.size", "video.fps", "video.speakers"}
}

// showLook answers with the look of the show, and what X takes.
func (s *Server) showLook(w http.ResponseWriter, _ *http.Request) {
	look := map[string]string{}
	if s.o.Look != nil {
		look = s.o.Look()
	}
	l := x.Current()
	answer(w, struct {
		Look map[string]string `json:"look"` // by the keys of the settings
		Keep bool              `json:"keep"` // it can be saved
		X    xLimits           `json:"x"`
	}{look, s.o.KeepLook != nil, xLimits{l.MostWidth, l.MostTall, l.Seconds, l.MostSeconds}}, nil)
}

// xLimits are those of X that the page tells before the work.
type xLimits struct {
	Width  int     `json:"width"`
	Height int     `json:"height"`
	Free   float64 `json:"seconds"` // that every account may post
	Most   float64 `json:"most_seconds"`
}

// A LookError says which setting of a look cannot be kept.
type LookError struct {
	Key string
	Err error
}

func (e *LookError) Error() string { return e.Key + ": " + e.Err.Error() }
func (e *LookError) Unwrap() error { return e.Err }

// keepLook saves how the videos of the show look: {"video.look": "bold", …}.
func (s *Server) keepLook(w http.ResponseWriter, r *http.Request) {
	var q map[string]string
	err := body(r, &q)
	if err == nil && s.o.KeepLook == nil {
		err = badRequest("there are no settings to save it in")
	}
	for key := range q {
		if !slices.Contains(lookKeys(), key) {
			err = errors.Join(err, badRequest("%q is not part of a look", key))
		}
	}
	if err == nil {
		err = s.o.KeepLook(q)
	}
	answer(w, struct{}{}, err)
}
