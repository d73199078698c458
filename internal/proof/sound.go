package proof

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"github.com/spaces-cli/spaces/internal/media"
	"github.com/spaces-cli/spaces/internal/media/pcm"
	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/recording"
)

// What encoding, fading and levelling leave of a sound is known by its
// correlation with the recording, which is the same at any volume: 1 if they
// are equal, about 0 if they have nothing to do with each other.
const (
	alike    = 0.7  // at least, of every second that is heard in both
	foreign  = 0.3  // at most, of a second that is something else
	near     = 0.97 // at least, of short blocks of two files that were made in the same way
	loud     = 3e-3 // of full scale: what is quieter tells nothing
	furthest = 4096 // samples by which players' and other programs' files are shifted
)

// errUnread means that the sound of a file cannot be decoded here.
var errUnread = errors.New("its sound cannot be decoded here")

// listen opens a file to be decoded, as it is heard, in one channel. played is
// how many samples it plays.
func listen(ctx context.Context, name string) (src pcm.Reader, played int64, stop func(), err error) {
	if isOgg(name) {
		return nil, 0, nil, errUnread
	}
	tr, err := scan(ctx, name, track.Options{}, nil)
	if err != nil {
		return nil, 0, nil, err
	}
	if len(tr.Runs) != 1 {
		return nil, 0, nil, errUnread
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, 0, nil, err
	}
	info, err := f.Stat()
	if err == nil {
		var rd track.Reader
		if rd, err = media.Open(f, info.Size(), track.Options{}); err == nil {
			s := pcm.NewStream(rd)
			if _, err = s.Next(); err == nil {
				run := &tr.Runs[0]
				return pcm.Cut(pcm.Mono(s), pcm.Span{Start: run.Skip, Samples: run.Played()}), run.Played(), func() { f.Close() }, nil
			}
		}
	}
	f.Close()
	return nil, 0, nil, fmt.Errorf("%w: %w", errUnread, err)
}

// A soundComparison is what comparing two sounds has shown so far.
type soundComparison struct {
	rate             int
	frames           int64 // that were compared
	judged, unlike   int   // blocks that are loud enough, and those of them that differ
	foreign, shifted int   // of those that differ: that are something else, or the same a little earlier or later
	silent           int   // blocks that are silent only in the file
	at               int64 // where the first begins that differs
}

// compareBlock compares a block of the file with one of what it should be.
func (l *soundComparison) compareBlock(got, want []float32, least float64) {
	at := l.frames
	l.frames += int64(len(got))
	n := float64(len(got))
	if len(got) < l.rate/50 { // the end of a stretch
		return
	}
	gg, ww, gw := products(got, want)
	if math.Sqrt(ww/n) < loud {
		if math.Sqrt(gg/n) >= 10*loud && gw <= foreign*math.Sqrt(gg*ww) {
			l.noteDifference(at)
			l.foreign++
		}
		return
	}
	l.judged++
	if math.Sqrt(gg/n) < loud/3 {
		l.silent++
		return
	}
	if c := gw / math.Sqrt(gg*ww); c < least {
		l.noteDifference(at)
		if c < foreign && l.foreign+l.shifted < 3 { // looking for it takes long
			if shifted(got, want) {
				l.shifted++
			} else {
				l.foreign++
			}
		}
	}
}

func (l *soundComparison) noteDifference(at int64) {
	if l.unlike++; l.unlike == 1 {
		l.at = at
	}
}

func products(a, b []float32) (aa, bb, ab float64) {
	for i, x := range a {
		y := b[i]
		aa += float64(float64(x) * float64(x))
		bb += float64(float64(y) * float64(y))
		ab += float64(float64(x) * float64(y))
	}
	return aa, bb, ab
}

// shifted reports whether two blocks are alike if one is moved a little.
func shifted(got, want []float32) bool {
	if len(got) < 4*furthest {
		return false
	}
	inner := got[furthest : len(got)-furthest]
	for by := range 2 * furthest {
		if gg, ww, gw := products(inner, want[by:by+len(inner)]); gw >= alike*math.Sqrt(gg*ww) && gw > 0 {
			return true
		}
	}
	return false
}

// soundDifference decodes two files that should sound the same and says where they do
// not, or "".
func (p *Prover) soundDifference(ctx context.Context, name, other string) (string, error) {
	got, n, stop, err := listen(ctx, name)
	if err != nil {
		return "it cannot be decoded", ctx.Err()
	}
	defer stop()
	want, m, stop2, err := listen(ctx, other)
	if err != nil {
		return "", ctx.Err()
	}
	defer stop2()
	l := &soundComparison{rate: want.Format().SampleRate}
	if got.Format() != want.Format() || n != m {
		return fmt.Sprintf("it plays %d samples, not %d", n, m), nil
	}
	if err := l.along(ctx, got, want, n, l.rate/50, near, nil); err != nil {
		return "it cannot be decoded", ctx.Err()
	}
	if l.unlike+l.silent > 0 {
		return "it sounds different at " + l.place(l.at), nil
	}
	return "", nil
}

