package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"golang.org/x/text/language"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/library/transcripts"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/transcript"
)

type transcribeOptions struct {
	app.Refs
	file, encoding string
	language       string
}

func newTranscribeCmd(a *App) *cobra.Command {
	var o transcribeOptions
	cmd := &cobra.Command{
		Use:   "transcribe SPACE...",
		Short: "Turn speech into words, or import a transcript",
		Long: `Keep a transcript of a Space: what was said, when, and by whom. --import reads a transcript that
another program wrote (SubRip, WebVTT or JSON; see spaces help topic transcripts). Speakers come from the turns that
you have confirmed, otherwise from the audio levels, which are approximate.

SPACE is an id or the beginning of one, its address on X, "latest", or a part of the title;
"-" reads ids, or JSON Lines with an "id", from standard input.`,
		Example: `  spaces transcribe latest --import talk.srt`,
		Annotations: manual.Exits(map[int]string{
			app.ExitUsage: "wrong usage, or SPACE is ambiguous", app.ExitPartly: "some could not be transcribed; they are listed",
			app.ExitNotFound: "no such Space, or none of them has audio"}),
		Args: app.Takes(1, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Words = args
			return a.transcribe(cmd.Context(), &o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.file, "import", "", "import the transcript in `FILE` (SubRip, WebVTT or JSON)")
	app.AddEncoding(cmd, &o.encoding, "the imported file", "Import")
	f.StringVar(&o.language, "language", "", "`CODE` of the language, such as en or pt-BR")
	manual.Group(f, "Import", "import")
	app.AddIDOnly(cmd, &o.Refs)
	return cmd
}

// transcriptLine is the JSON about a transcript that was made.
type transcriptLine struct {
	Schema       int                `json:"schema"`
	ID           string             `json:"id"`
	Title        string             `json:"title"`
	Language     string             `json:"language"`
	Engine       transcripts.Engine `json:"engine"`
	SpeakersFrom string             `json:"speakers_from"`
	Utterances   int                `json:"utterances"`
	Words        int                `json:"words"`
	File         string             `json:"file"`
}

func (a *App) transcribe(ctx context.Context, o *transcribeOptions) error {
	switch {
	case o.file == "":
		return app.Usage("--import is required")
	case len(o.Words) > 1 || o.Words[0] == "-":
		return app.Usage("--import takes one SPACE")
	}
	if o.language != "" {
		tag, err := language.Parse(o.language)
		if err != nil {
			return app.Hinted(app.Usage("--language: %q is not a language code", o.language), "use a code such as en, de or pt-BR")
		}
		o.language = tag.String()
	}
	if err := app.CheckEncoding(o.encoding, o.file, "--import FILE"); err != nil {
		return err
	}
	return a.importTranscript(ctx, o)
}

// importTranscript keeps a transcript that another program made.
func (a *App) importTranscript(ctx context.Context, o *transcribeOptions) error {
	lib, s, err := a.openToChange(ctx, o.Refs)
	if err != nil {
		return err
	}
	defer lib.Close()
	if s.Duration == nil || s.Samples == nil || s.Audio == nil {
		return app.Fail(app.ExitNotFound, "no-audio", "", fmt.Errorf("%w: %s", library.ErrNoAudio, s.ID))
	}
	read, err := transcript.ReadFile(o.file, transcript.Options{Encoding: o.encoding}, *s.Duration)
	if err != nil {
		return err
	}
	a.WarnTranscript(a.Shorten(o.file), read.Notes)
	sum, err := hashOf(o.file)
	if err != nil {
		return err
	}
	turns, err := lib.TurnsOf(s)
	if err != nil {
		return err
	}
	t := transcripts.New(s, s.Audio.SampleRate, *s.Samples, turns, read.Cues)
	t.Language = o.language
	t.Engine = transcripts.Engine{Name: "import", File: filepath.Base(o.file), SHA256: sum}
	t.MadeAt = space.Time{Time: a.Now().UTC()}
	if err := transcripts.Write(lib.Root(), s, t); err != nil {
		return err
	}
	return a.printTranscribed(s, t)
}

// hashOf returns the SHA-256 of a file.
func hashOf(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// printTranscribed tells of a transcript that was kept.
func (a *App) printTranscribed(s *space.Space, t *transcripts.Transcript) error {
	words := t.CountWords()
	if a.Settings.JSON {
		return app.WriteJSON(a.Out, transcriptLine{space.Schema, s.ID, s.Title, t.Language, t.Engine, t.SpeakersFrom,
			len(t.Utterances), words, layout.TranscriptIn(s.Folder)})
	}
	who := map[string]string{
		transcripts.FromTurns: "speakers from your confirmed turns", transcripts.FromLevels: "speakers approximate, from the audio levels",
		transcripts.FromFile: "speakers from the file"}[t.SpeakersFrom]
	if who == "" {
		who = "speakers unknown"
	}
	a.Say("Saved the transcript of %s: %s, %s", s.ID, spell.Count(words, "word"), who)
	return nil
}
