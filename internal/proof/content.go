package proof

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path"
	"slices"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media"
	"github.com/spaces-cli/spaces/internal/media/encode"
	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/media/pcm"
	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/recording"
)

// content compares what is in a clip or an episode with the recording.
func (p *Prover) content(ctx context.Context, proof *Proof, t *found, r *recording.Recording, name string) error {
	span := recording.Span{Start: proof.Start, Samples: proof.Samples}
	if proof.Lossless {
		if _, err := p.units(ctx, proof, t, r, span, name); err != nil {
			return err
		}
	}
	if t.clip != nil {
		if err := p.checkRemake(ctx, proof, t, r); err != nil {
			return err
		}
	} else if !proof.Lossless {
		if err := p.length(ctx, proof, t, name); err != nil {
			return err
		}
	}
	if proof.Lossless || proof.last().Result == Holds && t.clip != nil {
		return nil
	}
	if t.clip != nil {
		_, tagged := t.tags[clip.SettingsTag]
		if decided, err := p.tryRemake(ctx, proof, t, p.request(t.clip, r, tagged), name); decided || err != nil {
			return err
		}
	}
	return p.compareSound(ctx, proof, t, r, name, t.trusted && t.sha256 == proof.SHA256, true)
}

// units holds the access units of a file that was made without re-encoding
// against those of the recording, and these against the originals. Gains are as
// its record says; without a record they may differ, but not by much.
func (p *Prover) units(ctx context.Context, proof *Proof, t *found, r *recording.Recording, span recording.Span, name string) (sameness, error) {
	if !clip.Copies(r, span, clip.Native(r, span)) {
		return other, p.samples(ctx, proof, t, r, span, name)
	}
	kind, _ := format.Of(t.place(), format.Sound())
	text := ""
	if locatable(r, span) {
		c, what, err := p.unitsAre(ctx, proof, t, r, span, name)
		if err != nil || what != theSame {
			return what, err
		}
		if text = fmt.Sprintf("its %d frames are identical to the recording's", c.units); proof.Gain != nil {
			text += fmt.Sprintf(", apart from their gains (%s)", proof.Gain)
		}
	} else {
		units, same, err := p.blocks(ctx, proof, t, r, span, name)
		if err != nil || !same {
			return other, err
		}
		text = fmt.Sprintf("its %d frames are identical to the recording's", units)
	}
	if err := p.inOriginals(ctx, proof, r, proof.Sources); err != nil {
		return theSame, err
	}
	proof.check("units", t.place(), Holds, "%s", text)
	if kind == format.AAC {
		return theSame, nil // which plays all of its frames
	}
	return theSame, p.checkPlayback(ctx, proof, t, r, span, name)
}

// locatable reports whether the sound of a span is coded in access units. PCM is
// cut into blocks from wherever a file begins.
func locatable(r *recording.Recording, span recording.Span) bool {
	list := r.Extents(span)
	return len(list) > 0 && r.Files[list[0].File].Config.Codec != track.PCM
}

// blocks compares the sound of a file that has no frames, but blocks, with the
// recording's. It notes a check unless they are the same.
func (p *Prover) blocks(ctx context.Context, proof *Proof, t *found, r *recording.Recording, span recording.Span, name string) (n int64, same bool, err error) {
	want, got := &byteSum{Hash: sha256.New()}, &byteSum{Hash: sha256.New()}
	if err := clip.Copy(ctx, io.Discard, r, span, clip.Native(r, span), encode.Options{}, nil, want); err != nil {
		return 0, false, p.noteUnchecked(ctx, proof, "units", t.place(), "cannot cut the recording this way again", err)
	}
	_, err = scan(ctx, name, track.Options{}, func(u *track.Packet) error {
		n++
		_, err := got.Write(u.Data)
		return err
	})
	if err != nil {
		return 0, false, p.noteUnchecked(ctx, proof, "units", t.place(), "cannot read it", err)
	}
	if want.bytes == 0 || got.bytes != want.bytes || !bytes.Equal(got.Sum(nil), want.Sum(nil)) {
		proof.check("units", t.place(), Fails, "its frames differ from the recording")
		return n, false, nil
	}
	return n, true, nil
}

