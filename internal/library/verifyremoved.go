package library

import (
	"path"
	"slices"

	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/removed"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/stream"
)

// removed verifies what can be brought back: of Spaces the originals, of clips
// and episodes the files whose hashes their records have. It tells of what nobody knows of.
func (v *verifier) removed() error {
	entries, err := v.lib.disk.readDir(layout.Removed)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := path.Join(layout.Removed, e.Name())
		place, isRecord := layout.RecordOfRemoved(e.Name())
		moving, isMoves := layout.MovesOfRemoved(e.Name())
		switch {
		case isMoves:
			if err := v.lib.Store().Damaged(moving); err != nil {
				v.report("", Unreadable, name, "%v", err)
			}
		case durable.IsLeftover(e.Name()) || isSystems(e.Name()):
		case isRecord:
			if !v.lib.disk.exists(layout.RemovedIn(place)) && !v.lib.disk.exists(layout.RemovedMoves(place)) {
				v.orphan(place)
			}
		case !e.IsDir():
			v.report("", Extra, name, "unknown file")
		case !v.lib.disk.exists(layout.RemovedMoves(e.Name())):
			if err := v.item(e.Name()); err != nil {
				return err
			}
		}
	}
	return nil
}

// orphan tells of a record without its files. A killed run deletes some: then the
// next one removes their record.
func (v *verifier) orphan(place string) {
	it, err := v.lib.Store().Find(place)
	switch {
	case v.lib.disk.exists(hidden(place)):
	case it != nil && isGone(err):
		v.report(it.ID, Lost, layout.RemovedIn(place), "the files are missing; they cannot be restored")
	case !isGone(err):
		v.report("", Unreadable, layout.RemovedRecord(place), "%v", err)
	}
}

// item verifies what lies at a place. The error is that of the context.
func (v *verifier) item(place string) error {
	folder := layout.RemovedIn(place)
	it, err := v.lib.Store().Find(place)
	switch {
	case isGone(err):
		v.report("", Extra, folder, "cannot be restored: it has no record")
		return nil
	case err != nil:
		v.report("", Unreadable, folder, "%v", err)
		return nil
	}
	if it.Kind != removed.Space {
		for _, f := range it.Files {
			if name := it.Here(f.Name); !v.lib.disk.exists(name) {
				v.report(it.ID, Lost, name, "the file is missing")
			}
		}
		v.stats.Files += len(it.Files)
		here := make(map[string]string)
		var records []string
		for _, f := range it.Files {
			if here[f.Name] = it.Here(f.Name); path.Ext(f.Name) == ".json" {
				records = append(records, f.Name)
			}
		}
		if err := v.removedMade(it.ID, it.Folder, records, func(name string) string { return here[name] }); err != nil {
			return err
		}
		return v.ctx.Err()
	}
	s, err := v.lib.load(folder)
	if err != nil {
		v.report(it.ID, Unreadable, layout.SidecarIn(folder), "%v", err)
		return nil
	}
	v.stats.Files++
	return v.originals(s, stream.NoProgress{})
}

// originals verifies those of a recording.
func (v *verifier) originals(s *space.Space, progress stream.Progress) error {
	for _, p := range s.Pieces {
		for i, f := range p.Originals() {
			told := progress
			if i > 0 {
				told = stream.NoProgress{} // only the piece itself is expected
			}
			if err := v.file(s.ID, layout.OriginalIn(s.Folder, f.Name), f.Bytes, f.SHA256, told); err != nil {
				return err
			}
		}
	}
	for _, e := range s.Earlier {
		if err := v.file(s.ID, layout.OriginalIn(s.Folder, e.Name), e.Bytes, e.SHA256, stream.NoProgress{}); err != nil {
			return err
		}
	}
	return nil
}

// isSystems reports whether a file is one that systems put into folders.
func isSystems(name string) bool {
	return slices.Contains([]string{".DS_Store", "Thumbs.db", "desktop.ini"}, name)
}
