package intake

import (
	"context"
	"fmt"
	"slices"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/space"
)

// stageCopies keeps the further files that claim to be one of the pieces.
func (im *importer) stageCopies(ctx context.Context, it *item, g *library.Stage, s *space.Space, flushes *flushes, out *outcome) error {
	s.Earlier = nil
	if len(it.copies) == 0 {
		return nil
	}
	if err := g.MakeEarlier(); err != nil {
		return err
	}
	for _, o := range it.copies {
		p, err := im.stageOriginal(ctx, o, false, it.work, g, flushes)
		if err != nil {
			return err
		}
		if isAway(p.broken) {
			out.action = Failed
			out.problem(sourceProblem(o, p.broken), true)
			return errAway
		}
		if p.broken != nil {
			out.problem(sourceProblem(o, p.broken), true)
		}
		if p.Bytes > 0 {
			s.Earlier = append(s.Earlier, space.Earlier{
				Name: o.name, Bytes: p.Bytes, SHA256: p.SHA256,
				Reason: fmt.Sprintf("%s is also numbered as piece %d", o.member, o.piece),
			})
		}
	}
	return nil
}

// addOrigins notes which archives s comes from. It waits for their hashes.
func (im *importer) addOrigins(ctx context.Context, s *space.Space, it *item) error {
	var origins []*origin
	for _, o := range it.originals {
		if o.origin != nil && !slices.Contains(origins, o.origin) {
			origins = append(origins, o.origin)
		}
	}
	if it.origin != nil && !slices.Contains(origins, it.origin) {
		origins = append(origins, it.origin)
	}
	s.Pieces, s.Provenance = slices.Clone(s.Pieces), slices.Clone(s.Provenance)
	for _, o := range origins {
		sha, err := o.key(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			continue // told of the archive; its recordings are worth more than its hash
		}
		addOrigin(s, it, o, sha)
	}
	slices.SortStableFunc(s.Provenance, func(a, b space.Origin) int { return a.Made.Compare(b.Made.Time) })
	return nil
}

func addOrigin(s *space.Space, it *item, o *origin, sha string) {
	supplied := []string{}
	if it.origin == o && it.record != nil {
		supplied = append(supplied, "record")
	}
	if it.origin == o && it.post != nil {
		supplied = append(supplied, "title")
	}
	for i := range s.Pieces {
		p := &s.Pieces[i]
		offered := p.Playlist == nil && slices.ContainsFunc(it.originals, func(q original) bool { return q.origin == o && q.name == p.Name })
		if offered && p.Archive == "" {
			p.Archive = sha
		}
		if offered {
			supplied = append(supplied, p.Name)
		}
	}
	for i, known := range s.Provenance {
		if known.Archive == sha {
			s.Provenance[i].Supplied = union(known.Supplied, supplied)
			return
		}
	}
	from := space.Origin{Archive: sha, Name: o.name, Made: space.Time{Time: o.made}, Supplied: supplied}
	if o.far && it.compared {
		from.Compared = "size and CRC-32"
	}
	s.Provenance = append(s.Provenance, from)
}
