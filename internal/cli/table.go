package cli

import (
	"io"
	"strings"
)

// A table is rows of texts that are aligned by the width they have on a
// terminal. The last column is not padded; columns in right are aligned to
// the right.
type table struct {
	header []string
	rows   [][]string
	right  map[int]bool
	max    map[int]int // the widest a column may get on a terminal
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// write writes the table. With columns > 0 each line is cut to that width.
func (t *table) write(w io.Writer, columns int) {
	all := t.rows
	if t.header != nil && len(all) > 0 {
		all = append([][]string{t.header}, all...)
	}
	var widths []int
	for _, row := range all {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			n := width(cell)
			if max := t.max[i]; columns > 0 && max > 0 {
				n = min(n, max)
			}
			widths[i] = max(widths[i], n)
		}
	}
	var line strings.Builder
	for _, row := range all {
		line.Reset()
		used := 0
		for i, cell := range row {
			last := i == len(row)-1
			if columns > 0 {
				room := columns - used
				if !last {
					room = widths[i]
				}
				cell = clip(cell, room)
			}
			pad := strings.Repeat(" ", max(0, widths[i]-width(cell)))
			switch {
			case t.right[i]:
				line.WriteString(pad + cell)
			case last:
				line.WriteString(cell)
			default:
				line.WriteString(cell + pad)
			}
			if !last {
				line.WriteString("  ")
			}
			used += widths[i] + 2
		}
		io.WriteString(w, strings.TrimRight(line.String(), " ")+"\n")
	}
}
