package clip

// A Kind says what is wrong with a request. The words appear in JSON.
type Kind string

const (
	BadTime     Kind = "bad-time"     // cannot be read as a time
	BadRequest  Kind = "bad-request"  // a format or a name that there is not
	OutOfRange  Kind = "out-of-range" // not in the recording
	InGap       Kind = "in-gap"       // a wall clock that was not recorded
	Exists      Kind = "exists"       // another file is in the way
	NotLossless Kind = "not-lossless" // cannot be cut without re-encoding
	NoEncoder   Kind = "no-encoder"   // the format cannot be written here
	BadLine     Kind = "bad-line"     // of a batch
	Empty       Kind = "empty"        // nothing is left of it
	NoTurns     Kind = "no-turns"     // nobody is known to speak
)

// A Problem is an error in what was asked for, with a way out.
type Problem struct {
	Kind    Kind
	Message string
	Hint    string // what to do next, or ""
}

func (p *Problem) Error() string { return p.Message }
