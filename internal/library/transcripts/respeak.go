package transcripts

import (
	"cmp"
	"slices"

	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/transcript"
)

// Respeak returns the transcript with the speakers that follow from turns, which
// may be nil. Those that the host has set, and those of an imported file, stay. It
// reports whether that changes anything; the transcript itself stays.
func (t *Transcript) Respeak(turns *space.Turns) (*Transcript, bool) {
	if t.SpeakersFrom == FromFile {
		return t, false
	}
	who := turnsOf(turns, t.Rate)
	r := &respeaker{t: t, Transcript: *t}
	r.Utterances = []Utterance{}
	switch r.SpeakersFrom = FromLevels; {
	case len(who.List) == 0:
		r.SpeakersFrom = ""
	case who.Exact:
		r.SpeakersFrom = FromTurns
	}
	// Words are told apart by their place among all.
	for i := range t.Utterances {
		r.said = append(r.said, t.Utterances[i].spoken(i)...)
	}
	slices.SortStableFunc(r.said, func(a, b spoken) int { return cmp.Compare(a.Start, b.Start) })
	r.named = who.Of(stretches(r.said))
	r.list = make([][]int, len(t.Utterances))
	for k, w := range r.said {
		r.list[w.of] = append(r.list[w.of], k)
	}
	var run []int // words of utterances that follow each other and are as they were made
	for i := range t.Utterances {
		u := &t.Utterances[i]
		if !u.Corrected && !u.SpeakerCorrected && r.said[r.list[i][0]].timed {
			run = append(run, r.list[i]...)
			continue
		}
		r.divide(run)
		run = nil
		r.keep(u, r.list[i])
	}
	r.divide(run)
	slices.SortStableFunc(r.Utterances, func(a, b Utterance) int { return cmp.Compare(a.Start, b.Start) })
	same := r.SpeakersFrom == t.SpeakersFrom && slices.EqualFunc(r.Utterances, t.Utterances, func(a, b Utterance) bool {
		return a.Start == b.Start && a.End == b.End && a.Label == b.Label && a.Text == b.Text && slices.Equal(a.Speakers, b.Speakers)
	})
	return &r.Transcript, !same
}

type respeaker struct {
	Transcript
	t     *Transcript
	said  []spoken
	named [][]string // who says each
	list  [][]int    // the words of each utterance, by their number
}

// divide divides words into utterances as New does.
func (r *respeaker) divide(run []int) {
	slices.Sort(run) // by time
	var last *spoken
	for _, k := range run {
		w := &r.said[k]
		if last == nil || ends(r.last(), last, w, r.Rate) || !slices.Equal(r.last().Speakers, r.named[k]) {
			r.open(w, r.named[k])
		}
		r.last().add(w)
		last = w
	}
}

// keep keeps an utterance that the host has corrected, or whose words have no
// times; it falls apart only where the speaker changes.
func (r *respeaker) keep(u *Utterance, list []int) {
	names := r.named[list[0]]
	if u.SpeakerCorrected || !slices.ContainsFunc(list, func(k int) bool { return !slices.Equal(r.named[k], names) }) {
		one := *u
		if !u.SpeakerCorrected {
			one.Speakers, one.Label = append([]string{}, names...), ""
		}
		r.Utterances = append(r.Utterances, one)
		return
	}
	for i, k := range list {
		if i == 0 || !slices.Equal(r.last().Speakers, r.named[k]) {
			r.open(&r.said[k], r.named[k])
			r.last().Corrected = u.Corrected
		}
		r.last().add(&r.said[k])
	}
}

func (r *respeaker) open(w *spoken, names []string) {
	r.Utterances = append(r.Utterances, Utterance{Start: w.Start, End: w.End, Speakers: append([]string{}, names...)})
}

func (r *respeaker) last() *Utterance { return &r.Utterances[len(r.Utterances)-1] }

// spoken returns the words of an utterance; if they have no times, they are one.
func (u *Utterance) spoken(of int) []spoken {
	if _, timed := u.timed(); !timed {
		return []spoken{{Word: Word{Start: u.Start, End: u.End, Text: u.Text}, cue: new(transcript.Cue), first: true, of: of}}
	}
	var list []spoken
	for k, w := range u.Words {
		list = append(list, spoken{Word: w, timed: true, first: k == 0, of: of})
	}
	return list
}
