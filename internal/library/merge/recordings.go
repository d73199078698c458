package merge

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/intake"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/removed"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/stream"
)

// A pair is a Space as the other library has it, and where it is here.
type pair struct {
	id     string
	there  string       // its folder in the other library
	raw    *space.Space // as it stands there
	theirs *space.Space // without the names of those who were forgotten here
	named  bool         // there were such names
}

// recordings takes in the recordings of the other library.
func (m *merger) recordings(ctx context.Context) error {
	if err := m.loadRemoved(); err != nil {
		return err
	}
	list, err := m.pairs(ctx)
	if err != nil {
		return err
	}
	for _, p := range list {
		for _, piece := range p.theirs.Pieces {
			m.o.Progress.Expect(piece.Bytes)
		}
	}
	for _, p := range list {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := m.one(ctx, p)
		if errors.Is(err, fs.ErrNotExist) {
			err = m.onceMore(ctx, p, err)
		}
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if !m.o.DryRun {
				m.lib.DiscardStage(p.id)
				if m.lib.Probe(ctx) != nil {
					return err // nothing can be written any more
				}
			}
			m.fail("not-merged", p.theirs.Folder, err)
			m.tell(p.theirs, intake.Failed)
		}
	}
	return nil
}

// onceMore takes in a recording of which files were gone, if a program that is
// changing the other library has moved it meanwhile.
func (m *merger) onceMore(ctx context.Context, p pair, gone error) error {
	s, err := m.other.Load(p.id)
	if err != nil || s.Folder == p.there || sound(s) != nil {
		return gone
	}
	return m.one(ctx, pair{id: p.id, there: s.Folder, raw: s, theirs: s})
}

// pairs reads what the other library has, newest first, as an archive is told.
func (m *merger) pairs(context.Context) ([]pair, error) {
	var list []pair
	err := m.other.Spaces(func(folder string, s *space.Space, err error) error {
		if err != nil {
			m.fail(unreadableKind, m.other.Path(folder), err)
			return nil
		}
		if err := sound(s); err != nil {
			m.fail(unreadableKind, m.other.Path(layout.SidecarIn(folder)), err)
			return nil
		}
		for _, p := range people(s) {
			m.names.learn(p.ID, p.Handle)
		}
		list = append(list, pair{id: s.ID, there: folder, raw: s, theirs: s})
		return nil
	})
	slices.SortStableFunc(list, func(a, b pair) int { return b.theirs.StartedAt.Compare(a.theirs.StartedAt.Time) })
	return list, err
}

// sound refuses a sidecar whose names would reach outside its folder, or that has
// fewer hashes than files.
func sound(s *space.Space) error {
	for i := range s.Pieces {
		for _, f := range s.Pieces[i].Originals() {
			if !isName(f.Name) {
				return fmt.Errorf("%q cannot be the name of an original", f.Name)
			}
		}
	}
	for _, e := range s.Earlier {
		if !isName(e.Name) && e.Name != layout.Earlier(path.Base(e.Name)) {
			return fmt.Errorf("%q cannot be the name of an original", e.Name)
		}
	}
	if len(s.Files) != len(s.FileSHA256) {
		return fmt.Errorf("%d playable files, %d hashes", len(s.Files), len(s.FileSHA256))
	}
	for _, f := range s.Files {
		if path.Dir(f) != s.Folder {
			return fmt.Errorf("%q does not lie in the folder", f)
		}
	}
	return nil
}

func isName(s string) bool {
	return s != "" && s != "." && s != ".." && s == path.Base(s) && !strings.ContainsAny(s, `\:`)
}

