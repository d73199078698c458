package intake

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/playable"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// An unplayableError says that no playable file can be made of originals that
// could be read: the fault is theirs, not the disk's.
type unplayableError struct{ err error }

func (e *unplayableError) Error() string { return e.err.Error() }
func (e *unplayableError) Unwrap() error { return e.err }

// handable says why no playable file can be made of the track, or returns nil.
func handable(t *track.Track) error {
	for _, r := range t.Runs {
		if _, err := playable.Ext(r.Codec); err != nil {
			return err
		}
	}
	return nil
}

// keeps reports whether an original that cannot be played is worth keeping:
// one that was read as sound; of the others, sound in an archive, which may
// not come again. Loose files of formats that are not read stay where they
// are.
func (it *item) keeps(p *piece) bool {
	var na *media.NotAudioError
	if !errors.As(p.unread, &na) {
		return true
	}
	return na.Kind.Sound() && it.origin != nil
}

// keepAside moves an original that cannot be played to where those lie that do
// not belong to the recording's timeline.
func (im *importer) keepAside(g *library.Stage, p *piece, flushes *flushes, out *outcome) error {
	if err := flushes.wait(); err != nil { // a file that is open cannot be renamed on Windows
		return err
	}
	e := path.Ext(p.Name)
	stem := strings.TrimSuffix(path.Base(p.Name), e)
	kept := space.Earlier{
		Name:  layout.Earlier(fmt.Sprintf("%s.%s%s", stem, p.SHA256[:8], e)),
		Bytes: p.Bytes, SHA256: p.SHA256,
		Reason: "kept, but it cannot be played: " + p.unread.Error(),
	}
	if err := g.MakeEarlier(); err != nil {
		return err
	}
	if err := g.RenameOriginal(p.Name, kept.Name); err != nil {
		return err
	}
	out.kept = append(out.kept, kept)
	out.lost++
	if p.chunks != nil {
		f := p.chunks.file(p.Name)
		beside := space.Earlier{Name: layout.ManifestOf(kept.Name), Bytes: f.Bytes, SHA256: f.SHA256, Reason: "the manifest of " + path.Base(kept.Name)}
		if err := g.RenameOriginal(f.Name, beside.Name); err != nil {
			return err
		}
		out.kept = append(out.kept, beside)
	}
	problem := unreadProblem(p.Member, p.unread)
	problem.Message += "; the original is kept"
	out.problem(problem, true)
	return nil
}

// unplayable keeps the originals of an item of which no playable file can be
// made, and its facts.
func (im *importer) unplayable(ctx context.Context, it *item, known *space.Space, g *library.Stage, pieces []*piece, err error, flushes *flushes, out *outcome) error {
	for _, p := range pieces {
		p.unread = err
		if err := im.keepAside(g, p, flushes, out); err != nil {
			return err
		}
	}
	return im.withoutAudio(ctx, it, known, g, flushes, out)
}

// withoutAudio takes in the facts of an item of whose originals nothing plays,
// and those originals that are kept all the same.
func (im *importer) withoutAudio(ctx context.Context, it *item, known *space.Space, g *library.Stage, flushes *flushes, out *outcome) error {
	fresh := out.kept
	if known != nil {
		fresh = slices.DeleteFunc(slices.Clone(fresh), func(e space.Earlier) bool {
			return slices.ContainsFunc(known.Earlier, func(f space.Earlier) bool { return f.SHA256 == e.SHA256 }) ||
				slices.ContainsFunc(known.Pieces, func(q space.Piece) bool { return q.SHA256 == e.SHA256 })
		})
	}
	switch {
	case len(fresh) == 0 && it.record == nil && known == nil:
		out.action = Failed
		return nil
	case len(fresh) == 0:
		g.Discard()
		return im.importFacts(ctx, it, known, out)
	}
	if err := flushes.wait(); err != nil {
		return err
	}
	if known == nil {
		s := im.describe(nil, it, nil)
		s.Earlier = out.kept
		if err := im.addOrigins(ctx, s, it); err != nil {
			return err
		}
		out.space, out.action = s, Added
		return im.installStaged(ctx, g, s)
	}
	return im.addKept(ctx, it, known, g, fresh, out)
}

// addKept adds originals to a recording that the library has.
func (im *importer) addKept(ctx context.Context, it *item, known *space.Space, g *library.Stage, fresh []space.Earlier, out *outcome) error {
	more, err := g.MoveEarlier(ctx, known, fresh)
	if err != nil {
		return err
	}
	err = im.importFacts(ctx, it, more, out)
	if err == nil && out.action == Unchanged {
		out.action = Updated
	}
	return err
}
