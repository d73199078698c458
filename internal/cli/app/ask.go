package app

import (
	"context"

	"github.com/spaces-cli/spaces/internal/terminal"
)

// Confirm asks a question on the terminal.
func (a *App) Confirm(ctx context.Context, question string) (bool, error) {
	return terminal.Confirm(ctx, a.In, a.Err, question)
}

// CannotAsk is the error where a question would be asked and nobody is there.
func CannotAsk(hint string) error {
	return Hinted(Usage("cannot ask: standard input is not a terminal"), hint)
}
