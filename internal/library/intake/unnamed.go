package intake

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/spaces-cli/spaces/internal/archive"
	"github.com/spaces-cli/spaces/internal/library/catalog"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
)

// A replay may come before the archive that has the record of its Space. It has
// an id from its content until then.

// nameReplays gives replays in the library to the records of an archive that
// they fit: each to the only one, and each record the only replay.
func (im *importer) nameReplays(ctx context.Context, items []*item) error {
	if im.lib == nil || im.opts.DryRun {
		return nil
	}
	var unnamed []*space.Space
	for row, err := range im.lib.Catalog().List(ctx, catalog.Query{}) {
		if err != nil {
			return err
		}
		if !strings.HasPrefix(row.ID, "f") || row.Pieces != 1 {
			continue
		}
		if s, err := im.lib.Load(row.ID); err == nil && s.Sources["id"] == space.FromContent && s.Pieces[0].Playlist != nil && hasClock(s) {
			unnamed = append(unnamed, s)
		}
	}
	if len(unnamed) == 0 {
		return nil
	}
	fitting := make(map[*item][]*space.Space)
	count := make(map[string]int)
	for _, it := range items {
		if it.record == nil || im.removed[it.id] != nil && !im.has(it.id) {
			continue // what the host has removed stays removed
		}
		record := im.describe(nil, it, nil)
		for _, s := range unnamed {
			if heardOf(s).fits(record) == fitsSurely {
				fitting[it] = append(fitting[it], s)
				count[s.ID]++
			}
		}
	}
	for it, list := range fitting {
		if len(list) == 1 && count[list[0].ID] == 1 {
			if err := im.nameReplay(it, list[0]); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// heardOf is what a recording in the library tells of which Space it is.
func heardOf(s *space.Space) *heard {
	h := &heard{start: s.StartedAt.Time, end: s.EndedAt.Time, people: make(stage)}
	p := s.Pieces[0].Playlist
	h.ended = p.Ended && p.MissingChunks == 0
	for _, q := range s.Speakers {
		if q.Role != "host" && q.Handle != "" {
			h.people[strings.ToLower(q.Handle)] = true
		}
	}
	return h
}

// nameReplay adds a replay in the library to the item of its record. The one
// without a name is put aside when the other is saved.
func (im *importer) nameReplay(it *item, s *space.Space) error {
	used, err := im.inUse(s)
	if err != nil {
		return err
	}
	if used != "" {
		im.warn(archive.Problem{Kind: "same-space", Subject: s.ID,
			Message: fmt.Sprintf("it is a recording of the Space %s by its clock and people, but %s; both are kept", it.id, used)})
		return nil
	}
	p := &s.Pieces[0]
	c := ofLibrary(im.lib, s.Folder, p)
	if c == nil {
		return nil // verify tells
	}
	remove := func(string) {
		if _, err := im.lib.Remove(context.Background(), s.ID, false, "extract"); err != nil {
			im.fail(fmt.Errorf("the recording is in the library twice, also as Space %s: %w", it.id, err), s.ID)
		}
	}
	if len(it.originals) > 0 { // the better one plays
		im.opts.Joined = append(slices.Clip(im.opts.Joined), Joined{
			Path:     im.lib.Path(layout.OriginalIn(s.Folder, p.Name)),
			Manifest: im.lib.Path(layout.OriginalIn(s.Folder, p.Playlist.Manifest.Name)),
			Name:     p.Member, Host: p.Playlist.Host, Key: p.Playlist.Key, SpaceID: it.id, Kept: remove,
		})
		return nil
	}
	name := layout.OriginalIn(s.Folder, p.Name)
	it.add(original{
		member: p.Member, size: p.Bytes, chunks: c,
		open: func(context.Context) (io.ReadCloser, error) { return im.lib.OpenFile(name) },
	})
	it.kept = remove
	im.warn(archive.Problem{Kind: "joined-by-clock", Subject: s.ID,
		Message: fmt.Sprintf("it belongs to the Space %s: the clock in the audio and the people on stage agree", it.id)})
	return nil
}

// inUse says what refers to a recording by its id, so that it cannot get another
// one, or "".
func (im *importer) inUse(s *space.Space) (string, error) {
	root := im.lib.Root()
	for _, dir := range layout.Carried {
		list, err := fs.ReadDir(root.FS(), s.Folder+"/"+dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		if len(list) > 0 {
			return "it has " + dir, nil
		}
	}
	if s.TitleSource == space.TitleHost || s.Note != "" {
		return "it has a title or a note of yours", nil
	}
	if _, err := root.Stat(layout.ConfirmedOf(s.ID)); err == nil {
		return "you have confirmed who speaks in it", nil
	}
	for _, ledger := range []string{layout.Answers, layout.Receipts, layout.Journal, layout.MadeLedger} {
		b, err := root.ReadFile(ledger)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		if bytes.Contains(b, []byte(s.ID)) {
			return "consent or uploads refer to it", nil
		}
	}
	return "", nil
}
