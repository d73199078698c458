package recording

// A Kind says what is wrong with a request. The words appear in JSON.
type Kind string

const (
	BadTime    Kind = "bad-time"     // cannot be read as a time
	OutOfRange Kind = "out-of-range" // not in the recording
	InGap      Kind = "in-gap"       // a wall clock that was not recorded
	NoTurns    Kind = "no-turns"     // nobody is known to speak
)

// A Problem is an error in what was asked for, with a way out.
type Problem struct {
	Kind    Kind
	Message string
	Hint    string // what to do next, or ""
}

func (p *Problem) Error() string { return p.Message }
