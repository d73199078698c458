package transcripts

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/spaces-cli/spaces/internal/transcript"
)

// Without returns the transcript as others may read it when some people have not
// agreed to that: without the words that touch spans, in seconds, and those that
// it gives to one of people, who are handles or ids, and without their names. A
// label may be the name of anybody, so that then none stays. What only the host
// can know is left out in any case: the name of the file that was imported, who
// was not heard and when, and ids.
func (t *Transcript) Without(spans []transcript.Span, people []string) *Transcript {
	out := *t
	out.Engine.File = ""
	out.Muted = nil
	out.Utterances = []Utterance{}
	theirs := func(name string) bool {
		return slices.ContainsFunc(people, func(p string) bool { return strings.EqualFold(p, name) })
	}
	for i := range t.Utterances {
		u := &t.Utterances[i]
		if slices.ContainsFunc(u.Speakers, theirs) || theirs(strings.TrimPrefix(u.Label, "@")) {
			continue
		}
		for _, part := range t.withhold(u, spans) {
			part.Speakers = []string{}
			for _, name := range u.Speakers {
				if strings.Trim(name, "0123456789") != "" {
					part.Speakers = append(part.Speakers, name)
				}
			}
			if len(people)+len(spans) == 0 {
				part.Label = u.Label
			}
			out.Utterances = append(out.Utterances, part)
		}
	}
	slices.SortStableFunc(out.Utterances, func(a, b Utterance) int { return cmp.Compare(a.Start, b.Start) })
	return &out
}

// withhold returns the parts of an utterance that touch no span.
func (t *Transcript) withhold(u *Utterance, spans []transcript.Span) []Utterance {
	seconds := func(samples int64) float64 { return float64(samples) / float64(t.Rate) }
	samples := func(seconds float64) int64 { return int64(math.Round(seconds * float64(t.Rate))) }
	c := transcript.Cue{Start: seconds(u.Start), End: seconds(u.End), Text: u.Text}
	for _, w := range u.Words {
		c.Words = append(c.Words, transcript.Word{Start: seconds(w.Start), End: seconds(w.End), Text: w.Text, Confidence: w.Confidence})
	}
	var list []Utterance
	for _, left := range transcript.Withhold([]transcript.Cue{c}, spans) {
		part := Utterance{Start: samples(left.Start), End: samples(left.End), Text: left.Text}
		for _, w := range left.Words {
			part.Words = append(part.Words, Word{Start: samples(w.Start), End: samples(w.End), Text: w.Text, Confidence: w.Confidence})
		}
		list = append(list, part)
	}
	return list
}

// Anonymous returns the transcript without names that are estimates: others take
// them for certain.
func (t *Transcript) Anonymous() *Transcript {
	if t.SpeakersFrom != FromLevels {
		return t
	}
	out := *t
	out.SpeakersFrom, out.Utterances = "", slices.Clone(t.Utterances)
	for i := range out.Utterances {
		out.Utterances[i].Speakers = []string{}
	}
	return &out
}
