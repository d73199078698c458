package audiogram

import (
	"strings"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/recording"
)

// A SpeakerCue names who speaks from when to when, in seconds from the clip's
// start.
type SpeakerCue struct {
	Start, End float64
	Name       string
}

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

// handleOf is the key of a name in Config.Pictures.
func handleOf(name string) string { return strings.ToLower(strings.TrimPrefix(name, "@")) }

// hold is for how many seconds the name of who spoke last stays while nobody
// does.
const hold = 2

// speaking returns who speaks at a time, by turns in the order in which they
// begin.
func speaking(turns []SpeakerCue, at float64) []string {
	var now []string
	last, latest := "", at-hold
	seen := make(map[string]bool)
	for _, t := range turns {
		if t.Start > at {
			break
		}
		switch {
		case t.Name == "":
		case t.End > at:
			if !seen[t.Name] {
				seen[t.Name] = true
				now = append(now, t.Name)
			}
		case t.End > latest:
			last, latest = t.Name, t.End
		}
	}
	if len(now) == 0 && last != "" {
		return []string{last}
	}
	return now
}
