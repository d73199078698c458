package cli

import (
	"context"

	"github.com/spaces-cli/spaces/internal/terminal"
)

// confirm asks a question on the terminal.
func (a *App) confirm(ctx context.Context, question string) (bool, error) {
	return terminal.Confirm(ctx, a.In, a.Err, question)
}

// cannotAsk is the error where a question would be asked and nobody is there.
func cannotAsk(hint string) error {
	return hinted(usage("cannot ask: standard input is not a terminal"), hint)
}
