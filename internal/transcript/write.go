package transcript

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"strings"
)

var escape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// WriteVTT writes cues as WebVTT. Who speaks stands in a voice span.
func WriteVTT(w io.Writer, cues []Cue) error {
	b := bufio.NewWriter(w)
	b.WriteString("WEBVTT\n")
	for _, c := range cues {
		fmt.Fprintf(b, "\n%s --> %s\n", clock(c.Start, '.'), clock(c.End, '.'))
		if c.Speaker != "" {
			fmt.Fprintf(b, "<v %s>", escape.Replace(c.Speaker))
		}
		b.WriteString(escape.Replace(c.Text) + "\n")
	}
	return b.Flush() // it keeps the first error
}

// WriteSRT writes cues as SubRip. That has no form for who speaks: the name
// and a colon come before the words.
func WriteSRT(w io.Writer, cues []Cue) error {
	b := bufio.NewWriter(w)
	for i, c := range cues {
		if i > 0 {
			b.WriteByte('\n')
		}
		text := c.Text
		if c.Speaker != "" {
			text = c.Speaker + ": " + text
		}
		// An arrow in the words would be taken for times.
		text = strings.ReplaceAll(text, "-->", "→")
		fmt.Fprintf(b, "%d\n%s --> %s\n%s\n", i+1, clock(c.Start, ','), clock(c.End, ','), text)
	}
	return b.Flush()
}

// clock returns a time as "00:00:00.000" with the point given.
func clock(seconds float64, point byte) string {
	ms := int64(math.Round(max(0, seconds) * 1000))
	return fmt.Sprintf("%02d:%02d:%02d%c%03d", ms/3600000, ms/60000%60, ms/1000%60, point, ms%1000)
}
