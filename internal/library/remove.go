package library

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/library/catalog"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/removed"
	"github.com/spaces-cli/spaces/internal/library/space"
)

// KeepRemoved is how long what was removed can be brought back.
const KeepRemoved = 30 * 24 * time.Hour

var (
	// ErrPresent means that the library has a Space that was to be brought back.
	ErrPresent = errors.New("the Space is in the library")
	// ErrNoPlace means that the Space is not there that a clip or an episode was
	// to be brought back to.
	ErrNoPlace = errors.New("the Space is not in the library")
)

// A Removal says what goes when a Space is removed.
type Removal struct {
	Recording space.Recording
	Files     []string // that go, below the library
	Bytes     int64    // of them
	Kept      []string // where they will lie until they are deleted
	Place     string   // of them in layout.Removed, once they are there
}

// PlanRemoval says what Remove would do.
func (l *Library) PlanRemoval(id string, permanently bool) (*Removal, error) {
	s, err := l.Load(id)
	if err != nil {
		return nil, err
	}
	r := &Removal{Recording: s.Recording}
	err = removed.Walk(l.disk.root, s.Folder, func(f removed.File) {
		r.Files = append(r.Files, f.Name)
		r.Bytes += f.Bytes
	})
	if !permanently {
		r.keptAt(path.Base(s.Folder))
	}
	return r, err
}

func (r *Removal) keptAt(place string) {
	it := removed.Item{Place: place, Record: removed.Record{Folder: r.Recording.Folder}}
	r.Kept = nil
	for _, name := range r.Files {
		r.Kept = append(r.Kept, it.Here(name))
	}
}

// Remove takes a Space out of the library with all that was made from it. It can
// be brought back with Restore, unless it is removed permanently. by is the
// command, for the record.
func (l *Library) Remove(ctx context.Context, id string, permanently bool, by string) (*Removal, error) {
	r, err := l.PlanRemoval(id, permanently)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	err = l.setDirty(ctx, true)
	if errors.Is(err, catalog.ErrFull) {
		err = errors.Join(l.dropCatalog(ctx), l.setDirty(ctx, true))
	}
	if err != nil {
		return nil, err
	}
	if permanently {
		// Words that were not kept yet have no other place from which they could go.
		if err = l.disk.removeAll(layout.TranscribingOf(r.Recording.ID)); err == nil {
			err = l.delete(r.Recording.Folder, r.Recording.ID)
		}
	} else {
		err = l.putAside(r, by)
	}
	if err != nil {
		l.catalogStale = true
		return nil, err
	}
	l.moved(id, "")
	l.scrub = true
	err = l.cat.Update(context.WithoutCancel(ctx), func(tx *catalog.Tx) error { return tx.Delete(id) })
	l.catalogStale = l.catalogStale || err != nil
	return r, err
}

// putAside moves the folder to layout.Removed.
func (l *Library) putAside(r *Removal, by string) error {
	rec := removed.Record{
		Kind: removed.Space, ID: r.Recording.ID, Title: r.Recording.Title, Name: path.Base(r.Recording.Folder), Folder: r.Recording.Folder,
		RemovedAt: space.Time{Time: l.now().UTC()}, By: by,
	}
	err := removed.Walk(l.disk.root, rec.Folder, func(f removed.File) {
		rec.Files = append(rec.Files, f)
		rec.Bytes += f.Bytes
	})
	if err != nil {
		return err
	}
	it, err := l.Store().Put(rec)
	if err != nil {
		return err
	}
	r.Place = it.Place
	r.keptAt(it.Place)
	return nil
}

// delete moves a folder out of the library's sight in one step and then takes it
// apart. A run that is killed in between leaves the rest under layout.Partial, where the
// next one throws it away.
func (l *Library) delete(folder, key string) error {
	if err := l.hide(folder, key); err != nil {
		return err
	}
	return l.disk.removeAll(hidden(key))
}

