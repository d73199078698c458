package proof

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/spaces-cli/spaces/internal/archive"
	"github.com/spaces-cli/spaces/internal/archive/hydra"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/playable"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media"
	"github.com/spaces-cli/spaces/internal/media/timeline"
	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/playlist/manifest"
)

// origins checks the originals that the sources of a proof name: their bytes,
// their frames, their clock, and the archives they came in.
func (p *Prover) origins(ctx context.Context, proof *Proof, s *space.Space) error {
	var done []string
	for i := range proof.Sources {
		src := &proof.Sources[i]
		if slices.Contains(done, src.SHA256) {
			continue
		}
		done = append(done, src.SHA256)
		if err := p.original(ctx, proof, s, src); err != nil {
			return err
		}
		if err := p.origin(ctx, proof, s, src); err != nil {
			return err
		}
	}
	return nil
}

// original reads an original again.
func (p *Prover) original(ctx context.Context, proof *Proof, s *space.Space, src *Trace) error {
	n := slices.IndexFunc(s.Pieces, func(q space.Piece) bool { return q.SHA256 == src.SHA256 })
	earlier := slices.ContainsFunc(s.Earlier, func(e space.Earlier) bool { return e.SHA256 == src.SHA256 })
	if n < 0 && !earlier {
		proof.check("original", src.Piece, Fails, "the library has no original with SHA-256 %s", src.SHA256)
		return nil
	}
	name := p.originName(s, src.Piece)
	sum, err := p.hashFile(ctx, name)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		proof.check("original", src.Piece, Fails, "%v", err)
		return nil
	case sum.sha256 != src.SHA256:
		proof.check("original", src.Piece, Fails, "it has %d bytes and SHA-256 %s, not %s", sum.bytes, sum.sha256, describe(src))
		return nil
	case src.CRC32 != "" && sum.crc32 != src.CRC32:
		proof.check("original", src.Piece, Fails, "its CRC-32 is %s, but the archive's was %s", sum.crc32, src.CRC32)
		return nil
	}
	proof.check("original", src.Piece, Holds, "%d bytes, unchanged since it was saved (SHA-256%s)", sum.bytes,
		map[bool]string{true: " and CRC-32"}[src.CRC32 != ""])
	if n < 0 {
		return nil // an earlier copy: nothing else is noted of it
	}
	return p.frames(ctx, proof, s, n, name)
}

// lengths returns how long the units of a file last, of which tr is known.
func lengths(ctx context.Context, name string, tr *track.Track) ([]track.Lengths, error) {
	list := make([]track.Lengths, len(tr.Runs))
	for i, r := range tr.Runs {
		list[i].Usual = r.Usual()
	}
	_, err := scan(ctx, name, track.Options{}, func(u *track.Packet) error {
		if u.Run < len(list) {
			list[u.Run].Add(u.Samples)
		}
		return nil
	})
	return list, err
}

// frames counts the units of a piece again, and works out its clock anew from
// the tags between them.
func (p *Prover) frames(ctx context.Context, proof *Proof, s *space.Space, n int, name string) error {
	piece := &s.Pieces[n]
	list, err := p.manifest(ctx, proof, s, piece)
	if err != nil {
		return err
	}
	var tags hydra.Tags
	marks := playable.Scan{}
	if list != nil {
		marks.Marks = list.Offsets()
	}
	tr, err := scan(ctx, name, track.Options{OnEvent: tags.Add}, marks.Mark)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		proof.check("frames", piece.Name, Fails, "cannot read it as audio: %v", err)
		return nil
	}
	asNoted(tr, s)
	samples := played(tr)
	if units := tr.Units(); units != piece.Units || samples != piece.Samples {
		proof.check("frames", piece.Name, Fails, "counted %d frames with %d samples, not %d with %d", units, samples, piece.Units, piece.Samples)
	} else {
		proof.check("frames", piece.Name, Holds, "counted again: %d frames with %d samples", units, samples)
	}
	if p.wallChanged(proof, s, n) {
		return nil
	}
	noted := s.RunsOf(n)
	if len(noted) == 0 {
		return nil // other pieces hold all of it
	}
	alone := tags.Piece(tr)
	if list != nil {
		list.Lay(&alone, marks.EndMarks(), hydra.NTPEpoch)
	}
	if alone.Drop = noted[0].PieceUnit; alone.Drop > 0 || len(alone.Cuts) > 0 {
		if alone.Lengths, err = lengths(ctx, name, tr); err != nil {
			return err
		}
	}
	tl := timeline.Build([]timeline.Piece{alone})
	if len(tl.Runs) != len(noted) {
		proof.check("clock", piece.Name, Fails, "its tags show %d ranges without a gap, but the library recorded %d", len(tl.Runs), len(noted))
		return nil
	}
	told := false
	for i, r := range tl.Runs {
		now := space.Time{Time: r.Start}
		told = told || !now.IsZero()
		if now.IsZero() && r.Anchors == 0 {
			continue // the host, the record or another piece tells it
		}
		if now.String() != noted[i].Wall.String() || r.Samples != noted[i].Samples {
			proof.check("clock", piece.Name, Fails, "its tags show that range %d began at %s and has %d samples, but the library recorded %s and %d", i+1, now, r.Samples, noted[i].Wall, noted[i].Samples)
			return nil
		}
	}
	from := "its timed tags"
	if len(tags.Anchors) == 0 {
		from = "the times of its playlist"
	}
	if told {
		proof.check("clock", piece.Name, Holds, "computed again from %s: its first sample is at %s", from, space.Time{Time: tl.Runs[0].Start})
	}
	return nil
}

