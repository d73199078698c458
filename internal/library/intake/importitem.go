package intake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"

	"github.com/spaces-cli/spaces/internal/archive"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/playable"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media/pcm"
	"github.com/spaces-cli/spaces/internal/stream"
)

// An Action says what an import did with a Space. The words appear in JSON.
type Action string

const (
	Added     Action = "added"
	Updated   Action = "updated"
	Unchanged Action = "unchanged"
	Failed    Action = "failed"
	Removed   Action = "removed" // left as it is: the host removed it, and can bring it back
)

// An outcome is what became of one item.
type outcome struct {
	space    *space.Space
	action   Action
	problems []archive.Problem
	failed   bool            // something of the item could not be saved
	kept     []space.Earlier // originals that are saved and cannot be played
	better   bool            // what the library has is better
	lost     int             // pieces that are not among what plays
}

func (o *outcome) problem(p archive.Problem, failed bool) {
	o.problems = append(o.problems, p)
	o.failed = o.failed || failed
}

// importItem takes one Space into the library. The error is for what stops the
// whole import; what is wrong with this Space alone is in the outcome.
func (im *importer) importItem(ctx context.Context, it *item) (*outcome, error) {
	known, err := im.lib.Load(it.id)
	if errors.Is(err, library.ErrNotFound) {
		known, err = nil, nil
	}
	if err != nil {
		return nil, err
	}
	out := new(outcome)
	if was := im.removed[it.id]; known == nil && was != nil {
		out.action = Removed
		if out.space, err = im.lib.LoadRemoved(was); err != nil {
			out.space, err = im.describe(nil, it, nil), nil
		}
		return out, nil
	}
	if len(it.originals) == 0 {
		return out, im.importFacts(ctx, it, known, out)
	}
	if known == nil {
		return out, im.importAudio(ctx, it, nil, false, out)
	}
	known, whole, repaired, err := im.repair(ctx, known)
	if err != nil {
		return nil, err
	}
	same := false
	if whole {
		if same, err = im.sameOriginals(ctx, it, known); err != nil {
			return nil, err
		}
	}
	it.compared = same
	if same {
		err = im.importFacts(ctx, it, known, out)
	} else {
		err = im.importAudio(ctx, it, known, whole, out)
	}
	if repaired && out.action == Unchanged {
		out.action = Updated
	}
	return out, err
}

// repair compares all bytes of a recording with their hashes: what verify tells of
// is repaired by extracting again. Playable files that are not as they were made
// are made anew from the originals, as long as these are whole: a copy that is
// offered may be worse. whole says whether all files are right then.
func (im *importer) repair(ctx context.Context, known *space.Space) (now *space.Space, whole, repaired bool, err error) {
	originals, files, err := im.lib.Whole(ctx, known)
	if err != nil || !originals || files {
		return known, originals && files, false, err
	}
	if err := im.remake(ctx, known); err != nil {
		return known, false, false, ctx.Err() // made from what is offered instead
	}
	now, err = im.lib.Load(known.ID)
	return now, err == nil, true, err
}

// sameOriginals reports whether the item's originals are, byte for byte, the
// pieces that the library has. It reads them only if their sizes agree.
func (im *importer) sameOriginals(ctx context.Context, it *item, known *space.Space) (bool, error) {
	if len(it.originals) != len(known.Pieces) {
		return false, nil
	}
	at := make([]int, len(it.originals)) // of each original's piece
	for i, o := range it.originals {
		at[i] = slices.IndexFunc(known.Pieces, func(p space.Piece) bool { return p.Name == o.name })
		if at[i] < 0 {
			at[i] = i
		}
		if p := known.Pieces[at[i]]; o.size != p.Bytes || o.crc != "" && p.CRC32 != "" && o.crc != p.CRC32 && p.Damage == nil {
			return false, nil
		}
	}
	for i, o := range it.originals {
		if !o.sameChunks(&known.Pieces[at[i]]) {
			return false, nil
		}
		if o.far() {
			same, err := im.sameFar(ctx, o, known, known.Pieces[at[i]])
			if !same || err != nil {
				return false, err
			}
			continue
		}
		r, err := o.open(ctx)
		if err != nil {
			return false, nil // told when it is read in earnest
		}
		in := stream.NewReader(ctx, r, it.work)
		h := newSums(io.Discard)
		_, err = io.Copy(h, in)
		r.Close()
		if err != nil {
			return false, err
		}
		if in.Err() != nil || h.sha() != known.Pieces[at[i]].SHA256 {
			it.work.Add(-in.Bytes())
			return false, nil
		}
	}
	return true, nil
}

// importFacts takes in what the item says beside its audio.
func (im *importer) importFacts(ctx context.Context, it *item, known *space.Space, out *outcome) error {
	s := im.describe(known, it, nil)
	if err := im.addOrigins(ctx, s, it); err != nil {
		return err
	}
	out.space, out.action = s, Updated
	if known == nil {
		out.action = Added
		return im.installFacts(ctx, s)
	}
	if known.State == space.Missing {
		s.State = space.Missing
	}
	same, err := space.Equal(known, s)
	if err != nil {
		return err
	}
	if same {
		out.action = Unchanged
		return nil
	}
	return im.lib.Rewrite(ctx, known, s)
}

