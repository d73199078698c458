package intake

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/archive"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/stream"
)

// An itemBuilder joins what the parts of an archive say into items.
type itemBuilder struct {
	im    *importer
	byID  map[string]*item
	order []string
	names map[string]string
	posts map[string]archive.Title
	media []audioMember
}

// An audioMember is audio in an archive, on its way to an item.
type audioMember struct {
	archive.Member
	origin *origin
	held   *space.Archive
	// fetched opens what has been fetched from a server already.
	fetched func(context.Context) (io.ReadCloser, error)
}

func newItemBuilder(im *importer) *itemBuilder {
	return &itemBuilder{im: im, byID: map[string]*item{}, names: map[string]string{}, posts: map[string]archive.Title{}}
}

func (b *itemBuilder) item(id string, o *origin, account *space.Person) *item {
	it := b.byID[id]
	if it == nil {
		it = &item{id: id, names: b.names, account: account, title: b.im.opts.Titles[id], origin: o}
		b.byID[id] = it
		b.order = append(b.order, id)
	}
	return it
}

// archiveFacts says of an archive what its listing and its manifest do.
func archiveFacts(a *archive.Archive) *space.Archive {
	acc := a.Account()
	held := &space.Archive{
		Schema: space.Schema, Name: filepath.Base(a.Path()), Bytes: a.Size(), Kind: strings.TrimPrefix(string(a.Kind()), "archive-"),
		Made: space.Time{Time: a.Manifest().Generated}, Partial: a.Manifest().Partial,
		Types: []space.ArchiveType{}, Spaces: []string{}, Media: len(a.Media()),
	}
	if a.IsFar() {
		held.Listing = a.Listing()
		held.From, held.ETag = a.Far()
	}
	if acc.ID != "" || acc.Handle != "" {
		held.Account = &space.Person{ID: acc.ID, Handle: acc.Handle}
	}
	for _, t := range a.Types() {
		held.Types = append(held.Types, space.ArchiveType{Name: t.Name, Files: t.Files, Count: t.Count, Bytes: t.Bytes})
	}
	return held
}

// read takes in one archive: its audio members, records and posts. What has
// been read when it fails stays.
func (b *itemBuilder) read(ctx context.Context, a *archive.Archive, o *origin, held *space.Archive) error {
	im := b.im
	for _, p := range a.Problems() {
		b.report(a, p)
	}
	for _, m := range a.Media() {
		b.media = append(b.media, audioMember{Member: m, origin: o, held: held})
	}
	records, section, err := a.Records(ctx, im.warn)
	if err != nil {
		return err
	}
	held.Section, held.Records = string(section), len(records)
	for i := range records {
		it := b.item(records[i].ID, o, held.Account)
		it.record = &records[i]
		held.Spaces = append(held.Spaces, it.id)
	}
	slices.Sort(held.Spaces)
	held.Spaces = slices.Compact(held.Spaces)
	facts, err := a.PostFacts(ctx, im.warn)
	if err != nil {
		return err
	}
	for id, h := range facts.Handles {
		b.names[id] = h
	}
	for id, t := range facts.Titles {
		if was, ok := b.posts[id]; !ok || t.Before(was) {
			b.posts[id] = t
		}
	}
	for _, id := range slices.Sorted(maps.Keys(facts.Links)) {
		held.Links = append(held.Links, space.Link{ID: id, PostedAt: space.Time{Time: facts.Links[id]}, Title: facts.Titles[id].Title})
	}
	return nil
}

// onlyLinked takes out of the links of an archive those to Spaces of which a
// part of it has more.
func (b *itemBuilder) onlyLinked(held *space.Archive) {
	held.Links = slices.DeleteFunc(held.Links, func(l space.Link) bool { return b.byID[l.ID] != nil })
}

// report tells of what opening the archive found wrong: what is known of the
// whole set, or comes up when the member is read, is told there.
func (b *itemBuilder) report(a *archive.Archive, p archive.Problem) {
	if p.Kind == archive.PartialArchive {
		return
	}
	for _, m := range a.Media() {
		if m.Problem != nil && m.Problem.Kind == p.Kind && m.Problem.Subject == p.Subject {
			return
		}
	}
	b.im.problem(p, p.Kind == archive.TooMany || p.Kind == archive.Symlink || p.Kind == archive.Unreadable || p.Kind == archive.DamagedName || p.Kind == archive.NotTaken)
}

