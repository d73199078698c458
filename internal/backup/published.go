package backup

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/backups"
	"github.com/spaces-cli/spaces/internal/publish"
)

// A Shown is a target of the settings that everybody may read.
type Shown struct {
	Name  string
	Place string // without an endpoint if it may be any
}

// unpublished fails if, by the settings or the receipts, everybody reads what lies
// at the target, in a folder below it or in one above it. By the settings, since a
// place may be public under another name or URL than the one that was given.
func (b *Backup) unpublished() error {
	for _, s := range b.Shown {
		place := publish.AtEndpoint(b.Target.Place(), s.Place)
		if overlap(s.Place, place) {
			return fmt.Errorf("%s: %w: everybody can read the target %s (%s)", b.Target.Place(), ErrPublic, s.Name, s.Place)
		}
	}
	standing, err := publish.Standing(b.Library.Root())
	if err != nil {
		return err
	}
	var found *publish.Receipt
	for _, r := range standing {
		web := r.Public && (strings.HasPrefix(r.URL, "https://") || strings.HasPrefix(r.URL, "http://"))
		if (r.Kind == publish.Feed || web) && overlap(r.Place, b.Target.Place()) && (found == nil || r.Kind == publish.Feed) {
			found = r
		}
	}
	if found == nil {
		return nil
	}
	what := "a file that you published"
	if found.Kind == publish.Feed {
		what = "your published feed"
	}
	return fmt.Errorf("%s: %w", b.Target.Place(), &publishedError{what, cmp.Or(found.URL, found.Location)})
}

// A publishedError is ErrPublished with what it is and where people get it.
type publishedError struct{ what, url string }

func (e *publishedError) Error() string {
	return fmt.Sprintf("this folder contains %s (%s)", e.what, e.url)
}

func (e *publishedError) Unwrap() error { return ErrPublished }

// overlap reports whether two places are the same folder, or one lies in the
// other.
func overlap(a, b string) bool { return publish.Inside(a, b) || publish.Inside(b, a) }

// Drift says how a library differs from its latest backup, by the names of its
// files, their sizes and times. No file was read, and the backup was not asked.
type Drift struct {
	Changed bool
	// Newer are the files that were written after the backup was made, below the
	// library: it does not hold them as they are. Files that kept an earlier time,
	// as those do that were moved, are not among them.
	Newer []string
}

// Since returns how a library differs from its latest backup.
func Since(ctx context.Context, lib *library.Library, last *backups.Entry) (*Drift, error) {
	s, err := (&Backup{Library: lib}).walk(ctx)
	if err != nil {
		return nil, err
	}
	d := new(Drift)
	var bytes int64
	until := last.At.Add(time.Second) // the entry has whole seconds
	for _, f := range s.files {
		bytes += f.Bytes
		if !f.Modified.Before(until) {
			d.Newer = append(d.Newer, f.Path)
		}
	}
	if last.State != "" {
		d.Changed = last.State != (&Manifest{Files: s.files, Folders: s.folders}).state()
	} else { // an earlier program made it
		d.Changed = len(d.Newer) > 0 || len(s.files) != last.Files || bytes != last.Bytes
	}
	return d, nil
}

// ChangedSince reports whether a library is not as its latest backup has it, as
// far as Since can tell.
func ChangedSince(ctx context.Context, lib *library.Library, last *backups.Entry) (bool, error) {
	d, err := Since(ctx, lib, last)
	if err != nil {
		return false, err
	}
	return d.Changed, nil
}
