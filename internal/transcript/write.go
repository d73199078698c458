package transcript

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"
	"sync"

	"github.com/spaces-cli/spaces/internal/spell"
)

var escape = sync.OnceValue(func() *strings.Replacer {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
})

// WriteVTT writes cues as WebVTT. Who speaks stands in a voice span. Notes on
// the whole precede them; players do not show these.
func WriteVTT(w io.Writer, cues []Cue, notes ...string) error {
	b := bufio.NewWriter(w)
	b.WriteString("WEBVTT\n")
	for _, note := range notes {
		b.WriteString("\nNOTE " + note + "\n")
	}
	for _, c := range cues {
		fmt.Fprintf(b, "\n%s --> %s\n", clock(c.Start, '.'), clock(c.End, '.'))
		if c.Speaker != "" {
			fmt.Fprintf(b, "<v %s>", escape().Replace(c.Speaker))
		}
		b.WriteString(escape().Replace(c.Text) + "\n")
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

// A podcastSegment is one of a transcript as the podcast namespace has it ("JSON
// transcript" 1.0). It asks for no words; readers pass over what they do not know.
type podcastSegment struct {
	Speaker string        `json:"speaker,omitempty"`
	Start   float64       `json:"startTime"` // seconds
	End     float64       `json:"endTime"`
	Body    string        `json:"body"`
	Words   []podcastWord `json:"words,omitempty"`
}

// podcastWord has the keys of recognizers.
type podcastWord struct {
	Word  string  `json:"word"`
	Start float64 `json:"start"` // seconds
	End   float64 `json:"end"`
}

// WriteJSON writes cues as Podcasting 2.0 has transcripts, a segment a line, with
// the times of words where they are known, and notes on the whole.
func WriteJSON(w io.Writer, cues []Cue, notes ...string) error {
	b := bufio.NewWriter(w)
	b.WriteString("{\n\"version\": \"1.0.0\",\n")
	if len(notes) > 0 {
		b.WriteString("\"notes\": " + jsonOf(notes) + ",\n")
	}
	b.WriteString("\"segments\": [\n")
	for i, c := range cues {
		s := podcastSegment{Speaker: c.Speaker, Start: c.Start, End: c.End, Body: c.Text}
		for _, t := range c.Words {
			s.Words = append(s.Words, podcastWord{t.Text, t.Start, t.End})
		}
		if i > 0 {
			b.WriteString(",\n")
		}
		b.WriteString(jsonOf(s))
	}
	b.WriteString("\n]\n}\n")
	return b.Flush()
}

// jsonOf returns a value that can always be written as JSON, on one line.
func jsonOf(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // texts and finite numbers
	return strings.TrimSuffix(b.String(), "\n")
}

// WriteText writes cues for people: a line with the time and who speaks whenever
// that changes, then what they say, a cue a line. Notes on the whole
// precede them.
func WriteText(w io.Writer, cues []Cue, notes ...string) error {
	b := bufio.NewWriter(w)
	for _, note := range notes {
		b.WriteString(note + "\n\n")
	}
	for i, c := range cues {
		if i == 0 || c.Speaker != cues[i-1].Speaker {
			if i > 0 {
				b.WriteByte('\n')
			}
			b.WriteString(strings.TrimSpace(spell.Position(c.Start)+"  "+c.Speaker) + "\n")
		}
		b.WriteString(strings.ReplaceAll(c.Text, "\n", " ") + "\n")
	}
	return b.Flush()
}

// clock returns a time as "00:00:00.000" with the point given.
func clock(seconds float64, point byte) string {
	ms := int64(math.Round(max(0, seconds) * 1000))
	return fmt.Sprintf("%02d:%02d:%02d%c%03d", ms/3600000, ms/60000%60, ms/1000%60, point, ms%1000)
}
