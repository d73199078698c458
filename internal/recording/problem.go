package recording

import (
	"fmt"
	"time"
)

// A ProblemKind says what is wrong with a request. The words appear in JSON.
type ProblemKind string

const (
	BadTime    ProblemKind = "bad-time"     // cannot be read as a time
	BadQuote   ProblemKind = "bad-quote"    // cannot be read as words
	OutOfRange ProblemKind = "out-of-range" // not in the recording
	InGap      ProblemKind = "in-gap"       // a wall clock that was not recorded
	NoTurns    ProblemKind = "no-turns"     // nobody is known to speak
)

// A Cause is what exactly is wrong where something can be done about it. What
// that is depends on who asked: package cli names a flag, package studio a
// control of its page.
type Cause string

const (
	NoClock     Cause = "no-clock"    // the time of day is unknown
	BothEnds    Cause = "both-ends"   // a length and an end
	BeforeZero  Cause = "before-zero" // a negative time
	HoursMeant  Cause = "hours-meant" // a spreadsheet may have made hours of minutes: At
	EndsLate    Cause = "ends-late"   // the end is beyond the recording
	LostThere   Cause = "lost-there"  // the sound goes on At
	OthersSpeak Cause = "others"      // Known speak
	NoWords     Cause = "no-words"    // a quote without words
	Twice       Cause = "twice"       // clocks showed it twice, both times in the recording
)

// A Problem is an error in what was asked for.
type Problem struct {
	Kind    ProblemKind
	Cause   Cause // "" where nothing can be added to the message
	Message string

	Recording string        // the ID of the recording, where the way out needs it
	At        time.Duration // the position that would do
	Known     []string      // what there is instead
}

func (p *Problem) Error() string { return p.Message }

// Problemf makes a Problem whose message is formatted like that of fmt.Errorf.
func Problemf(k ProblemKind, c Cause, format string, args ...any) *Problem {
	return &Problem{Kind: k, Cause: c, Message: fmt.Sprintf(format, args...)}
}