// installFacts makes the folder of a Space without audio.
func (im *importer) installFacts(ctx context.Context, s *space.Space) error {
	g, err := im.lib.Stage(s.ID)
	if err != nil {
		return err
	}
	return im.installStaged(ctx, g, s)
}

// installStaged puts a folder that has no playable files in its place.
func (im *importer) installStaged(ctx context.Context, g *library.Stage, s *space.Space) (err error) {
	if s.Folder, err = im.lib.Place(&s.Recording); err != nil {
		return err
	}
	if err := g.WriteSidecar(s); err != nil {
		return err
	}
	return g.Install(ctx, "", s)
}

// importAudio reads the item's originals into a staging folder, makes the
// playable files and puts the folder in its place, unless what is known is
// better and whole.
func (im *importer) importAudio(ctx context.Context, it *item, known *space.Space, whole bool, out *outcome) error {
	g, err := im.lib.Stage(it.id)
	if err != nil {
		return err
	}
	var flushes flushes
	defer func() {
		flushes.wait()
		if out.action == Failed || out.action == Unchanged {
			g.Discard()
		}
	}()
	out.action = Failed
	pieces, err := im.stageOriginals(ctx, it, g, &flushes, out)
	if errors.Is(err, errAway) {
		return nil
	}
	if err != nil {
		return err
	}
	if len(pieces) == 0 {
		return im.withoutAudio(ctx, it, known, g, &flushes, out)
	}
	a, err := assemble(pieces)
	if err != nil {
		return im.unplayable(ctx, it, known, g, pieces, err, &flushes, out)
	}
	a.lost = out.lost
	a.reportJoins(out)
	im.noDecoder(a, out)
	if it.fileTitle == "" && it.origin == nil {
		it.fileTitle = pieces[0].Track.Tags["title"]
	}
	var reason string
	if known != nil && len(known.Pieces) > 0 {
		var better bool
		if better, reason = compare(known, a, whole); !better {
			out.action, out.better = Unchanged, true
			out.problem(archive.Problem{Kind: "kept-better", Subject: it.id, Message: reason}, false)
			return im.importFacts(ctx, it, known, out)
		}
	}
	s := im.describe(known, it, a)
	if err := im.addOrigins(ctx, s, it); err != nil {
		return err
	}
	err = im.writeAll(ctx, g, s, a, it.work, &flushes)
	if errors.As(err, new(*unplayableError)) {
		return im.unplayable(ctx, it, known, g, pieces, err, &flushes, out)
	}
	if err != nil {
		return err
	}
	if err := im.stageCopies(ctx, it, g, s, &flushes, out); errors.Is(err, errAway) {
		return nil
	} else if err != nil {
		return err
	}
	s.Earlier = append(s.Earlier, out.kept...)
	old := ""
	if known != nil {
		old = known.Folder
		if err := g.KeepEarlier(known, s, reason); err != nil {
			return err
		}
	}
	if err := g.WriteSidecar(s); err != nil {
		return err
	}
	if err := flushes.wait(); err != nil {
		return err
	}
	if err := g.Install(ctx, old, s); err != nil {
		return err
	}
	out.space, out.action = s, Added
	if known != nil {
		out.action = Updated
	}
	return nil
}

// noDecoder tells of sound that is kept, but that nothing in this program can
// decode.
func (im *importer) noDecoder(a *audio, out *outcome) {
	told := make(map[int]bool) // of each file once
	for i, r := range a.tl.Runs {
		file := a.file[i]
		if told[file] {
			continue
		}
		told[file] = true
		if _, err := pcm.NewDecoder(a.files[file].Config); err != nil {
			out.problem(archive.Problem{
				Kind: "undecodable", Subject: a.pieces[r.Piece].Member,
				Message: fmt.Sprintf("saved, but it cannot be measured or re-encoded: %v", err),
				Hint:    commandFor("convert it, for example: ffmpeg -i IN -c:a aac -vn OUT.m4a", a.pieces[r.Piece].Member),
			}, false)
		}
	}
}

// stageOriginals reads all originals. Those that cannot be played are named; of
// these, those that hold sound are kept aside and the others left out.
func (im *importer) stageOriginals(ctx context.Context, it *item, g *library.Stage, flushes *flushes, out *outcome) ([]*piece, error) {
	var pieces []*piece
	for _, o := range it.originals {
		p, err := im.stageOriginal(ctx, o, len(it.originals) > 1, it.work, g, flushes)
		if err != nil {
			return nil, err
		}
		if isAway(p.broken) {
			// Half of what can be fetched as a whole is not worth keeping.
			out.problem(sourceProblem(o, p.broken), true)
			return nil, errAway
		}
		if p.unread == nil && p.Track != nil && !isTooBig(p.broken) {
			p.unread = handable(p.Track)
		}
		switch {
		case isTooBig(p.broken):
			// Longer than declared, or a ZIP bomb: what has been unpacked of it
			// is no recording.
			out.problem(sourceProblem(o, p.broken), true)
		case p.unread == nil && p.Track != nil:
			if p.broken != nil {
				out.problem(sourceProblem(o, p.broken), true)
			}
			pieces = append(pieces, p)
			continue
		case p.broken != nil && p.Bytes == 0:
			out.problem(sourceProblem(o, p.broken), true)
		case it.keeps(p):
			if err := im.keepAside(g, p, flushes, out); err != nil {
				return nil, err
			}
			continue
		default:
			out.problem(unreadProblem(o.member, p.unread), true)
		}
		out.lost++
		for _, name := range o.names() {
			if err := g.Remove(layout.OriginalIn("", name)); err != nil {
				return nil, err
			}
		}
	}
	return pieces, nil
}