// assign gives the audio members to their Spaces, when the records of all
// parts are known: to the one that their name says, or whose record's id is in
// it. The others get an id from their content.
func (b *itemBuilder) assign(ctx context.Context) error {
	recorded := func(id string) bool { return b.byID[id] != nil && b.byID[id].record != nil }
	unnumbered := map[string]map[string]int{} // by id and extension
	for i := range b.media {
		m := &b.media[i]
		if m.SpaceID == "" || !recorded(m.SpaceID) {
			id, piece, ok := m.Match(recorded)
			if !ok && m.SpaceID == "" {
				id, piece, ok = m.Match(archive.LooksLikeX)
			}
			if ok {
				m.SpaceID, m.Piece = id, piece
			}
		}
		if m.SpaceID != "" && m.Piece >= 0 {
			b.addMember(m, m.SpaceID, space.FromName)
		}
	}
	for i := range b.media {
		m := &b.media[i]
		switch {
		case m.SpaceID == "":
			id, err := b.im.idOf(ctx, m)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				b.im.fail(err, m.Name)
				continue
			}
			b.addMember(m, id, space.FromContent)
		case m.Piece < 0:
			// Names without a number are further pieces, in their order, unless
			// they are copies of one another by their names.
			if unnumbered[m.SpaceID] == nil {
				unnumbered[m.SpaceID] = map[string]int{}
			}
			stem := m.Stem()
			piece, known := unnumbered[m.SpaceID][stem]
			if !known {
				if it := b.byID[m.SpaceID]; it != nil {
					for _, o := range it.originals {
						piece = max(piece, o.piece+1)
					}
				}
				unnumbered[m.SpaceID][stem] = piece
			}
			m.Piece = piece
			b.addMember(m, m.SpaceID, space.FromName)
		}
	}
	for _, m := range b.media {
		slices.Sort(m.held.Spaces)
		m.held.Spaces = slices.Compact(m.held.Spaces)
	}
	return nil
}

func (b *itemBuilder) addMember(m *audioMember, id, source string) {
	it := b.item(id, m.origin, m.held.Account)
	it.idSource = source
	m.held.Spaces = append(m.held.Spaces, id)
	o := original{member: m.Name, piece: m.Piece, size: m.Size, crc: crcOf(&m.Member), origin: m.origin, open: m.Open}
	if m.fetched != nil {
		o.open = m.fetched
	}
	for _, other := range it.originals {
		if o.crc != "" && o.crc == other.crc && o.size == other.size && o.piece == other.piece && o.origin == other.origin {
			b.im.warn(archive.Problem{Kind: archive.DuplicateMember, Subject: m.Name,
				Message: "the archive contains this file twice under different names; only one copy is used"})
			return
		}
	}
	it.add(o)
}

func crcOf(m *archive.Member) string {
	if !m.HasCRC {
		return ""
	}
	return fmt.Sprintf("%08x", m.CRC32)
}

// add appends one original under a name of our own.
// A second file for the same piece is kept as well: the larger one plays.
func (it *item) add(o original) {
	ext := path.Ext(layout.OriginalName(o.member))
	switch {
	case o.chunks != nil:
		ext = o.chunks.extension()
	case ext == "":
		ext = ".ts"
	}
	o.name = fmt.Sprintf("space-%s_%d%s", it.id, o.piece, ext)
	for i, other := range it.originals {
		if other.piece != o.piece {
			continue
		}
		if o.size > other.size {
			it.originals[i], o = o, other
		}
		o.name = layout.Earlier(fmt.Sprintf("space-%s_%d-copy%d%s", it.id, o.piece, len(it.copies)+1, ext))
		it.copies = append(it.copies, o)
		return
	}
	it.originals = append(it.originals, o)
}

// items returns the finished items, newest first, those without a date last.
func (b *itemBuilder) items(ctx context.Context) ([]*item, error) {
	var list []*item
	for _, id := range b.order {
		it := b.byID[id]
		if t, ok := b.posts[id]; ok {
			it.post = &t
		}
		slices.SortStableFunc(it.originals, func(x, y original) int { return cmp.Compare(x.piece, y.piece) })
		list = append(list, it)
	}
	slices.SortStableFunc(list, func(x, y *item) int {
		if c := y.date().Compare(x.date()); c != 0 {
			return c
		}
		return cmp.Compare(x.id, y.id)
	})
	return list, ctx.Err()
}

func (it *item) date() time.Time {
	switch {
	case it.record != nil && !it.record.CreatedAt.IsZero():
		return it.record.CreatedAt
	case it.sidecar != nil:
		return it.sidecar.StartedAt
	case it.post != nil:
		return it.post.Time
	}
	return time.Time{}
}

// contentID reads audio for its space.ContentID.
func contentID(ctx context.Context, open func(context.Context) (io.ReadCloser, error)) (string, error) {
	r, err := open(ctx)
	if err != nil {
		return "", err
	}
	defer r.Close()
	h := newSums(io.Discard)
	if _, err := io.Copy(h, stream.Until(ctx, r, nil)); err != nil {
		return "", err
	}
	return space.ContentID(h.sha()), nil
}