// samples decodes a file that lost nothing, though it has frames of its own, and
// the recording, and compares their samples.
func (p *Prover) samples(ctx context.Context, proof *Proof, t *found, r *recording.Recording, span recording.Span, name string) error {
	want, stop, err := r.Decode(ctx, span, r.Format())
	if err != nil {
		return p.noteUnchecked(ctx, proof, "samples", t.place(), "cannot decode the recording", err)
	}
	defer stop()
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	rd, err := media.Open(f, info.Size(), track.Options{})
	if err != nil {
		return p.noteUnchecked(ctx, proof, "samples", t.place(), "cannot read it", err)
	}
	stream := pcm.NewStream(rd)
	if _, err := stream.Next(); err != nil {
		return p.noteUnchecked(ctx, proof, "samples", t.place(), "cannot decode it", err)
	}
	got := pcm.Stereo(stream)
	if want.Reader.Format().Channels == 1 {
		got = pcm.Mono(stream)
	}
	const frames = 4096
	bits := cmp.Or(want.Bits, 16)
	a, b := make([]float32, frames*got.Format().Channels), make([]float32, frames*got.Format().Channels)
	for n := int64(0); ; n += frames {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		k, err := pcm.ReadFull(want.Reader, a)
		l, ferr := pcm.ReadFull(got, b)
		if !ended(err) || !ended(ferr) {
			return p.noteUnchecked(ctx, proof, "samples", t.place(), "cannot compare it", cmp.Or(err, ferr))
		}
		for i, v := range a[:k*got.Format().Channels] {
			a[i] = encode.Stored(v, bits)
		}
		if k != l || !slices.Equal(a[:k*got.Format().Channels], b[:l*got.Format().Channels]) {
			proof.check("samples", t.place(), Fails, "its samples differ from the recording, within %d samples after sample %d", frames, n)
			return nil
		}
		if k < frames {
			proof.check("samples", t.place(), Holds, "its %d samples are identical to the recording's; its frames are its own", n+int64(k))
			return nil
		}
	}
}

// ended reports whether an error of a pcm.Reader is none, or its end.
func ended(err error) bool { return err == nil || err == io.EOF || err == io.ErrUnexpectedEOF }

// checkPlayback holds what a file plays of its frames against the span that its record
// tells: how many samples, and from which of the first frame on.
func (p *Prover) checkPlayback(ctx context.Context, proof *Proof, t *found, r *recording.Recording, span recording.Span, name string) error {
	tr, err := scan(ctx, name, track.Options{}, nil)
	if err != nil {
		return p.noteUnchecked(ctx, proof, "frames", t.place(), "cannot read it", err)
	}
	want := r.Length(span, tr.Runs[0].SampleRate)
	if n := played(tr); n != want {
		proof.check("frames", t.place(), Fails, "it plays %d samples, but its record says %d", n, want)
		return nil
	}
	if first, ok := offset(r, span.Start); ok && tr.Format == track.MP4 && tr.Runs[0].Skip%int64(tr.Runs[0].UnitSamples) != first {
		proof.check("frames", t.place(), Fails, "it begins at sample %d of a frame, but its record says sample %d", tr.Runs[0].Skip%int64(tr.Runs[0].UnitSamples), first)
		return nil
	}
	proof.check("frames", t.place(), Holds, "it plays the %d samples that its record states", want)
	return nil
}

// played counts the samples of a file that are heard.
func played(tr *track.Track) int64 {
	var n int64
	for _, r := range tr.Runs {
		n += r.Played()
	}
	return n
}

// offset returns which sample of its frame a position is. ok is false where
// frames and positions do not have the same rate.
func offset(r *recording.Recording, position int64) (n int64, ok bool) {
	list := r.Extents(recording.Span{Start: position, Samples: 1})
	if len(list) == 0 {
		return 0, false
	}
	c := r.Files[list[0].File].Config
	if c.SampleRate != r.Rate || c.UnitSamples < 1 {
		return 0, false
	}
	return list[0].Start % int64(c.UnitSamples), true
}

// noteUnchecked notes that something could not be looked at, unless that is because
// ctx has ended.
func (p *Prover) noteUnchecked(ctx context.Context, proof *Proof, what, of, message string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	proof.check(what, of, Fails, "%s: %v", message, err)
	return nil
}

// A byteSum adds up blocks as they are copied.
type byteSum struct {
	hash.Hash
	bytes int64
}

func (s *byteSum) Write(b []byte) (int, error) {
	s.bytes += int64(len(b))
	return s.Hash.Write(b)
}

// inOriginals compares stretches of the playable files with the originals that
// they were joined from. Each original is read once.
func (p *Prover) inOriginals(ctx context.Context, proof *Proof, r *recording.Recording, sources []Trace) error {
	var order []string
	stretches := make(map[string][]Trace)
	for _, src := range sources {
		if stretches[src.SHA256] == nil {
			order = append(order, src.SHA256)
		}
		stretches[src.SHA256] = append(stretches[src.SHA256], src)
	}
	for _, sha := range order {
		list := stretches[sha]
		slices.SortFunc(list, func(a, b Trace) int { return cmp.Compare(a.FirstUnit, b.FirstUnit) })
		if err := p.inOriginal(ctx, proof, r, list); err != nil {
			return err
		}
	}
	return nil
}

