package proof

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"os"
	"time"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/media/ogg"
	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/recording"
)

// A remadeClip is a clip that was made once more, in a temporary file.
type remadeClip struct {
	file   string
	sha256 string
}

func (m *remadeClip) remove() { os.Remove(m.file) }

// request is what a clip was made with. The pictures of a video cannot be made
// again, but its sound is that of an .m4a. What its record does not call lossless
// is encoded, though its gains alone might do.
func (p *Prover) request(c *clip.Provenance, r *recording.Recording, tagged bool) clip.Request {
	var omit recording.Omission
	for _, o := range c.Omitted {
		omit.Spans = append(omit.Spans, recording.Span{Start: int64(math.Round(o.Start * float64(r.Rate))), Samples: int64(math.Round(o.Seconds * float64(r.Rate)))})
		omit.Mute = o.Muted
	}
	q := clip.Request{
		Recording: r, Span: recording.Span{Start: c.Start, Samples: c.Samples}, Format: c.Format, Title: c.Settings.Title, Strict: c.Settings.Strict, Omit: omit,
		Effects:    clip.Effects{Fade: time.Duration(math.Round(c.Settings.Fade * float64(time.Second))), Normalize: c.Settings.Normalize, Level: c.Settings.Level, Mono: c.Settings.Mono},
		NoSettings: !tagged, ReEncode: !c.Lossless,
	}
	if q.Format == format.MP4 {
		q.Format = format.M4A
	}
	if q.Level {
		if turns, err := p.Library.Turns(r.Space.ID); err == nil && turns != nil { // else it is made without, and differs
			q.Turns = clip.TurnsOf(r, turns.Turns)
		}
	}
	return q
}

// remake makes a clip once more. The caller removes it.
func (p *Prover) remake(ctx context.Context, q clip.Request) (*remadeClip, error) {
	f, err := os.CreateTemp("", "spaces-prove-")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	m, sum := &remadeClip{file: f.Name()}, sha256.New()
	q.Writer = io.MultiWriter(f, sum)
	if _, err := clip.Cut(ctx, q); err != nil {
		m.remove()
		return nil, err
	}
	m.sha256 = hex.EncodeToString(sum.Sum(nil))
	return m, nil
}

// A difference is how the access units of two files differ.
type difference struct {
	units  int64 // of the longer one
	others int64 // that are not the same in both
	first  int64 // number of the first of them
	plays  bool  // the same samples of the units are heard
}

// same reports whether there is none.
func (d *difference) same() bool { return d.units > 0 && d.others == 0 && d.plays }

// few reports whether so little differs that one file was made from the other:
// another encoder, or another sound, has nearly no unit in common.
func (d *difference) few() bool { return d.units > 0 && d.others <= max(2, d.units/20) }

// compare holds the units of two files against each other.
func compare(ctx context.Context, one, other string) (*difference, error) {
	a, played, err := unitsOf(ctx, one)
	if err != nil {
		return nil, err
	}
	b, wanted, err := unitsOf(ctx, other)
	if err != nil {
		return nil, err
	}
	d := &difference{units: int64(max(len(a), len(b))), plays: played == wanted}
	for i := range max(len(a), len(b)) {
		if i < len(a) && i < len(b) && a[i] == b[i] {
			continue
		}
		if d.others++; d.others == 1 {
			d.first = int64(i)
		}
	}
	return d, nil
}

// unitsOf returns the hash of each access unit of a file, and what of them is
// heard and how they are coded, as a text.
func unitsOf(ctx context.Context, name string) (list [][sha256.Size]byte, plays string, err error) {
	if isOgg(name) {
		return packetsOf(ctx, name)
	}
	tr, err := scan(ctx, name, track.Options{}, func(u *track.Packet) error {
		list = append(list, sha256.Sum256(u.Data))
		return nil
	})
	if err != nil {
		return nil, "", err
	}
	for _, r := range tr.Runs {
		plays += fmt.Sprintf("%v: %d units from %d, %d heard\n", r.Config, r.Units, r.Skip, r.Played())
	}
	return list, plays, nil
}

// packetsOf does so for Opus in Ogg: the first packet says what is heard, the
// second are its tags (RFC 7845 §3).
func packetsOf(ctx context.Context, name string) (list [][sha256.Size]byte, plays string, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, "", err
	}
	defer f.Close()
	n := 0
	err = ogg.EachPacket(f, func(packet []byte) error {
		switch n++; n {
		case 1:
			plays = string(packet)
		case 2:
		default:
			list = append(list, sha256.Sum256(packet))
		}
		return ctx.Err()
	})
	return list, plays, err
}

// isOgg reports whether a file begins as Ogg does.
func isOgg(name string) bool {
	f, err := os.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	magic := make([]byte, 4)
	_, err = io.ReadFull(f, magic)
	return err == nil && string(magic) == "OggS"
}

// tryRemake makes a clip once more with one guess of its settings and compares. It
// notes a check, and returns true, if that decides about the clip.
func (p *Prover) tryRemake(ctx context.Context, proof *Proof, t *found, q clip.Request, name string) (decided bool, err error) {
	m, err := p.remake(ctx, q)
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if err != nil {
		return false, nil // not with these settings
	}
	defer m.remove()
	of := t.place()
	if m.sha256 == proof.SHA256 {
		proof.check("remade", of, Holds, "remade with the same settings: identical bytes")
		return true, nil
	}
	d, err := compare(ctx, name, m.file)
	switch {
	case ctx.Err() != nil:
		return false, ctx.Err()
	case err != nil:
		return false, nil
	case d.same():
		proof.check("units", of, Holds, "remade with the same settings: its %d frames are identical; the rest of the file was not compared", d.units)
		return true, nil
	case !d.few():
		return false, nil
	case d.others == 0:
		proof.check("units", of, Fails, "remade with the same settings: the frames are the same, but it plays different samples of them")
		return true, nil
	}
	if q.Effects == (clip.Effects{}) && !q.Strict && len(q.Omit.Spans) == 0 && clip.Copies(q.Recording, q.Span, q.Format) {
		proof.check("units", of, Fails, "%d of its %d frames differ from the recording, starting at frame %d", d.others, d.units, d.first)
		return true, nil
	}
	worst, err := p.soundDifference(ctx, name, m.file)
	if err != nil {
		return false, err
	}
	if worst == "" && d.units > 0 {
		proof.check("units", of, NotChecked, "remade with the same settings, %d of its %d frames differ, starting at frame %d, but sound the same: it was made on another type of processor, or was modified", d.others, d.units, d.first)
		return true, nil
	}
	proof.check("units", of, Fails, "remade with the same settings, %d of its %d frames differ, starting at frame %d: %s", d.others, d.units, d.first, worst)
	return true, nil
}
