package transcript

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"unicode/utf8"
)

// A Kind is one way in which a transcript was changed.
type Kind string

const (
	// Decoded: nothing named the encoding of the N cues, and it was found by the
	// bytes. Text has letters by which a person sees whether it is the right one.
	Decoded Kind = "decoded"
	// Unreadable: N characters were lost before the file was written, and are left
	// out.
	Unreadable Kind = "unreadable"
	// Folded: N cues repeated the lines of those before them, as rolling captions
	// do, and are left out or have only what is new.
	Folded Kind = "folded"
	// Joined: the file has a cue for each of N words. They are joined to lines.
	Joined Kind = "joined"
	// Sorted: N cues began before the one above them.
	Sorted Kind = "sorted"
	// Lengthened: N cues had no end, or one that is not after their beginning. They
	// last as long as it takes to say their words.
	Lengthened Kind = "lengthened"
	// CutAtStart, BeforeStart: N cues began before the recording and are cut, or
	// lie wholly before it and are left out.
	CutAtStart  Kind = "cut-at-start"
	BeforeStart Kind = "before-start"
	// CutAtEnd, PastEnd: the same at its end.
	CutAtEnd Kind = "cut-at-end"
	PastEnd  Kind = "past-end"
)

// A Note tells what was changed to read a transcript.
type Note struct {
	Kind     Kind
	N        int     // cues, but where Kind says something else
	At       float64 // when the first of them begins, in seconds
	Text     string  // its words, as much as a message has room for
	Encoding string  // if Decoded
}

// count adds a cue to a note.
func (n *Note) count(kind Kind, c *Cue) {
	if n.N == 0 {
		*n = Note{Kind: kind, At: c.Start, Text: short(c.Text)}
	}
	n.N++
}

// appendNotes appends those of some notes that tell something.
func appendNotes(list []Note, notes ...Note) []Note {
	for _, n := range notes {
		if n.N > 0 {
			list = append(list, n)
		}
	}
	return list
}

// tidy puts the cues of a file in order.
func (p *parser) tidy() []Cue {
	cues, folded := fold(p.cues, p.underlined)
	var sorted, longer, early, cut Note
	begun := math.Inf(-1)
	for i := range cues {
		if c := &cues[i]; c.Start < begun {
			sorted.count(Sorted, c)
		} else {
			begun = c.Start
		}
	}
	slices.SortStableFunc(cues, func(a, b Cue) int { return cmp.Compare(a.Start, b.Start) })
	kept := cues[:0]
	next := 0 // the first cue that begins later
	for i, c := range cues {
		for next = max(next, i+1); next < len(cues) && cues[next].Start <= c.Start; {
			next++
		}
		if !(c.End > c.Start) { // NaN is not
			longer.count(Lengthened, &c)
			c.End = round(c.Start + sayable(c.Text))
			if next < len(cues) && cues[next].Start >= c.Start+leastLeft {
				c.End = min(c.End, cues[next].Start)
			}
		}
		if c.Start < 0 {
			if c.End <= 0 {
				early.count(BeforeStart, &c)
				continue
			}
			cut.count(CutAtStart, &c)
			c.Start = 0
		}
		c.Words = within(c.Words, 0, maxTime)
		kept = append(kept, c)
	}
	p.notes = appendNotes(p.notes, p.unreadable, folded, sorted, longer, early, cut)
	return kept
}

// sayable returns how many seconds it takes to say a text, more rather than less.
func sayable(text string) float64 {
	return max(1, float64(utf8.RuneCountInString(text))/10)
}

// within cuts words to the time from one position to another, in the order in
// which they begin.
func within(words []Word, from, to float64) []Word {
	out := words[:0]
	for _, w := range words {
		if w.End < from || w.Start > to || w.Start == to && w.End > to {
			continue
		}
		w.Start, w.End = max(w.Start, from), min(w.End, to)
		out = append(out, w)
	}
	slices.SortStableFunc(out, func(a, b Word) int { return cmp.Compare(a.Start, b.Start) })
	if len(out) == 0 {
		return nil
	}
	return out
}

// Fit cuts the transcript to a recording that is so many seconds long (0 if that
// is not known) and notes it: recognizers let the last cue end where they like. If
// most cues begin after the end, it is that of another recording, and an error.
func (t *Transcript) Fit(duration float64) error {
	if duration <= 0 {
		return nil
	}
	end := math.Floor(float64(duration*1000)+0.001) / 1000
	var past, cut Note
	kept := make([]Cue, 0, len(t.Cues))
	for _, c := range t.Cues {
		if c.Start >= end {
			past.count(PastEnd, &c)
			continue
		}
		if c.End > end {
			cut.count(CutAtEnd, &c)
			c.End = end
			c.Words = within(slices.Clone(c.Words), 0, end)
		}
		kept = append(kept, c)
	}
	if past.N*2 > len(t.Cues) {
		return fmt.Errorf("%d of %d cues begin after the end of the recording (%s), the first at %s, “%s”",
			past.N, len(t.Cues), clock(duration, '.'), clock(past.At, '.'), past.Text)
	}
	t.Cues = kept
	t.Notes = appendNotes(t.Notes, cut, past)
	return nil
}

// Move returns the cues with their times where locate says that they are, such
// as from the recording to the episode that was cut from it: for a position
// that was cut out, that is the place of the cut. Cues of which nothing or next
// to nothing is left vanish; those that are cut into become shorter, and lose
// the words that were cut out, where the times of words are known.
func Move(cues []Cue, locate func(float64) (at float64, kept bool)) []Cue {
	var out []Cue
	for _, c := range cues {
		short := c.End-c.Start < leastLeft
		start, kept := locate(c.Start)
		end, _ := locate(c.End)
		timed := len(c.Words) > 0
		c.Words, c.Text = moveWords(&c, locate)
		c.Start, c.End = round(start), round(max(start, end))
		if timed && c.Text == "" {
			continue
		}
		if c.End-c.Start >= leastLeft || short && kept {
			out = append(out, c)
		}
	}
	return out
}

// moveWords does for the words of a cue what Move does for cues, and returns what
// its text becomes. A word is kept if its middle is: one that a cut ends in is
// heard in part.
func moveWords(c *Cue, locate func(float64) (float64, bool)) (out []Word, text string) {
	texts := textsOf(c)
	for i, w := range c.Words {
		if _, kept := locate((w.Start + w.End) / 2); kept {
			start, _ := locate(w.Start)
			end, _ := locate(w.End)
			w.Start, w.End = round(start), round(max(start, end))
			out = append(out, w)
			text += texts[i]
		}
	}
	if len(out) == len(c.Words) {
		return out, c.Text
	}
	return out, tidyLines(text)
}
