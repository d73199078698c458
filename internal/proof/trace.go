package proof

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/recording"
)

// File proves a file that the library holds or has made, whatever it is called
// by now and wherever it lies: it is found by its SHA-256. If no record has
// that, the record beside the file, or the one of its place in the library, is
// what it is held against. The error is ErrUnknown if there is none.
func (p *Prover) File(ctx context.Context, name string) (*Proof, error) {
	sum, err := p.hashFile(ctx, name)
	if err != nil {
		return nil, err
	}
	t, err := p.trace(ctx, name, sum.sha256)
	if err != nil {
		return nil, err
	}
	proof := &Proof{Kind: t.kind, ID: t.space.ID, Title: t.space.Title, File: name, Bytes: sum.bytes, SHA256: sum.sha256}
	if t.record == "" {
		proof.check("file", name, NotChecked, "no record of the file was found; these details come from its own tags")
	} else if t.sha256 == sum.sha256 {
		proof.check("file", name, Holds, "its SHA-256 matches %s", path.Base(t.record))
	} else {
		proof.check("file", name, Fails, "its SHA-256 is %s, but %s says %s", sum.sha256, path.Base(t.record), t.sha256)
	}
	if err := p.receipts(proof, func(r *publish.Receipt) bool { return r.SHA256 == sum.sha256 }); err != nil {
		return nil, err
	}
	for _, r := range proof.Receipts {
		if r.Bytes == sum.bytes {
			proof.check("receipt", r.Object, Holds, "the uploaded file has the size and SHA-256 of this file")
		} else {
			proof.check("receipt", r.Object, Fails, "the uploaded file has %d bytes, but this file has %d", r.Bytes, sum.bytes)
		}
	}
	err = p.traceOriginals(ctx, proof, t, name)
	if err == nil {
		err = p.words(ctx, proof, t)
	}
	return proof.finish(), err
}

// A found is where a file comes from.
type found struct {
	kind    SubjectKind
	space   *space.Space
	record  string // what tells of it, below the library; "" if only its own tags do
	sha256  string // as that says
	clip    *clip.Provenance
	episode *episode.Record
	piece   int
	noted   bool              // the library's ledger tells of it: it was written elsewhere
	trusted bool              // the library itself has the record; a file and what lies beside it can come from anybody
	guess   bool              // nothing says which stretch it is: it is taken for all of the recording
	tags    map[string]string // of the file itself
}

// trace looks through the records for a file of this hash.
func (p *Prover) trace(ctx context.Context, name, sha string) (*found, error) {
	var near *found // by its place
	abs, err := filepath.Abs(name)
	if err != nil {
		return nil, err
	}
	var same *found
	inLibrary := strings.HasPrefix(abs, filepath.Clean(p.Library.Path("."))+string(filepath.Separator))
	err = p.each(ctx, func(t *found) bool {
		if t.sha256 == sha { // of equal files the one that is meant tells of itself
			here := !t.noted && p.Library.Path(t.place()) == abs
			if same == nil || here {
				same = t
			}
			return inLibrary && !here
		}
		if !t.noted && p.Library.Path(t.place()) == abs {
			near = t
		}
		return true
	})
	if err != nil {
		return nil, err
	}
	if same != nil {
		if same.noted {
			p.named(same, name)
		}
		return same, nil
	}
	if near != nil {
		return near, nil // which is trusted, but has another hash
	}
	t, err := p.recordBeside(name)
	if err == ErrUnknown {
		t, err = p.claim(name)
	}
	return t, err
}

