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
	"io"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/media/unithash"
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
}

// least is how many different units next to each other are asked for. A file
// that has fewer is found by those that it has.
const least = 4

// Find says which recordings the audio in r, of size bytes, is made of. All of
// it is read, what an edit list hides too. The error is a
// *unithash.UnsupportedError for a coding whose units cannot be told (PCM,
// Opus), or that of media.Open.
func (x *Index) Find(ctx context.Context, r io.ReaderAt, size int64) (*Result, error) {
	q, err := read(ctx, r, size)
	if err != nil {
		return nil, err
	}
	ids, err := x.lib.IDs()
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if err := x.compare(ctx, q, id, nil); err != nil {
			return nil, err
		}
	}
	// What is open now is looked for in all recordings, not only up to the first
	// that has it: another one may have the same sound under other people.
	if open, _ := q.left(); len(open) > 0 {
		for _, id := range ids {
			if err := x.compare(ctx, q, id, open); err != nil {
				return nil, err
			}
		}
	}
	return q.result(), nil
}

// compare looks for units of one recording in q: by its sound index, or, in the
// stretches that are still open, by all of its units.
func (x *Index) compare(ctx context.Context, q *query, id string, open []Stretch) error {
	sound, err := x.lib.OpenSound(id)
	if isNone(err) {
		return nil
	}
	if err != nil {
		return err
	}
	defer sound.Close()
	for i, f := range sound.Files {
		if !q.comparable(f.Config) {
			continue
		}
		units, err := newUnits(ctx, f)
		if err != nil {
			return err
		}
		m := &matcher{q: q, id: id, file: i, units: units}
		if open != nil {
			err = m.scan(ctx, open)
		} else {
			var index *unithash.Index
			if index, err = x.lib.SoundIndex(ctx, sound.Space, sound, i); err == nil {
				err = m.sampled(index)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}
