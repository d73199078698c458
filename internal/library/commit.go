package library

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"path"
	"strings"

	"github.com/spaces-cli/spaces/internal/library/catalog"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
)

// A recording's folder is made whole under .partial and then takes the place
// of the one before it, in steps that a later run can finish:
//
//	.partial/<key>       being made; a later run throws it away
//	.partial/<key>.new   complete and flushed
//	.partial/<key>.old   the folder that it replaces, moved aside
//
// Only renames of folders lie between "complete" and "in its place". Where an
// .old exists, its .new was complete.
const (
	newSuffix = ".new"
	oldSuffix = ".old"
)

// stageKey names the folder under .partial for a Space. Ids that differ in
// case only must not meet there on Windows and macOS.
func stageKey(id string) string {
	h := fnv.New32a()
	h.Write([]byte(id))
	return fmt.Sprintf("%s-%08x", id, h.Sum32())
}

// Place picks the folder for r: the one its facts ask for, or if that is
// another Space's, on a file system that tells no case apart, a numbered one.
func (l *Library) Place(r *space.Recording) (string, error) {
	want := layout.Folder(r)
	for n := 1; n < 100; n++ {
		folder := want
		if n > 1 {
			folder = fmt.Sprintf("%s (%d)", want, n)
		}
		if folder == r.Folder || !l.disk.exists(folder) {
			return folder, nil
		}
		other, err := l.load(folder)
		if err == nil && other.ID == r.ID {
			return folder, nil
		}
	}
	return "", fmt.Errorf("no free folder name for %s", want)
}

// removeReplaced takes out of the replaced folder aside what stays with the recording
// and removes the rest.
func (l *Library) removeReplaced(aside, folder string) error {
	for _, sub := range layout.Carried {
		from, to := path.Join(aside, sub), path.Join(folder, sub)
		if l.disk.exists(from) && !l.disk.exists(to) {
			if err := l.disk.rename(from, to); err != nil {
				return err
			}
		}
	}
	return l.disk.removeAll(aside)
}

// Settled reports whether all folders are in their places: no program is just
// replacing or moving one, and no killed one has left that half done.
func (l *Library) Settled() (bool, error) {
	entries, err := l.disk.readDir(layout.Partial)
	if err != nil {
		return false, err
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), oldSuffix) {
			return false, nil
		}
	}
	moving, err := l.Store().Moving()
	return !moving && err == nil, err
}

// recover finishes what a killed run left under .partial and reports whether
// there was anything that the catalogue may not know of.
func (l *Library) recover() (found bool, err error) {
	if found, err = l.finishRemovals(); err != nil {
		return found, err
	}
	entries, err := l.disk.readDir(layout.Partial)
	if err != nil {
		return found, err
	}
	for _, e := range entries {
		key, ok := strings.CutSuffix(e.Name(), oldSuffix)
		if !ok {
			continue
		}
		found = true
		aside, next := path.Join(layout.Partial, e.Name()), path.Join(layout.Partial, key+newSuffix)
		id, _, _ := strings.Cut(key, "-")
		if l.disk.exists(next) {
			var s space.Space
			if err := l.disk.readJSON(layout.SidecarIn(next), &s); err != nil {
				return found, err
			}
			if err := l.disk.rename(next, s.Folder); err != nil {
				return found, err
			}
		}
		folder, err := l.folder(id)
		if err != nil {
			return found, err
		}
		if err := l.removeReplaced(aside, folder); err != nil {
			return found, err
		}
	}
	if len(entries) == 0 {
		return found, nil
	}
	return found, l.disk.removeAll(layout.Partial)
}

// setDirty tells the catalogue that folders are about to change, or that it
// knows of all changes.
func (l *Library) setDirty(ctx context.Context, dirty bool) error {
	if l.dirty == dirty {
		return nil
	}
	if err := l.trace("catalog", "flag"); err != nil {
		return err
	}
	if err := l.cat.SetDirty(context.WithoutCancel(ctx), dirty); err != nil {
		return err
	}
	l.dirty = dirty
	return nil
}

// index puts one recording into the catalogue. It is not cut short by ctx:
// the folder is there already.
func (l *Library) index(ctx context.Context, s *space.Space) error {
	if err := l.trace("catalog", s.ID); err != nil {
		return err
	}
	return l.cat.Update(context.WithoutCancel(ctx), func(tx *catalog.Tx) error { return tx.Put(&s.Recording) })
}

// Reindex builds the catalogue anew from the folders and returns how many
// recordings there are.
func (l *Library) Reindex(ctx context.Context) (int, error) {
	if err := l.trace("catalog", "reindex"); err != nil {
		return 0, err
	}
	marks, err := l.marks()
	if err != nil {
		return 0, err
	}
	n := 0
	err = l.cat.Update(ctx, func(tx *catalog.Tx) error {
		if err := errors.Join(tx.Clear(), tx.SetGeneration(marks.Generation)); err != nil {
			return err
		}
		for folder, err := range l.folders() {
			if err != nil {
				return err
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			s, err := l.load(folder)
			if err != nil {
				l.notes = append(l.notes, fmt.Sprintf("%s could not be added to the catalogue: %v", folder, err))
				continue
			}
			if err := tx.Put(&s.Recording); err != nil {
				return err
			}
			n++
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	l.dirty = true // so that the flag is cleared whatever it is
	return n, l.setDirty(ctx, false)
}

// replaceSidecar writes space.json of a recording in place and indexes it.
func (l *Library) replaceSidecar(ctx context.Context, s *space.Space) (err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.setDirty(ctx, true); err != nil {
		return err
	}
	defer func() { l.catalogStale = l.catalogStale || err != nil }()
	if err := l.disk.writeJSON(layout.SidecarIn(s.Folder), s); err != nil {
		return err
	}
	return l.index(ctx, s)
}

// isGone reports whether err means that a file is not there (any more).
func isGone(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// intact reports whether all originals of a recording are there in full length.
func (l *Library) intact(s *space.Space) bool {
	if len(s.Pieces) == 0 {
		return false
	}
	for _, p := range s.Pieces {
		info, err := l.disk.root.Stat(layout.OriginalIn(s.Folder, p.Name))
		if err != nil || info.Size() != p.Bytes {
			return false
		}
	}
	return true
}

// Probe reports whether the library can still be written: a file of a few
// bytes, and the catalogue.
func (l *Library) Probe(ctx context.Context) error {
	const name = layout.Partial + "/probe"
	if err := l.disk.mkdirAll(layout.Partial); err != nil {
		return err
	}
	w, err := l.disk.create(name)
	if err != nil {
		return err
	}
	defer l.disk.root.Remove(name)
	if _, err := w.Write([]byte("probe")); err != nil {
		w.Discard()
		return err
	}
	if err := w.Commit(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dirty = false // so that the flag is written, and not only remembered
	return l.setDirty(ctx, true)
}

// KeepArchive keeps what an archive held.
func (l *Library) KeepArchive(a *space.Archive) error {
	if err := l.disk.mkdirAll(layout.Archives); err != nil {
		return err
	}
	name := layout.ArchiveOf(a.Key())
	var known space.Archive
	if err := l.disk.readJSON(name, &known); err == nil {
		a.Name = known.Name // the same archive under another name is no news
		if same, err := space.Equal(known, a); err != nil || same {
			return err
		}
	}
	return l.disk.writeJSON(name, a)
}