// traceOriginals goes from a file to the originals, the archive and its members.
func (p *Prover) traceOriginals(ctx context.Context, proof *Proof, t *found, name string) error {
	s := t.space
	switch t.kind {
	case Original:
		proof.WrittenBy = s.WrittenBy
		src, ok := pieceAt(s, t.piece)
		proof.Sources = append(proof.Sources, src)
		if ok {
			proof.Samples, proof.Lossless = src.Samples, true
			p.timing(proof, s)
		}
		return p.origins(ctx, proof, s)
	case Playable:
		proof.WrittenBy, proof.Lossless = s.WrittenBy, true
		for i := range s.Pieces {
			if slices.ContainsFunc(s.RunsOf(i), func(r space.Run) bool { return r.File == t.piece }) {
				src, _ := pieceAt(s, i)
				proof.Sources = append(proof.Sources, src)
			}
		}
		p.timing(proof, s)
		if err := p.origins(ctx, proof, s); err != nil {
			return err
		}
		return p.joined(ctx, proof, s, t.piece)
	}
	r, err := recording.Open(p.Library, s.ID, p.Version)
	if err != nil {
		proof.check("record", t.record, Fails, "cannot open the recording: %v", err)
		return nil
	}
	defer r.Close()
	span := t.fill(proof, r)
	if t.clip != nil && t.clip.Rate != r.Rate {
		proof.check("record", path.Base(t.place()), Fails, "its sample rate is %d Hz, but the recording's is %d Hz", t.clip.Rate, r.Rate)
		return nil
	}
	if span.Start < 0 || span.Samples < 0 || span.End() > r.Samples {
		proof.check("record", t.record, Fails, "it names samples %d to %d, but the recording has %d", span.Start, span.End(), r.Samples)
		return nil
	}
	var sources []recording.Source
	if t.clip != nil && t.record != "" {
		sources = t.clip.Sources
	} else {
		sources = r.Sources(span)
	}
	for _, c := range sources {
		src, ok := pieceOf(s, c.SHA256)
		src.FirstUnit, src.Units, src.Start, src.Samples, src.SHA256 = c.FirstUnit, c.Units, c.Start, c.Samples, c.SHA256
		if !ok {
			src.Piece = c.Piece
		}
		if src.Archive == "" { // of what was replaced, the library tells less than the clip
			src.Member, src.Archive = c.Member, c.Archive
			src.name(s)
		}
		proof.Sources = append(proof.Sources, src)
	}
	p.clock(proof, t, r, span)
	if err := p.origins(ctx, proof, s); err != nil {
		return err
	}
	if t.tags == nil {
		t.tags = tagsOf(name)
	}
	if t.record == "" {
		return p.checkClaim(ctx, proof, t, r, name)
	}
	return p.content(ctx, proof, t, r, name)
}

// fill takes over what the record says of the file, and returns its span.
func (t *found) fill(proof *Proof, r *recording.Recording) recording.Span {
	if c := t.clip; c != nil {
		proof.Title, proof.Lossless, proof.Settings, proof.WrittenBy = c.Title, c.Lossless, c.Settings, c.WrittenBy
		proof.Start, proof.Samples, proof.SampleRate, proof.At, proof.Length = c.Start, c.Samples, c.Rate, c.At, c.Length
		span := recording.Span{Start: c.Start, Samples: c.Samples}
		proof.keep(c.Omitted)
		if proof.StartedAt, proof.EndedAt = c.StartedAt, c.EndedAt; t.record == "" {
			if (c.Settings == clip.Settings{}) {
				proof.Settings = nil
			}
			proof.StartedAt, proof.EndedAt = wall(r, span)
		}
		return span
	}
	e := t.episode
	settings := e.Settings
	if !e.ReEncoded { // an encoder would have used them
		settings.BitRate, settings.Encoder = 0, ""
	}
	proof.Title, proof.Lossless, proof.Settings, proof.WrittenBy = e.Title, !e.ReEncoded, settings, e.WrittenBy
	span := recording.Span{Samples: r.Samples}
	if n := len(e.Kept); n > 0 {
		position := func(seconds float64) int64 { return int64(math.Round(seconds * float64(r.Rate))) }
		span.Start = position(e.Kept[0].Start)
		span.Samples = position(e.Kept[n-1].Start+e.Kept[n-1].Seconds) - span.Start
	}
	proof.Start, proof.Samples, proof.SampleRate = span.Start, span.Samples, r.Rate
	proof.At, proof.Length = r.Seconds(span.Start), r.Seconds(span.Samples)
	proof.Kept, proof.Omitted, proof.Duration, proof.Intro, proof.Outro = e.Kept, e.Omitted, e.Duration, e.Intro, e.Outro
	if e.SampleRate > 0 && e.Samples > 0 {
		proof.Duration = float64(e.Samples) / float64(e.SampleRate) // which are counted again
	}
	proof.StartedAt, proof.EndedAt = wall(r, span)
	return span
}