// hide moves a folder to where the next run throws it away.
func (l *Library) hide(folder, key string) error {
	if err := l.disk.mkdirAll(layout.Partial); err != nil {
		return err
	}
	if err := l.disk.removeAll(hidden(key)); err != nil {
		return err
	}
	return l.disk.rename(folder, hidden(key))
}

func hidden(key string) string { return path.Join(layout.Partial, stageKey("gone-"+key)) }

// Store returns the folder of what was removed, for clips and episodes.
func (l *Library) Store() removed.Store {
	return removed.Store{Root: l.disk.root, Trace: l.trace, Unreadable: func(name string, err error) {
		if _, told := l.warned.LoadOrStore(name, true); !told && l.warn != nil {
			l.warn(fmt.Sprintf("cannot read %s, which was skipped: %s", name, strings.TrimPrefix(err.Error(), name+": ")))
		}
	}}
}

// Removed lists what can be brought back, the latest first.
func (l *Library) Removed() ([]removed.Item, error) { return l.Store().List() }

// WasRemoved returns the latest removal of a Space whose id begins so, if it can
// be brought back, or nil.
func (l *Library) WasRemoved(id string) (*removed.Item, error) {
	if len(id) < 4 {
		return nil, nil
	}
	list, err := l.Removed()
	if err != nil {
		return nil, err
	}
	for _, it := range list {
		if it.Kind == removed.Space && strings.HasPrefix(it.ID, id) {
			return &it, nil
		}
	}
	return nil, nil
}

// LoadRemoved returns all that is known of a Space that was removed. Its folder
// and files are where they lie now.
func (l *Library) LoadRemoved(it *removed.Item) (*space.Space, error) {
	return l.load(layout.RemovedIn(it.Place))
}

// Restored says what was brought back.
type Restored struct {
	removed.Record
	Folder  string // where it lies now, below the library
	Name    string // of the Space's folder or of the audio, now
	Bare    bool   // of a Space the file to play is missing: an earlier program removed it
	Swapped bool   // of a transcript: the one that was there was put aside
}

// Restore brings back what lies at a place in layout.Removed. Where something of
// that name is there now, it gets another one.
func (l *Library) Restore(ctx context.Context, place string) (*Restored, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	it, err := l.Store().Find(place)
	if err != nil {
		return nil, err
	}
	if it.Kind == removed.Space {
		return l.restoreSpace(ctx, it)
	}
	folder, err := l.folder(it.ID)
	if errors.Is(err, ErrNotFound) {
		return nil, fmt.Errorf("%w: %s", ErrNoPlace, it.ID)
	}
	if err != nil {
		return nil, err
	}
	folder = path.Join(folder, path.Base(it.Folder))
	if err := l.disk.mkdirAll(folder); err != nil {
		return nil, err
	}
	swapped := false
	if it.Kind == removed.Transcript {
		if swapped, err = l.makeRoom(it, folder); err != nil {
			return nil, err
		}
	}
	name, err := l.Store().Restore(it, folder)
	return &Restored{it.Record, folder, name, false, swapped}, err
}

