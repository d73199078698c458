package clip

import (
	"context"

	"github.com/spaces-cli/spaces/internal/media/track"
)

// Config says how the units are coded.
func (u *Units) Config() track.Config { return u.x.file.Config }

// Each calls fn for every unit in turn, as it is in the recording. The data is
// valid during the call.
func (u *Units) Each(ctx context.Context, fn func(unit []byte) error) error {
	return u.x.each(ctx, fn)
}