func (l *soundComparison) place(at int64) string {
	return fmt.Sprintf("%.1f s", float64(at)/float64(l.rate))
}

// along compares n frames of two sounds, block by block. skip says which not to
// look at.
func (l *soundComparison) along(ctx context.Context, got, want pcm.Reader, n int64, block int, least float64, skip func(at int64) bool) error {
	a, b := make([]float32, block), make([]float32, block)
	for n > 0 {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		size := int(min(n, int64(block)))
		k, err := pcm.ReadFull(got, a[:size])
		if !ended(err) {
			return err
		}
		j, err := pcm.ReadFull(want, b[:size])
		if !ended(err) {
			return err
		}
		size = min(k, j)
		if skip != nil && skip(l.frames) {
			l.frames += int64(size)
		} else {
			l.compareBlock(a[:size], b[:size], least)
		}
		if n -= int64(size); size == 0 {
			return io.ErrUnexpectedEOF
		}
	}
	return nil
}

// compareSound compares the sound of a file that was encoded anew with the stretches of
// the recording that are said to be in it. trusted says that the library itself
// knows the file by its hash: then likeness is enough. exact says that nothing
// can have been left out but what is known.
func (p *Prover) compareSound(ctx context.Context, proof *Proof, t *found, r *recording.Recording, name string, trusted, exact bool) error {
	of := t.place()
	got, played, stop, err := listen(ctx, name)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		proof.check("sound", of, NotChecked, "could not be verified: %v", err)
		return nil
	}
	defer stop()
	l := &soundComparison{rate: got.Format().SampleRate}
	length := int64(math.Round(proof.Duration * float64(l.rate)))
	slack := int64(len(proof.Kept)) + 1
	if played > length+slack {
		proof.check("frames", of, Fails, "it plays %d samples instead of %d: something was added", played, length)
		return nil
	}
	if played < length-slack {
		if exact {
			proof.check("frames", of, Fails, "it plays %d samples instead of %d: something is missing", played, length)
		} else {
			proof.check("sound", of, NotChecked, "could not be verified: it plays %d of %d samples, and no record says what was left out", played, length)
		}
		return nil
	}
	for _, k := range proof.Kept {
		if err := l.section(ctx, proof, r, got, played, k.Start, k.Seconds, k.At); err != nil {
			return p.noteUnchecked(ctx, proof, "sound", of, "cannot compare it with the recording", err)
		}
	}
	switch {
	case l.foreign > 0:
		proof.check("sound", of, Fails, "at %s the sound differs from the recording", l.place(l.at))
	case l.unlike > 0 || l.silent > 0:
		proof.check("sound", of, NotChecked, "could not be verified: %d of its %d seconds are too different to compare", l.unlike+l.silent, l.judged)
	case l.judged == 0:
		proof.check("sound", of, NotChecked, "could not be verified: its sound is too quiet to compare")
	case trusted:
		proof.check("sound", of, Holds, "decoded: it sounds like the recording in all %d seconds that are loud enough to compare", l.judged)
	default:
		proof.check("sound", of, NotChecked, "could not be verified: it sounds like that part of the recording, but no record says how it was encoded, so it cannot be compared bit for bit")
	}
	return nil
}

// fades reports whether the recording is mixed with an intro or an outro in a stretch
// of an episode.
func (p *Proof) fades(from, to float64) bool {
	i, o := p.Intro, p.Outro
	return i != nil && from < i.Start+i.Seconds || o != nil && to > o.Start
}

// section compares one stretch of the recording with where it is in the file.
func (l *soundComparison) section(ctx context.Context, proof *Proof, r *recording.Recording, got pcm.Reader, played int64, start, seconds, at float64) error {
	from := int64(math.Round(start * float64(r.Rate)))
	to := min(r.Samples, int64(math.Round((start+seconds)*float64(r.Rate))))
	want, stop, err := r.Decode(ctx, recording.Span{Start: from, Samples: to - from}, pcm.Format{SampleRate: l.rate, Channels: 1})
	if err != nil {
		return err
	}
	defer stop()
	begin := int64(math.Round(at * float64(l.rate)))
	pause := make([]float32, 4096) // that was put in
	for l.frames < begin {
		n, err := pcm.ReadFull(got, pause[:min(int64(len(pause)), begin-l.frames)])
		if l.frames += int64(n); err != nil {
			return err
		}
	}
	n := min(want.Samples, played-l.frames)
	if n < 1 {
		return nil
	}
	return l.along(ctx, got, want.Reader, n, l.rate, alike, func(frame int64) bool {
		here := start + float64(frame-begin)/float64(l.rate)
		if place := float64(frame) / float64(l.rate); proof.fades(place, place+1) {
			return true
		}
		for _, o := range proof.Omitted {
			if o.Muted && o.Start < here+1 && o.Start+o.Seconds > here {
				return true
			}
		}
		return false
	})
}
