package library

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/spaces-cli/spaces/internal/library/catalog"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
)

// A Removal says what goes when a Space is removed.
type Removal struct {
	Recording space.Recording
	Files     []string // that go, below the library
	Bytes     int64    // of them
	Kept      []string // originals that stay, where they will lie
}

// PlanRemoval says what Remove would do.
func (l *Library) PlanRemoval(id string, originals bool) (*Removal, error) {
	s, err := l.Load(id)
	if err != nil {
		return nil, err
	}
	r := &Removal{Recording: s.Recording}
	keep := path.Join(s.Folder, layout.Original) + "/"
	err = fs.WalkDir(l.disk.root.FS(), s.Folder, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		if !originals && len(name) > len(keep) && name[:len(keep)] == keep {
			r.Kept = append(r.Kept, path.Join(layout.Removed, path.Base(s.Folder), name[len(s.Folder)+1:]))
			return nil
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		r.Files = append(r.Files, name)
		r.Bytes += info.Size()
		return nil
	})
	return r, err
}

// Remove takes a Space out of the library with all that was made from it. Its
// originals and its sidecar move to the folder removed, unless originals says
// that they go too.
func (l *Library) Remove(ctx context.Context, id string, originals bool) (*Removal, error) {
	r, err := l.PlanRemoval(id, originals)
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
	if err := l.remove(r, originals); err != nil {
		l.catalogStale = true
		return nil, err
	}
	l.scrub = true
	err = l.cat.Update(context.WithoutCancel(ctx), func(tx *catalog.Tx) error { return tx.Delete(id) })
	l.catalogStale = l.catalogStale || err != nil
	return r, err
}

// remove moves the folder out of the library's sight in one step and then
// takes it apart. A run that is killed in between leaves the rest under
// .partial, where the next one throws it away: so what stays moves first.
func (l *Library) remove(r *Removal, originals bool) error {
	folder := r.Recording.Folder
	if !originals && len(r.Kept) > 0 {
		if err := l.keepRemoved(r); err != nil {
			return err
		}
	}
	gone := path.Join(layout.Partial, stageKey("gone-"+r.Recording.ID))
	if err := l.disk.mkdirAll(layout.Partial); err != nil {
		return err
	}
	if err := l.disk.removeAll(gone); err != nil {
		return err
	}
	if err := l.disk.rename(folder, gone); err != nil {
		return err
	}
	l.moved(r.Recording.ID, "")
	return l.disk.removeAll(gone)
}

// keepRemoved gives the originals and the sidecar a second name under
// layout.Removed.
func (l *Library) keepRemoved(r *Removal) error {
	folder := r.Recording.Folder
	dst, done, err := l.removedName(folder)
	if err != nil || done {
		return err
	}
	staged := path.Join(layout.Partial, stageKey("removed-"+r.Recording.ID))
	if err := l.disk.removeAll(staged); err != nil {
		return err
	}
	if err := l.linkTree(path.Join(folder, layout.Original), path.Join(staged, layout.Original)); err != nil {
		return err
	}
	if err := l.disk.link(layout.SidecarIn(folder), layout.SidecarIn(staged)); err != nil {
		return err
	}
	if err := l.syncTree(staged); err != nil {
		return err
	}
	if err := l.disk.mkdirAll(layout.Removed); err != nil {
		return err
	}
	return l.disk.rename(staged, dst)
}

// removedName returns where folder's originals are kept once it is removed:
// its name, or that with a number if another removed Space has it. done says
// that they lie there already: a killed run had come that far.
func (l *Library) removedName(folder string) (name string, done bool, err error) {
	sidecar, err := l.disk.root.ReadFile(layout.SidecarIn(folder))
	if err != nil {
		return "", false, err
	}
	for n := 1; n < 1000; n++ {
		name = path.Join(layout.Removed, path.Base(folder))
		if n > 1 {
			name = fmt.Sprintf("%s (%d)", name, n)
		}
		if !l.disk.exists(name) {
			return name, false, nil
		}
		if b, err := l.disk.root.ReadFile(layout.SidecarIn(name)); err == nil && bytes.Equal(b, sidecar) {
			return name, true, nil
		}
	}
	return "", false, fmt.Errorf("too many folders named %s", path.Base(folder))
}

// WasRemoved reports whether a Space whose id begins so was removed, and its
// originals were kept.
func (l *Library) WasRemoved(id string) bool {
	entries, err := l.disk.readDir(layout.Removed)
	if err != nil || len(id) < 4 {
		return false
	}
	for _, e := range entries {
		if slices.ContainsFunc(layout.IDs(e.Name()), func(was string) bool { return strings.HasPrefix(was, id) }) {
			return true
		}
	}
	return false
}
