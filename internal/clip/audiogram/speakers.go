package audiogram

import (
	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/recording"
)

// Speakers returns who speaks in a span of a recording. It takes only turns that
// the host has confirmed: a guess could put words into the wrong mouth.
func Speakers(r *recording.Recording, span recording.Span, turns *space.Turns) ([]SpeakerCue, error) {
	if turns == nil || turns.Approximate {
		p := recording.Problemf(clip.Unconfirmed, "", "a video shows names only after you confirm who speaks; in %s you have not confirmed it", r.Space.ID)
		p.Recording = r.Space.ID
		return nil, p
	}
	from, to := r.Seconds(span.Start), r.Seconds(span.End())
	var list []SpeakerCue
	for _, t := range turns.Turns {
		if t.Start < to && t.End > from && t.Handle != "" {
			list = append(list, SpeakerCue{Start: t.Start - from, End: t.End - from, Name: "@" + t.Handle})
		}
	}
	return list, nil
}
