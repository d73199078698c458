package transcript

import (
	"strings"
	"unicode/utf8"
)

const (
	// A caption has about so many letters, and not many more: players show two
	// lines.
	captionLetters = 72
	captionSeconds = 7.0
	captionPause   = 1.0 // seconds without a word, which end a caption
	// captionSentence is how many letters a caption has before the end of a
	// sentence ends it.
	captionSentence = 24
)

// Captions divides cues into stretches that can be shown at once: in pauses,
// behind sentences, and evenly where there is no room for more. Cues whose words
// have no times stay as they are: nobody knows where to divide them.
func Captions(cues []Cue) []Cue {
	var out []Cue
	for i := range cues {
		if c := &cues[i]; len(c.Words) == 0 {
			out = append(out, *c)
		} else {
			out = append(out, captionsOf(c)...)
		}
	}
	return out
}

// captionsOf divides a cue.
func captionsOf(c *Cue) []Cue {
	texts := textsOf(c)
	var out []Cue
	for first := 0; first < len(texts); {
		end, letters := first+1, utf8.RuneCountInString(texts[first])
		for end < len(texts) && c.Words[end].Start-c.Words[end-1].End <= captionPause && !(letters >= captionSentence && endsSentence(texts[end-1])) {
			letters += utf8.RuneCountInString(texts[end])
			end++
		}
		seconds := c.Words[end-1].End - c.Words[first].Start
		parts := 1 + max((letters-1)/captionLetters, int(seconds/captionSeconds))
		before, last := 0, -1 // letters; the part of the last word
		for i := first; i < end; i++ {
			n := utf8.RuneCountInString(texts[i])
			if part := (2*before + n) * parts / (2*letters + 1); part != last {
				out = append(out, Cue{Start: c.Words[i].Start, Speaker: c.Speaker})
				last = part
			}
			before += n
			o := &out[len(out)-1]
			o.Text += texts[i]
			o.End = max(o.End, c.Words[i].End)
			o.Words = append(o.Words, c.Words[i])
		}
		first = end
	}
	if n := len(out); n > 0 {
		out[0].Start, out[n-1].End = min(c.Start, out[0].Start), max(c.End, out[n-1].End)
	}
	kept := out[:0]
	for _, o := range out {
		if o.Text = tidyLines(o.Text); o.Text != "" {
			kept = append(kept, o)
		}
	}
	return kept
}

func endsSentence(text string) bool {
	last, _ := utf8.DecodeLastRuneInString(strings.TrimRight(text, " \n\"'”’»)]」』"))
	return strings.ContainsRune(".?!…。？！؟।", last)
}
