package intake

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/stream"
)

// Remake makes the playable files of a Space again, from the originals in its
// own folder: those of a Space that an earlier program removed are gone.
func Remake(ctx context.Context, lib *library.Library, id string, p stream.Progress) error {
	known, err := lib.Load(id)
	if err != nil {
		return err
	}
	im := &importer{lib: lib, progress: p}
	if im.progress == nil {
		im.progress = stream.NoProgress{}
	}
	if im.withhold, err = newForgottenFilter(lib); err != nil {
		return err
	}
	return guard(func() error { return im.remake(ctx, known) })
}

func (im *importer) remake(ctx context.Context, known *space.Space) error {
	it := &item{id: known.ID}
	for i, p := range known.Pieces {
		name := layout.OriginalIn(known.Folder, p.Name)
		it.originals = append(it.originals, original{
			name: p.Name, member: p.Member, piece: i, size: p.Bytes,
			open:   func(context.Context) (io.ReadCloser, error) { return im.lib.OpenFile(name) },
			chunks: ofLibrary(im.lib, known.Folder, &p),
		})
	}
	it.work = newWork(im.progress, im.bytesOf(it))
	defer it.work.end()
	g, err := im.lib.Stage(it.id)
	if err != nil {
		return err
	}
	var flushes flushes
	err = im.fill(ctx, it, known, g, &flushes)
	if waited := flushes.wait(); err == nil {
		err = waited
	}
	if err != nil {
		g.Discard()
	}
	return err
}

// fill makes the folder of a Space anew in the stage and puts it in its place.
func (im *importer) fill(ctx context.Context, it *item, known *space.Space, g *library.Stage, flushes *flushes) error {
	out := new(outcome)
	pieces, err := im.stageOriginals(ctx, it, g, flushes, out)
	if err != nil {
		return err
	}
	if len(out.problems) > 0 {
		return fmt.Errorf("%s: %s", out.problems[0].Subject, out.problems[0].Message)
	}
	for i, p := range pieces {
		if was := known.Pieces[i]; p.SHA256 != was.SHA256 {
			return fmt.Errorf("%s: its content has changed: its SHA-256 is %s instead of %s", layout.OriginalIn(known.Folder, p.Name), p.SHA256, was.SHA256)
		}
	}
	a, err := assemble(pieces)
	if err != nil {
		return err
	}
	s := im.describe(known, it, a)
	// What was wrong with the sources is known from when they were read.
	for i, p := range s.Pieces {
		j := slices.IndexFunc(known.Pieces, func(q space.Piece) bool { return q.SHA256 == p.SHA256 })
		s.Pieces[i] = known.Pieces[j]
	}
	s.Damage = known.Damage
	describeState(s)
	if err := im.writeAll(ctx, g, s, a, it.work, flushes); err != nil {
		return err
	}
	s.Earlier = nil
	if err := g.KeepEarlier(known, s, ""); err != nil {
		return err
	}
	if err := g.WriteSidecar(s); err != nil {
		return err
	}
	if err := flushes.wait(); err != nil {
		return err
	}
	return g.Install(ctx, known.Folder, s)
}
