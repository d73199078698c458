package audiogram

import (
	"bytes"
	"unicode"

	"github.com/spaces-cli/spaces/internal/transcript"
)

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
		list = append(list, Cue{Start: said[i].Start, End: said[i].End, Text: said[i].Text})
	}
	var b bytes.Buffer
	err = transcript.WriteSRT(&b, said)
	return list, b.Bytes(), err
}

// Unwritten counts the cues that have letters which the font cannot write.
func Unwritten(cues []Cue) int {
	n := 0
	for _, c := range cues {
		if letters(write(c.Text)) < letters(c.Text) {
			n++
		}
	}
	return n
}

// letters counts those of a text, and its digits.
func letters(text string) int {
	n := 0
	for _, r := range text {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			n++
		}
	}
	return n
}
