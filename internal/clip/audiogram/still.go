package audiogram

import (
	"context"
	"image"

	"github.com/spaces-cli/spaces/internal/clip"
)

// Still returns the picture that a clip shows so many seconds after its start.
func (f *Renderer) Still(ctx context.Context, q *clip.Request, at float64) (*image.RGBA, error) {
	fps := f.style.config.FPS
	s, err := f.begin(ctx, q, int(at*float64(fps))+2)
	if err != nil {
		return nil, err
	}
	s.next(at)
	return s.frame, nil
}

// begin returns the scene of a clip, of which so many pictures are needed.
func (f *Renderer) begin(ctx context.Context, q *clip.Request, pictures int) (*scene, error) {
	l := f.style.lay(len(f.cues) > 0, len(f.turns) > 0)
	sound, err := listen(ctx, q, f.style.bands(f.style.count(l)), f.style.config.FPS, pictures)
	if err != nil {
		return nil, err
	}
	return f.newScene(q, l, sound, q.Recording.Seconds(q.Span.Samples)), nil
}

// Best returns the picture that stands best for a clip in a post: of the captions
// that fill their lines the first, in the middle of what is said, and without any
// the picture with the highest bars.
func (f *Renderer) Best(ctx context.Context, q *clip.Request) (*image.RGBA, error) {
	fps := f.style.config.FPS
	pictures := max(1, int(q.Recording.Seconds(q.Span.Samples)*float64(fps)))
	s, err := f.begin(ctx, q, pictures)
	if err != nil {
		return nil, err
	}
	s.next(s.best(fps, pictures))
	return s.frame, nil
}

// best is the time of that picture.
func (s *scene) best(fps, pictures int) float64 {
	from, to, most := 0.0, s.seconds, 0
	for _, p := range s.pages {
		letters := 0
		for _, r := range p.rows {
			letters += len(r.Text)
		}
		// A later one has to be a good deal fuller.
		if letters > most+most/4 {
			from, to, most = p.start, p.end, letters
		}
	}
	at, high := (from+to)/2, -1
	edge := float64((to - from) / 4)
	for i := range pictures {
		t := float64(i) / float64(fps)
		if t < from+edge || t > to-edge {
			continue
		}
		sum := 0
		for _, v := range s.sound.at(i) {
			sum += int(v)
		}
		if sum > high {
			at, high = t, sum
		}
	}
	return at
}
