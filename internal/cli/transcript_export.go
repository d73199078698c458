package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/cli/app"
	clips "github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/consent/gate"
	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/library/transcripts"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/recording"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/terminal"
	"github.com/spaces-cli/spaces/internal/transcript"
)

type transcriptExportOptions struct {
	app.Refs
	transcriptRange
	format, output string
	force          bool
	override       string
	omit           omitter
}

// transcriptFormats are the forms in which a transcript is exported.
var transcriptFormats = []string{"vtt", "srt", "json", "txt"}

func newTranscriptExportCmd(a *App) *cobra.Command {
	var o transcriptExportOptions
	cmd := &cobra.Command{
		Use:   "export SPACE",
		Short: "Write the transcript as WebVTT, SubRip, JSON or text",
		Long: `Write the transcript of a Space for other programs, with the times of the recording. The format follows
from the extension of the file. As for an episode, everybody who speaks in it must have agreed (the setting
consent.export); --consented-only leaves out the words of the others, with a margin.`,
		Example: `  spaces transcript export latest > talk.txt
  spaces transcript export latest -o talk.vtt
  spaces transcript export latest --from 12:30 --to 14:00 --format srt`,
		Annotations: transcriptExits(),
		Args:        app.Takes(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Words = args
			return a.exportTranscript(cmd.Context(), &o)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.format, "format", "", "`F`: vtt, srt, json (Podcasting 2.0) or txt (default: by the extension, else txt)")
	f.StringVarP(&o.output, "output", "o", "", "write to `FILE` (default: standard output, as with -)")
	f.BoolVar(&o.force, "force", false, "replace an existing file")
	manual.Group(f, "Output", "format", "output", "force")
	o.add(cmd)
	addOmitter(cmd, &o.omit)
	app.AddOverride(cmd, &o.override)
	app.AddIDOnly(cmd, &o.Refs)
	return cmd
}

// check refuses flags that do not go together, and finds the format.
func (o *transcriptExportOptions) check(a *App) error {
	if err := app.OneOf("--format", o.format, transcriptFormats); err != nil {
		return err
	}
	if err := o.omit.check(o.override); err != nil {
		return err
	}
	if o.output == "-" {
		o.output = ""
	}
	if a.Settings.JSON && o.output == "" {
		return app.Hinted(app.Usage("--json and the transcript would both go to standard output"), "name a file with -o FILE; for a transcript in JSON: --format json")
	}
	if o.format == "" && o.output != "" {
		o.format = strings.TrimPrefix(strings.ToLower(filepath.Ext(o.output)), ".")
		if err := app.OneOf("the extension of "+o.output, o.format, transcriptFormats); err != nil {
			return app.Hinted(err, "name the format with --format")
		}
	}
	if o.format == "" {
		o.format = "txt"
	}
	return nil
}

func (a *App) exportTranscript(ctx context.Context, o *transcriptExportOptions) error {
	if err := o.check(a); err != nil {
		return err
	}
	lib, row, err := o.OpenOne(ctx, a.App)
	if err != nil {
		return err
	}
	defer lib.Close()
	if o.output != "" {
		if err := clips.MayWrite(lib.Dir(), o.output, "", o.force); err != nil {
			return err
		}
	}
	s, err := lib.Load(row.ID)
	if err != nil {
		return err
	}
	t, err := transcriptOf(lib, s)
	if err != nil {
		return err
	}
	if t, err = o.within(t); err != nil {
		return err
	}
	t, missing, err := a.allowWords(ctx, o, lib, t)
	if err != nil {
		return err
	}
	if o.format == "srt" && hideEstimates(t) {
		a.Warn("the speakers are estimates, which SubRip cannot say: they are left out (--format vtt names them)")
	}
	var b bytes.Buffer
	if err := writeTranscript(&b, t, o.format); err != nil {
		return err
	}
	if o.output == "" {
		_, err := a.Out.Write(b.Bytes())
		return err
	}
	n, err := durable.WriteNew(o.output, o.force, func(w io.Writer) error { _, err := w.Write(b.Bytes()); return err })
	if err != nil {
		return err
	}
	if a.Settings.JSON {
		return app.WriteJSON(a.Out, exportedTranscript{space.Schema, s.ID, o.format, o.output, n, len(t.Utterances), missing})
	}
	_, err = fmt.Fprintf(a.Out, "%s  %s  %s\n", terminal.Safe(a.Shorten(o.output)), spell.Count(len(t.Utterances), "utterance"), spell.Size(n))
	return err
}

// An exportedTranscript is the JSON about a transcript that was written.
type exportedTranscript struct {
	Schema         int      `json:"schema"`
	ID             string   `json:"id"`
	Format         string   `json:"format"`
	File           string   `json:"file"`
	Bytes          int64    `json:"bytes"`
	Utterances     int      `json:"utterances"`
	ConsentMissing []string `json:"consent_missing,omitempty"`
}

// allowWords asks the gate whether what was said may be written, or takes out of
// the transcript what may not. It returns the transcript that may be written, and
// who has not agreed where that is all the same.
func (a *App) allowWords(ctx context.Context, o *transcriptExportOptions, lib *library.Library, t *transcripts.Transcript) (*transcripts.Transcript, []string, error) {
	ask, err := a.NewAsker(lib, o.override, false)
	if err != nil {
		return nil, nil, err
	}
	defer ask.Close()
	if !o.omit.only {
		use := gate.Use{Recording: t.ID}
		for i := range t.Utterances {
			u := &t.Utterances[i]
			use.Parts = append(use.Parts, space.Stretch{Start: float64(u.Start) / float64(t.Rate), End: float64(u.End) / float64(t.Rate)})
		}
		if len(use.Parts) == 0 {
			return t, nil, nil // no words: no Parts would mean all of it
		}
		turns, err := lib.Turns(t.ID)
		if err != nil {
			return nil, nil, err
		}
		use.Parts = append(use.Parts, turnsOfNamed(t, turns)...)
		missing, err := ask.Ask(ctx, consent.Exporting, use)
		return t, missing, err
	}
	r, err := recording.Open(lib, t.ID, a.Version)
	if err != nil {
		return nil, nil, err
	}
	defer r.Close()
	out, err := o.omit.omission(ask, consent.Exporting, r)
	if err != nil {
		return nil, nil, err
	}
	if text := out.text(recording.Span{Samples: r.Samples}); text != "" && !o.omit.reviewed {
		return nil, nil, notReviewed(t.ID, []string{text})
	}
	var spans []transcript.Span
	for _, s := range out.Spans {
		spans = append(spans, transcript.Span{Start: r.Seconds(s.Start), End: r.Seconds(s.End())})
	}
	return t.Without(spans, out.Unnamed()), nil, nil
}

// turnsOfNamed returns a moment of each speaker whom the transcript names: the host
// may have named somebody where the turns have another.
func turnsOfNamed(t *transcripts.Transcript, turns *space.Turns) (parts []space.Stretch) {
	if turns == nil {
		return nil
	}
	named := make(map[string]bool)
	for i := range t.Utterances {
		for _, name := range t.Utterances[i].Speakers {
			named[consent.Handle(name)] = true
		}
	}
	for _, turn := range turns.Turns {
		if h := consent.Handle(turn.Handle); named[h] {
			middle := float64((turn.Start + turn.End) / 2) // where the margins of other turns reach least
			parts = append(parts, space.Stretch{Start: middle, End: middle + 0.001})
			delete(named, h)
		}
	}
	return parts
}

// hideEstimates leaves out the speakers who are estimates, for a format that
// cannot say that they are, and returns whether there were any.
func hideEstimates(t *transcripts.Transcript) bool {
	found := false
	for i := range t.Utterances {
		if u := &t.Utterances[i]; t.Approximate(u) {
			u.Speakers, found = []string{}, true
		}
	}
	return found
}

// writeTranscript writes a transcript in a format.
func writeTranscript(to io.Writer, t *transcripts.Transcript, format string) error {
	cues := t.Cues()
	var notes []string
	if slices.ContainsFunc(t.Utterances, func(u transcripts.Utterance) bool { return t.Approximate(&u) }) {
		notes = append(notes, episode.EstimatedSpeakers)
	}
	switch format {
	case "vtt":
		return transcript.WriteVTT(to, transcript.Captions(cues), notes...)
	case "srt":
		return transcript.WriteSRT(to, transcript.Captions(cues))
	case "json":
		return transcript.WriteJSON(to, transcript.Captions(cues), notes...)
	}
	return transcript.WriteText(to, cues, notes...)
}
