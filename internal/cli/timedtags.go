package cli

import (
	"bufio"
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/manual"
)

func newTimedTagsCmd(a *App) *cobra.Command {
	var o app.Refs
	cmd := &cobra.Command{
		Use:   "timed-tags SPACE",
		Short: "Print the timed tags between the audio frames of a recording",
		Long: `Print the timed tags of a recording as JSON Lines, about one per second: position, time of day, the
people on stage, and the audio level of each. X writes these tags between the audio frames.`,
		Example: `  spaces timed-tags latest > tags.jsonl
  spaces timed-tags latest | jq -r '[.clock, .levels[0]] | @csv'`,
		Annotations: manual.Exits(map[int]string{app.ExitUsage: "wrong usage, or SPACE is ambiguous",
			app.ExitNotFound: "no such Space, or its audio has no timed tags"}),
		Args: app.Takes(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Words = args
			return a.timedTags(cmd.Context(), o)
		},
	}
	app.AddIDOnly(cmd, &o)
	return cmd
}

// A tagLine is a timed tag as scripts see it.
type tagLine struct {
	Schema   int        `json:"schema"`
	ID       string     `json:"id"`
	Piece    int        `json:"piece"`
	Run      int        `json:"run"`
	Sample   int64      `json:"sample"`  // of the run
	Position int64      `json:"samples"` // of the recording
	At       float64    `json:"at"`
	Clock    space.Time `json:"clock"`
	NTP      space.Time `json:"ntp"`
	Levels   []int      `json:"levels"`
	Stage    []string   `json:"stage"`
}

func (a *App) timedTags(ctx context.Context, o app.Refs) error {
	lib, row, err := o.OpenOne(ctx, a.App)
	if err != nil {
		return err
	}
	defer lib.Close()
	s, err := lib.Load(row.ID)
	if err != nil {
		return err
	}
	n, out := 0, bufio.NewWriter(a.Out)
	err = lib.Tags(ctx, s, func(t *library.Tag) error {
		n++
		line := tagLine{space.Schema, s.ID, t.Piece, t.Run, t.Sample, t.Position, t.At, t.Wall, t.NTP, t.Levels, t.Stage}
		if line.Levels == nil {
			line.Levels = []int{}
		}
		if line.Stage == nil {
			line.Stage = []string{}
		}
		return app.WriteJSON(out, line)
	})
	if err != nil {
		return err
	}
	if n == 0 {
		return app.Fail(app.ExitNotFound, "no-tags", "only original recordings from X have timed tags; other tools remove them",
			fmt.Errorf("the audio of %s has no timed tags", s.ID))
	}
	return out.Flush()
}
