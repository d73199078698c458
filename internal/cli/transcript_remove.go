package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/said"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/library/transcripts"
)

func newTranscriptRemoveCmd(a *App) *cobra.Command {
	var o app.Refs
	var yes bool
	cmd := &cobra.Command{
		Use:   "remove SPACE",
		Short: "Remove the transcript of a Space",
		Long: `Remove the transcript of a Space, with its captions and the output of the engine. It asks first. For
30 days, spaces restore can bring it back. Clips, videos and episodes that were made with it stay.`,
		Example: `  spaces transcript remove latest
  spaces restore transcript-1ypKdEXvkMLGW`,
		Annotations: transcriptExits(),
		Args:        app.Takes(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Words = args
			return a.removeTranscript(cmd.Context(), o, yes)
		},
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	app.AddIDOnly(cmd, &o)
	return cmd
}

// A removedTranscript is the JSON about a transcript that was removed.
type removedTranscript struct {
	Schema    int        `json:"schema"`
	ID        string     `json:"id"`
	Title     string     `json:"title"`
	Name      string     `json:"name"`
	Place     string     `json:"place"`
	KeptUntil space.Time `json:"kept_until"`
}

func (a *App) removeTranscript(ctx context.Context, o app.Refs, yes bool) error {
	if !yes && (!a.InTTY || a.Settings.JSON) {
		return app.CannotAsk("--yes removes without asking")
	}
	lib, s, err := a.openToChange(ctx, o)
	if err != nil {
		return err
	}
	defer lib.Close()
	if !yes {
		question := "Remove the transcript of " + s.ID + "?"
		if err := transcripts.MayReplace(lib.Root(), s); err != nil {
			question = "Remove the transcript of " + s.ID + ", with your corrections?"
		}
		ok, err := a.Confirm(ctx, question)
		if err != nil {
			return err
		}
		if !ok {
			a.Say("The transcript was not removed")
			return nil
		}
	}
	it, err := said.PutAside(ctx, lib, s, "transcript remove", a.Now())
	if err != nil {
		return transcriptError(s, err)
	}
	if a.Settings.JSON {
		return app.WriteJSON(a.Out, removedTranscript{space.Schema, s.ID, s.Title, it.Name, layout.RemovedIn(it.Place), space.Time{Time: a.Now().Add(library.KeepRemoved)}})
	}
	_, err = fmt.Fprintf(a.Out, "Removed the transcript of %s. To bring it back: spaces restore %s\n", s.ID, it.Name)
	return err
}
