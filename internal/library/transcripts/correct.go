package transcripts

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/transcript/align"
)

var (
	// ErrEmptyEdit means that an edited text has no words.
	ErrEmptyEdit = errors.New("the text has no words")
	// ErrCorrected means that a transcript has corrections of the host, which
	// would be lost.
	ErrCorrected = errors.New("the transcript has your corrections")

	errNotText = errors.New("not text in UTF-8")
)

// letter is how long a letter takes to say, in seconds.
const letter = 0.07

// A Correction says what an edited text changes.
type Correction struct {
	align.Changes
	Respelled int      // words kept with other case, accents or punctuation
	Speakers  int      // utterances that somebody else says now
	Lines     int      // lines that were split or joined, or left out without a word in them
	Unknown   []string // speakers of the text who are not known to be in the recording
}

// Any reports whether anything changes.
func (c *Correction) Any() bool {
	return c.Changed > 0 || c.Added > 0 || c.Removed > 0 || c.Respelled > 0 || c.Speakers > 0 || c.Lines > 0
}

// IsCorrected reports whether the host has corrected anything.
func (t *Transcript) IsCorrected() bool {
	return !t.CorrectedAt.IsZero() || slices.ContainsFunc(t.Utterances, func(u Utterance) bool { return u.Corrected || u.SpeakerCorrected })
}

// Correct returns the transcript as an edited text has it: words that are the
// same keep their times, the others get theirs from these. turns are those of the
// recording, or nil. The transcript itself stays. The caller sets CorrectedAt if
// anything changes.
func (t *Transcript) Correct(s *space.Space, turns *space.Turns, e *Edited) (*Transcript, *Correction) {
	c := &corrector{t: t, known: t.people(s, turns)}
	c.flatten()
	var lines []align.Line
	for _, l := range e.lines {
		at := int64(-1)
		if l.at >= 0 {
			at = t.tenth(l.at)
		}
		lines = append(lines, align.Line{Text: l.text, At: at})
	}
	placed, changes := align.Lines(c.old, c.marks, lines, align.Options{Letter: int64(letter * float64(t.Rate)), End: t.Samples})
	c.Changes = changes
	next := *t
	next.Utterances = []Utterance{}
	for i, words := range placed {
		if len(words) > 0 {
			next.Utterances = append(next.Utterances, c.utterance(&e.lines[i], words))
		}
	}
	for i, used := range c.used {
		if !used && align.Key(t.Utterances[i].Text) == "" && t.Utterances[i].Text != "" {
			c.Lines++
		}
	}
	slices.SortStableFunc(next.Utterances, func(a, b Utterance) int { return cmp.Compare(a.Start, b.Start) })
	return &next, &c.Correction
}

// tenth is a time as the text has it, to the tenth of a second, in samples.
func (t *Transcript) tenth(seconds float64) int64 {
	return int64(float64(seconds*10)+0.5) * int64(t.Rate) / 10
}

// A who is who speaks.
type who struct {
	speakers []string
	label    string
}

// people are those that a speaker's line can name, by the form in which it may.
func (t *Transcript) people(s *space.Space, turns *space.Turns) map[string]who {
	list := make(map[string]who)
	for name, handle := range onStage(s) {
		list[name] = who{speakers: []string{handle}}
	}
	one := func(name string) {
		if name != "" {
			list[plain(name)] = who{speakers: []string{name}}
		}
	}
	if turns != nil {
		for _, turn := range turns.Turns {
			one(turn.Handle)
		}
	}
	for i := range t.Utterances {
		u := &t.Utterances[i]
		for _, name := range u.Speakers {
			one(name)
		}
	}
	for i := range t.Utterances { // also several at once, and labels
		if u := &t.Utterances[i]; u.Who() != "" {
			if _, ok := list[plain(u.Who())]; !ok {
				list[plain(u.Who())] = who{u.Speakers, u.Label}
			}
		}
	}
	return list
}

type corrector struct {
	Correction
	t     *Transcript
	known map[string]who

	old   []align.Word
	of    []int // utterance of each old word
	word  []int // number of the word in it, or -1 if its time is a guess
	marks []align.Mark
	// untimed says of each utterance that its words have no times.
	untimed []bool
	used    []bool // utterances that a line has as they were
}

// flatten lays the words of all utterances one behind the other.
func (c *corrector) flatten() {
	for i := range c.t.Utterances {
		u := &c.t.Utterances[i]
		if i == 0 || u.Who() != c.t.Utterances[i-1].Who() {
			c.marks = append(c.marks, align.Mark{Before: len(c.old), At: int64(c.t.seconds(u.Start)*10) * int64(c.t.Rate) / 10})
		}
		words, timed := u.timed()
		for k, w := range words {
			c.old = append(c.old, w)
			c.of = append(c.of, i)
			if !timed {
				k = -1
			}
			c.word = append(c.word, k)
		}
		c.untimed = append(c.untimed, !timed)
	}
	c.used = make([]bool, len(c.t.Utterances))
}

