package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/terminal"
)

// dateOf reads the date that a flag gives. Where clocks showed that time twice and
// somebody is there, it asks which one is meant.
func (a *App) dateOf(ctx context.Context, flag, text string) (time.Time, error) {
	start, _, err := spell.ParseDate(text, a.Zone)
	var twice *spell.TwiceError
	if errors.As(err, &twice) && a.InTTY && !a.Settings.JSON {
		fmt.Fprintf(a.Err, "Clocks showed %s twice, because they were set back:\n  1  %s\n  2  %s\nWhich one? [1/2] ",
			terminal.Safe(twice.Text), spell.WithOffset(twice.First), spell.WithOffset(twice.Second))
		answer, err := terminal.ReadLine(ctx, a.In, a.Err)
		switch {
		case err != nil:
			return start, err
		case answer == "1":
			return twice.First, nil
		case answer == "2":
			return twice.Second, nil
		}
		return start, app.Usage("%s: write %s or %s", flag, spell.WithOffset(twice.First), spell.WithOffset(twice.Second))
	}
	if err != nil {
		return start, app.Usage("%s: %w", flag, err)
	}
	return start, nil
}
