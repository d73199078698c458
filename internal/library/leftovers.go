package library

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/durable/flock"
	"github.com/spaces-cli/spaces/internal/library/layout"
)

// Commands that are killed leave unfinished files: audio with everybody's
// voice, waveforms, records. Whoever writes one holds its lock; the others are
// leftovers, which Verify tells of and the next writer sweeps away.

// draftDirs are the folders below the library that drafts are made in, besides
// those of the recordings.
var draftDirs = [...]string{".", layout.Archives, layout.Confirmed, layout.Consent, layout.Evidence, layout.Uploads, layout.Feed, layout.Removed}

// recordingDirs are those in the folder of a recording.
var recordingDirs = [...]string{".", layout.Own, layout.Clips, layout.Episodes, layout.Transcript}

// Leftovers calls fn with each file that a killed command has left.
func (l *Library) Leftovers(ctx context.Context, fn func(name string, info fs.FileInfo) error) error {
	tell := func(name string, e fs.DirEntry) error {
		info, err := e.Info()
		if err != nil {
			return nil // gone meanwhile
		}
		return fn(name, info)
	}
	err := l.drafts(ctx, func(name string, e fs.DirEntry) error {
		if !durable.Abandoned(l.disk.root, name) {
			return nil
		}
		return tell(name, e)
	})
	if err != nil || l.writing() {
		return err
	}
	return fs.WalkDir(l.disk.root.FS(), layout.Partial, func(name string, e fs.DirEntry, err error) error {
		switch {
		case isGone(err):
			return nil
		case err != nil:
			return err
		case e.IsDir():
			return ctx.Err()
		}
		return tell(name, e)
	})
}

// writing reports whether a program holds the library's lock: then all under
// layout.Partial is its own.
func (l *Library) writing() bool {
	if l.lock != nil {
		return true
	}
	f, err := os.Open(l.Path(layout.Lock))
	if err != nil {
		return false
	}
	defer f.Close()
	return errors.Is(flock.Try(f), flock.ErrHeld)
}

// drafts calls fn with each file that is called as a draft, whoever writes it.
func (l *Library) drafts(ctx context.Context, fn func(name string, e fs.DirEntry) error) error {
	in := func(dir string) error {
		entries, err := l.disk.readDir(dir)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if e.Type().IsRegular() && durable.IsLeftover(e.Name()) {
				if err := fn(path.Join(dir, e.Name()), e); err != nil {
					return err
				}
			}
		}
		return ctx.Err()
	}
	for _, dir := range draftDirs {
		if err := in(dir); err != nil {
			return err
		}
	}
	shows, err := l.disk.readDir(layout.Shows)
	if err != nil {
		return err
	}
	for _, e := range shows {
		for _, file := range []string{layout.ShowOf(e.Name()), path.Join(layout.FeedOf(e.Name()), layout.FeedFile)} {
			if err := in(path.Dir(file)); e.IsDir() && err != nil {
				return err
			}
		}
	}
	for folder, err := range l.folders() {
		if err != nil {
			return err
		}
		for _, dir := range recordingDirs {
			if err := in(path.Join(folder, dir)); err != nil {
				return err
			}
		}
	}
	return nil
}

// strange is how old a file must be that is called as a draft, but not as one
// of ours, until it is swept away: the host may have put it there.
const strange = 24 * time.Hour

// sweep removes the leftovers. What cannot be removed now stays for the next
// writer.
func (l *Library) sweep(ctx context.Context) error {
	return l.drafts(ctx, func(name string, e fs.DirEntry) error {
		base := path.Base(name)
		if !strings.HasPrefix(base, ".") && strings.HasSuffix(base, ".partial") && path.Base(path.Dir(name)) != layout.Own {
			if info, err := e.Info(); err != nil || time.Since(info.ModTime()) < strange {
				return nil
			}
		}
		if err := l.trace("remove", name); err != nil {
			return err
		}
		durable.Sweep(l.disk.root, name)
		return nil
	})
}
