package engine

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spaces-cli/spaces/internal/transcript"
)

const (
	// Speech has some 15 characters a second, 30 when it is fast.
	mostRunes  = 100   // a second
	moreRunes  = 5_000 // whatever the length
	leastShown = 0.02  // seconds that are left of a cue if it is to stay one
	mostGuess  = 2.0   // seconds that a cue without an end lasts at most
)

// enough reports output that has more words than can be said in the piece.
func enough(cues []transcript.Cue, p Piece) error {
	n, most := 0, int(p.Length.Seconds()*mostRunes)+moreRunes
	for _, c := range cues {
		n += utf8.RuneCountInString(c.Text)
	}
	if n > most {
		return Problemf(TooMuch, "the output has %d characters, more than can be said in %.0f s", n, p.Length.Seconds())
	}
	return nil
}

// mend puts cues in order, keeps them within the length seconds of the piece and
// apart from each other, and words likewise within their cue.
func (r *Result) mend(cues []transcript.Cue, length float64) {
	if !slices.IsSortedFunc(cues, byStart) {
		for i := 1; i < len(cues); i++ {
			if cues[i].Start < cues[i-1].Start {
				r.Mended++
			}
		}
		slices.SortStableFunc(cues, byStart)
	}
	var kept []transcript.Cue
	for i, c := range cues {
		if c.Start >= length {
			r.PastEnd++
			continue
		}
		if c.End > length {
			c.End = length
			r.PastEnd++
		}
		if c.End < c.Start {
			c.End = min(length, c.Start+mostGuess)
			if i+1 < len(cues) {
				c.End = min(c.End, max(c.Start, cues[i+1].Start))
			}
			r.Mended++
		}
		kept = r.appendApart(kept, c)
	}
	for i := range kept {
		within(&kept[i])
	}
	r.Cues = kept
}

func byStart(a, b transcript.Cue) int {
	switch {
	case a.Start < b.Start:
		return -1
	case a.Start > b.Start:
		return 1
	}
	return 0
}

// appendApart appends a cue so that it does not overlap the last one of the same
// speaker: that one ends where it begins. Where nothing would be left of it, the
// two become one.
func (r *Result) appendApart(kept []transcript.Cue, c transcript.Cue) []transcript.Cue {
	for i := len(kept) - 1; i >= 0; i-- {
		last := &kept[i]
		if last.Speaker != c.Speaker {
			continue
		}
		if c.Start >= last.End {
			break
		}
		r.Mended++
		if c.Start-last.Start >= leastShown {
			last.End = c.Start
			break
		}
		last.End = max(last.End, c.End)
		last.Text += "\n" + c.Text
		if last.Words != nil && c.Words != nil {
			last.Words = append(last.Words, c.Words...)
		} else {
			last.Words = nil // those of one half would be taken for all
		}
		return kept
	}
	return append(kept, c)
}

// within keeps the words of a cue within it and in order.
func within(c *transcript.Cue) {
	at := c.Start
	for i := range c.Words {
		w := &c.Words[i]
		w.Start = min(max(w.Start, at), c.End)
		w.End = min(max(w.End, w.Start), c.End)
		if i+1 < len(c.Words) {
			if next := c.Words[i+1].Start; next > w.Start && next < w.End {
				w.End = next
			}
		}
		at = w.End
	}
}

// fold returns what a line says, whatever its case, spaces and punctuation.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		if isSpoken(r) {
			return r
		}
		return -1
	}, strings.ToLower(s))
}
