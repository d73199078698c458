package forget

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/spaces-cli/spaces/internal/library/layout"
)

// leftovers lists what killed commands have left of recordings in which the
// person was on stage, and what engines have heard in them that is not a
// transcript yet. That goes with their words only: somebody may be at it.
func (s *search) leftovers() error {
	stage := slices.Clone(s.stage)
	for _, place := range s.dropped {
		if sp := s.kept[place]; sp != nil && !slices.Contains(stage, sp.ID) {
			stage = append(stage, sp.ID)
		}
	}
	chosen := s.choice.Words || s.choice.Originals
	if chosen {
		s.begun = stage
	}
	for _, id := range stage {
		err := fs.WalkDir(s.lib.Root().FS(), layout.TranscribingOf(id), func(name string, e fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) || err == nil && (e.IsDir() || path.Base(name) == layout.TranscribingLock) || s.known[name] {
				return nil
			}
			if err != nil {
				return err
			}
			info, err := e.Info()
			if errors.Is(err, fs.ErrNotExist) {
				return nil // of somebody who is at it
			}
			if err != nil {
				return err
			}
			it := Item{Kind: Leftover, Recording: id, Name: name, Bytes: info.Size(), Voice: true, Fate: fate(chosen, Removed)}
			if it.Named, err = s.names(name); err != nil {
				return err
			}
			if it.Fate == Stays && it.Named && s.choice.Names && isText(name) {
				it.Fate = Rewritten
			}
			s.found(it)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return s.lib.Leftovers(s.ctx, func(name string, info fs.FileInfo) error {
		parts := strings.SplitN(name, "/", 4)
		id := ""
		switch {
		case parts[0] == layout.Recordings && len(parts) == 4:
			id = s.owner[path.Join(parts[:3]...)]
		case parts[0] == layout.Partial && len(parts) > 1:
			id, _, _ = strings.Cut(parts[1], "-")
		}
		if slices.Contains(s.stage, id) {
			s.found(Item{Kind: Leftover, Recording: id, Name: name, Bytes: info.Size(), Voice: true, Fate: Removed})
		}
		return nil
	})
}
