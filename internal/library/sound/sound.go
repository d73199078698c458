// Package sound finds which recordings of a library a file is made of, by the
// access units in it: an excerpt, a file that another program has put into
// another container, several excerpts joined. Tags and names play no part.
//
// It tells sound that was copied. What was decoded and encoded again shares no
// unit with the recording and is Unknown; what a caller makes of that is for
// the caller. PCM has no units to compare and is never found.
package sound

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// An Index answers for the recordings of one library.
type Index struct{ lib *library.Library }

// Open returns the Index of a library. Recordings that an earlier program has
// saved are found too, only slower, until reindex has been there.
func Open(lib *library.Library) *Index { return &Index{lib} }

// A Stretch is a row of access units of the file that was looked at.
type Stretch struct {
	First, Units int64
}

// A Match is a stretch of the file whose units are those of a recording, in
// the same order.
type Match struct {
	Recording string // its id
	File      int    // which of its playable files (space.Recording.Files)
	First     int64  // the first unit in that
	Stretch          // in the file that was looked at
	// Distinct is how many different units of it hold sound.
	Distinct int
	// From and To are the stretch of the recording's file in samples, and one unit
	// more, where only its index tells them.
	From, To int64
}

// A Result says what a file is made of.
type Result struct {
	Config track.Config // of the first run of the file
	Units  int64        // of the file, hidden ones too
	// Sounding is how many units hold sound that can be told from other sound:
	// 0 means that the file is silent.
	Sounding int64
	// Matches are in order of the file. The same stretch may be that of several
	// recordings, if the library has it twice.
	Matches []Match
	// Unknown are the stretches with sound that no recording of the library has
	// as it is: it comes from elsewhere, or was encoded again.
	Unknown []Stretch
	// Short are the like that are too short to tell.
	Short []Stretch
	// Others is how many tracks of sound the file has that were not compared.
	Others int
	// Aside is how many bytes of the file were skipped as damage: they are no
	// access unit and no tag, but a player may know more formats.
	Aside int64
}

// least is how many different units next to each other are asked for. A file
// that has fewer is found by those that it has.
const least = 4

// Find says which recordings the audio in r, of size bytes, is made of. All of
// it is read, what an edit list hides too. The error is a
// *unithash.UnsupportedError for a coding whose units cannot be told (PCM), or that of media.Open.
func (x *Index) Find(ctx context.Context, r io.ReaderAt, size int64) (*Result, error) {
	q, err := read(ctx, r, size)
	if err != nil {
		return nil, err
	}
	if err := x.compareAll(ctx, q, nil); err != nil {
		return nil, err
	}
	// What is open now is looked for in all recordings, not only up to the first
	// that has it: another one may have the same sound under other people.
	if open, _ := q.left(); len(open) > 0 {
		if err := x.compareAll(ctx, q, open); err != nil {
			return nil, err
		}
	}
	return q.result(), nil
}

// compareAll looks for units of all recordings in q.
func (x *Index) compareAll(ctx context.Context, q *query, open []Stretch) error {
	for s, err := range x.lib.All() {
		if err == nil {
			err = ctx.Err()
		}
		if err == nil {
			err = x.compare(ctx, q, s, open)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// compare looks for units of one recording in q: by its sound index, or, in the
// stretches that are still open, by all of its units.
func (x *Index) compare(ctx context.Context, q *query, s *space.Space, open []Stretch) (err error) {
	var audio *library.Sound
	defer func() {
		if audio != nil {
			audio.Close()
		}
	}()
	for i, c := range s.Configs {
		if i >= len(s.Files) || !q.comparable(track.Codec(c.Codec)) {
			continue
		}
		var shared []place
		if open == nil {
			index, err := x.lib.SoundIndex(ctx, s, i)
			if isGone(err) {
				return nil
			}
			if err != nil {
				return fmt.Errorf("%s: %w", s.ID, err)
			}
			if shared = q.shared(index); len(shared) == 0 {
				continue
			}
		}
		if audio == nil {
			if audio, err = x.lib.OpenSound(s.ID); isGone(err) {
				return nil
			} else if err != nil {
				return err
			}
		}
		if i >= len(audio.Files) {
			return nil // it has just been replaced
		}
		m, err := newMatcher(ctx, q, s.ID, i, audio.Files[i])
		if err == nil && open != nil {
			err = m.scan(ctx, open)
		} else if err == nil {
			err = m.followAll(shared)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", s.ID, err)
		}
	}
	return nil
}

// isGone reports whether err means that a Space has no audio, or none any
// more. What is not there cannot be heard in a file either.
func isGone(err error) bool {
	return errors.Is(err, library.ErrNoAudio) || errors.Is(err, library.ErrNotFound) || errors.Is(err, fs.ErrNotExist)
}
