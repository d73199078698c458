package proof

import (
	"context"
	"errors"
	"os"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/episode"
)

// A Claimed is what a file says in its tags that it holds. That alone proves
// nothing.
type Claimed struct {
	Recording string // id
	// Start and End are of the stretch, in seconds; both 0 are all of it.
	Start, End float64
}

// ClaimOf reads what an episode or a clip says of itself, wherever it lies and
// whatever it is called now. It fails with ErrUnknown if it says nothing.
func ClaimOf(name string) (*Claimed, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	tags := freeTags(f)
	if tags["SPACE_ID"] == "" {
		return nil, ErrUnknown
	}
	c := &Claimed{Recording: tags["SPACE_ID"]}
	p, err := stretch(tags["SPACE_SPAN"])
	if errors.Is(err, ErrUnknown) {
		return c, nil
	}
	c.Start, c.End = p.At, p.At+p.Length
	return c, err
}

// A Known is a file that the library holds or has made. If it is neither a
// clip nor an episode, it is an original, or a file to play.
type Known struct {
	Recording string // id
	Clip      *clip.Provenance
	Episode   *episode.Record
}

// EachKnown calls visit with the SHA-256 of each file that the library holds or
// has made, by its records.
func (p *Prover) EachKnown(ctx context.Context, visit func(sha256 string, k *Known)) error {
	return p.each(ctx, func(t *found) bool {
		visit(t.sha256, &Known{t.space.ID, t.clip, t.episode})
		return true
	})
}