// loadRemoved finds out which Spaces the host has removed here.
func (m *merger) loadRemoved() error {
	m.removed, m.unmade = make(map[string]*removed.Item), make(map[string]string)
	list, err := m.lib.Removed()
	if err != nil {
		return err
	}
	for _, it := range slices.Backward(list) { // the latest stays
		switch it.Kind {
		case removed.Space:
			m.removed[it.ID] = &it
		case removed.Clip, removed.Episode:
			made, err := m.lib.MadeOf(layout.RemovedIn(it.Place))
			if err != nil {
				return err
			}
			for _, sum := range made {
				m.unmade[it.ID+" "+sum] = it.Place
			}
		}
	}
	return nil
}

// tell tells what became of a recording, and counts it.
func (m *merger) tell(s *space.Space, a intake.Action) {
	switch a {
	case intake.Added:
		m.sum.Added++
		if s.Duration != nil {
			m.sum.Seconds += *s.Duration
		}
	case intake.Updated:
		m.sum.Updated++
	case intake.Unchanged:
		m.sum.Unchanged++
	case intake.Removed:
		m.sum.Removed++
		m.emit(Event{Recording: &s.Recording, Action: a, Was: m.removed[s.ID]})
		return
	case intake.Failed:
		m.sum.Failed++
	}
	m.emit(Event{Recording: &s.Recording, Action: a})
}

// one takes in one recording with what the host said of it.
func (m *merger) one(ctx context.Context, p pair) (err error) {
	if p.theirs, p.named, err = m.names.space(p.raw); err != nil {
		return err
	}
	known, err := m.lib.Load(p.id)
	if errors.Is(err, library.ErrNotFound) {
		known, err = nil, nil
	}
	if err != nil {
		return err
	}
	if was := m.removed[p.id]; known == nil && was != nil {
		s, err := m.lib.LoadRemoved(was)
		if err != nil {
			s = p.theirs
		}
		m.tell(s, intake.Removed)
		m.passed(p.theirs)
		return nil
	}
	if known == nil {
		return m.add(ctx, p)
	}
	return m.update(ctx, p, known)
}

// add takes in a recording that is new here.
func (m *merger) add(ctx context.Context, p pair) error {
	s := new(space.Space)
	*s = *p.theirs
	s.Pieces, s.Earlier = slices.Clone(s.Pieces), slices.Clone(s.Earlier)
	if s.Account == nil && m.mixing {
		if s.Account = m.theirs.Account(); s.Account == nil {
			s.Account = &space.Person{} // so that nobody takes it for one of this library's
		}
	}
	intake.DescribeState(s)
	if m.o.DryRun {
		m.tell(s, intake.Added)
		m.count(s)
		return m.host(ctx, p, s, nil)
	}
	folder, err := m.place(p, s)
	if err != nil {
		return err
	}
	s.Relocate(folder)
	s, err = m.bring(ctx, p, s, nil, "")
	if err != nil {
		return err
	}
	m.tell(s, intake.Added)
	m.count(s)
	return m.host(ctx, p, s, s)
}

// passed tells the progress that the bytes of a recording need not be copied.
func (m *merger) passed(s *space.Space) {
	for _, piece := range s.Pieces {
		m.o.Progress.Add(piece.Bytes)
	}
}

func (m *merger) count(s *space.Space) {
	for _, p := range s.Pieces {
		m.sum.Bytes += p.Bytes
	}
}

// place picks the folder of a new recording: that which it has there, which the
// host may have named, if it can have the same here.
func (m *merger) place(p pair, s *space.Space) (string, error) {
	folder := s.Folder
	year, name := path.Split(folder)
	ours := path.Dir(path.Clean(year)) == layout.Recordings && !strings.HasPrefix(name, ".") && slices.Contains(layout.IDs(folder), s.ID)
	if _, err := m.lib.Root().Lstat(folder); ours && !p.named && err != nil {
		return folder, nil
	}
	s.Folder = ""
	to, err := m.lib.Place(&s.Recording)
	s.Folder = folder
	return to, err
}

