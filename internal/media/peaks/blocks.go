package peaks

import (
	"math"
	"strings"
)

// Blocks draws peaks for a terminal with block characters: rows lines, top
// first, of one column for each peak. Heights grow with the square root of the
// amplitude, which leaves quiet speech visible, up to the loudest peak; what
// lies below -50 dBFS throughout stays low.
func Blocks(p []Peak, rows int) []string {
	const (
		eighths = " ▁▂▃▄▅▆▇█"
		least   = 104 // -50 dBFS
	)
	blocks := []rune(eighths)
	loudest := least
	for _, q := range p {
		loudest = max(loudest, q.amplitude())
	}
	lines := make([]strings.Builder, rows)
	for _, q := range p {
		height := int(math.Round(math.Sqrt(float64(q.amplitude())/float64(loudest)) * float64(8*rows)))
		for row := range lines {
			below := 8 * (rows - 1 - row)
			lines[row].WriteRune(blocks[max(0, min(8, height-below))])
		}
	}
	out := make([]string, rows)
	for row := range out {
		out[row] = lines[row].String()
	}
	return out
}

// amplitude returns the distance from 0 of the sample farthest from it.
func (p Peak) amplitude() int { return max(int(p.Max), -int(p.Min)) }