// keep says which stretches are in a file that has all of its span but what was
// left out.
func (p *Proof) keep(out []recording.Omitted) {
	p.Kept, p.Omitted, p.Duration = []episode.Kept{}, out, 0
	from, end := p.At, p.At+p.Length
	add := func(to float64) {
		if to > from {
			p.Kept = append(p.Kept, episode.Kept{Start: from, Seconds: to - from, At: p.Duration})
			p.Duration += to - from
		}
	}
	for _, o := range out {
		if !o.Muted {
			add(o.Start)
			from = max(from, o.Start+o.Seconds)
		}
	}
	add(end)
}

// wall returns the wall clock of a span's first sample and of its end.
func wall(r *recording.Recording, span recording.Span) (from, to space.Time) {
	from, to = r.Wall(span.Start), r.Wall(span.End()-1)
	if !to.IsZero() {
		to.Time = to.Add(r.Time(1))
	}
	return from, to
}

// timing takes the times of a whole recording.
func (p *Prover) timing(proof *Proof, s *space.Space) {
	if s.Audio != nil {
		proof.SampleRate = s.Audio.SampleRate
	}
	if s.Duration != nil && s.Samples != nil && (proof.Kind != Original || len(s.Pieces) == 1) {
		proof.Length, proof.Samples, proof.StartedAt, proof.EndedAt = *s.Duration, *s.Samples, s.StartedAt, s.EndedAt
	}
}

// clock looks whether the timeline gives the wall clock that a record tells.
func (p *Prover) clock(proof *Proof, t *found, r *recording.Recording, span recording.Span) {
	if t.clip == nil || t.clip.StartedAt.IsZero() {
		return
	}
	if now := r.Wall(span.Start); now.String() == t.clip.StartedAt.String() {
		proof.check("clock", t.clip.File, Holds, "its first sample is at %s by the recording's clock", now)
	} else {
		proof.check("clock", t.clip.File, Fails, "its first sample is at %s by the recording's clock, but its record says %s", now, t.clip.StartedAt)
	}
}

// pieceAt describes a whole original by its number. ok is false for earlier
// ones, of which less is known.
func pieceAt(s *space.Space, i int) (src Trace, ok bool) {
	if i >= len(s.Pieces) {
		e := s.Earlier[i-len(s.Pieces)]
		return Trace{Piece: e.Name, Bytes: e.Bytes, SHA256: e.SHA256}, false
	}
	q := s.Pieces[i]
	src = Trace{Piece: q.Name, Bytes: q.Bytes, SHA256: q.SHA256, CRC32: q.CRC32, Units: q.Units, Samples: q.Samples, Member: q.Member, Archive: q.Archive}
	src.name(s)
	if runs := s.RunsOf(i); len(runs) > 0 {
		src.Start = runs[0].FirstSample
	}
	return src, true
}

// name fills in what the library knows of the archive.
func (src *Trace) name(s *space.Space) {
	for _, o := range s.Provenance {
		if o.Archive == src.Archive && src.Archive != "" {
			src.ArchiveName, src.ArchiveMade = o.Name, o.Made
		}
	}
}

// pieceOf finds an original by its hash.
func pieceOf(s *space.Space, sha string) (Trace, bool) {
	for i := range len(s.Pieces) + len(s.Earlier) {
		if src, _ := pieceAt(s, i); src.SHA256 == sha {
			return src, true
		}
	}
	return Trace{}, false
}