// inOriginal does so for stretches of one original, in their order.
func (p *Prover) inOriginal(ctx context.Context, proof *Proof, r *recording.Recording, list []Trace) error {
	piece, what := list[0].Piece, fmt.Sprintf("frames %d to %d", list[0].FirstUnit, list[0].FirstUnit+list[0].Units-1)
	if len(list) > 1 {
		what = fmt.Sprintf("%d ranges of frames", len(list))
	}
	var in *io.SectionReader
	var sizes track.Sizes
	next := func() bool {
		var ok bool
		in, sizes, ok = inPlayable(r, &list[0])
		return ok
	}
	if !next() {
		why := "frames of this format cannot be located separately"
		if !slices.ContainsFunc(r.Space.Pieces, func(q space.Piece) bool { return q.SHA256 == list[0].SHA256 }) {
			why = "a better copy replaced it in the recording"
		}
		proof.check("units", piece, NotChecked, "%s", why)
		return nil
	}
	var unit int64
	buf := make([]byte, track.MaxUnitSize)
	_, err := scan(ctx, p.originName(r.Space, piece), track.Options{}, func(u *track.Packet) error {
		for unit == list[0].FirstUnit+list[0].Units {
			if list = list[1:]; len(list) == 0 {
				return errEnough
			}
			if !next() {
				return errDiffers
			}
		}
		i := unit - list[0].FirstUnit
		unit++
		if i < 0 {
			return nil
		}
		if int(sizes[i]) > len(buf) {
			buf = make([]byte, sizes[i])
		}
		b := buf[:sizes[i]]
		if _, err := io.ReadFull(in, b); err != nil {
			return err
		}
		if !bytes.Equal(b, u.Data) {
			return errDiffers
		}
		return nil
	})
	if err == nil && (len(list) > 1 || unit < list[0].FirstUnit+list[0].Units) {
		err = io.ErrUnexpectedEOF
	}
	switch err {
	case nil, errEnough:
		proof.check("units", piece, Holds, "%s are identical to the recording's", what)
	case errDiffers:
		proof.check("units", piece, Fails, "%s differ from the recording", what)
	default:
		return p.noteUnchecked(ctx, proof, "units", piece, what+" cannot be compared", err)
	}
	return nil
}

var (
	errEnough  = errors.New("enough")
	errDiffers = errors.New("other frames")
)

// inPlayable finds the units of a source in the playable file. ok is false
// where there are none, or not as they are in the original.
func inPlayable(r *recording.Recording, src *Trace) (in *io.SectionReader, sizes track.Sizes, ok bool) {
	n, first := r.Units(src.SHA256, src.FirstUnit, src.Units)
	if n < 0 || r.Files[n].Index == nil {
		return nil, nil, false
	}
	f := r.Files[n]
	offset, sizes, err := f.Index.Extent(first, src.Units, nil)
	if err != nil {
		return nil, nil, false
	}
	return io.NewSectionReader(f, f.Start+offset, sizes.Sum()), sizes, true
}

// checkRemake makes a clip once more, as its record says, and compares the bytes.
// Other versions and a new title of the Space change those around the audio,
// so that only sameness proves something.
func (p *Prover) checkRemake(ctx context.Context, proof *Proof, t *found, r *recording.Recording) error {
	c := t.clip
	if c.Settings.Cover != "" || c.Settings.Video != nil {
		proof.check("remade", c.File, NotChecked, "cannot be remade: its picture was not kept")
		return nil
	}
	_, tagged := t.tags[clip.SettingsTag]
	q, sum := p.request(c, r, tagged), sha256.New()
	q.Writer = sum
	_, err := clip.Cut(ctx, q)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		proof.check("remade", c.File, NotChecked, "cannot be remade here: %v", err)
	case hex.EncodeToString(sum.Sum(nil)) == c.SHA256:
		proof.check("remade", c.File, Holds, "remade with the same settings: identical bytes")
	default:
		proof.check("remade", c.File, NotChecked, "remaking it gave different bytes: it was made by %s, this is spaces %s, and the title or originals may have changed", c.WrittenBy, p.Version)
	}
	return nil
}

// length counts what an episode plays: that, its hash and its originals are
// all that can be checked of one that was encoded anew.
func (p *Prover) length(ctx context.Context, proof *Proof, t *found, name string) error {
	kind, _ := format.Of(t.episode.File, format.Sound())
	if kind == format.Opus {
		proof.check("frames", t.episode.File, NotChecked, "re-encoded as Opus")
		return nil
	}
	tr, err := scan(ctx, name, track.Options{}, nil)
	if err != nil {
		return p.noteUnchecked(ctx, proof, "frames", t.episode.File, "cannot read it", err)
	}
	samples := played(tr)
	if samples != t.episode.Samples {
		proof.check("frames", t.episode.File, Fails, "it plays %d samples, but its record says %d", samples, t.episode.Samples)
	} else {
		proof.check("frames", t.episode.File, Holds, "it plays the %d samples that its record states; it was re-encoded, so none of its frames is in an original", samples)
	}
	return nil
}

// joined holds a playable file against the originals that it was joined from.
func (p *Prover) joined(ctx context.Context, proof *Proof, s *space.Space, n int) error {
	r, err := recording.Open(p.Library, s.ID, p.Version)
	if err != nil {
		return p.noteUnchecked(ctx, proof, "units", path.Base(s.Files[n]), "cannot open it", err)
	}
	defer r.Close()
	var list []Trace
	for _, c := range r.Sources(recording.Span{Samples: r.Samples}) {
		src, _ := pieceOf(s, c.SHA256)
		src.FirstUnit, src.Units, src.SHA256 = c.FirstUnit, c.Units, c.SHA256
		if file, _ := r.Units(src.SHA256, src.FirstUnit, src.Units); file == n {
			list = append(list, src)
		}
	}
	return p.inOriginals(ctx, proof, r, list)
}
