package transcripts

import "github.com/spaces-cli/spaces/internal/transcript"

// Names says which speakers a transcript names that others read.
type Names string

const (
	Confirmed Names = "confirmed" // those who are certain; "" is the same
	Estimated Names = "estimated" // those who follow from levels too
	Nobody    Names = "none"
)

// Public returns the utterances as cues with those speakers whom names allows,
// and where the names come from; "" if there are none.
func (t *Transcript) Public(names Names) (cues []transcript.Cue, from string) {
	cues, from = t.Cues(), t.SpeakersFrom
	if names == Nobody || from == FromLevels && names != Estimated {
		from = ""
	}
	if from == "" {
		for i := range cues {
			cues[i].Speaker = ""
		}
	}
	return cues, from
}
