package cli

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/clip/moments"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/recording"
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
exchanges. They start and end between sentences, without long pauses, clipping or gaps. They are
found from the sound and the speaking turns, not from the words: listen before you share. The first
time takes longer, because the audio is analysed. --json writes lines for spaces clip --batch -.

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
		return a.printMoments(r, list)
	}
	if len(list) == 0 {
		a.Say("%s", nothing)
	}
	a.tableMoments(r, list)
	return nil
}

// printMoments writes moments as JSON Lines.
func (a *App) printMoments(r *recording.Recording, list []moments.Moment) error {
	for _, m := range list {
		line := momentLine{
			Schema: space.Schema, Recording: r.Space.ID, At: r.Seconds(m.Start), Length: r.Seconds(m.Samples),
			Start: m.Start, Samples: m.Samples, StartedAt: r.Wall(m.Start), Score: m.Score,
			Speakers: append([]string{}, m.Speakers...), Why: m.Words(), Reasons: []reasonLine{},
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
func (a *App) tableMoments(r *recording.Recording, list []moments.Moment) {
	t := a.Table(terminal.Column{Title: "AT", Right: true}, terminal.Column{Title: "LENGTH", Right: true},
		terminal.Column{Title: "SCORE", Right: true, Yield: 1}, terminal.Column{Title: "WHY", Min: 30})
	for _, m := range list {
		why := m.Words()
		if len(m.Speakers) > 0 {
			why += "  (" + strings.Join(m.Speakers, ", ") + ")"
		}
		t.Add(spell.Moment(r.Seconds(m.Start)), fmt.Sprintf("%.1f s", r.Seconds(m.Samples)), fmt.Sprintf("%.0f", math.Round(100*m.Score)), terminal.Safe(why))
	}
	t.Write(a.Out, a.Columns)
}
