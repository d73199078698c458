package proof

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/dhowden/tag"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/catalog"
)

// claim reads what a clip says of itself in its tags: of which recording and
// which stretch it is. Clips that were written elsewhere have nothing else.
// That alone proves nothing.
func (p *Prover) claim(name string) (*found, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	tags := freeTags(f)
	c, err := stretch(tags["SPACE_SPAN"])
	if err != nil {
		return nil, err
	}
	c.Recording, c.File, c.Title = tags["SPACE_ID"], filepath.Base(name), tags["TITLE"]
	c.Format, _ = clip.FormatOf(name)
	s, err := p.Library.Load(c.Recording)
	if errors.Is(err, library.ErrNotFound) || errors.Is(err, catalog.ErrNotFound) {
		return nil, ErrUnknown
	}
	return &found{kind: Clip, space: s, clip: c}, err
}

// stretch reads the tag in which a clip says which stretch it is.
func stretch(tag string) (*clip.Provenance, error) {
	c := new(clip.Provenance)
	var end int64
	if n, err := fmt.Sscanf(tag, "%d-%d@%d", &c.Start, &end, &c.Rate); n != 3 || err != nil || c.Start < 0 || end <= c.Start || c.Rate < 1 {
		return nil, ErrUnknown
	}
	c.Samples = end - c.Start
	c.At, c.Length = float64(c.Start)/float64(c.Rate), float64(c.Samples)/float64(c.Rate)
	return c, nil
}

// freeTags returns the tags that programs name themselves, in capitals, with
// the title as TITLE.
func freeTags(f *os.File) (list map[string]string) {
	list = make(map[string]string)
	// The package indexes into what it reads without looking at the lengths.
	defer func() {
		if recover() != nil {
			clear(list)
		}
	}()
	m, err := tag.ReadFrom(f)
	if err != nil {
		return list
	}
	for name, value := range m.Raw() {
		switch v := value.(type) {
		case string:
			list[strings.ToUpper(name)] = strings.Trim(v, "\x00") // version and locale of MP4 are zeros
		case *tag.Comm:
			list[strings.ToUpper(v.Description)] = v.Text
		}
	}
	list["TITLE"] = m.Title()
	return list
}

// borneOut looks whether a file is what its tags say: its frames are those of
// the recording, or made again without effects it has the same bytes.
func (p *Prover) borneOut(ctx context.Context, proof *Proof, t *found, r *clip.Recording, name string) error {
	span := clip.Span{Start: proof.Start, Samples: proof.Samples}
	before := len(proof.Checks)
	if native := r.Native(span); r.Copies(span, native) && (t.clip.Format == native || t.clip.Format == clip.AAC && native == clip.M4A) {
		if err := p.units(ctx, proof, t, r, span, name); err != nil {
			return err
		}
		if proof.Failed() == 0 {
			proof.Lossless = true
			return nil
		}
		proof.Checks = proof.Checks[:before] // it may be one that was encoded anew
	}
	again := *t.clip
	again.SHA256 = proof.SHA256
	if again.Title != r.Space.Title {
		again.Settings.Title = again.Title
	}
	for _, again.Settings.Strict = range []bool{false, true} {
		if err := p.remade(ctx, proof, &again, r, span); err != nil {
			return err
		}
		if proof.Checks[before].Result == Holds {
			return nil
		}
		proof.Checks = proof.Checks[:before]
	}
	proof.check("units", t.clip.File, Fails, "nothing bears out its tags: its frames are not those of the recording, and made again without effects it has other bytes")
	return nil
}
