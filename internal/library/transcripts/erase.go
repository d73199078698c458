package transcripts

import (
	"math"
	"os"
	"slices"

	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/transcript"
)

// An Erasure says what is taken out of a transcript.
type Erasure struct {
	// Theirs reports whether a handle, id or label is that of the person.
	Theirs func(name string) bool
	// Spans, in seconds, are those in which they may speak: each word that
	// touches one goes, whoever says it.
	Spans []transcript.Span
	// Everywhere says that nobody knows where they speak: all goes that is not
	// known to be said by somebody else.
	Everywhere bool
}

// Erase takes out what somebody has said, alone or while others spoke, and
// reports whether there was anything.
func (t *Transcript) Erase(e *Erasure) bool {
	kept := []Utterance{}
	changed := false
	for i := range t.Utterances {
		u := &t.Utterances[i]
		unknown := len(u.Speakers) == 0 || t.SpeakersFrom != FromTurns && t.SpeakersFrom != FromFile && !u.SpeakerCorrected
		if slices.ContainsFunc(u.Speakers, e.Theirs) || u.Label != "" && e.Theirs(u.Label) || e.Everywhere && unknown {
			changed = true
			continue
		}
		parts, whole := t.without(u, e.Spans)
		kept = append(kept, parts...)
		changed = changed || !whole
	}
	t.Utterances = kept
	return changed
}

// without returns what is left of an utterance. whole says that it is all of it.
func (t *Transcript) without(u *Utterance, spans []transcript.Span) (list []Utterance, whole bool) {
	rate := float64(t.Rate)
	c := transcript.Cue{Start: float64(u.Start) / rate, End: float64(u.End) / rate, Text: u.Text}
	for _, w := range u.Words {
		c.Words = append(c.Words, transcript.Word{Start: float64(w.Start) / rate, End: float64(w.End) / rate, Text: w.Text})
	}
	parts := transcript.Withhold([]transcript.Cue{c}, spans)
	if len(parts) == 1 && len(parts[0].Words) == len(u.Words) && parts[0].Text == u.Text {
		return []Utterance{*u}, true
	}
	samples := func(seconds float64) int64 { return int64(math.Round(seconds * rate)) }
	used := make([]bool, len(u.Words))
	for _, p := range parts {
		left := *u
		left.Start, left.End, left.Text, left.Words = samples(p.Start), samples(p.End), p.Text, nil
		for _, w := range p.Words {
			i := 0
			for used[i] || u.Words[i].Start != samples(w.Start) || u.Words[i].End != samples(w.End) || u.Words[i].Text != w.Text {
				i++
			}
			used[i] = true
			left.Words = append(left.Words, u.Words[i])
		}
		list = append(list, left)
	}
	return list, false
}

// Rewrite writes a transcript out of which something was taken, or removes it if
// nothing is left. The other forms come first: as long as the transcript has the
// words, whoever looks for them finds what a killed run has left.
func Rewrite(library *os.Root, s *space.Space, t *Transcript) error {
	if len(t.Utterances) == 0 {
		return Remove(library, s)
	}
	if err := WriteForms(library, s, t); err != nil {
		return err
	}
	return Write(library, s, t)
}
