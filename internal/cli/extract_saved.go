package cli

import (
	"context"
	"fmt"
	"os"

	"github.com/spaces-cli/spaces/internal/archive"
	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/extract"
	"github.com/spaces-cli/spaces/internal/playlist/saved"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/terminal"
)

// askPlaylists asks before anything connects because of a playlist on a disk:
// it names the servers, and how many chunks are there. It reports whether to go
// on.
func (a *App) askPlaylists(ctx context.Context, o extractOptions, j *extract.Saved) (bool, error) {
	for _, p := range o.paths {
		var names []string
		if info, err := os.Stat(p); err != nil {
			continue // told when it is read
		} else if !info.IsDir() {
			names = []string{p}
		} else if survey, err := archive.LookThrough(ctx, p); err == nil {
			for _, f := range survey.Found {
				names = append(names, f.Path)
			}
		}
		for _, name := range names {
			kind, _, err := archive.DetectFile(name)
			if err != nil || kind != archive.PlaylistFile {
				continue
			}
			list, err := saved.Open(name)
			if err != nil || len(list.Hosts) == 0 || o.dryRun {
				continue
			}
			if yes, err := a.askServers(ctx, o, list); err != nil {
				return false, err
			} else if yes {
				j.Online(name)
			} else if list.Present == 0 {
				a.Say("Nothing was extracted from %s", terminal.Safe(a.Shorten(name)))
				return false, nil
			}
		}
	}
	return true, nil
}

// askServers asks about one playlist.
func (a *App) askServers(ctx context.Context, o extractOptions, list *saved.Playlist) (bool, error) {
	if o.online != nil {
		return *o.online, nil
	}
	where := terminal.Safe(extract.ServersOf(list))
	if !a.InTTY || a.Settings.JSON {
		hint := "use --online to download from there"
		if list.Present > 0 {
			hint += fmt.Sprintf(", or --online=false to take only the %s beside it", spell.Count(list.Present, "chunk"))
		}
		return false, app.Hinted(app.Usage("%s leads to servers: %s; cannot ask: standard input is not a terminal", a.Shorten(list.Path), where), hint)
	}
	fmt.Fprintf(a.Err, "%s leads to servers: %s.\n", terminal.Safe(a.Shorten(list.Path)), where)
	if list.Present > 0 {
		fmt.Fprintf(a.Err, "The other %s beside it.\n", are(list.Present, "chunk is", "chunks are"))
	}
	return a.Confirm(ctx, "Connect to them and download?")
}
