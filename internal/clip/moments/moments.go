// Package moments finds what is worth sharing in a recording: spans of about
// the length of a clip in which something happens, that begin and end where
// nobody is cut off, best first. docs/moments.md tells how in plain words.
//
// It listens to the sound alone, and to who speaks when where the library
// knows that. Of what is said it knows where sentences begin and end, if there is
// a transcript.
package moments

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/recording"
	"github.com/spaces-cli/spaces/internal/stream"
)

// A ReasonKind says what makes a moment. The words appear in JSON.
type ReasonKind string

const (
	Laughter ReasonKind = "laughter" // calls in a rhythm, with much breath
	Applause ReasonKind = "applause" // noise as loud as speech, that comes and goes
	Raised   ReasonKind = "raised"   // somebody is louder than usual
	Exchange ReasonKind = "exchange" // people take over from each other in quick succession
	Opening  ReasonKind = "opening"  // it begins with a strong voice after a pause
	Start    ReasonKind = "start"    // it begins where nobody is cut off
	End      ReasonKind = "end"      // it ends there
)

// A Reason says why a moment is one.
type Reason struct {
	Kind ReasonKind
	// At and Length say where in the recording it is heard, in seconds.
	At, Length float64
	// Strength is how much it stands out, up to 1. It is 0 for Opening, Start
	// and End, which make a span better but are no reason of their own.
	Strength float64
	// Value is a number of its kind: decibels above the usual (Raised), changes
	// of speaker (Exchange), seconds of pause (Opening, Start, End; 0 at a
	// change of speaker), a measure from 0 to 1 of the sound (Laughter,
	// Applause).
	Value float64
	// Handle is who is louder, where that is known.
	Handle string
	// Sentence says that a Start or End without a pause is that of a sentence.
	Sentence bool
}

// String tells a reason in a few words.
func (r Reason) String() string {
	switch r.Kind {
	case Laughter:
		return "sounds like laughter"
	case Applause:
		return "sounds like applause"
	case Raised:
		who := "a voice"
		if r.Handle != "" {
			who = r.Handle
		}
		return fmt.Sprintf("%s %.0f dB louder than usual", who, r.Value)
	case Exchange:
		return fmt.Sprintf("%.0f changes of speaker in %.0f s", r.Value, r.Length)
	case Opening:
		return fmt.Sprintf("strong start after a pause of %.1f s", r.Value)
	case Start:
		return r.edge("starts")
	case End:
		return r.edge("ends")
	}
	return string(r.Kind)
}

func (r Reason) edge(verb string) string {
	switch {
	case r.Value > 0:
		return fmt.Sprintf("%s in a pause of %.1f s", verb, r.Value)
	case r.Sentence:
		return verb + " with a sentence"
	}
	return verb + " with a change of speaker"
}

// A Moment is a span worth sharing.
type Moment struct {
	recording.Span
	Score   float64  // above 0, up to 1
	Reasons []Reason // the weightiest first
	// Speakers are those heard in it, by how long, as far as is known.
	Speakers []string
}

// Words are the reasons that stand for themselves, in a few words; of each kind
// the weightiest.
func (m *Moment) Words() string {
	var list []string
	told := make(map[ReasonKind]bool)
	for _, r := range m.Reasons {
		if r.Kind != Start && r.Kind != End && !told[r.Kind] {
			told[r.Kind] = true
			list = append(list, r.String())
		}
	}
	return strings.Join(list, ", ")
}

const (
	// DefaultTop is how many moments are looked for unless told otherwise.
	DefaultTop = 10
	// MaxTop and the lengths bound Options.
	MaxTop    = 1000
	MinLength = 5 * time.Second
	MaxLength = 10 * time.Minute
)

// Options say what to look for. The zero value stands for the defaults.
type Options struct {
	Top int // at most so many; 0 is DefaultTop
	// Length is the longest that a moment may be; 0 is clip.DefaultLength. It
	// is at least half as long, to begin and end well.
	Length time.Duration
	// Speaker is the handle of somebody who is to be heard in it: for a quarter
	// of the time at least, and in what makes the moment.
	Speaker string
	// Sentences are those of the transcript, in the order in which they begin. A
	// moment does not begin or end in one, unless none is short enough.
	Sentences []recording.Span
	Jobs      int // how many cores decode; at least one
	Progress  stream.Progress
}

func (o *Options) complete() error {
	if o.Top == 0 {
		o.Top = DefaultTop
	}
	if o.Length == 0 {
		o.Length = recording.DefaultLength
	}
	switch {
	case o.Top < 1 || o.Top > MaxTop:
		return &clip.Problem{Kind: clip.BadRequest, Message: fmt.Sprintf("the number of moments must be from 1 to %d, not %d", MaxTop, o.Top)}
	case o.Length < MinLength || o.Length > MaxLength:
		return &clip.Problem{Kind: recording.BadTime, Message: fmt.Sprintf("the length of a moment must be from %.0f s to %.0f minutes",
			MinLength.Seconds(), MaxLength.Minutes())}
	}
	return nil
}

// Find returns the moments of a recording, best first; none if nothing stands
// out. turns are those of the library, or nil.
//
// The recording is decoded once; what is kept of it (160 bytes a second) lies
// beside it in .spaces, so that the next call is quick. No lock is taken: that
// file depends on the audio alone. Where it cannot be written, nothing is kept.
//
// The error is a *clip.Problem if o is wrong or its Speaker is never heard, and
// wraps pcm.ErrUnsupported where the audio cannot be decoded.
func Find(ctx context.Context, r *recording.Recording, turns *space.Turns, o Options) ([]Moment, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	if o.Speaker != "" {
		if _, err := r.Turns(turns, o.Speaker); err != nil {
			return nil, err
		}
	}
	f, err := load(ctx, r, o.Jobs, o.Progress)
	if err != nil {
		return nil, err
	}
	return rank(f, r.Space.Breaks(), turns, o), ctx.Err()
}
