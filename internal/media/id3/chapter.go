package id3

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"
)

// A Chapter is a part of the sound with a title (ID3v2 Chapter Frame Addendum
// 1.0). Times are exact to the millisecond.
type Chapter struct {
	Start, End time.Duration
	Title      string
}

// maxEntries is how many chapters a table of contents lists: its count is one
// byte (Addendum §3.2).
const maxEntries = 255

func checkChapters(list []Chapter) error {
	if len(list) > maxEntries*maxEntries {
		return fmt.Errorf("id3: cannot write %d chapters", len(list))
	}
	var before time.Duration
	for i, c := range list {
		if c.Start < before || c.End < c.Start || c.End.Milliseconds() >= math.MaxUint32 {
			return fmt.Errorf("id3: chapter %d cannot last from %v to %v", i+1, c.Start, c.End)
		}
		before = c.End
	}
	return nil
}

// chapters appends a table of contents and the chapters in it. Players do not
// show chapters that no table lists. Where there are more than one table
// holds, the table at the top lists further tables.
func (w *writer) chapters(b []byte, list []Chapter) []byte {
	if len(list) == 0 {
		return b
	}
	const top = "toc"
	if len(list) <= maxEntries {
		b = w.contents(b, top, true, "chp", 0, len(list))
	} else {
		tables := (len(list) + maxEntries - 1) / maxEntries
		b = w.contents(b, top, true, top, 0, tables)
		for i := range tables {
			first := i * maxEntries
			b = w.contents(b, element(top, i), false, "chp", first, min(maxEntries, len(list)-first))
		}
	}
	for i, c := range list {
		b = w.frame(b, "CHAP", func(b []byte) []byte { // Addendum §3.1
			b = append(b, element("chp", i)...)
			b = append(b, 0)
			b = binary.BigEndian.AppendUint32(b, uint32(c.Start.Milliseconds()))
			b = binary.BigEndian.AppendUint32(b, uint32(c.End.Milliseconds()))
			// No byte offsets: the times count.
			b = binary.BigEndian.AppendUint64(b, math.MaxUint64)
			return w.frame(b, "TIT2", func(b []byte) []byte {
				return w.body(b, Frame{ID: "TIT2", Value: []byte(c.Title)})
			})
		})
	}
	return b
}

// contents appends a table of n elements, the first of them number first, in
// their order (Addendum §3.2).
func (w *writer) contents(b []byte, id string, top bool, child string, first, n int) []byte {
	return w.frame(b, "CTOC", func(b []byte) []byte {
		const topLevel, ordered = 2, 1
		flags := byte(ordered)
		if top {
			flags |= topLevel
		}
		b = append(b, id...)
		b = append(b, 0, flags, byte(n))
		for i := range n {
			b = append(b, element(child, first+i)...)
			b = append(b, 0)
		}
		return b
	})
}

// element returns the id of the element number i of a kind.
func element(kind string, i int) string { return fmt.Sprintf("%s%d", kind, i) }
