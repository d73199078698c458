package gain

import (
	"bytes"

	"github.com/spaces-cli/spaces/internal/media/track"
)

// A Comparer tells units that were shifted from units that hold other sound. It
// is for one goroutine at a time.
type Comparer struct {
	coding *coding
	buf    []byte
}

// NewComparer returns a Comparer of units that c describes. The error is that of
// NewShifter.
func NewComparer(c track.Config) (*Comparer, error) {
	coding, err := newCoding(c)
	if err != nil {
		return nil, err
	}
	return &Comparer{coding: coding}, nil
}

// Compare reports in same whether a Shifter makes unit of original, and by how
// many steps it shifts it then: one number for all channels, and no other bit
// differs. A unit that cannot be shifted is the same only if it is unchanged.
// silent says that nothing is coded in original, so that every number of steps
// leaves it as it is.
func (c *Comparer) Compare(unit, original []byte) (steps int, silent, same bool) {
	var s shape
	down, up, err := c.coding.look(original, &s)
	silent = err == nil && down == silentRoom && up == silentRoom
	if bytes.Equal(unit, original) {
		return 0, silent, true
	}
	if err != nil || silent || len(unit) != len(original) {
		return 0, silent, false
	}
	lower, _, err := c.coding.look(unit, &s)
	if err != nil {
		return 0, false, false
	}
	// What is raised by a step can be lowered by one more.
	steps = lower - down
	c.buf = append(c.buf[:0], original...)
	if c.coding.shift(c.buf, steps) != nil || !bytes.Equal(c.buf, unit) {
		return 0, false, false
	}
	return steps, false, true
}

// silentRoom is by how many steps units can be shifted both ways in which nothing
// is coded.
const silentRoom = 255
