package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/text/language"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/removed"
	"github.com/spaces-cli/spaces/internal/library/said"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/library/transcripts"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/settings"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/transcript"
	"github.com/spaces-cli/spaces/internal/transcript/glossary"
)

type transcribeOptions struct {
	app.Refs
	engine, model, language string
	address, command        string
	threads                 int
	timeout                 string
	partial, dryRun         bool
	replace                 bool
	override                string
	file, encoding          string
}

func newTranscribeCmd(a *App) *cobra.Command {
	var o transcribeOptions
	cmd := &cobra.Command{
		Use:   "transcribe SPACE...",
		Short: "Turn speech into text, or import a transcript",
		Long: `Turn the speech of Spaces into text, and keep it beside the recording: what was said, when, and by
whom. Engines: whisper (whisper.cpp's whisper-cli, on this computer), openai (a server with OpenAI's
protocol, or whisper.cpp's own server), command (any program that writes SubRip, WebVTT or JSON).
--import reads a transcript that another program wrote.

Only a server on another computer receives audio from spaces; speakers without consent are silenced in
it. What the program of --engine command does with the audio, spaces cannot tell. The recording is cut in pauses; each piece is kept when it is done, so an interrupted run continues where
it was, and a Space that this engine and model have transcribed is skipped. Speakers come from the turns that you have confirmed, otherwise from the audio levels, which
are approximate.

SPACE is an id or the beginning of one, its address on X, "latest", or a part of the title;
"-" reads ids, or JSON Lines with an "id", from standard input.`,
		Example: `  spaces transcribe latest --model base.en
  spaces transcribe latest --engine command --command 'recognize --lang {language} {audio} {out}'
  spaces transcribe latest --import talk.srt
  spaces list --json | spaces transcribe -`,
		Annotations: manual.Exits(map[int]string{
			app.ExitUsage: "wrong usage, or SPACE is ambiguous", app.ExitPartly: "some could not be transcribed, or not completely; they are listed",
			app.ExitNotFound: "no such Space, none of them has audio, or the engine or its model is missing"}),
		Args: app.Takes(1, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Words = args
			return a.transcribe(cmd.Context(), &o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.engine, "engine", "", "`NAME`: engine: whisper, openai or command (default whisper)")
	f.StringVar(&o.model, "model", "", "`NAME`: model of the engine: a name such as base.en, or a file")
	f.StringVar(&o.language, "language", "", "`CODE` of the language, such as en (default: detect it)")
	f.StringVar(&o.address, "address", "", "`URL` of the server, for openai")
	f.StringVar(&o.command, "command", "", "`COMMAND`: program and arguments, for command; {audio}, {language} and {out} are replaced")
	f.IntVar(&o.threads, "threads", 0, "`N`: threads of whisper-cli (default: all cores)")
	f.StringVar(&o.timeout, "timeout", "", "`T`: give up a piece of at most 5 minutes after this time (default 1 h, servers 15 min)")
	manual.Group(f, "Engine", "engine", "model", "language", "address", "command", "threads", "timeout")
	f.BoolVar(&o.partial, "partial", false, "save the transcript even if pieces failed")
	f.BoolVar(&o.replace, "replace", false, "transcribe again, also what you have corrected; spaces restore can bring back what was there")
	f.BoolVarP(&o.dryRun, "dry-run", "n", false, "show what would be transcribed, and what would leave this computer")
	manual.Group(f, "Output", "partial", "replace", "dry-run")
	f.StringVar(&o.file, "import", "", "import the transcript in `FILE` (SubRip, WebVTT or JSON)")
	manual.Group(f, "Import", "import")
	app.AddEncoding(cmd, &o.encoding, "the imported file", "Import")
	app.AddOverride(cmd, &o.override)
	app.AddIDOnly(cmd, &o.Refs)
	app.Complete(cmd, "engine", settings.Engines()...)
	return cmd
}

// transcriptLine is the JSON about a transcript that was made.
type transcriptLine struct {
	Schema       int                `json:"schema"`
	ID           string             `json:"id"`
	Title        string             `json:"title"`
	Status       string             `json:"status"` // written, or done if it was there
	Language     string             `json:"language"`
	Engine       transcripts.Engine `json:"engine"`
	SpeakersFrom string             `json:"speakers_from"`
	Utterances   int                `json:"utterances"`
	Words        int                `json:"words"`
	File         string             `json:"file"`
	Pieces       int                `json:"pieces,omitempty"`
	PiecesFailed int                `json:"pieces_failed,omitempty"`
	Glossary     int                `json:"glossary,omitempty"`
	Muted        []string           `json:"muted,omitempty"`
	Remarks      []string           `json:"remarks,omitempty"`
}

func (a *App) transcribe(ctx context.Context, o *transcribeOptions) error {
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
	if o.file == "" {
		return a.recognize(ctx, o)
	}
	switch {
	case len(o.Words) > 1 || o.Words[0] == "-":
		return app.Usage("--import takes one SPACE")
	case o.engine != "" || o.model != "" || o.address != "" || o.command != "" || o.threads != 0 || o.timeout != "" || o.partial || o.dryRun || o.override != "":
		return app.Hinted(app.Usage("--import cannot be combined with the flags of engines"), "leave them out; only --language and --encoding go with --import")
	}
	return a.importTranscript(ctx, o)
}

// importTranscript keeps a transcript that another program made.
func (a *App) importTranscript(ctx context.Context, o *transcribeOptions) error {
	f, err := os.Open(o.file)
	if err != nil {
		return err
	}
	defer f.Close()
	lib, s, err := a.openToChange(ctx, o.Refs)
	if err != nil {
		return err
	}
	defer lib.Close()
	if s.Duration == nil || s.Samples == nil || s.Audio == nil {
		return app.Fail(app.ExitNotFound, "no-audio", "", fmt.Errorf("%w: %s", library.ErrNoAudio, s.ID))
	}
	hash := sha256.New()
	read, err := transcript.ReadNamed(o.file, io.TeeReader(f, hash), transcript.Options{Encoding: o.encoding}, *s.Duration)
	if err != nil {
		return err
	}
	name := transcripts.Engine{Name: "import", File: filepath.Base(o.file), SHA256: hex.EncodeToString(hash.Sum(nil))}
	if d := o.standing(lib, s, name, nil); d != nil {
		if err := transcripts.AddForms(lib.Root(), s, d.t); err != nil {
			return err
		}
		return a.printTranscribed(*d)
	}
	if err := o.mayReplace(lib, s); err != nil {
		return err
	}
	a.WarnTranscript(a.Shorten(o.file), read.Notes)
	turns, err := lib.TurnsOf(s)
	if err != nil {
		return err
	}
	cues, corrected := a.glossary().Correct(read.Cues)
	t := transcripts.New(s, s.Audio.SampleRate, *s.Samples, turns, cues)
	t.Language = o.language
	t.Engine = name
	t.MadeAt = space.Time{Time: a.Now().UTC()}
	was, err := said.Replace(ctx, lib, s, t, "transcribe", a.Now())
	if err != nil {
		return err
	}
	if err := transcripts.RemoveRaw(lib.Root(), s); err != nil { // it is of other words
		return err
	}
	return a.printTranscribed(transcribed{s: s, t: t, glossary: corrected, was: was})
}

// mayReplace refuses to replace what the host has corrected, unless they want it.
func (o *transcribeOptions) mayReplace(lib *library.Library, s *space.Space) error {
	if o.replace {
		return nil
	}
	err := transcripts.MayReplace(lib.Root(), s)
	if errors.Is(err, transcripts.ErrCorrected) {
		return app.Fail(app.ExitFailed, "corrected", "to replace it, add --replace; spaces restore can bring it back", err)
	}
	return err
}

// standing returns the transcript that a recording has, if it is whole, has words,
// and is what an engine that does not hear some parts, or an imported file, would
// make again; else nil. Who has agreed since is heard by another run.
func (o *transcribeOptions) standing(lib *library.Library, s *space.Space, e transcripts.Engine, muted []transcripts.Part) *transcribed {
	if o.replace {
		return nil
	}
	if _, err := lib.Root().Stat(layout.TranscribingOf(s.ID)); err == nil && o.file == "" {
		return nil // a killed run may have written a part of it only, which this one finishes
	}
	t, err := transcripts.Read(lib.Root(), s)
	base := func(code string) string { code, _, _ = strings.Cut(code, "-"); return code }
	length := func(parts []transcripts.Part) (n int64) {
		for _, p := range parts {
			n += p.End - p.Start
		}
		return n
	}
	if err != nil || t.Engine != e || len(t.Missing) > 0 || len(t.Utterances) == 0 || length(muted) < length(t.Muted) && t.CorrectedAt.IsZero() || o.language != "" && base(t.Language) != base(o.language) {
		return nil
	}
	return &transcribed{s: s, t: t, stood: true}
}

// glossary is what the host calls things.
func (a *App) glossary() *glossary.Glossary {
	if g := a.Settings.Glossary; g != nil {
		return g
	}
	return new(glossary.Glossary)
}

// A transcribed is a transcript that was kept, and what there is to say of it.
type transcribed struct {
	s              *space.Space
	t              *transcripts.Transcript
	pieces, failed int
	muted          []string
	remarks        []string
	glossary       int           // places that it has corrected
	was            *removed.Item // the transcript in whose place it is, or nil
	stood          bool          // it was there, and is as it was
}

// printTranscribed tells of a transcript that was kept.
func (a *App) printTranscribed(d transcribed) error {
	words := d.t.CountWords()
	if a.Settings.JSON {
		status := "written"
		if d.stood {
			status = "done"
		}
		return app.WriteJSON(a.Out, transcriptLine{space.Schema, d.s.ID, d.s.Title, status, d.t.Language, d.t.Engine, d.t.SpeakersFrom,
			len(d.t.Utterances), words, layout.TranscriptIn(d.s.Folder), d.pieces, d.failed, d.glossary, d.muted, d.remarks})
	}
	who := map[string]string{
		transcripts.FromTurns: "speakers from your confirmed turns", transcripts.FromLevels: "speakers approximate, from the audio levels",
		transcripts.FromFile: "speakers from the file"}[d.t.SpeakersFrom]
	if who == "" {
		who = "speakers unknown"
	}
	for _, remark := range d.remarks {
		a.Warn("%s: %s", d.s.ID, remark)
	}
	if d.glossary > 0 {
		a.Say("Your glossary corrected %s", spell.Count(d.glossary, "place"))
	}
	if d.was != nil {
		a.Say("The previous transcript was put aside. To bring it back: spaces restore %s", d.was.Name)
	}
	if d.stood {
		a.Say("%s is already transcribed: %s (to transcribe it again: --replace)", d.s.ID, spell.Count(words, "word"))
		return nil
	}
	if words == 0 {
		a.Say("Saved the transcript of %s: no speech was recognized", d.s.ID)
		return nil
	}
	a.Say("Saved the transcript of %s: %s, %s", d.s.ID, spell.Count(words, "word"), who)
	return nil
}
