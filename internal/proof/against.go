package proof

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/spaces-cli/spaces/internal/archive"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/catalog"
	"github.com/spaces-cli/spaces/internal/library/space"
)

// A DifferenceKind says how an archive and a library differ. The words appear
// in JSON.
type DifferenceKind string

const (
	OnlyThere  DifferenceKind = "only-in-archive"
	OnlyHere   DifferenceKind = "only-in-library" // no finding: X keeps audio for a while only
	Differs    DifferenceKind = "differs"         // other bytes
	Record     DifferenceKind = "record"          // other words about a Space
	Length     DifferenceKind = "duration"        // not as long as the record says
	Unreadable DifferenceKind = "unreadable"
)

// A Difference is one thing that an archive and a library do not agree on.
type Difference struct {
	Kind    DifferenceKind `json:"kind"`
	ID      string         `json:"id,omitempty"`     // of the Space
	Member  string         `json:"member,omitempty"` // of the archive
	Path    string         `json:"path,omitempty"`   // below the library
	Message string         `json:"message"`
}

// A Comparison counts what Against looked at.
type Comparison struct {
	Archives int   `json:"archives"`
	Members  int   `json:"members"`
	Records  int   `json:"records"`
	Bytes    int64 `json:"bytes"`     // of the members
	OnlyHere int   `json:"only_here"` // Spaces
	Findings int   `json:"findings"`
}

// Tolerance is by how many seconds the audio of a Space may be shorter or
// longer than its record says: X notes when a Space was opened and closed, and
// not when recording began.
const Tolerance = 60

// Against compares the library with p.Archives, which together are one: every
// member is read and compared with the original here, which is read too; every
// record with what the library keeps of it; and how long the audio is with
// the record's times. If ids are given, it is about these Spaces alone. It
// tells found of each difference; those of the kind OnlyHere are no findings.
func (p *Prover) Against(ctx context.Context, ids []string, found func(Difference)) (Comparison, error) {
	c := &comparer{Prover: p, ids: ids, found: found, seen: make(map[string]bool), parts: make(map[string][]string), kept: make(map[string]*space.Space)}
	for _, a := range p.Archives {
		if err := c.archive(ctx, a); err != nil {
			return c.sum, err
		}
	}
	return c.sum, c.onlyInLibrary(ctx)
}

type comparer struct {
	*Prover
	ids   []string
	found func(Difference)
	sum   Comparison
	seen  map[string]bool         // Spaces of the archives
	parts map[string][]string     // SHA-256 of the members of a Space
	kept  map[string]*space.Space // nil if the library has none
}

func (c *comparer) report(d Difference, format string, args ...any) {
	d.Message = fmt.Sprintf(format, args...)
	if d.Kind == OnlyHere {
		c.sum.OnlyHere++
	} else {
		c.sum.Findings++
	}
	c.found(d)
}

// selected reports whether a Space is one that was asked for.
func (c *comparer) selected(id string) bool { return len(c.ids) == 0 || slices.Contains(c.ids, id) }

// load returns what the library has of a Space, or nil.
func (c *comparer) load(id string) (*space.Space, error) {
	if s, ok := c.kept[id]; ok {
		return s, nil
	}
	s, err := c.Library.Load(id)
	if errors.Is(err, library.ErrNotFound) || errors.Is(err, catalog.ErrNotFound) {
		s, err = nil, nil
	}
	if err == nil {
		c.kept[id] = s
	}
	return s, err
}

func (c *comparer) archive(ctx context.Context, a *archive.Archive) error {
	c.sum.Archives++
	records, section, err := a.Records(ctx, func(p archive.Problem) {})
	if err != nil {
		return err
	}
	if section == archive.SectionUnreadable {
		c.report(Difference{Kind: Unreadable}, "%s: its records of Spaces cannot be read", a.Path())
	}
	for i := range records {
		if c.selected(records[i].ID) {
			if err := c.record(a, &records[i]); err != nil {
				return err
			}
		}
	}
	for _, m := range a.Media() {
		if m.SpaceID != "" && !c.selected(m.SpaceID) {
			continue
		}
		if err := c.member(ctx, &m); err != nil {
			return err
		}
	}
	return nil
}