// makeRoom puts aside the transcript of a recording for one that is brought
// back: it has one at a time. It reports whether there was any.
func (l *Library) makeRoom(it *removed.Item, folder string) (bool, error) {
	r := it.Record
	r.Folder, r.Files = folder, nil
	r.RemovedAt, r.By = space.Time{Time: l.now().UTC()}, "restore"
	for _, name := range layout.TranscriptFiles(path.Dir(folder)) {
		r.Files = append(r.Files, removed.File{Name: name})
	}
	_, err := l.Store().Put(r)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

func (l *Library) restoreSpace(ctx context.Context, it *removed.Item) (*Restored, error) {
	if _, err := l.folder(it.ID); err == nil {
		return nil, fmt.Errorf("%w: %s", ErrPresent, it.ID)
	} else if !errors.Is(err, ErrNotFound) {
		return nil, err
	}
	s, err := l.load(layout.RemovedIn(it.Place))
	if err != nil {
		return nil, err
	}
	folder := it.Folder
	if l.disk.exists(folder) || !isRecordings(folder) {
		if folder, err = l.Place(&s.Recording); err != nil {
			return nil, err
		}
	}
	if err := l.setDirty(ctx, true); err != nil {
		return nil, err
	}
	if _, err := l.Store().Restore(it, folder); err != nil {
		l.catalogStale = true
		return nil, err
	}
	l.moved(it.ID, folder)
	if s, err = l.load(folder); err == nil {
		err = l.index(ctx, s)
	}
	l.catalogStale = l.catalogStale || err != nil
	if err != nil {
		return nil, err
	}
	return &Restored{it.Record, folder, path.Base(folder), s.State == space.Missing, false}, nil
}

// isRecordings reports whether a folder is where those of recordings are.
func isRecordings(folder string) bool {
	return strings.HasPrefix(folder, layout.Recordings+"/") && strings.Count(folder, "/") == 2
}

// EmptyRemoved deletes what was removed before a time, and returns it. What
// says nothing credible of when it was removed stays: see removed.Item.Since. If
// nobody changed the library for that long, the clock may be wrong, or the library
// has just been restored from a backup: then what is due stays as long once more.
func (l *Library) EmptyRemoved(ctx context.Context, before time.Time) ([]removed.Item, error) {
	list, err := l.Removed()
	if err != nil {
		return nil, err
	}
	old := func(it *removed.Item) bool { return !it.Since().IsZero() && !it.Since().After(before) }
	list = slices.DeleteFunc(list, func(it removed.Item) bool { return !old(&it) })
	if l.lock != nil && l.now().Sub(l.lock.last) > KeepRemoved {
		for _, it := range list {
			if err := l.disk.root.Chtimes(layout.RemovedRecord(it.Place), l.now(), l.now()); err != nil {
				return nil, err
			}
		}
		return nil, nil
	}
	for i, it := range list {
		if err := ctx.Err(); err != nil {
			return list[:i], err
		}
		if err := l.DropRemoved(it.Place); err != nil {
			return list[:i], err
		}
	}
	return list, l.records(func(place string) error {
		if it, err := l.Store().Find(place); it != nil && isGone(err) && old(it) {
			return l.disk.remove(layout.RemovedRecord(place))
		}
		return nil
	})
}

// DropRemoved deletes what lies at a place in layout.Removed.
func (l *Library) DropRemoved(place string) error {
	if place != path.Base(place) || place == "." || place == ".." {
		return fmt.Errorf("%q: %w", place, ErrNotFound)
	}
	if l.disk.exists(layout.RemovedIn(place)) {
		if err := l.hide(layout.RemovedIn(place), place); err != nil {
			return err
		}
	}
	// The record goes before what it tells of: as long as that is hidden, a killed
	// run is known by it.
	if err := l.disk.remove(layout.RemovedRecord(place)); err != nil {
		return err
	}
	return l.disk.removeAll(hidden(place))
}

// finishRemovals makes the moves to and from layout.Removed that a killed run
// has left, and removes records of what is being deleted. It reports whether
// folders of Spaces may have moved.
func (l *Library) finishRemovals() (found bool, err error) {
	found, err = l.Store().Finish(true)
	if err != nil {
		return found, err
	}
	return found, l.records(func(place string) error {
		if l.disk.exists(hidden(place)) {
			return l.disk.remove(layout.RemovedRecord(place))
		}
		return nil
	})
}

// records calls fn with each place whose files are not there, but their record:
// they were deleted, or somebody has moved them away and may bring them back.
func (l *Library) records(fn func(place string) error) error {
	entries, err := l.disk.readDir(layout.Removed)
	if err != nil {
		return err
	}
	for _, e := range entries {
		place, ok := layout.RecordOfRemoved(e.Name())
		if ok && !l.disk.exists(layout.RemovedIn(place)) && !l.disk.exists(layout.RemovedMoves(place)) {
			if err := fn(place); err != nil {
				return err
			}
		}
	}
	return nil
}
