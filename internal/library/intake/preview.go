package intake

import (
	"slices"

	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
)

// preview tells from the listing alone what importItem would do.
func (im *importer) preview(it *item) *outcome {
	var known *space.Space
	if im.lib != nil && it.id != "" {
		known, _ = im.lib.Load(it.id)
	}
	out := &outcome{space: im.describe(known, it, nil), action: Added}
	if was := im.removed[it.id]; known == nil && was != nil {
		out.action = Removed
		if s, err := im.lib.LoadRemoved(was); err == nil {
			out.space = s
		}
		return out
	}
	if known != nil {
		out.action = Updated
		if same, err := space.Equal(known, out.space); err == nil && same && it.looksLike(known) {
			out.action = Unchanged
		}
	}
	r := &out.space.Recording
	if known == nil || len(known.Pieces) == 0 {
		for _, o := range it.originals {
			r.Pieces = append(r.Pieces, space.Piece{Name: o.name, Bytes: o.size, Member: o.member, CRC32: o.crc})
		}
		describeState(out.space)
		if m := it.listed; m != nil {
			_, lost := m.Missing()
			seconds := space.Seconds(m.Seconds - lost)
			r.Duration = &seconds
		}
		if known == nil {
			r.Folder = layout.Folder(r)
		}
	}
	return out
}

// looksLike reports whether the item's originals are the pieces that the
// library has, as far as the listing tells.
func (it *item) looksLike(known *space.Space) bool {
	if it.listed != nil {
		return slices.ContainsFunc(known.Pieces, func(p space.Piece) bool {
			return p.Playlist != nil && p.Playlist.Ended == it.listed.Ended && p.Playlist.MissingChunks == 0 && p.Playlist.Chunks == it.listed.Real()
		})
	}
	for _, o := range it.originals {
		if !slices.ContainsFunc(known.Pieces, func(p space.Piece) bool {
			return p.Name == o.name && p.Bytes == o.size && (o.crc == "" || p.CRC32 == "" || o.crc == p.CRC32)
		}) {
			return false
		}
	}
	return true
}