// update takes in what the other library has more or better of a recording.
func (m *merger) update(ctx context.Context, p pair, known *space.Space) error {
	whole, plays, repaired := true, true, false
	if !m.o.DryRun {
		originals, files, err := m.lib.Whole(ctx, known)
		if err != nil {
			return err
		}
		if plays = files; !originals {
			plays = m.plays(ctx, known)
		}
		if whole = originals || len(known.Pieces) == 0; originals && !files {
			if err := intake.Remake(ctx, m.lib, known.ID, stream.NoProgress{}); err != nil {
				whole = false // taken from there
			} else {
				repaired = true
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if known, err = m.lib.Load(p.id); err != nil {
				return err
			}
		}
	}
	s, replace, reason := m.combine(p, known, whole, plays)
	now := known
	if !replace {
		m.passed(p.theirs)
	}
	if !m.o.DryRun {
		var err error
		switch {
		case replace:
			if s.Folder, err = m.lib.Place(&s.Recording); err != nil {
				return err
			}
			s.Relocate(s.Folder)
			now, err = m.bring(ctx, p, s, known, reason)
		default:
			if err = m.lib.Correct(ctx, known, s); err != nil {
				return err
			}
			if now, err = m.lib.Load(p.id); err == nil {
				now, err = m.keepEarlier(ctx, p, now)
			}
		}
		if err != nil {
			return err
		}
	}
	same, err := space.Equal(known, s)
	if err != nil {
		return err
	}
	action := intake.Unchanged
	if !same || replace || repaired || len(now.Earlier) > len(known.Earlier) || m.o.DryRun && len(m.lacking(p.theirs, known)) > 0 {
		action = intake.Updated
	}
	m.tell(now, action)
	if m.o.DryRun {
		return m.host(ctx, p, s, known)
	}
	return m.host(ctx, p, now, now)
}

// lacking are the originals of a recording there that this library has under no
// name.
func (m *merger) lacking(theirs, known *space.Space) []space.Earlier {
	var list []space.Earlier
	add := func(e space.Earlier) {
		here := slices.ContainsFunc(known.Pieces, func(q space.Piece) bool {
			return slices.ContainsFunc(q.Originals(), func(f space.File) bool { return f.SHA256 == e.SHA256 })
		}) ||
			slices.ContainsFunc(slices.Concat(known.Earlier, list), func(q space.Earlier) bool { return q.SHA256 == e.SHA256 })
		if !here {
			list = append(list, e)
		}
	}
	for i := range theirs.Pieces {
		for _, f := range theirs.Pieces[i].Originals() {
			add(space.Earlier{Name: f.Name, Bytes: f.Bytes, SHA256: f.SHA256, Reason: "the copy of another library, which was not better"})
		}
	}
	for _, e := range theirs.Earlier {
		add(e)
	}
	return list
}

// keepEarlier keeps originals of the other library that this one does not play.
func (m *merger) keepEarlier(ctx context.Context, p pair, known *space.Space) (*space.Space, error) {
	list := m.lacking(p.theirs, known)
	if len(list) == 0 {
		return known, nil
	}
	g, err := m.lib.Stage(p.id)
	if err != nil {
		return nil, err
	}
	if err := g.MakeEarlier(); err != nil {
		return nil, err
	}
	var kept []space.Earlier
	for _, e := range list {
		from := e.Name
		e.Name = m.earlierName(known, e)
		err := g.CopyFrom(ctx, m.other, layout.OriginalIn(p.there, from), layout.OriginalIn("", e.Name), e.SHA256, m.o.Progress)
		if err != nil {
			if ctx.Err() != nil || library.IsFull(err) {
				return nil, err
			}
			m.fail("not-merged", path.Join(m.other.Dir(), layout.OriginalIn(p.there, from)), err)
			continue
		}
		kept = append(kept, e)
	}
	if len(kept) == 0 {
		return known, g.Discard()
	}
	return g.MoveEarlier(ctx, known, kept)
}

// earlierName is a name for an original among the earlier ones: no two of other
// bytes have the same.
func (m *merger) earlierName(known *space.Space, e space.Earlier) string {
	base := path.Base(e.Name)
	ext := path.Ext(base)
	if name := layout.Earlier(base); e.Name == name && !slices.ContainsFunc(known.Earlier, func(q space.Earlier) bool { return strings.EqualFold(q.Name, name) }) {
		return name
	}
	return layout.Earlier(fmt.Sprintf("%s.%s%s", strings.TrimSuffix(base, ext), e.SHA256[:8], ext))
}

// bring copies a recording of the other library into the place of the one known,
// or to a new one. Where its playable files cannot be taken as they are, they are
// made of the originals.
func (m *merger) bring(ctx context.Context, p pair, s, known *space.Space, reason string) (*space.Space, error) {
	g, err := m.lib.Stage(p.id)
	if err != nil {
		return nil, err
	}
	for i := range s.Pieces {
		for _, f := range s.Pieces[i].Originals() {
			if err := g.CopyFrom(ctx, m.other, layout.OriginalIn(p.there, f.Name), layout.OriginalIn("", f.Name), f.SHA256, m.o.Progress); err != nil {
				return nil, err
			}
		}
	}
	s.Earlier = slices.Clone(s.Earlier)
	s.Earlier = slices.DeleteFunc(s.Earlier, func(e space.Earlier) bool {
		if err != nil {
			return false
		}
		cerr := g.CopyFrom(ctx, m.other, layout.OriginalIn(p.there, e.Name), layout.OriginalIn("", e.Name), e.SHA256, stream.NoProgress{})
		if cerr != nil && (ctx.Err() != nil || library.IsFull(cerr)) {
			err = cerr
		} else if cerr != nil {
			m.fail("not-merged", path.Join(m.other.Dir(), layout.OriginalIn(p.there, e.Name)), cerr)
		}
		return cerr != nil
	})
	if err != nil {
		return nil, err
	}
	made, err := m.playables(ctx, p, g, s)
	if err != nil {
		return nil, err
	}
	old := ""
	if known != nil {
		old = known.Folder
		if err := g.KeepEarlier(known, s, reason); err != nil {
			return nil, err
		}
	}
	if err := g.WriteSidecar(s); err != nil {
		return nil, err
	}
	if err := g.Install(ctx, old, s); err != nil {
		return nil, err
	}
	if !made {
		if err := intake.Remake(ctx, m.lib, s.ID, stream.NoProgress{}); err != nil {
			return nil, err
		}
	}
	return m.lib.Load(s.ID)
}

// playables copies the playable files and what is made beside them, if they are
// what s says. It reports whether they need not be made anew.
func (m *merger) playables(ctx context.Context, p pair, g *library.Stage, s *space.Space) (bool, error) {
	if len(s.Files) == 0 {
		return true, nil
	}
	if p.named || !library.SameTags(p.raw, s) {
		return false, nil
	}
	own := path.Join(p.there, layout.Own)
	type file struct{ from, to, sha string }
	var files []file
	for i, f := range s.Files {
		files = append(files, file{path.Join(p.there, path.Base(f)), path.Base(f), s.FileSHA256[i]})
	}
	entries, err := m.other.ReadDir(own)
	if err != nil {
		return false, err
	}
	for _, e := range entries {
		if e.Type().IsRegular() && !strings.HasPrefix(e.Name(), ".") {
			files = append(files, file{path.Join(own, e.Name()), path.Join(layout.Own, e.Name()), ""})
		}
	}
	for i, f := range files {
		err := g.CopyFrom(ctx, m.other, f.from, f.to, f.sha, stream.NoProgress{})
		if err == nil {
			continue
		}
		if ctx.Err() != nil || library.IsFull(err) {
			return false, err
		}
		for _, done := range files[:i] {
			if err := g.Remove(done.to); err != nil {
				return false, err
			}
		}
		return false, nil
	}
	return true, nil
}
