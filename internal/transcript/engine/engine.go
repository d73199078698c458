// Package engine is what the engines have in common that turn sound into
// words: the interface, their errors, how another program is run, and how
// output is read that may be wrong in every way.
//
// An engine gets one piece of sound at a time and gives back what was said in
// it, in seconds from its beginning. It knows nothing of recordings, people or
// consent.
package engine

import (
	"context"
	"time"

	"github.com/spaces-cli/spaces/internal/transcript"
)

// An Engine turns sound into words. It may be used by several goroutines at
// once.
type Engine interface {
	// Recognize returns what is said in a piece. The error is ctx's own, one of
	// reading the piece, or an *Error.
	//
	// What an engine writes meanwhile lies in a folder of its own beside the
	// piece, so that whoever sweeps away pieces after a kill sweeps that too.
	Recognize(ctx context.Context, p Piece) (*Result, error)
}

// A Piece is a part of a recording.
type Piece struct {
	Audio    string        // path of a WAV file: 16 kHz, mono, 16 bits
	Length   time.Duration // of the sound
	Language string        // ISO 639-1, such as "de", or "" if the engine is to detect it
	Prompt   string        // names and terms that occur, or ""
	Timeout  time.Duration // how long the engine may take; 0: no limit
}

// A Result is what an engine heard in a piece.
type Result struct {
	// Cues are in order, lie in the piece, and overlap only where the engine
	// names different speakers. Their words, where the engine gives them times,
	// are in order too and lie in their cue.
	Cues     []transcript.Cue
	Language string // ISO 639-1 where it is known, or ""

	Raw    []byte            // what the engine wrote, byte for byte
	Format transcript.Format // of Raw; "" if it is empty

	Mended   int // cues whose times were negative, out of order or overlapping
	PastEnd  int // cues that were cut or left out because they lie past the end
	Repeated int // cues left out: the same line again and again where nothing is heard
	Garbled  int // bytes left out that are not UTF-8
}
