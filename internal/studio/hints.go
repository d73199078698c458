package studio

import (
	"strings"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/recording"
	"github.com/spaces-cli/spaces/internal/spell"
)

// The packages below say what is wrong and know no page. Here stands what a
// user of it does next, in the words of its controls. What only the command
// line can do is named, without its flags.

// problemHint returns what to do about a problem, or "".
func problemHint(p *recording.Problem) string {
	switch p.Cause {
	case recording.NoClock:
		return "Give the time in the recording"
	case recording.Twice:
		return "Write the time with its offset from UTC"
	case recording.BothEnds:
		return "Give To or Length, not both"
	case recording.BeforeZero:
		return "Times start at 0, the beginning of the recording"
	case recording.HoursMeant:
		return "If minutes and seconds are meant, write " + spell.Exact(p.At.Seconds())
	case recording.EndsLate:
		return "End the selection earlier"
	case recording.LostThere:
		return "Start at " + spell.Exact(p.At.Seconds())
	case recording.OthersSpeak:
		return "Known to speak: @" + strings.Join(p.Known, ", @")

	case clip.UnfitName, clip.RenameTaken:
		return "Choose another name"
	case clip.NameTaken, clip.FileTaken, episode.EpisodeTaken, episode.MadeOtherwise:
		return "Replace it or choose another title"
	case episode.BesideTaken:
		return "Move it or choose another title"
	case clip.Uncopied, clip.NoAAC, clip.WholeFilm:
		return "Choose another format"
	case clip.NothingLeft:
		return "Ask for their consent"
	case episode.PresetFormat:
		return "Choose FLAC or another preset"
	case episode.PresetProcessed, episode.PresetPauses, episode.PresetUntouched:
		return "Choose the preset for a podcast host"
	}
	return ""
}

// waysOn tells the ways on from a refusal. The page cannot record answers.
func waysOn(e *consent.Refused) string {
	var list []string
	for _, w := range e.Ways() {
		switch w.Kind {
		case consent.AskThem:
			list = append(list, "Ask for their consent")
		case consent.RecordAnswer:
			name := w.Who.ID
			if w.Who.Handle != "" {
				name = "@" + strings.TrimPrefix(w.Who.Handle, "@")
			}
			list = append(list, "Record the answer of "+name+" on the command line")
		case consent.LeaveThemOut:
			if w.Clip {
				list = append(list, "Select a range without them")
			} else {
				list = append(list, "Leave them out on the command line")
			}
		case consent.StayLocal:
			list = append(list, "Use a recognizer on this computer")
		case consent.ConfirmTurns:
			list = append(list, "Confirm the speaking turns on the command line")
		}
	}
	return strings.Join(list, " · ")
}
