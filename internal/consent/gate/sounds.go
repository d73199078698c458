package gate

import (
	"context"
	"errors"
	"io"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/sound"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media"
	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/media/unithash"
)

// Sounds finds the recordings of which a file is made by its access units.
type Sounds interface {
	// Find reports what a file holds of recordings. It fails with ErrNoSound if
	// nothing in it can be compared with them.
	Find(ctx context.Context, r io.ReaderAt, size int64) (Sound, error)
}

// ErrNoSound means that a file has no access units that could be those of a
// recording: it is in a container that is not read, or no sound.
var ErrNoSound = errors.New("the sound cannot be compared")

// A Sound is what a file holds of recordings.
type Sound struct {
	Heard []Heard
	// Rest says that the file has sound besides, which is in no recording: it
	// comes from elsewhere, or was encoded anew.
	Rest bool
	// Others says that the file has other tracks of sound, which were not
	// compared.
	Others bool
	// Aside says that the file holds data that could not be read as sound, and
	// that could be some to a player that knows more formats.
	Aside bool
	// Silent says that there is nothing to hear in the file.
	Silent bool
}

// A Heard is a part of a recording that was found in a file.
type Heard struct {
	Recording string // id
	// Spans are where in the recording; there are none where that is not known.
	Spans []space.Stretch
}

// SoundsOf finds the recordings of a library.
func SoundsOf(lib *library.Library) Sounds { return sounds{lib} }

type sounds struct{ lib *library.Library }

// maxShort is how many access units a file may have, in stretches too short to
// tell, that are in no recording: less than half a second.
const maxShort = 20

// maxDamage is how many bytes of a file may be damage: 0.1 s of speech that is
// coded well. A file that is more damaged than that can hold sound of another
// coding, such as MPEG layer II behind layer III, which players do play.
const maxDamage = 2 << 10

// Find compares what media.Open reads. What it does not read is ErrNoSound, and
// so is a file that ends in the middle of nowhere; all other errors are the
// library's.
func (s sounds) Find(ctx context.Context, r io.ReaderAt, size int64) (Sound, error) {
	found, err := sound.Open(s.lib).Find(ctx, r, size)
	if err != nil {
		if ctx.Err() == nil && (errors.As(err, new(*unithash.UnsupportedError)) || !readable(ctx, r, size)) {
			err = ErrNoSound
		}
		return Sound{}, err
	}
	if found.Units == 0 {
		return Sound{}, ErrNoSound
	}
	out := Sound{Silent: found.Sounding == 0, Rest: len(found.Unknown) > 0, Others: found.Others > 0, Aside: found.Aside > maxDamage}
	var short int64
	for _, s := range found.Short {
		short += s.Units
	}
	out.Rest = out.Rest || short > maxShort
	for _, m := range found.Matches {
		rec, err := s.lib.Load(m.Recording)
		if err != nil {
			return Sound{}, err
		}
		out.Heard = append(out.Heard, Heard{m.Recording, m.Spans(rec)})
	}
	return out, nil
}

// readable reports whether a file can be read as sound from end to end.
func readable(ctx context.Context, r io.ReaderAt, size int64) bool {
	in, err := media.Open(r, size, track.Options{})
	var p track.Packet
	for err == nil && ctx.Err() == nil {
		err = in.Next(&p)
	}
	return err == io.EOF
}
