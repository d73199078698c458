package clip

import "github.com/spaces-cli/spaces/internal/recording"

// A ProblemKind says what is wrong with a request. The words appear in JSON.
type ProblemKind = recording.ProblemKind

const (
	BadRequest  ProblemKind = "bad-request"  // a format or a name that there is not
	Exists      ProblemKind = "exists"       // another file is in the way
	NotLossless ProblemKind = "not-lossless" // cannot be cut without re-encoding
	NoEncoder   ProblemKind = "no-encoder"   // the format cannot be written here
	BadLine     ProblemKind = "bad-line"     // of a batch
	Empty       ProblemKind = "empty"        // nothing is left of it
	Unconfirmed ProblemKind = "turns-not-confirmed"
)

// A Cause is what exactly is wrong, where something can be done about it.
type Cause = recording.Cause

const (
	NoFilm      Cause = "no-film"      // nothing that makes pictures was given
	OwnFile     Cause = "own-file"     // the file asked for is the recording, or the one that its captions come from
	InLibrary   Cause = "in-library"   // the file asked for would lie among the library's own
	FileTaken   Cause = "file-taken"   // it is another one
	NameTaken   Cause = "name-taken"   // likewise, and the name was made of a template
	Uncopied    Cause = "uncopied"     // only re-encoding can cut it
	NoAAC       Cause = "no-aac"       // has to be re-encoded, which .aac cannot hold
	NothingLeft Cause = "nothing-left" // without those who are left out
	WholeFilm   Cause = "whole-film"   // nobody can be left out of a video
	LongLine    Cause = "long-line"    // of a batch
	FailedBatch Cause = "failed-batch" // the file for lines that fail is the batch
	// UnknownColumn: Known holds the one that may be meant.
	UnknownColumn Cause = "unknown-column"
	NoRecording   Cause = "no-recording" // a batch, or a line of it, names none
	Outside       Cause = "outside"      // the output of a line leads out of the folder
	// ExtensionStays: a new name has another one, which Known holds without its dot.
	ExtensionStays Cause = "extension-stays"
	UnfitName      Cause = "unfit-name"   // of a file; Known may hold one that would do
	RenameTaken    Cause = "rename-taken" // another file has the new name
)

// A Problem is an error in what was asked for.
type Problem = recording.Problem
