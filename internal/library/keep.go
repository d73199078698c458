package library

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/spaces-cli/spaces/internal/library/space"
)

// keepEarlier takes the originals of the replaced recording into the new
// folder: into original/earlier, unless they are among the new ones.
func (l *Library) keepEarlier(dir string, known, s *space.Space, reason string) error {
	for _, p := range known.Pieces {
		if slices.ContainsFunc(s.Pieces, func(q space.Piece) bool { return q.SHA256 == p.SHA256 }) {
			continue
		}
		if !l.disk.exists(path.Join(known.Folder, "original", p.Name)) {
			continue
		}
		stem := strings.TrimSuffix(p.Name, path.Ext(p.Name))
		name := fmt.Sprintf("earlier/%s.%s%s", stem, p.SHA256[:8], path.Ext(p.Name))
		s.Earlier = append(s.Earlier, space.Earlier{Name: name, Bytes: p.Bytes, SHA256: p.SHA256, Reason: reason})
		if err := l.keep(dir, path.Join(known.Folder, "original", p.Name), name); err != nil {
			return err
		}
	}
	for _, e := range known.Earlier {
		if slices.ContainsFunc(s.Earlier, func(f space.Earlier) bool { return f.SHA256 == e.SHA256 }) ||
			slices.ContainsFunc(s.Pieces, func(p space.Piece) bool { return p.SHA256 == e.SHA256 }) {
			continue
		}
		err := l.keep(dir, path.Join(known.Folder, "original", e.Name), e.Name)
		if err == nil {
			s.Earlier = append(s.Earlier, e)
		} else if !isGone(err) {
			return err
		}
	}
	return nil
}

// landCopies keeps the further files that claim to be one of the pieces.
func (im *importer) landCopies(ctx context.Context, it *item, dir string, s *space.Space, flushes *flushes, out *outcome) error {
	s.Earlier = nil
	if len(it.copies) == 0 {
		return nil
	}
	if err := im.lib.disk.mkdirAll(path.Join(dir, "original", "earlier")); err != nil {
		return err
	}
	for _, o := range it.copies {
		p, err := im.land(ctx, o, false, dir, flushes)
		if err != nil {
			return err
		}
		if p.broken != nil {
			out.problem(sourceProblem(o, p.broken), true)
		}
		if p.Bytes > 0 {
			s.Earlier = append(s.Earlier, space.Earlier{
				Name: o.name, Bytes: p.Bytes, SHA256: p.SHA256,
				Reason: fmt.Sprintf("%s claims to be piece %d as well", o.member, o.piece),
			})
		}
	}
	return nil
}

func (l *Library) keep(dir, from, name string) error {
	to := path.Join(dir, "original", name)
	if l.disk.exists(to) {
		return nil
	}
	if err := l.disk.mkdirAll(path.Dir(to)); err != nil {
		return err
	}
	return l.disk.link(from, to)
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
		sha, err := o.sha256(ctx)
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
		offered := slices.ContainsFunc(it.originals, func(q original) bool { return q.origin == o && q.name == p.Name })
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
	s.Provenance = append(s.Provenance, space.Origin{
		Archive: sha, Name: o.name, Made: space.Time{Time: o.made}, Supplied: supplied,
	})
}
