package proof

import (
	"errors"
	"os"
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
