package transcripts

import (
	"cmp"
	"slices"

	"github.com/spaces-cli/spaces/internal/library/space"
)

// A Single says what is changed in one utterance: what is nil stays.
type Single struct {
	Text     *string // without words the utterance goes
	Speakers *[]string
}

// CorrectOne returns what an utterance is if it is changed, as Correct does for a
// whole text: one, or none. It reports whether anything changes; the transcript
// itself stays.
func (t *Transcript) CorrectOne(s *space.Space, i int, c Single) (made []Utterance, changed bool) {
	was := &t.Utterances[i]
	made = []Utterance{*was}
	if c.Text != nil && oneLine(*c.Text) != oneLine(was.Text) {
		one := *t
		one.Utterances = t.Utterances[i : i+1]
		line := editedLine{text: oneLine(*c.Text), named: true, speaker: was.Who(), at: -1}
		corrected, _ := one.Correct(s, nil, &Edited{lines: []editedLine{line}})
		made, changed = corrected.Utterances, true
	}
	if len(made) == 1 && c.Speakers != nil && (!slices.Equal(*c.Speakers, was.Speakers) || was.Label != "") {
		made[0].Speakers, made[0].Label, made[0].SpeakerCorrected = append([]string{}, *c.Speakers...), "", true
		changed = true
	}
	return made, changed
}

// Insert puts an utterance at a place in the list, or where its beginning wants it,
// and returns where that is.
func (t *Transcript) Insert(at int, u Utterance) int {
	early := at > 0 && t.Utterances[at-1].Start > u.Start
	late := at < len(t.Utterances) && t.Utterances[at].Start < u.Start
	if early || late {
		at, _ = slices.BinarySearchFunc(t.Utterances, u.Start+1, func(o Utterance, start int64) int { return cmp.Compare(o.Start, start) })
	}
	t.Utterances = slices.Insert(t.Utterances, at, u)
	return at
}
