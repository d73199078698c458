package said

import (
	"context"
	"errors"
	"io/fs"
	"slices"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/catalog"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/library/transcripts"
	"github.com/spaces-cli/spaces/internal/library/words"
)

// Verify reads the transcripts of the recordings with these ids, or of all when
// there are none, and tells found of those that cannot be read, are of other
// audio, or disagree with the index. Captions and texts that somebody has edited
// by hand are no finding: their names are in stats.
func Verify(ctx context.Context, lib *library.Library, ids []string, stats *library.VerifyStats, found func(library.Finding)) error {
	stamps := make(map[string]string)
	for row, err := range lib.Catalog().List(ctx, catalog.Query{}) {
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if len(ids) > 0 && !slices.Contains(ids, row.ID) {
			continue
		}
		s, err := lib.Load(row.ID)
		if err != nil {
			continue // the library tells
		}
		verifyOne(lib, s, stats, found)
		if stamp, ok, err := stampOf(lib, s.Folder); ok && err == nil {
			stamps[s.ID] = stamp
		}
	}
	if len(ids) > 0 {
		return nil
	}
	list, err := lib.Removed()
	if err != nil {
		return err
	}
	for _, it := range list {
		if s, err := lib.LoadRemoved(&it); err == nil {
			verifyOne(lib, s, stats, found)
		}
	}
	return verifyIndex(ctx, lib, stamps, stats, found)
}

func verifyOne(lib *library.Library, s *space.Space, stats *library.VerifyStats, found func(library.Finding)) {
	root := lib.Root()
	report := func(kind library.FindingKind, name, message string) {
		found(library.Finding{ID: s.ID, Kind: kind, Path: name, Message: message, Said: true})
	}
	t, err := transcripts.Read(root, s)
	switch name := layout.TranscriptIn(s.Folder); {
	case errors.Is(err, transcripts.ErrNone):
		for _, other := range []string{layout.CaptionsIn(s.Folder), layout.TextIn(s.Folder)} {
			if _, err := root.Lstat(other); err == nil {
				report(library.Lost, name, "the transcript is missing, but not what was made of it")
				break
			}
		}
	case errors.Is(err, transcripts.ErrOther):
		report(library.Changed, name, "not used: it belongs to earlier audio of this recording")
	case errors.Is(err, transcripts.ErrNewer):
		report(library.Unreadable, name, transcripts.ErrNewer.Error())
	case err != nil:
		report(library.Unreadable, name, err.Error())
	}
	if t != nil {
		stats.Files++
	}
	for _, name := range []string{layout.CaptionsIn(s.Folder), layout.TextIn(s.Folder)} {
		if t == nil || err != nil {
			break
		}
		switch same, err := t.SameForm(root, s, name); {
		case errors.Is(err, fs.ErrNotExist):
			report(library.Lost, name, "the file is missing")
		case err != nil:
			report(library.Unreadable, name, err.Error())
		case !same:
			stats.Edited = append(stats.Edited, name)
			fallthrough
		default:
			stats.Files++
		}
	}
	switch n, err := transcripts.VerifyRaw(root, s); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		report(library.Changed, layout.RawIn(s.Folder), err.Error())
	default:
		stats.Files++
		stats.Bytes += n
	}
}

// verifyIndex tells of an index that is damaged, or says that it is up to date
// and is not. One that is behind, or missing, is no finding: a search mends it.
func verifyIndex(ctx context.Context, lib *library.Library, stamps map[string]string, stats *library.VerifyStats, found func(library.Finding)) error {
	report := func(kind library.FindingKind, message string) {
		found(library.Finding{Kind: kind, Path: layout.Words, Message: message, Index: true})
	}
	x, err := words.Open(ctx, lib.Path(layout.Words), words.ReadOnly)
	if errors.Is(err, words.ErrNotExist) || errors.Is(err, words.ErrOlder) || errors.Is(err, words.ErrNewer) {
		return nil
	}
	if err != nil {
		report(library.Unreadable, err.Error())
		return ctx.Err()
	}
	defer x.Close()
	stats.Files++
	if err := x.Check(ctx); err != nil {
		report(library.Unreadable, err.Error())
		return ctx.Err()
	}
	if ok, err := current(ctx, lib, x); !ok || err != nil {
		return err
	}
	had, err := x.Stamps(ctx)
	if err != nil {
		return err
	}
	n := 0
	for id, stamp := range stamps {
		if had[id] != stamp {
			n++
		}
		delete(had, id)
	}
	if n += len(had); n > 0 {
		report(library.Changed, "it does not agree with the transcripts in the folders")
	}
	return nil
}
