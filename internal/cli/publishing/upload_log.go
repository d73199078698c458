package publishing

import (
	"context"
	"errors"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/terminal"
)

func newUploadLogCmd(a *App) *cobra.Command {
	var o app.Refs
	cmd := &cobra.Command{
		Use:   "log [SPACE...]",
		Short: "List the uploads, with place and verification",
		Long: `List the receipts of all uploads, the latest last: when the file was checked, what it is, where it
is, and what was compared: the size, a checksum that the target computed (sha256, crc64nvme), or every byte
(read-back). Receipts are kept in the library, in uploads/receipts.jsonl.`,
		Example: `  spaces upload log
  spaces upload log latest --json | jq -r .url`,
		Annotations: manual.Exits(map[int]string{app.ExitUsage: "wrong usage, or SPACE is ambiguous", app.ExitNotFound: "no such Space"}),
		Args:        app.Takes(0, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Words = args
			return a.uploadLog(cmd.Context(), o)
		},
	}
	app.AddIDOnly(cmd, &o)
	return cmd
}

// Whereabouts says where an object lies, and beside it where everybody gets it.
func Whereabouts(r *publish.Receipt) string {
	if r.URL == "" || r.URL == r.Location {
		return r.Location
	}
	return r.Location + "  " + r.URL
}

func (a *App) uploadLog(ctx context.Context, o app.Refs) error {
	lib, rows, err := o.Open(ctx, a.App)
	if err != nil {
		return err
	}
	defer lib.Close()
	meant := make(map[string]bool)
	for _, row := range rows {
		meant[row.ID] = true
	}
	root := lib.Root()
	t := a.Table(terminal.Column{Title: "WHEN", Yield: 3}, terminal.Column{Title: "KIND", Yield: 2}, terminal.Column{Title: "SIZE", Right: true, Yield: 1},
		terminal.Column{Title: "CHECKED", Yield: 4}, terminal.Column{Title: "WHERE", Min: 30})
	err = publish.History(root, func(r *publish.Receipt) error {
		if len(o.Words) > 0 && !meant[r.ID] {
			return nil
		}
		if a.Settings.JSON {
			return app.WriteJSON(a.Out, r)
		}
		checked := strings.Join(r.Verified, " ")
		if r.Removed {
			checked = "removed"
		}
		t.Add(r.At.In(a.Zone).Format("2006-01-02 15:04"), string(r.Kind), spell.Size(r.Bytes), checked, terminal.Safe(Whereabouts(r)))
		return nil
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if !a.Settings.JSON {
		t.Write(a.Out, a.Columns)
		if t.Len() == 0 {
			a.Say("No uploads are recorded")
		}
	}
	return nil
}