// wallChanged reports whether the host has set the clock of a recording, so
// that the tags do not tell it.
func (p *Prover) wallChanged(proof *Proof, s *space.Space, n int) bool {
	if s.Sources["started_at"] != "the host" {
		return false
	}
	proof.check("clock", s.Pieces[n].Name, NotChecked, "the host set the start time")
	return true
}

// manifest checks the manifest of a piece that was joined from the chunks of a
// playlist: that it is unchanged, and of this piece. It returns nil for other
// pieces, and where the check fails.
func (p *Prover) manifest(ctx context.Context, proof *Proof, s *space.Space, piece *space.Piece) (*manifest.Manifest, error) {
	if piece.Playlist == nil {
		return nil, nil
	}
	f := piece.Playlist.Manifest
	name := p.originName(s, f.Name)
	sum, err := p.hashFile(ctx, name)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		proof.check("manifest", f.Name, Fails, "%v", err)
		return nil, nil
	case sum.sha256 != f.SHA256:
		proof.check("manifest", f.Name, Fails, "it has %d bytes and SHA-256 %s, not %d with %s", sum.bytes, sum.sha256, f.Bytes, f.SHA256)
		return nil, nil
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	list, err := manifest.Read(file)
	switch {
	case err != nil:
		proof.check("manifest", f.Name, Fails, "%v", err)
		return nil, nil
	case list.SHA256 != piece.SHA256:
		proof.check("manifest", f.Name, Fails, "it is of a file with SHA-256 %s, not of %s", list.SHA256, piece.Name)
		return nil, nil
	}
	missing, seconds := list.Missing()
	what := "none missing"
	if missing > 0 {
		what = fmt.Sprintf("%d missing, %.1f s", missing, seconds)
	}
	proof.check("manifest", f.Name, Holds, "unchanged, and of %s: %d chunks of a playlist, %s", piece.Name, list.Real(), what)
	return list, nil
}

// scan reads all units of a file and hands each to visit, if that is set.
func scan(ctx context.Context, name string, o track.Options, visit func(*track.Packet) error) (*track.Track, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	rd, err := media.Open(f, info.Size(), o)
	if err != nil {
		return nil, err
	}
	var u track.Packet
	for i := 0; ; i++ {
		if i%256 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		err := rd.Next(&u)
		if err == io.EOF {
			return rd.Track(), nil
		}
		if err == nil && visit != nil {
			err = visit(&u)
		}
		if err != nil {
			return nil, err
		}
	}
}