// record compares what the archive and the library say of a Space. That the
// library keeps what a later archive says is as it should be.
func (c *comparer) record(a *archive.Archive, r *archive.Record) error {
	c.sum.Records++
	c.seen[r.ID] = true
	s, err := c.load(r.ID)
	if err != nil {
		return err
	}
	if s == nil {
		c.report(Difference{Kind: OnlyThere, ID: r.ID}, "the archive has a record of this Space, but the library does not have the Space")
		return nil
	}
	switch {
	case len(s.Record) == 0:
		c.report(Difference{Kind: OnlyThere, ID: r.ID, Path: s.Folder}, "the archive has a record of this Space, but the library has none")
	case !sameRecord(s.Record, r.Raw) && !slices.ContainsFunc(s.Provenance, func(o space.Origin) bool {
		return o.Made.After(a.Manifest().Generated) && slices.Contains(o.Supplied, "record")
	}):
		c.report(Difference{Kind: Record, ID: r.ID, Path: s.Folder}, "the library's record of this Space differs from the archive's")
	}
	if r.CreatedAt.IsZero() || r.EndedAt.IsZero() || s.Duration == nil {
		return nil
	}
	said, heard := r.EndedAt.Sub(r.CreatedAt).Seconds(), *s.Duration
	for _, g := range s.Gaps() {
		heard += g.Seconds
	}
	if d := heard - said; math.Abs(d) > Tolerance {
		c.report(Difference{Kind: Length, ID: r.ID, Path: s.Folder}, "the record says %.0f s, but the audio lasts %.0f s, gaps included: %.0f s %s", said, heard, math.Abs(d),
			map[bool]string{true: "less", false: "more"}[d < 0])
	}
	return nil
}

// sameRecord compares records, whatever white space there is between their
// words: space.json is indented.
func sameRecord(a, b []byte) bool {
	var x, y bytes.Buffer
	return json.Compact(&x, a) == nil && json.Compact(&y, b) == nil && bytes.Equal(x.Bytes(), y.Bytes())
}

// member compares a file of the archive with the original in the library.
func (c *comparer) member(ctx context.Context, m *archive.Member) error {
	c.sum.Members++
	sum, err := c.hashMember(ctx, m)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	d := Difference{ID: m.SpaceID, Member: m.Name}
	if err != nil {
		d.Kind = Unreadable
		c.report(d, "%v", err)
		return nil
	}
	c.sum.Bytes += sum.bytes
	if d.ID == "" {
		d.ID = space.ContentID(sum.sha256)
		if !c.selected(d.ID) {
			return nil
		}
	}
	c.seen[d.ID] = true
	c.parts[d.ID] = append(c.parts[d.ID], sum.sha256)
	s, err := c.load(d.ID)
	if err != nil {
		return err
	}
	if s == nil {
		d.Kind = OnlyThere
		c.report(d, "the library does not have this Space: %d bytes are only in the archive", sum.bytes)
		return nil
	}
	src, ok := pieceOf(s, sum.sha256)
	if !ok {
		d.Kind, d.Path = OnlyThere, s.Folder
		c.report(d, "the library has other originals of this Space, but none with SHA-256 %s", sum.sha256)
		return nil
	}
	d.Kind, d.Path = Differs, originPath(s, src.Piece)
	here, err := c.hashFile(ctx, c.originName(s, src.Piece))
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		d.Kind = Unreadable
		c.report(d, "%v", err)
	case here.bytes != sum.bytes || here.sha256 != sum.sha256:
		c.report(d, "the library has %d bytes with SHA-256 %s, but the archive has %d with %s", here.bytes, here.sha256, sum.bytes, sum.sha256)
	case src.CRC32 != "" && m.HasCRC && src.CRC32 != fmt.Sprintf("%08x", m.CRC32):
		c.report(d, "the library recorded CRC-32 %s, but the archive says %08x", src.CRC32, m.CRC32)
	}
	return nil
}

// onlyInLibrary goes through the library for what the archives do not have: originals
// that are said to come from one of them, and whole Spaces.
func (c *comparer) onlyInLibrary(ctx context.Context) error {
	var from []string
	for _, a := range c.Archives {
		sha, err := c.archiveSum(ctx, a)
		if err != nil {
			return err
		}
		from = append(from, sha, space.ListingKey(a.Listing()))
	}
	for row, err := range c.Library.Catalog().List(ctx, catalog.Query{}) {
		if err != nil {
			return err
		}
		if !c.selected(row.ID) {
			continue
		}
		s, err := c.load(row.ID)
		if err != nil {
			return err
		}
		if s == nil {
			continue
		}
		claimed := false
		for i := range s.Pieces {
			if q := &s.Pieces[i]; slices.Contains(from, q.Archive) && !slices.Contains(c.parts[row.ID], q.SHA256) {
				claimed = true
				c.report(Difference{Kind: Differs, ID: row.ID, Member: q.Member, Path: originPath(s, q.Name)},
					"the library says that this came from the archive, but the archive does not contain it")
			}
		}
		if !claimed && !c.seen[row.ID] {
			c.report(Difference{Kind: OnlyHere, ID: row.ID, Path: row.Folder}, "the archive does not contain this Space")
		}
	}
	return nil
}
