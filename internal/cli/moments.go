package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/clip/moments"
	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/consent/gate"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/library/transcripts"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/recording"
	"github.com/spaces-cli/spaces/internal/recording/passage"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/terminal"
)

type momentsOptions struct {
	app.Refs
	top     int
	length  string
	speaker string
}

func newMomentsCmd(a *App) *cobra.Command {
	var o momentsOptions
	cmd := &cobra.Command{
		Use:   "moments SPACE",
		Short: "Find moments worth sharing",
		Long: `List passages that may be worth sharing, the best first: laughter, applause, raised voices, quick
exchanges. They start and end in pauses, without long pauses, clipping or gaps inside. They are found
from the sound and the speaking turns, not from the words: listen before you share. If the Space has a
transcript, they start and end with sentences and are quoted, without the words of speakers who have
refused. The first time takes longer, because the audio is analysed. --json writes lines for
spaces clip --batch -.

SPACE is an id or the beginning of one, its address on X, "latest", or a part of the title.`,
		Example: `  spaces moments latest
  spaces moments 1ypK --speaker guest1 --length 45s
  spaces moments latest --json | spaces clip --batch -`,
		Annotations: manual.Exits(map[int]string{
			app.ExitDone:  "done, also when no moment is found",
			app.ExitUsage: "wrong usage, or SPACE is ambiguous", app.ExitNotFound: "no such Space, it has no audio, or HANDLE is not heard"}),
		Args: app.Takes(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Words = args
			return a.moments(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.IntVar(&o.top, "top", moments.DefaultTop, "list at most `N` moments")
	f.StringVar(&o.length, "length", "", "`T`: length of the longest moment; the shortest is half as long (default 30 s)")
	f.StringVar(&o.speaker, "speaker", "", "list only moments in which `HANDLE` speaks (approximate)")
	app.AddIDOnly(cmd, &o.Refs)
	return cmd
}

// A momentLine is a moment as scripts see it. spaces clip --batch reads
// recording, at and length.
type momentLine struct {
	Schema    int          `json:"schema"`
	Recording string       `json:"recording"`
	At        float64      `json:"at"`
	Length    float64      `json:"length"`
	Start     int64        `json:"start"`
	Samples   int64        `json:"samples"`
	StartedAt space.Time   `json:"started_at"`
	Score     float64      `json:"score"`
	Speakers  []string     `json:"speakers"`
	Text      *string      `json:"text"`
	Why       string       `json:"why"`
	Reasons   []reasonLine `json:"reasons"`
}

type reasonLine struct {
	Kind     moments.ReasonKind `json:"kind"`
	At       float64            `json:"at"`
	Length   float64            `json:"length"`
	Strength float64            `json:"strength"`
	Value    float64            `json:"value"`
	Handle   string             `json:"handle,omitempty"`
	Text     string             `json:"text"`
}

// moments runs the command.
func (a *App) moments(ctx context.Context, o momentsOptions) error {
	find := moments.Options{Top: o.top, Speaker: o.speaker, Jobs: a.jobs()}
	if o.top < 1 {
		return app.Usage("--top must be from 1 to %d, not %d", moments.MaxTop, o.top)
	}
	if o.length != "" {
		length, err := recording.ParseTime(o.length)
		if err != nil {
			return err
		}
		// No length would be the usual one.
		find.Length = max(length, time.Nanosecond)
	}
	lib, row, err := o.OpenOne(ctx, a.App)
	if err != nil {
		return err
	}
	defer lib.Close()
	if _, err := pathOf(lib, row, false); err != nil {
		return err
	}
	r, err := recording.Open(lib, row.ID, a.Version)
	if err != nil {
		return err
	}
	defer r.Close()
	turns, err := lib.Turns(row.ID)
	if err != nil {
		return err
	}
	words, err := a.wordsFor(ctx, lib, r, &find)
	if err != nil {
		return err
	}
	bar := a.NewBar("listening")
	find.Progress = bar
	list, err := moments.Find(ctx, r, turns, find)
	bar.Close()
	if err != nil {
		return soundError(lib, r.Space, err)
	}
	nothing := "No moments found in " + row.ID + ". Try --length 60s"
	if a.Settings.JSON {
		if len(list) == 0 {
			a.Warn("%s", nothing)
		}
		return a.printMoments(r, list, words)
	}
	if len(list) == 0 {
		a.Say("%s", nothing)
	}
	a.tableMoments(r, list, words)
	return nil
}

// printMoments writes moments as JSON Lines.
func (a *App) printMoments(r *recording.Recording, list []moments.Moment, words *momentWords) error {
	for _, m := range list {
		line := momentLine{
			Schema: space.Schema, Recording: r.Space.ID, At: r.Seconds(m.Start), Length: r.Seconds(m.Samples),
			Start: m.Start, Samples: m.Samples, StartedAt: r.Wall(m.Start), Score: m.Score,
			Speakers: append([]string{}, m.Speakers...), Why: m.Words(), Reasons: []reasonLine{},
		}
		if words != nil {
			text := words.in(m.Span)
			line.Text = &text
		}
		for _, w := range m.Reasons {
			line.Reasons = append(line.Reasons, reasonLine{w.Kind, w.At, w.Length, w.Strength, w.Value, w.Handle, w.String()})
		}
		if err := app.WriteJSON(a.Out, line); err != nil {
			return err
		}
	}
	return nil
}

// tableMoments prints moments for people.
func (a *App) tableMoments(r *recording.Recording, list []moments.Moment, words *momentWords) {
	columns := []terminal.Column{{Title: "AT", Right: true}, {Title: "LENGTH", Right: true},
		{Title: "SCORE", Right: true, Yield: 1}, {Title: "WHY", Min: 30}}
	if words != nil {
		columns[3] = terminal.Column{Title: "WHY", Yield: 2, Min: 20}
		columns = append(columns, terminal.Column{Title: "WORDS", Min: 30})
	}
	t := a.Table(columns...)
	for _, m := range list {
		why := m.Words()
		if len(m.Speakers) > 0 {
			why += "  (" + strings.Join(m.Speakers, ", ") + ")"
		}
		cells := []string{spell.Moment(r.Seconds(m.Start)), fmt.Sprintf("%.1f s", r.Seconds(m.Samples)), fmt.Sprintf("%.0f", math.Round(100*m.Score)), terminal.Safe(why)}
		if words != nil {
			cells = append(cells, terminal.Safe(shortened(words.in(m.Span), 100)))
		}
		t.Add(cells...)
	}
	t.Write(a.Out, a.Columns)
}

// momentWords are the words of a recording, as far as they may be repeated.
type momentWords struct {
	*passage.Words
	withheld passage.Withheld
}

func (w *momentWords) in(s recording.Span) string { return w.Said(s, w.withheld) }

// wordsFor returns the words of a recording, or nil where it has no transcript that
// can be used, and has moments found by its sentences.
func (a *App) wordsFor(ctx context.Context, lib *library.Library, r *recording.Recording, find *moments.Options) (*momentWords, error) {
	words, err := passage.Read(lib.Root(), r)
	if errors.Is(err, transcripts.ErrNone) {
		return nil, nil
	}
	if err != nil {
		a.Warn("the transcript is not used: %v", err)
		return nil, nil
	}
	find.Sentences = words.Sentences()
	withheld, err := a.unrepeatable(ctx, lib, r)
	return &momentWords{words, withheld}, err
}

// unrepeatable returns which words of a recording are not to be repeated: those of
// people who have refused, and where clips need consent, of those who have not given
// it. Where it is not known when such a person speaks, these are all.
func (a *App) unrepeatable(ctx context.Context, lib *library.Library, r *recording.Recording) (out passage.Withheld, err error) {
	ask, err := a.NewAsker(lib, "", true)
	if err != nil {
		return out, err
	}
	defer ask.Close()
	found, err := ask.Check(ctx, consent.Clipping, gate.Use{Recording: r.Space.ID})
	var refused *consent.Refused
	if errors.As(err, &refused) {
		found = &refused.Finding
	} else if err != nil {
		return out, err
	}
	turns, err := lib.Turns(r.Space.ID)
	if err != nil {
		return out, err
	}
	var list []consent.Missing
	for _, m := range found.Missing {
		if !ask.Requires(consent.Clipping) && m.Answer != consent.Declined && m.Answer != consent.Withdrawn {
			continue
		}
		if len(m.Spans) == 0 {
			return passage.Withheld{Spans: []recording.Span{{Samples: r.Samples}}}, nil
		}
		list = append(list, m)
		if name := cmp.Or(m.Handle, m.ID); name != "" {
			out.People = append(out.People, name)
		}
	}
	if len(list) == 0 {
		return out, nil
	}
	for _, s := range consent.LeaveOut(list, consent.Margin(turns), r.Seconds(r.Samples)) {
		out.Spans = append(out.Spans, spanOf(r, s.Start, s.End))
	}
	return out, nil
}

// spanOf is the span of all samples that lie between two times in a recording.
func spanOf(r *recording.Recording, start, end float64) recording.Span {
	from := int64(math.Floor(start * float64(r.Rate)))
	to := int64(math.Ceil(min(end*float64(r.Rate), float64(r.Samples))))
	return recording.Span{Start: from, Samples: max(0, to-from)}
}
