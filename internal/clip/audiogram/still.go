package audiogram

import (
	"context"
	"image"

	"github.com/spaces-cli/spaces/internal/clip"
)

// Still returns the picture that a clip shows so many seconds after its start.
func (f *Renderer) Still(ctx context.Context, q *clip.Request, at float64) (*image.RGBA, error) {
	l := f.style.lay(len(f.cues) > 0, len(f.turns) > 0)
	fps := f.style.config.FPS
	sound, err := listen(ctx, q, f.style.bands(f.style.count(l)), fps, int(at*float64(fps))+2)
	if err != nil {
		return nil, err
	}
	s := f.newScene(q, l, sound, q.Recording.Seconds(q.Span.Samples))
	s.next(at)
	return s.frame, nil
}
