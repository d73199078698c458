package gate

import (
	"context"
	"errors"
	"io"

	"github.com/spaces-cli/spaces/internal/library/space"
)

// Sounds finds the recordings of which a file is made by its access units.
type Sounds interface {
	// Find reports what a file holds of recordings. It fails with ErrNoSound if
	// nothing in it can be compared with them.
	Find(ctx context.Context, r io.ReaderAt, size int64) (Sound, error)
}

// ErrNoSound means that a file has no access units that could be those of a
// recording: it is in a container that is not read, or no sound.
var ErrNoSound = errors.New("no sound that can be compared")

// A Sound is what a file holds of recordings.
type Sound struct {
	Heard []Heard
	// Rest says that the file has sound besides, which is in no recording: it
	// comes from elsewhere, or was encoded anew.
	Rest bool
	// Silent says that there is nothing to hear in the file.
	Silent bool
}

// A Heard is a part of a recording that was found in a file.
type Heard struct {
	Recording string // id
	// Spans are where in the recording; there are none where that is not known.
	Spans []space.Stretch
}
