package cli

import (
	"context"
	"fmt"
	"os"
	"sync"

	"github.com/spaces-cli/spaces/internal/archive"
	"github.com/spaces-cli/spaces/internal/archive/series"
	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/library/intake"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/terminal"
)

// askFolders asks about folders that are neither archives nor folders of
// recordings (Downloads, say): it lists what would be taken in. It reports
// whether to go on.
func (a *App) askFolders(ctx context.Context, o extractOptions, opts *intake.Options) (bool, error) {
	for _, p := range o.paths {
		info, err := os.Stat(p)
		if err != nil || !info.IsDir() {
			continue // told when it is read
		}
		survey, err := archive.LookThrough(ctx, p)
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		if err != nil || len(survey.Found) == 0 {
			continue
		}
		if err := a.askSeries(ctx, o, survey, opts); err != nil {
			return false, err
		}
		if survey.Recordings() {
			continue
		}
		const most = 40
		fmt.Fprintf(a.Err, "%s also contains other files, for example %s. In it and its folders there %s:\n", terminal.Safe(a.Shorten(p)),
			terminal.Safe(a.Shorten(survey.Other)), are(len(survey.Found), "archive or recording", "archives and recordings"))
		for i, f := range survey.Found {
			if i == most {
				fmt.Fprintf(a.Err, "  and %d more\n", len(survey.Found)-most)
				break
			}
			fmt.Fprintf(a.Err, "  %-9s %8s  %s\n", foundWords()[f.Kind], foundSize(f), terminal.Safe(a.Shorten(f.Path)))
		}
		if o.all || o.dryRun {
			continue
		}
		if !a.InTTY || a.Settings.JSON {
			return false, app.Hinted(app.Usage("%s also contains other files; cannot ask: standard input is not a terminal", p),
				"use --all to take all listed files, or name the files")
		}
		yes, err := a.Confirm(ctx, "Take all of them?")
		if err != nil {
			return false, err
		}
		if !yes {
			a.Say("Nothing was extracted. Name the files to extract")
			return false, nil
		}
	}
	return true, nil
}

// askSeries asks whether files that may be the chunks of one recording are
// joined, as far as nobody has said so. Where nobody can be asked they are not,
// and this is told.
func (a *App) askSeries(ctx context.Context, o extractOptions, survey *archive.Survey, opts *intake.Options) error {
	if o.join != nil {
		opts.Join = func(*series.Chunks) bool { return *o.join }
		return nil
	}
	if o.dryRun || !a.InTTY || a.Settings.JSON {
		return nil
	}
	for _, f := range survey.Found {
		if f.Series == nil || f.Series.Doubt == "" {
			continue
		}
		fmt.Fprintf(a.Err, "In %s, %s may be the chunks of one recording; %s.\n", terminal.Safe(a.Shorten(f.Path)), terminal.Safe(f.Series.String()), f.Series.Doubt)
		yes, err := a.Confirm(ctx, "Join them to one recording?")
		if err != nil {
			return err
		}
		before, dir, stem := opts.Join, f.Path, f.Series.Stem
		opts.Join = func(s *series.Chunks) bool {
			if s.Dir == dir && s.Stem == stem {
				return yes
			}
			return before != nil && before(s)
		}
	}
	return nil
}

var foundWords = sync.OnceValue(func() map[archive.PathKind]string {
	return map[archive.PathKind]string{
		archive.ArchiveZIP: "archive", archive.ArchiveFolder: "archive", archive.AudioFile: "recording", archive.ChunkFolder: "stream", archive.PlaylistFile: "playlist",
	}
})

func foundSize(f archive.Found) string {
	if f.Bytes == 0 {
		return ""
	}
	return spell.Size(f.Bytes)
}

func are(n int, one, many string) string {
	if n == 1 {
		return "is 1 " + one
	}
	return fmt.Sprintf("are %d %s", n, many)
}