func isTooBig(err error) bool {
	p := new(archive.Problem)
	return errors.As(err, &p) && p.Kind == archive.TooBig
}

func sourceProblem(o original, err error) archive.Problem {
	if p := new(archive.Problem); errors.As(err, &p) {
		return *p
	}
	return archive.Problem{Kind: archive.Unreadable, Subject: o.member, Message: err.Error()}
}

// compare says whether newly read audio is better than the one known, and
// why: longer, or as long and less damaged.
func compare(known *space.Space, a *audio, whole bool) (better bool, reason string) {
	better, reason = copies(known, a.tl.Seconds(), a.damage(), whole)
	if !better && a.completes(known) {
		return true, ended
	}
	return better, reason
}

// ended is why a copy with the same bytes is better.
const ended = "the playlist says now that the recording is complete"

// Better is the same rule for two copies that libraries have of a recording: it
// says whether the one that is offered is better than the one known.
func Better(known, offered *space.Space, whole bool) (better bool, reason string) {
	seconds := 0.0
	if offered.Duration != nil {
		seconds = *offered.Duration
	}
	better, reason = copies(known, seconds, offered.Damage, whole)
	if !better && Completes(known, offered) {
		return true, ended
	}
	return better, reason
}

// Completes reports whether all that is new about the recording that is offered is
// that its playlist has ended.
func Completes(known, offered *space.Space) bool {
	if len(known.Pieces) != 1 || len(offered.Pieces) != 1 {
		return false
	}
	was, is := known.Pieces[0], offered.Pieces[0]
	return was.SHA256 == is.SHA256 && was.Playlist != nil && !was.Playlist.Ended && is.Playlist != nil && is.Playlist.Ended
}

func copies(known *space.Space, is float64, now *space.Damage, whole bool) (better bool, reason string) {
	if !whole {
		return true, "its files were incomplete or changed"
	}
	const tie = 0.05 // seconds: less than a few frames says nothing
	was := 0.0
	if known.Duration != nil {
		was = *known.Duration
	}
	switch {
	case is > was+tie:
		return true, fmt.Sprintf("the later copy is longer: %.3f s instead of %.3f s", is, was)
	case is < was-tie:
		return false, fmt.Sprintf("kept the copy in the library, which is longer: %.3f s instead of %.3f s", was, is)
	}
	if places(now) < places(known.Damage) {
		return true, fmt.Sprintf("the later copy is less damaged: %d places instead of %d", places(now), places(known.Damage))
	}
	return false, "kept the copy in the library, which is as long and no more damaged"
}

func places(d *space.Damage) int64 {
	if d == nil {
		return 0
	}
	return d.Places
}

// writeAll makes what belongs beside the originals: playable files, packet
// indexes, timed tags, turns.
func (im *importer) writeAll(ctx context.Context, g *library.Stage, s *space.Space, a *audio, work *work, flushes *flushes) error {
	var err error
	if s.Folder, err = im.lib.Place(&s.Recording); err != nil {
		return err
	}
	if err := nameFiles(s, a.files); err != nil {
		return err
	}
	tags := playable.Tags(&s.Recording)
	s.FileSHA256 = nil
	for i, f := range a.files {
		if err := im.write(ctx, g, i, f, tags, a.pieces, work, flushes); err != nil {
			return err
		}
		s.FileSHA256 = append(s.FileSHA256, f.sha256)
	}
	for i, p := range a.pieces {
		if len(p.tags.Ticks) == 0 {
			continue
		}
		if err := g.WriteTags(i, p.tags); err != nil {
			return err
		}
	}
	if s.Sources["talk_seconds"] != "" {
		return g.WriteTurns(turnsFile(s, a))
	}
	return nil
}

// nameFiles gives the playable files their names in s.Folder.
func nameFiles(s *space.Space, files []*output) error {
	stem := layout.FileName(&s.Recording, s.Folder)
	s.Files = nil
	for i, f := range files {
		e, err := playable.Ext(f.Config.Codec)
		if err != nil {
			return err
		}
		f.name = stem + e
		if i > 0 {
			f.name = fmt.Sprintf("%s (%d)%s", stem, i+1, e)
		}
		s.Files = append(s.Files, path.Join(s.Folder, f.name))
	}
	s.File = s.Files[0]
	return nil
}
