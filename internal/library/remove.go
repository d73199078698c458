package library

import (
	"context"
	"fmt"
	"io/fs"
	"path"

	"github.com/spaces-cli/spaces/internal/library/catalog"
	"github.com/spaces-cli/spaces/internal/library/space"
)

// removedDir is where the originals of removed Spaces stay.
const removedDir = "removed"

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
	keep := path.Join(s.Folder, "original") + "/"
	err = fs.WalkDir(l.disk.root.FS(), s.Folder, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		if !originals && len(name) > len(keep) && name[:len(keep)] == keep {
			r.Kept = append(r.Kept, path.Join(removedDir, path.Base(s.Folder), name[len(s.Folder)+1:]))
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
	if err := l.setDirty(ctx, true); err != nil {
		return nil, err
	}
	if err := l.remove(r, originals); err != nil {
		l.behind = true
		return nil, err
	}
	err = l.cat.Update(context.WithoutCancel(ctx), func(tx *catalog.Tx) error { return tx.Delete(id) })
	l.behind = l.behind || err != nil
	return r, err
}

// remove moves the folder out of the library's sight in one step and then
// takes it apart. A run that is killed in between leaves the rest under
// .partial, where the next one throws it away: so what stays moves first.
func (l *Library) remove(r *Removal, originals bool) error {
	folder := r.Recording.Folder
	if !originals && len(r.Kept) > 0 {
		dst, err := l.freeName(path.Join(removedDir, path.Base(folder)))
		if err != nil {
			return err
		}
		staged := path.Join(partialDir, stageKey("removed-"+r.Recording.ID))
		if err := l.disk.removeAll(staged); err != nil {
			return err
		}
		if err := l.linkTree(path.Join(folder, "original"), path.Join(staged, "original")); err != nil {
			return err
		}
		if err := l.disk.link(path.Join(folder, sidecarName), path.Join(staged, sidecarName)); err != nil {
			return err
		}
		if err := l.disk.mkdirAll(removedDir); err != nil {
			return err
		}
		if err := l.disk.rename(staged, dst); err != nil {
			return err
		}
	}
	gone := path.Join(partialDir, stageKey("gone-"+r.Recording.ID))
	if err := l.disk.mkdirAll(partialDir); err != nil {
		return err
	}
	if err := l.disk.removeAll(gone); err != nil {
		return err
	}
	if err := l.disk.rename(folder, gone); err != nil {
		return err
	}
	return l.disk.removeAll(gone)
}

// freeName returns name, or name with a number if that is taken.
func (l *Library) freeName(name string) (string, error) {
	for n := 1; n < 1000; n++ {
		free := name
		if n > 1 {
			free = fmt.Sprintf("%s (%d)", name, n)
		}
		if !l.disk.exists(free) {
			return free, nil
		}
	}
	return "", fmt.Errorf("too many folders named %s", name)
}
