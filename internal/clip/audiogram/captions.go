package audiogram

import (
	"bytes"
	"strings"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/media/lettering"
	"github.com/spaces-cli/spaces/internal/transcript"
)

// A Cue is words to show for some time, in seconds from the clip's start.
type Cue struct {
	Start, End float64
	Text       string // one line
	Words      []Word // those whose times are known, in order
}

// A Word is one of a cue, in seconds, and in bytes of its text.
type Word struct {
	Start, End float64
	From, To   int
}

// Captions returns what is said from one time to another of a recording as
// captions of a clip, and the same as SubRip. Nobody is named in it: names are
// shown where the host has confirmed them.
func Captions(cues []transcript.Cue, from, to float64) (list []Cue, srt []byte, err error) {
	said := transcript.Move(cues, func(at float64) (float64, bool) {
		return min(max(at, from), to) - from, from <= at && at <= to
	})
	if len(said) == 0 {
		return nil, nil, nil
	}
	for i := range said {
		said[i].Speaker = ""
		c := Cue{Start: said[i].Start, End: said[i].End, Text: lettering.Clean(said[i].Text)}
		c.Words = standing(c.Text, said[i].Words)
		list = append(list, c)
	}
	var b bytes.Buffer
	err = transcript.WriteSRT(&b, said)
	return list, b.Bytes(), err
}

// standing finds words in a text. A recognizer may spell them otherwise: then
// nobody knows when the words of the text are said.
func standing(text string, words []transcript.Word) (list []Word) {
	at := 0
	for _, w := range words {
		word := lettering.Clean(w.Text)
		if word == "" {
			continue
		}
		n := strings.Index(text[at:], word)
		if n < 0 {
			return nil
		}
		list = append(list, Word{w.Start, w.End, at + n, at + n + len(word)})
		at += n + len(word)
	}
	return list
}

// Unwritten tells what of all that the pictures of a clip say no font of the style
// has: empty boxes stand for it.
func (f *Renderer) Unwritten(q *clip.Request) []lettering.Unwritten {
	h := f.style.heading(q)
	texts := []string{h.title, h.host}
	if f.style.config.EndCard {
		texts = append(texts, lettering.Clean(f.style.config.Address))
	}
	for _, t := range f.turns {
		texts = append(texts, t.Name)
	}
	for _, c := range f.cues {
		texts = append(texts, c.Text)
	}
	return f.style.fonts.Unwritten(texts...)
}
