package studio

import (
	"errors"
	"strings"

	"github.com/spaces-cli/spaces/internal/archive"
	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/extract"
	"github.com/spaces-cli/spaces/internal/playlist"
	"github.com/spaces-cli/spaces/internal/recording"
	"github.com/spaces-cli/spaces/internal/remote/hls"
	"github.com/spaces-cli/spaces/internal/remote/ranges"
	"github.com/spaces-cli/spaces/internal/remote/ytdlp"
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

// intakeHint says what to do about something that cannot be added, or "".
func intakeHint(p *archive.Problem) string {
	var asked *ytdlp.Error
	var far *extract.FarError
	const copyAgain = "Play the Space in a browser and copy the address of the playlist again"
	switch {
	case errors.As(p.Err, &asked):
		return spaceHint(asked.Cause)
	case errors.As(p.Err, &far):
		return farHint(far)
	case errors.Is(p.Err, extract.ErrChunksElsewhere):
		return "Give the address that the playlist came from, or save the chunks into the same folder"
	case p.Kind == extract.DiskFull:
		return "Free some space"
	case errors.Is(p.Err, playlist.ErrNotPlaylist), p.Kind == extract.Expired:
		return copyAgain
	case errors.Is(p.Err, hls.ErrNoChunks):
		return "Try again when the Space has begun"
	case errors.Is(p.Err, hls.ErrBusy):
		return "Wait until it has finished"
	case p.Kind == extract.Refused:
		return "Give the address that a browser shows"
	case p.Kind == extract.Denied:
		return "Only the command line can send cookies or a login"
	case p.Kind == extract.Unreachable:
		return "Check the address and the network connection, then try again: what is here is kept"
	}
	return ""
}

// farHint says what to do about a file on a server that cannot be read.
func farHint(e *extract.FarError) string {
	switch e.Err.Kind {
	case ranges.NotFound:
		return "Check the address"
	case ranges.Expired:
		return "Get a new link: what is saved is not fetched again"
	case ranges.Changed, ranges.Unreachable:
		return "Check the network connection, then try again: what is saved is not fetched again"
	case ranges.Password, ranges.Denied:
		return "Store the credentials of the server on the command line"
	case ranges.WebPage:
		return "Open the address in a browser to see what it asks for; download the file there and drop it here"
	case ranges.Untrusted:
		return "Check that it is your server, and confirm its key on the command line"
	}
	return ""
}

// spaceHint says what to do where there is no sound of a Space.
func spaceHint(cause ytdlp.Cause) string {
	switch cause {
	case ytdlp.Missing:
		return "Install it (pipx install yt-dlp) and try again, or give the address of the playlist (….m3u8) from the network panel of a browser that plays the Space"
	case ytdlp.Unsupported, ytdlp.Outdated:
		return "Update yt-dlp (yt-dlp -U), or give the address of the playlist (….m3u8) from the network panel of a browser that plays the Space"
	case ytdlp.NotFound:
		return "Check the address. X deletes replays after about 30 days; if you hosted the Space, your archive may have it"
	case ytdlp.NotStarted:
		return "Only the command line can wait for its beginning"
	case ytdlp.NoReplay:
		return "If you hosted the Space, request your archive from X: it may have the recording although there is no replay"
	case ytdlp.NotReady:
		return "Try again in some minutes"
	case ytdlp.Login:
		return "Only the command line can send the cookies of a browser that is signed in to X"
	case ytdlp.Busy:
		return "Try again in a quarter of an hour"
	case ytdlp.Unreachable, ytdlp.TimedOut:
		return "Check the connection to the internet, then try again"
	case ytdlp.BadOutput, ytdlp.Failed:
		return "An old yt-dlp may need an update (yt-dlp -U)"
	}
	return ""
}

// waysOn tells the ways on from a refusal.
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
			list = append(list, "Record the answer of "+name+" below the waveform")
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
