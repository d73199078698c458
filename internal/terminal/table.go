package terminal

import (
	"bufio"
	"bytes"
	"cmp"
	"io"
	"slices"
)

// A Column is a column of a table.
type Column struct {
	Title string
	Right bool // aligned to the right
	Max   int  // the widest it gets where a width is set; 0 for as wide as it is
	// Yield says when a column gives way in a table that is too wide: those of 1
	// go first, those of 0 stay. It narrows if Min, where that is not 0, is enough;
	// if not it is left out, and the next one makes room. The last column gives way
	// after all others: it takes what is left, and they go until that is its Min.
	Yield, Min int
	// Style is how a cell looks in colour; nil for plain.
	Style func(cell string) Style
}

// A Table is rows of texts that are aligned by the width they have on a
// terminal. The last column is not padded. It has a header if its columns have
// titles. The zero Table has plain columns without.
type Table struct {
	Columns []Column
	Palette Palette
	rows    [][]string
}

// NewTable returns a table of these columns.
func NewTable(columns ...Column) *Table { return &Table{Columns: columns} }

// Add adds a row. Whatever its cells say, it stays one line of plain text. It
// may end early; cells beyond the last column get columns of their own.
func (t *Table) Add(cells ...string) {
	for len(t.Columns) < len(cells) {
		t.Columns = append(t.Columns, Column{})
	}
	row := make([]string, len(cells))
	for i, cell := range cells {
		row[i] = Safe(cell)
	}
	t.rows = append(t.rows, row)
}

// Len returns how many rows there are.
func (t *Table) Len() int { return len(t.rows) }

// gap is the space between two columns.
const gap = 2

// Write writes the table, and nothing if it has no rows. With width > 0 no line
// is wider than that; without, all of every cell is written.
func (t *Table) Write(w io.Writer, width int) {
	if len(t.rows) == 0 {
		return
	}
	widths := t.widths(width)
	out := bufio.NewWriterSize(w, 64<<10)
	defer out.Flush()
	if titles := t.titles(); titles != nil {
		t.line(out, titles, widths, width, true)
	}
	for _, row := range t.rows {
		t.line(out, row, widths, width, false)
	}
}

// titles is the header line, or nil.
func (t *Table) titles() []string {
	titles := make([]string, len(t.Columns))
	any := false
	for i, c := range t.Columns {
		titles[i] = c.Title
		any = any || c.Title != ""
	}
	if !any {
		return nil
	}
	return titles
}

// widths finds how wide each column is: -1 for one that is left out.
func (t *Table) widths(width int) []int {
	widths := make([]int, len(t.Columns))
	for _, row := range append(t.rows, t.titles()) {
		for i, cell := range row {
			n := Width(cell)
			if most := t.Columns[i].Max; width > 0 && most > 0 {
				n = min(n, most)
			}
			widths[i] = max(widths[i], n)
		}
	}
	if width > 0 {
		t.fit(widths, width)
	}
	return widths
}

// fit makes columns give way, in their order, until what is left for the last
// one is enough.
func (t *Table) fit(widths []int, width int) {
	last := len(widths) - 1
	enough := widths[last]
	if least := t.Columns[last].Min; least > 0 {
		enough = min(enough, least)
	}
	left := func() int {
		n := width
		for _, w := range widths[:last] {
			if w >= 0 {
				n -= w + gap
			}
		}
		return n
	}
	var order []int
	for i, c := range t.Columns[:last] {
		if c.Yield > 0 {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(t.Columns[a].Yield, t.Columns[b].Yield) })
	for _, i := range order {
		missing := enough - left()
		if missing <= 0 {
			break
		}
		if least := t.Columns[i].Min; least > 0 && widths[i]-missing >= least {
			widths[i] -= missing
			break
		}
		widths[i] = -1
	}
	widths[last] = min(widths[last], max(0, left()))
}

func (t *Table) line(out *bufio.Writer, row []string, widths []int, width int, header bool) {
	var line []byte
	used := 0
	for i, cell := range row {
		if widths[i] < 0 {
			continue
		}
		last := i == len(row)-1
		room := widths[i]
		if last {
			room = width - used
		}
		if width > 0 {
			cell = Truncate(cell, room)
		}
		fill := max(0, widths[i]-Width(cell))
		if t.Columns[i].Right {
			line = pad(line, fill)
		}
		style := Plain
		switch {
		case header:
			style = Dim
		case t.Columns[i].Style != nil:
			style = t.Columns[i].Style(row[i])
		}
		line = append(line, t.Palette.Paint(style, cell)...)
		if !t.Columns[i].Right && !last {
			line = pad(line, fill)
		}
		if !last {
			line = pad(line, gap)
		}
		used += widths[i] + gap
	}
	out.Write(append(bytes.TrimRight(line, " "), '\n'))
}

func pad(line []byte, n int) []byte {
	for ; n > 0; n-- {
		line = append(line, ' ')
	}
	return line
}
