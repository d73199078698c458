package library

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"github.com/spaces-cli/spaces/internal/library/catalog"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
)

// Reword changes words in all that is known of a Space: its facts, the names
// of its folder and of its playable files, and the tags in these. Originals
// stay as they are. facts returns JSON with other words in it, name a name
// likewise.
func (l *Library) Reword(ctx context.Context, id string, facts func([]byte) []byte, name func(string) string) error {
	known, err := l.Load(id)
	if err != nil {
		return err
	}
	s, err := reworded(known, facts)
	if err != nil {
		return fmt.Errorf("%s: %w", layout.SidecarIn(known.Folder), err)
	}
	if same, err := space.Equal(known, s); err != nil || same && name(known.Folder) == known.Folder {
		return err
	}
	named := slices.ContainsFunc(known.Files, func(file string) bool { return name(file) != file })
	if !named && name(known.Folder) == known.Folder || s.State == space.Missing {
		return l.Rewrite(ctx, known, s)
	}
	g, err := l.Stage(s.ID)
	if err != nil {
		return err
	}
	if err := g.refill(ctx, known, s, true); err != nil {
		g.Discard()
		return err
	}
	return g.Install(ctx, known.Folder, s)
}

// reworded is a copy of what is known with other words, which lies where it
// lay.
func reworded(known *space.Space, change func([]byte) []byte) (*space.Space, error) {
	b, err := space.Marshal(known)
	if err != nil {
		return nil, err
	}
	s := new(space.Space)
	if err := json.Unmarshal(change(b), s); err != nil {
		return nil, err
	}
	s.ID, s.Pieces = known.ID, known.Pieces
	s.Folder, s.File, s.Files, s.FileSHA256 = known.Folder, known.File, known.Files, known.FileSHA256
	return s, nil
}

// Replace writes a small file of the library anew, in one step. Those that
// others append to are not for it.
func (l *Library) Replace(name string, content []byte) error { return l.disk.writeFile(name, content) }

// RemoveFile removes a file of the library, and its folder if that is empty
// then. It is no error if there is none.
func (l *Library) RemoveFile(name string) error {
	if err := l.disk.remove(name); err != nil {
		return err
	}
	if left, err := l.disk.readDir(path.Dir(name)); err == nil && len(left) == 0 {
		return l.disk.remove(path.Dir(name))
	}
	return nil
}

// RenameRemoved gives the folder of a removed Space another name.
func (l *Library) RenameRemoved(place, name string) error {
	it, err := l.Store().Find(place)
	if err != nil {
		return err
	}
	return l.Store().Move(it, name)
}

// Files calls fn with every file of the library but its lock, by its name below
// it.
func (l *Library) Files(ctx context.Context, fn func(name string, info fs.FileInfo) error) error {
	return fs.WalkDir(l.disk.root.FS(), ".", func(name string, e fs.DirEntry, err error) error {
		if err == nil {
			err = ctx.Err()
		}
		switch {
		case errors.Is(err, fs.ErrNotExist) && name != ".":
			return nil
		case err != nil:
			return err
		case e.IsDir() && name == layout.Partial:
			return fs.SkipDir
		case !e.Type().IsRegular() || name == layout.Lock || name == layout.LockDetails:
			return nil
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		return fn(name, info)
	})
}

// Read returns a file of the library.
func (l *Library) Read(name string) ([]byte, error) { return l.disk.root.ReadFile(name) }

// OpenFile opens a file of the library for reading.
func (l *Library) OpenFile(name string) (fs.File, error) { return l.disk.root.Open(name) }

// Rebuild makes the catalogue anew in another file, so that nothing of what it
// held before is left in the free pages of the old one.
func (l *Library) Rebuild(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	f, err := l.marks()
	if err != nil {
		return err
	}
	f.Generation++
	if err := l.disk.writeJSON(layout.Marks, f); err != nil {
		return err
	}
	name := l.Path(layout.Catalog)
	if err := l.cat.Close(); err != nil {
		return err
	}
	l.cat = nil
	if err := l.trace("remove", layout.Catalog); err != nil {
		return err
	}
	// Windows removes no file that a reader has open: then it is emptied.
	refused := catalog.Remove(name)
	if l.cat, err = catalog.Open(context.WithoutCancel(ctx), name, catalog.ReadWrite); err != nil {
		return errors.Join(refused, err)
	}
	l.catalogStale = false
	l.scrub = true
	if _, err = l.Reindex(ctx); err == nil && refused != nil {
		err = l.cat.Compact(ctx)
	}
	return err
}
