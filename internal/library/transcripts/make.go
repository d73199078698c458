package transcripts

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/transcript"
	"github.com/spaces-cli/spaces/internal/transcript/speakers"
)

// Where the speakers of a transcript are known from.
const (
	FromTurns  = "confirmed"
	FromLevels = "levels"
	FromFile   = "file"
)

const (
	// breath is the pause, in seconds, that ends an utterance.
	breath = 0.8
	// longest is how many characters an utterance has before the next pause or
	// the end of a sentence ends it.
	longest = 200
)

// New makes a transcript of the recording of a Space, which has so many samples
// at a rate, from cues in its time. turns may be nil. The caller says who made
// the words, and when.
func New(s *space.Space, rate int, samples int64, turns *space.Turns, cues []transcript.Cue) *Transcript {
	t := &Transcript{Schema: Schema, ID: s.ID, Rate: rate, Samples: samples, Audio: []string{}, Utterances: []Utterance{}}
	for _, p := range s.Pieces {
		t.Audio = append(t.Audio, p.SHA256)
	}
	who := turnsOf(turns, rate)
	switch {
	case slices.ContainsFunc(cues, func(c transcript.Cue) bool { return c.Speaker != "" }):
		t.SpeakersFrom = FromFile
	case len(who.List) > 0 && who.Exact:
		t.SpeakersFrom = FromTurns
	case len(who.List) > 0:
		t.SpeakersFrom = FromLevels
	}
	stage := onStage(s)
	said := t.words(cues)
	named := who.Of(stretches(said))
	var open *Utterance
	var last *spoken
	for i := range said {
		w := &said[i]
		names, label := named[i], ""
		if name := w.cue.Speaker; name != "" {
			names, label = nil, name
			if handle, ok := stage[plain(name)]; ok {
				names, label = []string{handle}, ""
			}
		} else if t.SpeakersFrom == FromFile {
			names = nil // the file tells some: the others are not guessed
		}
		if open == nil || ends(open, last, w, rate) || label != open.Label || !slices.Equal(names, open.Speakers) {
			t.Utterances = append(t.Utterances, Utterance{Start: w.Start, End: w.End, Speakers: slices.Clone(names), Label: label})
			open = &t.Utterances[len(t.Utterances)-1]
			if open.Speakers == nil {
				open.Speakers = []string{}
			}
		}
		open.add(w)
		last = w
	}
	slices.SortStableFunc(t.Utterances, func(a, b Utterance) int { return cmp.Compare(a.Start, b.Start) })
	return t
}

// turnsOf returns turns in samples.
func turnsOf(turns *space.Turns, rate int) *speakers.Turns {
	who := &speakers.Turns{Rate: rate}
	if turns == nil {
		return who
	}
	who.Exact = turns.Method == library.ByHost
	for _, t := range turns.Turns {
		if t.Handle != "" {
			who.List = append(who.List, speakers.Turn{Name: t.Handle, Start: int64(t.Start * float64(rate)), End: int64(t.End * float64(rate))})
		}
	}
	return who
}

// onStage returns the handles of those who were on stage, by the form in which
// a file may name them.
func onStage(s *space.Space) map[string]string {
	list := make(map[string]string)
	if s.Host != nil && s.Host.Handle != "" {
		list[plain(s.Host.Handle)] = s.Host.Handle
	}
	for _, p := range s.Speakers {
		if p.Handle != "" {
			list[plain(p.Handle)] = p.Handle
		}
	}
	return list
}

// plain is a name without what people write it with.
func plain(name string) string {
	return strings.ToLower(strings.TrimPrefix(strings.Join(strings.Fields(name), " "), "@"))
}

// spoken is a word, or a whole cue whose words have no times.
type spoken struct {
	Word
	cue   *transcript.Cue
	timed bool
	first bool // of its cue
	of    int  // number of its utterance, if it has one
}

// words lays the words of cues one behind the other, in samples.
func (t *Transcript) words(cues []transcript.Cue) []spoken {
	var list []spoken
	at := func(seconds float64) int64 {
		return min(t.Samples, max(0, int64(float64(seconds*float64(t.Rate))+0.5)))
	}
	for i := range cues {
		c := &cues[i]
		if len(c.Words) == 0 {
			start := at(c.Start)
			list = append(list, spoken{Word{Start: start, End: max(start, at(c.End)), Text: c.Text}, c, false, true, 0})
			continue
		}
		for k, w := range c.Words {
			start := at(w.Start)
			list = append(list, spoken{Word{start, max(start, at(w.End)), w.Text, w.Confidence}, c, true, k == 0, 0})
		}
	}
	slices.SortStableFunc(list, func(a, b spoken) int { return cmp.Compare(a.Start, b.Start) })
	return list
}

func stretches(said []spoken) []speakers.Word {
	list := make([]speakers.Word, len(said))
	for i, w := range said {
		list[i] = speakers.Word{Start: w.Start, End: w.End}
	}
	return list
}

// ends reports whether an utterance ends before a word.
func ends(u *Utterance, last, w *spoken, rate int) bool {
	switch {
	case !w.timed || !last.timed, w.Start-u.End > int64(breath*float64(rate)):
		return true
	case utf8.RuneCountInString(u.Text) < longest:
		return false
	}
	end, _ := utf8.DecodeLastRuneInString(u.Text)
	return w.first || strings.ContainsRune(".?!…。？！", end) || utf8.RuneCountInString(u.Text) > 2*longest
}

// add adds a word to an utterance.
func (u *Utterance) add(w *spoken) {
	u.End = max(u.End, w.End)
	if u.Text != "" && !joined(u.Text, w.Text) {
		u.Text += " "
	}
	u.Text += w.Text
	if w.timed {
		u.Words = append(u.Words, w.Word)
	}
}

// joined reports whether two words stand without a space between them: in
// scripts that have none, and before closing punctuation that stands alone.
func joined(before, word string) bool {
	last, _ := utf8.DecodeLastRuneInString(before)
	next, _ := utf8.DecodeRuneInString(word)
	return spaceless(last) && spaceless(next) || strings.ContainsRune(",.!?;:…%)]}»”", next) && utf8.RuneCountInString(word) == 1
}

func spaceless(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar) ||
		strings.ContainsRune("、。，！？：；「」『』（）・ー", r)
}
