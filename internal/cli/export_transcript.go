package cli

import (
	"errors"
	"slices"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/library/transcripts"
	"github.com/spaces-cli/spaces/internal/transcript"
)

// noTranscript is the value of --transcript and --captions that leaves out the
// transcript which the library keeps.
const noTranscript = "none"

// givesTranscript reports whether the command line names a file.
func (o *exportOptions) givesTranscript() bool {
	return o.transcript != "" && o.transcript != noTranscript
}

// checkTranscript refuses flags of the transcript that do not go together.
func (o *exportOptions) checkTranscript() error {
	file := o.transcript
	if !o.givesTranscript() {
		file = ""
	}
	if err := app.CheckEncoding(o.encoding, file, "--transcript FILE"); err != nil {
		return err
	}
	switch {
	case !slices.Contains([]string{"", string(transcripts.Confirmed), string(transcripts.Estimated), string(transcripts.Nobody)}, o.transcriptNames):
		return app.Usage("--transcript-speakers must be confirmed, estimated or none")
	case o.transcriptNames != "" && o.transcript != "":
		return app.Usage("--transcript-speakers cannot be combined with --transcript: it applies to the transcript that the library keeps")
	}
	return nil
}

// transcriptOf returns what is said in a recording that is so many seconds long:
// what the file has that was given, or what the library keeps.
func (o *exportOptions) transcriptOf(a *App, lib *library.Library, s *space.Space, seconds float64) (t episode.Transcript, err error) {
	if !o.givesTranscript() {
		if o.transcript == noTranscript {
			return t, nil
		}
		return episode.OfLibrary(a.keptTranscript(lib, s), transcripts.Names(o.transcriptNames)), nil
	}
	read, err := transcript.ReadFile(o.transcript, transcript.Options{Encoding: o.encoding}, seconds)
	if err != nil {
		return t, err
	}
	a.WarnTranscript(o.transcript, read.Notes)
	return episode.Transcript{Cues: read.Cues, File: o.transcript}, nil
}

// keptTranscript returns the transcript that the library keeps of a recording, or
// nil if there is none that can be used: then it says why, and what is made is
// made without.
func (a *App) keptTranscript(lib *library.Library, s *space.Space) *transcripts.Transcript {
	t, err := transcripts.Read(lib.Root(), s)
	switch {
	case err == nil:
		return t
	case errors.Is(err, transcripts.ErrNone):
	case errors.Is(err, transcripts.ErrOther), errors.Is(err, transcripts.ErrNewer):
		a.Warn("left out the transcript: %v", err)
	default:
		a.Warn("left out the transcript, which cannot be read: %v", err)
	}
	return nil
}