// origin checks where an original came from: that the library noted the
// archive, and, if that archive was given, that the member is what is here.
func (p *Prover) origin(ctx context.Context, proof *Proof, s *space.Space, src *Trace) error {
	if src.Archive == "" {
		what := "it did not come from an archive"
		if i := slices.IndexFunc(s.Pieces, func(q space.Piece) bool { return q.SHA256 == src.SHA256 && q.Playlist != nil }); i >= 0 {
			what = fmt.Sprintf("it came from a playlist, %s%s", src.Member, at(s.Pieces[i].Playlist.Host))
		}
		proof.check("archive", src.Piece, NotChecked, "%s", what)
		return nil
	}
	if p.known == nil {
		list, err := p.Library.Archives()
		if err != nil {
			return err
		}
		p.known = list
	}
	if !slices.ContainsFunc(p.known, func(k space.Archive) bool { return k.Key() == src.Archive && slices.Contains(k.Spaces, s.ID) }) {
		proof.check("archive", src.Archive, Fails, "%s is missing or does not list this Space", layout.ArchiveOf(src.Archive))
	}
	a, err := p.archive(ctx, src.Archive)
	if err != nil {
		return err
	}
	if a == nil {
		why := "its archive was not given"
		if len(p.Archives) > 0 {
			why = "none of the given archives is its source"
		}
		proof.check("member", src.Member, NotChecked, "%s: %s, %s", why, src.ArchiveName, space.KeyWords(src.Archive))
		return nil
	}
	if space.Listing(src.Archive) != "" {
		proof.check("archive", a.Path(), Holds, "its list of members, with their sizes and CRC-32, matches that of the imported archive, which was read from a server and has no SHA-256")
	} else {
		proof.check("archive", a.Path(), Holds, "its SHA-256 matches the imported archive")
	}
	for _, m := range a.Media() {
		if m.Name != src.Member {
			continue
		}
		sum, err := p.hashMember(ctx, &m)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			proof.check("member", src.Member, Fails, "%v", err)
		case sum.sha256 == src.SHA256:
			proof.check("member", src.Member, Holds, "%d bytes with the SHA-256 of %s", sum.bytes, src.Piece)
			return nil // of several of that name, it is this one
		default:
			proof.check("member", src.Member, Fails, "%d bytes with SHA-256 %s, not %s", sum.bytes, sum.sha256, src.SHA256)
		}
		return nil
	}
	proof.check("member", src.Member, Fails, "%s does not contain this member", a.Path())
	return nil
}

// at names a host behind what it has.
func at(host string) string {
	if host == "" {
		return ""
	}
	return " at " + host
}

// archive finds the archive of a key among those that were given.
func (p *Prover) archive(ctx context.Context, key string) (*archive.Archive, error) {
	for _, a := range p.Archives {
		if listing := space.Listing(key); listing != "" {
			if a.Listing() == listing {
				return a, nil
			}
			continue
		}
		sum, err := p.archiveSum(ctx, a)
		if err != nil {
			return nil, err
		}
		if sum == key {
			return a, nil
		}
	}
	return nil, nil
}

// archiveSum hashes an archive once.
func (p *Prover) archiveSum(ctx context.Context, a *archive.Archive) (string, error) {
	if sum, ok := p.sums[a]; ok {
		return sum, nil
	}
	sum, err := a.Hash(ctx, p.Progress)
	if err != nil {
		return "", fmt.Errorf("%s: %w", a.Path(), err)
	}
	if p.sums == nil {
		p.sums = make(map[*archive.Archive]string)
	}
	p.sums[a] = sum
	return sum, nil
}

// hashMember reads a member to its end, where its checksum is compared.
func (p *Prover) hashMember(ctx context.Context, m *archive.Member) (hashes, error) {
	r, err := m.Open(ctx)
	if err != nil {
		return hashes{}, err
	}
	defer r.Close()
	if p.Progress != nil {
		p.Progress.Expect(m.Size)
	}
	return p.hash(ctx, r)
}

// asNoted counts samples as they are noted of a Space that was saved when
// HE-AAC of which only the units tell was taken for AAC-LC: at half the rate.
func asNoted(tr *track.Track, s *space.Space) {
	for i := range tr.Runs {
		r := &tr.Runs[i]
		noted := slices.ContainsFunc(s.Configs, func(c space.Config) bool {
			return c.Codec == string(track.AACLC) && 2*c.SampleRate == r.SampleRate && 2*c.UnitSamples == r.UnitSamples
		})
		if r.Codec == track.HEAAC && noted {
			r.SampleRate /= 2
			r.UnitSamples /= 2
			r.Samples, r.Skip, r.Trim = r.Samples/2, r.Skip/2, r.Trim/2
		}
	}
}