// finish makes JSON say [] where there is nothing. What is not an excerpt is all
// of what it was made of.
func (p *Proof) finish() *Proof {
	if p.Kept == nil { // an early record does not tell
		out, seconds := p.Omitted, p.Duration
		p.keep(nil)
		p.Omitted, p.Duration = out, cmp.Or(seconds, p.Duration)
	}
	if p.Sources == nil {
		p.Sources = []Trace{}
	}
	if p.Made == nil {
		p.Made = []Made{}
	}
	if p.Receipts == nil {
		p.Receipts = []*publish.Receipt{}
	}
	if p.Checks == nil {
		p.Checks = []Check{}
	}
	return p
}

// Space proves a recording: its originals, its playable files, what was made
// of it, and what was sent.
func (p *Prover) Space(ctx context.Context, id string) (*Proof, error) {
	s, err := p.Library.Load(id)
	if err != nil {
		return nil, err
	}
	proof := &Proof{Kind: Recording, ID: s.ID, Title: s.Title, File: s.File, Lossless: true, WrittenBy: s.WrittenBy}
	p.timing(proof, s)
	for i := range s.Pieces {
		src, _ := pieceAt(s, i)
		proof.Sources = append(proof.Sources, src)
	}
	if err := p.origins(ctx, proof, s); err != nil {
		return nil, err
	}
	p.transcript(proof, s)
	made, err := p.made(s)
	if err != nil {
		return nil, err
	}
	for _, t := range append(held(s), made...) {
		if t.kind == Original {
			continue // done
		}
		sum, err := p.hashFile(ctx, p.Library.Path(t.place()))
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil:
			proof.check("file", t.place(), Fails, "%v", err)
		case sum.sha256 != t.sha256:
			proof.check("file", t.place(), Fails, "its SHA-256 is %s, but %s says %s", sum.sha256, path.Base(t.record), t.sha256)
		default:
			proof.check("file", t.place(), Holds, "its SHA-256 matches %s", path.Base(t.record))
			if t.kind != Playable {
				break
			}
			if err := p.joined(ctx, proof, s, t.piece); err != nil {
				return nil, err
			}
		}
		if t.kind == Playable && t.place() == s.File {
			proof.Bytes, proof.SHA256 = sum.bytes, sum.sha256
		}
		if t.kind != Playable {
			proof.Made = append(proof.Made, Made{t.kind, t.place(), t.sha256})
		}
	}
	if err := p.receipts(proof, func(r *publish.Receipt) bool { return r.ID == s.ID }); err != nil {
		return nil, err
	}
	for _, r := range proof.Receipts {
		if err := p.receipt(ctx, proof, r, append(held(s), made...)); err != nil {
			return nil, err
		}
	}
	return proof.finish(), nil
}

// receipt looks whether what was sent is what is here.
func (p *Prover) receipt(ctx context.Context, proof *Proof, r *publish.Receipt, files []*found) error {
	for _, t := range files {
		if t.sha256 == r.SHA256 {
			proof.check("receipt", r.Object, Holds, "the uploaded file has the SHA-256 of %s", path.Base(t.place()))
			return nil
		}
	}
	if !filepath.IsLocal(filepath.FromSlash(r.File)) {
		proof.check("receipt", r.Object, NotChecked, "%s is outside the library", r.File)
		return nil
	}
	sum, err := p.hashFile(ctx, p.Library.Path(r.File))
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		proof.check("receipt", r.Object, NotChecked, "the file that was sent no longer exists: %s", r.File)
	case sum.sha256 == r.SHA256:
		proof.check("receipt", r.Object, Holds, "the uploaded file has the SHA-256 of %s", r.File)
	default:
		proof.check("receipt", r.Object, NotChecked, "%s has changed since it was sent", r.File)
	}
	return nil
}

// originPath is where an original lies below the library.
func originPath(s *space.Space, piece string) string { return layout.OriginalIn(s.Folder, piece) }

// originName is where an original lies.
func (p *Prover) originName(s *space.Space, piece string) string {
	return p.Library.Path(originPath(s, piece))
}

func describe(src *Trace) string {
	return fmt.Sprintf("%d bytes, SHA-256 %s", src.Bytes, src.SHA256)
}
