package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/library/said"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/spell"
)

func newReindexCmd(a *App) *cobra.Command {
	return &cobra.Command{
		Use:   "reindex",
		Short: "Rebuild the catalogue and the index of speech from the folders",
		Long: `Rebuild the catalogue, which list and search use, and the index of what was said in the transcripts
from the folders. Run this after you have moved or edited folders by hand. The folders contain
everything, so you can delete both at any time.
Recordings that an earlier version saved also get an index of their sound, which makes it faster to
find the recording that a file was cut from.`,
		Example:     `  spaces reindex`,
		Annotations: manual.Exits(map[int]string{app.ExitNotFound: "no library found"}),
		Args:        app.Takes(0, 0),
		RunE:        func(cmd *cobra.Command, _ []string) error { return a.reindex(cmd.Context()) },
	}
}

func (a *App) reindex(ctx context.Context) error {
	lib, err := a.OpenLibraryWrite(ctx)
	if err != nil {
		return err
	}
	defer lib.Close()
	told := len(lib.Notes()) // when it was opened
	n, err := lib.Reindex(ctx)
	if err != nil {
		return err
	}
	for _, note := range lib.Notes()[told:] {
		a.Warn("%s", note)
	}
	indexed, err := lib.IndexSound(ctx, func(id string, err error) {
		a.Warn("%s: cannot index the sound: %v", id, err)
	})
	if err != nil {
		return err
	}
	speech, err := said.Rebuild(ctx, lib)
	if err != nil {
		return err
	}
	for _, s := range speech.Skipped {
		a.Warn("%s: the transcript is not searched: %v", s.ID, s.Err)
	}
	if a.Settings.JSON {
		return app.WriteJSON(a.Out, struct {
			Schema      int `json:"schema"`
			Recordings  int `json:"recordings"`
			Indexed     int `json:"indexed"`
			Transcripts int `json:"transcripts"`
			Utterances  int `json:"utterances"`
		}{space.Schema, n, indexed, speech.Transcripts, speech.Utterances})
	}
	_, err = fmt.Fprintln(a.Out, spell.Count(n, "Space")+" in the catalogue")
	if indexed > 0 && err == nil {
		_, err = fmt.Fprintln(a.Out, "Indexed the sound of "+spell.Count(indexed, "file"))
	}
	if speech.Transcripts > 0 && err == nil {
		_, err = fmt.Fprintln(a.Out, "Indexed "+spell.Count(speech.Transcripts, "transcript")+" with "+spell.Count(speech.Utterances, "utterance"))
	}
	return err
}