// timed returns the words of an utterance with their times, or with those that
// their letters make likely where it has none, or has them of other words than
// those of its text.
func (u *Utterance) timed() ([]align.Word, bool) {
	var list []align.Word
	var a, b strings.Builder
	for _, w := range u.Words {
		list = append(list, align.Word{Text: w.Text, Start: w.Start, End: w.End})
		a.WriteString(align.Key(w.Text))
	}
	for _, f := range strings.Fields(u.Text) {
		b.WriteString(align.Key(f))
	}
	if len(list) == 0 || letters(a.String()) != letters(b.String()) {
		return align.Share(u.Text, u.Start, u.End), false
	}
	return list, true
}

// letters is a text without anything else: marks between words may stand alone
// or not.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if align.Key(string(r)) == "" {
			return -1
		}
		return r
	}, s)
}

// utterance makes an utterance of a line.
func (c *corrector) utterance(l *editedLine, words []align.Placed) Utterance {
	from := c.source(words)
	if from >= 0 && !c.used[from] && oneLine(c.t.Utterances[from].Text) == l.text && c.whole(words, from) {
		c.used[from] = true
		u := c.t.Utterances[from]
		c.name(&u, l, words, from)
		return u
	}
	u := Utterance{Start: words[0].Start, Text: l.text, Speakers: []string{}, Corrected: true}
	timed := from < 0 || !c.untimed[from]
	whole := true // all words are as they were
	for _, w := range words {
		u.End = max(u.End, w.End)
		nw := Word{Start: w.Start, End: w.End, Text: w.Text}
		if w.From >= 0 {
			was := c.of[w.From]
			timed = timed && !c.untimed[was]
			if k := c.word[w.From]; k >= 0 {
				nw.Confidence = c.t.Utterances[was].Words[k].Confidence
			}
			if c.old[w.From].Text != w.Text {
				c.Respelled++
			}
		}
		whole = whole && w.From >= 0 && c.old[w.From].Text == w.Text
		u.Words = append(u.Words, nw)
	}
	if whole {
		c.Lines++
	}
	if !timed {
		u.Words = nil
	}
	if u.End == u.Start { // it would not be shown
		u.End = min(c.t.Samples, u.Start+int64(letter*float64(c.t.Rate))*int64(len(l.text)))
	}
	c.name(&u, l, words, from)
	return u
}

// source is the utterance that most words of a line come from, or -1.
func (c *corrector) source(words []align.Placed) int {
	count := make(map[int]int)
	best := -1
	for _, w := range words {
		if w.From < 0 {
			continue
		}
		i := c.of[w.From]
		if count[i]++; best < 0 || count[i] > count[best] {
			best = i
		}
	}
	return best
}

// whole reports whether all words that were found are those of an utterance.
func (c *corrector) whole(words []align.Placed, from int) bool {
	return !slices.ContainsFunc(words, func(w align.Placed) bool { return w.From >= 0 && c.of[w.From] != from })
}

// name says who speaks in a line.
func (c *corrector) name(u *Utterance, l *editedLine, words []align.Placed, from int) {
	var was *Utterance
	if from >= 0 {
		was = &c.t.Utterances[from]
	} else if i := c.near(words); i >= 0 {
		was = &c.t.Utterances[i]
	}
	if was != nil && (!l.named || plain(l.speaker) == plain(was.Who())) {
		u.Speakers, u.Label, u.SpeakerCorrected = slices.Clone(was.Speakers), was.Label, was.SpeakerCorrected
		// Words of others that stand in the line now are said by its speaker.
		for _, w := range words {
			if w.From >= 0 && c.t.Utterances[c.of[w.From]].Who() != was.Who() {
				u.SpeakerCorrected = true
			}
		}
		if u.SpeakerCorrected && !was.SpeakerCorrected {
			c.Speakers++
		}
		return
	}
	u.Speakers, u.Label = []string{}, ""
	if l.named {
		found := c.find(l.speaker)
		u.Speakers, u.Label, u.SpeakerCorrected = found.speakers, found.label, true
		c.Speakers++
	}
}

// near is the last utterance of the transcript that begins before the words, or
// -1.
func (c *corrector) near(words []align.Placed) int {
	i, _ := slices.BinarySearchFunc(c.t.Utterances, words[0].Start+1, func(u Utterance, at int64) int { return cmp.Compare(u.Start, at) })
	return i - 1
}

// find finds who is meant by a name. Whoever is not known is a label.
func (c *corrector) find(name string) who {
	if w, ok := c.known[plain(name)]; ok || name == "" {
		return who{append([]string{}, w.speakers...), w.label}
	}
	found := who{speakers: []string{}}
	for part := range strings.SplitSeq(name, ",") {
		w, ok := c.known[plain(part)]
		if !ok || w.label != "" {
			if !slices.Contains(c.Unknown, name) {
				c.Unknown = append(c.Unknown, name)
			}
			return who{[]string{}, name}
		}
		for _, s := range w.speakers {
			if !slices.Contains(found.speakers, s) {
				found.speakers = append(found.speakers, s)
			}
		}
	}
	return found
}
