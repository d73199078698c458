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
// transcript yet.
func (s *search) leftovers() error {
	for _, id := range s.stage {
		err := fs.WalkDir(s.lib.Root().FS(), layout.TranscribingOf(id), func(name string, e fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) || err == nil && e.IsDir() || s.known[name] {
				return nil
			}
			var info fs.FileInfo
			if err == nil {
				info, err = e.Info()
			}
			if err == nil {
				s.found(Item{Kind: Leftover, Recording: id, Name: name, Bytes: info.Size(), Voice: true, Fate: Removed})
			}
			return err
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
