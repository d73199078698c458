package cli

import (
	"bufio"
	"bytes"
	"io"
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

// add adds a row. Whatever its cells say, it stays one line of plain text.
func (t *table) add(cells ...string) {
	row := make([]string, len(cells))
	for i, cell := range cells {
		row[i] = safe(cell)
	}
	t.rows = append(t.rows, row)
}

// write writes the table. With columns > 0 each line is cut to that width.
func (t *table) write(w io.Writer, columns int) {
	if len(t.rows) == 0 {
		return
	}
	all := t.rows
	if t.header != nil {
		all = append([][]string{t.header}, all...)
	}
	var widest []int
	for _, row := range all {
		for i, cell := range row {
			if i == len(widest) {
				widest = append(widest, 0)
			}
			n := width(cell)
			if most := t.max[i]; columns > 0 && most > 0 {
				n = min(n, most)
			}
			widest[i] = max(widest[i], n)
		}
	}
	out := bufio.NewWriterSize(w, 64<<10)
	defer out.Flush()
	var line []byte
	for _, row := range all {
		line = line[:0]
		used := 0
		for i, cell := range row {
			last := i == len(row)-1
			if columns > 0 {
				room := widest[i]
				if last {
					room = columns - used
				}
				cell = truncate(cell, room)
			}
			switch {
			case t.right[i]:
				line = pad(line, widest[i]-width(cell))
				line = append(line, cell...)
			case last:
				line = append(line, cell...)
			default:
				line = append(line, cell...)
				line = pad(line, widest[i]-width(cell))
			}
			if !last {
				line = pad(line, 2)
			}
			used += widest[i] + 2
		}
		out.Write(append(bytes.TrimRight(line, " "), '\n'))
	}
}

func pad(line []byte, n int) []byte {
	for ; n > 0; n-- {
		line = append(line, ' ')
	}
	return line
}
