package episode

import (
	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/recording"
)

// A ProblemKind says why an episode cannot be made. The words appear in JSON.
type ProblemKind = recording.ProblemKind

const (
	BadRequest             = clip.BadRequest
	NoEncoder              = clip.NoEncoder
	Exists                 = clip.Exists
	NotCopied  ProblemKind = "not-copied" // what was to stay untouched cannot
)

// A Cause is what exactly is wrong, where something can be done about it.
type Cause = recording.Cause

const (
	PresetProcessed Cause = "preset-processed" // the preset leaves the sound as it is, and it was to be changed
	PresetPauses    Cause = "preset-pauses"    // likewise its pauses
	PresetFormat    Cause = "preset-format"    // the preset has a format of its own
	PresetUntouched Cause = "preset-untouched" // only re-encoding can do it
	MustEncode      Cause = "must-encode"      // likewise, and it may not
	OtherFormat     Cause = "other-format"     // likewise, because files of the format never hold such sound
	Joins           Cause = "joins"            // an intro or an outro, and what was asked for cannot have one
	BadBumper       Cause = "bad-bumper"       // an intro or an outro that cannot be used
	NoID3           Cause = "no-id3"           // the format has no such tag
	LoudnessKept    Cause = "loudness-kept"    // and is to reach a target
	NoProgram       Cause = "no-program"       // that encodes MP3
	OwnTranscript   Cause = "own-transcript"   // the transcript given is one that was written for the episode
	EpisodeTaken    Cause = "episode-taken"    // another file has the episode's name
	MadeOtherwise   Cause = "made-otherwise"   // it is there, with other settings
	BesideTaken     Cause = "beside-taken"     // a file beside it, which no force replaces
)

// A Problem is an error in what was asked for.
type Problem = recording.Problem
