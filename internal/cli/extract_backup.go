package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spaces-cli/spaces/internal/archive"
	"github.com/spaces-cli/spaces/internal/backup"
	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/merge"
	"github.com/spaces-cli/spaces/internal/publish/folder"
	"github.com/spaces-cli/spaces/internal/terminal"
)

// holdsLibrary reports whether a folder is a library or a backup of one.
func holdsLibrary(dir string) bool { return merge.Is(dir) || backup.Is(dir) }

// librariesOn returns the library or the backup that lies in a folder, such as a
// disk, beside nothing else that could be extracted; none if there is no such.
func (a *App) librariesOn(ctx context.Context, dir string) ([]string, error) {
	info, err := os.Stat(dir)
	if err != nil || !info.IsDir() {
		return nil, nil // told when it is read
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil
	}
	var found []string
	for _, e := range entries {
		if inner := filepath.Join(dir, e.Name()); e.IsDir() && holdsLibrary(inner) && !errors.Is(merge.Apart(a.Settings.Library, inner), merge.ErrSame) {
			found = append(found, inner)
		}
	}
	if len(found) == 0 {
		return nil, nil
	}
	survey, err := archive.LookThrough(ctx, dir)
	if err != nil || len(survey.Found) > 0 {
		return nil, ctx.Err()
	}
	if len(found) > 1 {
		return nil, app.Hinted(app.Usage("%s holds several libraries: %s", dir, strings.Join(found, ", ")), "name one: spaces extract "+found[0])
	}
	return found, nil
}

// extractBackup merges the newest snapshot of a backup: a library is made of it
// beside that of the user, and removed afterwards.
func (a *App) extractBackup(ctx context.Context, o extractOptions, dir string) error {
	if o.dryRun {
		return app.Hinted(app.Usage("%s is a backup: --dry-run cannot be combined with it", dir), "restore it first: spaces backup restore "+dir+" -o DIR")
	}
	at, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	own, err := filepath.Abs(a.Settings.Library)
	if err != nil {
		return err
	}
	tmp := filepath.Join(filepath.Dir(own), "."+filepath.Base(own)+".from-backup")
	if merge.Is(tmp) { // of a run that was killed while it merged
		if err := os.RemoveAll(tmp); err != nil {
			return err
		}
	}
	bar := a.NewBar("restoring", terminal.Phase{Name: backup.Fetching, Weight: 4}, terminal.Phase{Name: backup.Verifying, Weight: 1}).CountBytes()
	b := &backup.Backup{Target: folder.New(at), Jobs: app.UploadJobs, Wait: a.Settings.LockWait, Version: a.Version, Now: a.Now, Progress: bar}
	defer b.Target.Close()
	r, err := b.Restore(ctx, tmp, backup.RestoreOptions{Partial: true}, func(library.Finding) {}) // found again when it is copied
	bar.Close()
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return app.Fail(app.ExitFailed, "backup", "look at it with: spaces backup check "+dir, fmt.Errorf("%s: %w", dir, err))
	}
	for _, name := range r.Lost {
		a.Warn("%s: %s is lost in the backup", dir, terminal.Safe(name))
	}
	a.Say("Merging the snapshot %s of the backup %s", r.Snapshot, dir)
	err = a.extractLibrary(ctx, o, tmp)
	return errors.Join(err, os.RemoveAll(tmp))
}
