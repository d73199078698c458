package app

import (
	"cmp"
	"strings"

	clips "github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/episode/feed"
	"github.com/spaces-cli/spaces/internal/recording"
	"github.com/spaces-cli/spaces/internal/spell"
)

// The packages below say what is wrong and know no command line. Here stands
// what a user of it does next.

// WaitLonger is the hint where another program holds a lock.
const WaitLonger = "wait until it is done, or use --lock-wait to wait longer"

// problemCode is the exit code of a kind of problem.
func problemCode(k recording.ProblemKind) int {
	switch k {
	case recording.BadTime, recording.BadQuote, recording.OutOfRange, clips.BadRequest, clips.BadLine:
		return ExitUsage
	case recording.InGap, recording.NoTurns, clips.Unconfirmed:
		return ExitNotFound
	}
	return ExitFailed
}

// ProblemHint returns what to do about a problem, or "".
func ProblemHint(p *recording.Problem) string {
	if p.Kind == clips.Unconfirmed {
		return "review the turns: spaces speakers show " + p.Recording + ", then spaces speakers confirm " + p.Recording
	}
	switch p.Cause {
	case recording.NoClock:
		return "give the position in the recording instead: --at"
	case recording.Twice:
		return "both are in the recording: give the time with its offset from UTC, or --at"
	case recording.NoWords:
		return "quote words as the transcript has them, such as 'first words … last words'"
	case recording.BothEnds:
		return "leave out --length or --end"
	case recording.BeforeZero:
		return "times count from the beginning of the recording, 0"
	case recording.HoursMeant:
		return "for minutes and seconds, write " + spell.Exact(p.At.Seconds())
	case recording.EndsLate:
		return "leave out --exact to get a shorter clip, or use --end or --length"
	case recording.LostThere:
		return "start there: --at " + spell.Exact(p.At.Seconds())
	case recording.OthersSpeak:
		names := make([]string, len(p.Known))
		for i, name := range p.Known {
			names[i] = At(strings.TrimPrefix(name, "@"))
		}
		return "known to speak: " + strings.Join(names, ", ")

	case clips.NoFilm:
		return "use: spaces video"
	case clips.OwnFile:
		return "choose another file"
	case clips.FailedBatch:
		return "choose another file with --failed"
	case clips.InLibrary:
		return "name a file outside the library with -o; without -o, clips and episodes go to the recording's folder"
	case clips.FileTaken:
		return "replace it with --force, or choose another file"
	case clips.ExtensionStays:
		if len(p.Known) > 0 {
			return "leave out ." + p.Known[0]
		}
		return "leave out the extension"
	case clips.UnfitName:
		if len(p.Known) > 0 {
			return "a name that works: " + p.Known[0]
		}
		return "choose another name"
	case clips.RenameTaken:
		return "choose another name"
	case clips.NameTaken:
		return "replace it with --force, or name this clip with --name, for example --name '{title} {at} {length}'"
	case clips.Uncopied:
		return "re-encode it: --strict, or --format flac"
	case clips.NoAAC:
		return "use --format m4a"
	case clips.NothingLeft:
		return "ask them: spaces consent ask " + p.Recording
	case clips.WholeFilm:
		return "cut the audio without them: spaces clip " + cmp.Or(p.Recording, "SPACE") + " --at T --consented-only"
	case clips.UnknownColumn:
		if len(p.Known) > 0 && p.Known[0] != "" {
			return "did you mean: " + p.Known[0]
		}
		return "remove the column, or correct its name"
	case clips.LongLine:
		return "check that the file is a batch of clips"
	case clips.Outside:
		return "use a path inside the folder of -o, or allow every folder with --anywhere"
	case clips.NoRecording:
		return "add it, or name one recording for all lines: --recording SPACE"

	case episode.PresetProcessed:
		return "use --preset host, or leave out --mono, --level, --bit-rate, --loudness and --true-peak"
	case episode.PresetPauses:
		return "use --preset host, or leave out --cut-silence and --keep-gaps"
	case episode.PresetFormat:
		return "leave out --format"
	case episode.PresetUntouched:
		return "use --preset host or archive, which re-encode it"
	case episode.MustEncode:
		return "leave out --encode never"
	case episode.OtherFormat:
		if len(p.Known) > 0 {
			return "leave out --format " + p.Known[0] + " or --encode never"
		}
		return "leave out --format or --encode never"
	case episode.Joins:
		return "leave the intro and outro out: --intro none --outro none"
	case episode.BadBumper:
		return "use a file that plays, such as a WAV or M4A"
	case episode.NoID3:
		return "leave out --id3, or make an .mp3: --format mp3"
	case episode.LoudnessKept:
		return "leave out --loudness off, or --true-peak"
	case episode.NoProgram:
		return "leave out --encoder: spaces encodes MP3 itself"
	case episode.OwnTranscript:
		return "use the transcript of the whole recording, and correct that one"
	case episode.EpisodeTaken:
		return "replace it with --force, or give this episode another name with --name"
	case episode.MadeOtherwise:
		return "replace it with --force, or give this episode another name with --name"
	case episode.BesideTaken:
		return "move it away, or give this episode another name with --name"
	}
	return ""
}

// feedHint returns what to do about an episode that cannot enter a feed.
func feedHint(c feed.Cause) string {
	switch c {
	case feed.NewerRecord:
		return "use that version of spaces"
	case feed.BadName:
		return "export the Space again with such a name: --name"
	case feed.SameAddress:
		return "export one of them under another name: --name"
	case feed.NoDate:
		return "set the date (spaces add FILE --started-at TIME) and export the Space again, or leave the episode out: spaces episodes unpublish SPACE"
	case feed.BadClip:
		return "cut the clip again, or delete it"
	case feed.BadTranscript:
		return "export the Space again with a valid transcript: --transcript FILE"
	case feed.NoCover:
		return "set the image again: spaces feed init --image FILE"
	case feed.LongTranscript:
		return "build without --site"
	}
	return "restore it from a backup, or export the Space again" // feed.BadRecord, feed.Altered
}

// FindingHint returns the command that repairs what a rule finds in a feed of
// this program, or "".
func FindingHint(rule string) string {
	const again, retitle = ", then spaces feed build", "spaces export SPACE --force --"
	if flag := map[string]string{
		"channel-title": "title TEXT", "channel-link": "link URL", "channel-language": "language CODE", "channel-author": "author NAME",
		"channel-description": "description TEXT", "channel-description-length": "description TEXT", "channel-description-html": "description TEXT",
		"channel-image": "image FILE", "image-type": "image FILE", "channel-category": "category CATEGORY", "category-unknown": "category CATEGORY",
		"channel-owner": "email ADDRESS", "channel-locked": "email ADDRESS", "channel-guid-format": "guid UUID", "person-name": "person HANDLE=NAME",
		"url-https": "base-url https://…",
	}[rule]; flag != "" {
		return "spaces feed init --" + flag + again
	}
	switch rule {
	case "channel-items":
		return "spaces episodes publish SPACE" + again
	case "item-title":
		return retitle + "title TEXT" + again
	case "item-description", "item-description-length":
		return retitle + "description TEXT" + again
	case "number-missing", "number-duplicate":
		return "spaces episodes publish SPACE --number N" + again
	case "trailer-number":
		return "spaces episodes publish SPACE --number 0" + again
	case "trailer-duplicate":
		return "spaces episodes publish SPACE --type bonus" + again
	case "enclosure-type-apple":
		return retitle + "format mp3" + again
	case "channel-guid", "channel-self":
		return "spaces feed build"
	}
	return ""
}
