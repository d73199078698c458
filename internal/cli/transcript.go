package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/library/transcripts"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/recording"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/terminal"
)

// A transcriptRange is the flags of commands that take a part of a transcript.
type transcriptRange struct{ from, to string }

func (r *transcriptRange) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&r.from, "from", "", "begin at `T`")
	cmd.Flags().StringVar(&r.to, "to", "", "end at `T`")
}

func newTranscriptCmd(a *App) *cobra.Command {
	var o app.Refs
	var part transcriptRange
	cmd := &cobra.Command{
		Use:   "transcript SPACE",
		Short: "Show, correct, export or remove the transcript of a Space",
		Long: `Show the transcript of a Space: what was said, when, and by whom. Speakers marked with ~ are
approximate: they are estimated from the audio levels. Once you confirm the turns
(spaces speakers confirm), they are exact.`,
		Example: `  spaces transcript latest
  spaces transcript latest --from 12:30 --to 14:00
  spaces transcript edit latest
  spaces transcript export latest --format vtt -o talk.vtt`,
		Annotations: transcriptExits(),
		Args:        app.Takes(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Words = args
			return a.showTranscript(cmd.Context(), o, part)
		},
	}
	part.add(cmd)
	app.AddIDOnly(cmd, &o)
	cmd.AddCommand(newTranscriptEditCmd(a), newTranscriptExportCmd(a), newTranscriptRemoveCmd(a))
	return cmd
}

func transcriptExits() map[string]string {
	return manual.Exits(map[int]string{app.ExitUsage: "wrong usage, or SPACE is ambiguous", app.ExitNotFound: "no such Space, or it has no transcript"})
}

// transcriptOf reads the transcript of a Space that the library is open for.
func transcriptOf(lib *library.Library, s *space.Space) (*transcripts.Transcript, error) {
	t, err := transcripts.Read(lib.Root(), s)
	return t, transcriptError(s, err)
}

// transcriptError gives the errors of reading a transcript their codes and hints.
func transcriptError(s *space.Space, err error) error {
	switch {
	case errors.Is(err, transcripts.ErrNone):
		return app.Fail(app.ExitNotFound, "no-transcript", "make one: spaces transcribe "+s.ID, err)
	case errors.Is(err, transcripts.ErrOther):
		return app.Fail(app.ExitFailed, "other-audio", "make another one: spaces transcribe "+s.ID+" --replace", err)
	}
	return err
}

// within returns the part of a transcript that the flags mean.
func (r *transcriptRange) within(t *transcripts.Transcript) (*transcripts.Transcript, error) {
	if r.from == "" && r.to == "" {
		return t, nil
	}
	seconds := float64(t.Samples) / float64(t.Rate)
	length := time.Duration(seconds * float64(time.Second))
	from, to := time.Duration(0), length
	var err error
	if r.from != "" {
		if from, err = recording.ParseTime(r.from); err != nil {
			return nil, err
		}
	}
	if r.to != "" {
		if to, err = recording.ParseTime(r.to); err != nil {
			return nil, err
		}
	}
	outside := func(format string, args ...any) (*transcripts.Transcript, error) {
		return nil, app.Fail(app.ExitUsage, string(recording.OutOfRange), "the recording is "+spell.Length(seconds)+" long", fmt.Errorf(format, args...))
	}
	switch {
	case from < 0 || from >= length:
		return outside("--from %s is outside the recording", r.from)
	case to >= length+time.Second: // tables show whole seconds
		return outside("--to %s is past the end of the recording", r.to)
	case to <= from:
		return outside("--to %s is not after the start, %s", r.to, spell.Moment(from.Seconds()))
	}
	samples := func(d time.Duration) int64 { return int64(d.Seconds() * float64(t.Rate)) }
	end := samples(to)
	if to >= length {
		end = t.Samples + 1
	}
	return t.Between(samples(from), end), nil
}

