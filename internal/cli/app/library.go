package app

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/removed"
	"github.com/spaces-cli/spaces/internal/library/said"
	"github.com/spaces-cli/spaces/internal/spell"
)

// OpenLibrary opens the library for reading and passes on what was mended.
func (a *App) OpenLibrary(ctx context.Context) (*library.Library, error) {
	lib, err := library.Open(ctx, a.LibraryOptions())
	return lib, a.Opened(lib, err)
}

// OpenLibraryWrite opens the library for changing it, and deletes what was
// removed too long ago. It makes none.
func (a *App) OpenLibraryWrite(ctx context.Context) (*library.Library, error) {
	lib, err := a.OpenLibraryWriteAll(ctx)
	if err == nil {
		a.EmptyOld(ctx, lib)
	}
	return lib, err
}

// OpenLibraryWriteAll is OpenLibraryWrite, but deletes nothing.
func (a *App) OpenLibraryWriteAll(ctx context.Context) (*library.Library, error) {
	lib, err := library.Open(ctx, a.LibraryOptions())
	if err == nil {
		lib.Close()
	} else if IsNoLibrary(err) {
		return nil, a.Opened(nil, err)
	}
	lib, err = library.OpenWrite(ctx, a.LibraryOptions())
	return lib, a.Opened(lib, err)
}

func (a *App) Opened(lib *library.Library, err error) error {
	if IsNoLibrary(err) {
		return fmt.Errorf("%s: %w", a.Settings.Library, err)
	}
	if err != nil {
		return err
	}
	for _, note := range lib.Notes() {
		a.Warn("%s", note)
	}
	return nil
}

// EmptyOld deletes what was removed too long ago, and says so.
func (a *App) EmptyOld(ctx context.Context, lib *library.Library) {
	items, err := lib.EmptyRemoved(ctx, a.Now().Add(-library.KeepRemoved))
	if slices.ContainsFunc(items, hasTranscript) {
		// It is no longer in the index, but its words may be in the file.
		if err := said.Erase(ctx, lib); err != nil && ctx.Err() == nil {
			a.Warn("cannot clear the transcript index of deleted words: %v", err)
		}
	}
	if len(items) > 0 {
		a.Say("Deleted %s permanently (removed more than 30 days ago)", KindsOf(items))
	}
	if err != nil && ctx.Err() == nil {
		a.Warn("cannot delete items that were removed more than 30 days ago: %v", err)
	}
}

// KindsOf counts items by their kind, with their size.
func KindsOf(items []removed.Item) string {
	n := make(map[removed.Kind]int)
	var bytes int64
	for _, it := range items {
		n[it.Kind]++
		bytes += it.Bytes
	}
	var parts []string
	for _, k := range []struct {
		kind removed.Kind
		noun string
	}{{removed.Space, "Space"}, {removed.Clip, "clip"}, {removed.Episode, "episode"}, {removed.Transcript, "transcript"}} {
		if n[k.kind] > 0 {
			parts = append(parts, spell.Count(n[k.kind], k.noun))
		}
	}
	return strings.Join(parts, ", ") + " (" + spell.Size(bytes) + ")"
}

// OpenLedger opens the answers of a library and tells if the last one was
// never finished.
func (a *App) OpenLedger(lib *library.Library) (*consent.Ledger, error) {
	l, err := consent.Open(lib.Dir(), a.Settings.LockWait)
	if err != nil {
		return nil, err
	}
	if l.Owners, err = consent.OwnersOf(lib, a.Settings.Me...); err != nil {
		l.Close()
		return nil, err
	}
	a.WarnTorn(l.Torn)
	return l, nil
}

// hasTranscript reports whether what was said was removed with an item.
func hasTranscript(it removed.Item) bool {
	return slices.ContainsFunc(it.Files, func(f removed.File) bool {
		return path.Base(f.Name) == path.Base(layout.TranscriptIn(""))
	})
}
