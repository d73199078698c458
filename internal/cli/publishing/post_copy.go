package publishing

import (
	"context"
	"fmt"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/clipboard"
	"github.com/spaces-cli/spaces/internal/terminal"
)

// copyPost makes a post ready for X's own composer.
func (a *App) copyPost(ctx context.Context, o *postOptions, path string) error {
	tool := ""
	if o.text != "" {
		tool = clipboard.Write(ctx, o.text, func(name string) string { v, _ := a.Env(name); return v })
	}
	for _, c := range o.draft.Checks {
		if c.Result != "ok" {
			a.Warn("%s: %s; X documents %s", c.What, c.Is, c.Limit)
		}
	}
	if a.Settings.JSON {
		l := o.line("copied")
		l.File, l.Checks, l.Clipboard = path, o.draft.Checks, tool
		return app.WriteJSON(a.Out, l)
	}
	text := terminal.Safe(path) + "\n"
	if o.text != "" {
		text += "\n" + terminal.SafeLines(o.text) + "\n"
	}
	if o.alt != "" {
		text += "\nALT: " + terminal.SafeLines(o.alt) + "\n"
	}
	if _, err := fmt.Fprint(a.Out, text); err != nil {
		return err
	}
	switch {
	case o.text == "":
	case tool == "":
		a.Say("Cannot copy the text: no clipboard program is installed. Copy it from above")
	default:
		a.Say("Copied the text to the clipboard (%s)", tool)
	}
	return nil
}