func (a *App) showTranscript(ctx context.Context, o app.Refs, part transcriptRange) error {
	lib, row, err := o.OpenOne(ctx, a.App)
	if err != nil {
		return err
	}
	defer lib.Close()
	s, err := lib.Load(row.ID)
	if err != nil {
		return err
	}
	t, err := transcriptOf(lib, s)
	if err != nil {
		return err
	}
	all := len(t.Utterances)
	if t, err = part.within(t); err != nil {
		return err
	}
	if a.Settings.JSON {
		return app.WriteJSON(a.Out, newTranscriptDoc(s, t))
	}
	switch {
	case all == 0:
		a.Say("The transcript of %s has no words: no speech was recognized", s.ID)
	case len(t.Utterances) == 0:
		a.Say("No speech in this part")
	}
	return a.printTranscript(t)
}

// printTranscript prints a transcript for people: a line with the time and who
// speaks whenever that changes, then what they say. On a terminal it is wrapped.
func (a *App) printTranscript(t *transcripts.Transcript) error {
	const widest = 100
	width := min(a.Columns, widest)
	var b strings.Builder
	last := ""
	for i := range t.Utterances {
		u := &t.Utterances[i]
		who := u.Who()
		if t.Approximate(u) {
			who = "~" + who
		}
		if i == 0 || who != last {
			if i > 0 {
				b.WriteByte('\n')
			}
			at := spell.Position(float64(u.Start) / float64(t.Rate))
			b.WriteString(strings.TrimSpace(a.Palette.Paint(terminal.Dim, at)+"  "+a.Palette.Paint(terminal.Bold, terminal.Safe(who))) + "\n")
			last = who
		}
		for _, line := range terminal.Wrap(terminal.Safe(strings.Join(strings.Fields(u.Text), " ")), width) {
			b.WriteString(line + "\n")
		}
	}
	_, err := a.Out.Write([]byte(b.String()))
	return err
}

// A transcriptDoc is a transcript as JSON for scripts.
type transcriptDoc struct {
	Schema       int                `json:"schema"`
	ID           string             `json:"id"`
	Title        string             `json:"title"`
	Language     string             `json:"language"`
	SampleRate   int                `json:"sample_rate"`
	Engine       transcripts.Engine `json:"engine"`
	MadeAt       space.Time         `json:"made_at"`
	CorrectedAt  space.Time         `json:"corrected_at"`
	SpeakersFrom string             `json:"speakers_from"`
	Utterances   []utteranceDoc     `json:"utterances"`
}

type utteranceDoc struct {
	placeDoc
	Speakers         []string  `json:"speakers"`
	Label            string    `json:"label,omitempty"`
	Approximate      bool      `json:"approximate,omitempty"`
	Corrected        bool      `json:"corrected,omitempty"`
	SpeakerCorrected bool      `json:"speaker_corrected,omitempty"`
	Text             string    `json:"text"`
	Words            []wordDoc `json:"words,omitempty"`
}

type wordDoc struct {
	placeDoc
	Text       string  `json:"text"`
	Confidence float64 `json:"confidence,omitempty"`
}

// A placeDoc is a stretch of a recording, in seconds and in samples.
type placeDoc struct {
	At      float64 `json:"at"`
	Length  float64 `json:"length"`
	Start   int64   `json:"start"`
	Samples int64   `json:"samples"`
}

func newPlaceDoc(start, end int64, rate int) placeDoc {
	return placeDoc{float64(start) / float64(rate), float64(end-start) / float64(rate), start, end - start}
}

func newTranscriptDoc(s *space.Space, t *transcripts.Transcript) transcriptDoc {
	d := transcriptDoc{space.Schema, s.ID, s.Title, t.Language, t.Rate, t.Engine, t.MadeAt, t.CorrectedAt, t.SpeakersFrom, []utteranceDoc{}}
	for i := range t.Utterances {
		u := &t.Utterances[i]
		doc := utteranceDoc{placeDoc: newPlaceDoc(u.Start, u.End, t.Rate), Speakers: u.Speakers, Label: u.Label, Approximate: t.Approximate(u),
			Corrected: u.Corrected, SpeakerCorrected: u.SpeakerCorrected, Text: u.Text}
		for _, w := range u.Words {
			doc.Words = append(doc.Words, wordDoc{newPlaceDoc(w.Start, w.End, t.Rate), w.Text, w.Confidence})
		}
		d.Utterances = append(d.Utterances, doc)
	}
	return d
}
