package clip

import "github.com/spaces-cli/spaces/internal/recording"

// A Kind says what is wrong with a request. The words appear in JSON.
type Kind = recording.Kind

const (
	BadRequest  Kind = "bad-request"  // a format or a name that there is not
	Exists      Kind = "exists"       // another file is in the way
	NotLossless Kind = "not-lossless" // cannot be cut without re-encoding
	NoEncoder   Kind = "no-encoder"   // the format cannot be written here
	BadLine     Kind = "bad-line"     // of a batch
	Empty       Kind = "empty"        // nothing is left of it
)

// A Problem is an error in what was asked for, with a way out.
type Problem = recording.Problem

func problem(k Kind, message, hint string) *Problem {
	return &Problem{Kind: k, Message: message, Hint: hint}
}
