// Package passage finds stretches of a recording by what is said in them: quotes
// and sentences. They begin and end in pauses, and never in a word.
package passage

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/spaces-cli/spaces/internal/library/transcripts"
	"github.com/spaces-cli/spaces/internal/recording"
	"github.com/spaces-cli/spaces/internal/transcript"
	"github.com/spaces-cli/spaces/internal/transcript/quote"
)

// Words are what is said in a recording. They may be used by several goroutines.
type Words struct {
	*quote.Text
	rec       *recording.Recording
	sentences func() []quote.Sentence
}

// Read reads the words of a recording of a library. The error is one of package
// transcripts.
func Read(library *os.Root, r *recording.Recording) (*Words, error) {
	t, err := transcripts.Read(library, r.Space)
	if err != nil {
		return nil, err
	}
	return Of(t, r), nil
}

// Of returns the words of a recording as a transcript has them.
func Of(t *transcripts.Transcript, r *recording.Recording) *Words {
	at := func(position int64) int64 {
		return min(r.Samples, recording.Rescale(max(0, position), int64(r.Rate), int64(t.Rate)))
	}
	said := make([]quote.Utterance, len(t.Utterances))
	for i := range t.Utterances {
		u := &t.Utterances[i]
		s := quote.Utterance{Start: at(u.Start), End: at(u.End), Who: u.Who(), Names: u.Speakers, Text: u.Text}
		if u.Label != "" {
			s.Names = append(slices.Clone(s.Names), u.Label)
		}
		for _, w := range u.Words {
			s.Words = append(s.Words, quote.Word{Start: at(w.Start), End: at(w.End), Text: w.Text})
		}
		said[i] = s
	}
	text := quote.New(r.Rate, said)
	return &Words{Text: text, rec: r, sentences: sync.OnceValue(text.Sentences)}
}

// On returns the same words for the same recording, opened another time.
func (w *Words) On(r *recording.Recording) *Words {
	return &Words{Text: w.Text, rec: r, sentences: w.sentences}
}

// A Place is where in a recording something is said.
type Place struct {
	At, End             float64 // seconds
	Who                 []string
	Before, Text, After string
	Part                string // of a quote with an ellipsis, that is said there or is near
}

// An AmbiguousError means that a quote is said several times.
type AmbiguousError struct {
	Recording, Quote string
	Places           []Place
	More             int // of which no place is told
}

func (e *AmbiguousError) Error() string {
	return fmt.Sprintf("“%s” is said %d times in %s", e.Quote, len(e.Places)+e.More, e.Recording)
}

// A MissingError means that a quote is not said.
type MissingError struct {
	Recording, Quote string
	Narrowed         bool    // it was looked for in a part of the recording, or of one voice
	Near             []Place // what comes nearest
	Apart            bool    // Near are the parts of the quote, which are not said in this order
}

func (e *MissingError) Error() string {
	where := ""
	if e.Narrowed {
		where = " there"
	}
	return fmt.Sprintf("“%s” is not said in %s%s", e.Quote, e.Recording, where)
}

// maxPlaces is how many places an error tells.
const maxPlaces = 10

// Quote finds the one place at which something is said. The error is an
// *AmbiguousError if there are several, and a *MissingError if there are none; or a
// *recording.Problem.
func (w *Words) Quote(text string, o quote.Options) (quote.Match, error) {
	list, err := w.Find(text, o)
	var who *quote.SpeakerError
	switch {
	case errors.As(err, &who):
		p := recording.Problemf(recording.NoTurns, "", "@%s says nothing in the transcript of %s", strings.TrimPrefix(who.Name, "@"), w.rec.Space.ID)
		if len(who.Known) > 0 {
			p.Cause, p.Known = recording.OthersSpeak, who.Known
		}
		return quote.Match{}, p
	case errors.Is(err, quote.ErrEmpty):
		return quote.Match{}, recording.Problemf(recording.BadQuote, recording.NoWords, "the quote “%s” has no words", strings.TrimSpace(text))
	case err != nil:
		return quote.Match{}, err
	case len(list) == 1:
		return list[0], nil
	}
	written := strings.Join(strings.Fields(text), " ")
	if len(list) > 1 {
		e := &AmbiguousError{Recording: w.rec.Space.ID, Quote: written, More: max(0, len(list)-maxPlaces)}
		for _, m := range list[:min(len(list), maxPlaces)] {
			e.Places = append(e.Places, w.place(m))
		}
		return quote.Match{}, e
	}
	e := &MissingError{Recording: w.rec.Space.ID, Quote: written, Narrowed: o != quote.Options{}}
	for _, n := range w.Near(text, o) {
		p := w.place(n.Match)
		if n.Parts > 1 {
			p.Part = n.Part
		}
		e.Near, e.Apart = append(e.Near, p), n.Said
	}
	return quote.Match{}, e
}

func (w *Words) place(m quote.Match) Place {
	p := Place{At: w.rec.Seconds(m.Start), End: w.rec.Seconds(m.End), Who: m.Who, Text: w.Quoted(m)}
	p.Before, p.After = w.Around(m)
	return p
}

// A Cut is a stretch around words.
type Cut struct {
	recording.Span
	Words recording.Span // from the first word to the end of the last
	// Before and After say that the stretch begins and ends in a pause. Where
	// there is none it does so between words.
	Before, After bool
	// Estimated says that the words have no times of their own.
	Estimated bool
}

// Cut returns the stretch around a quote, from pause to pause.
func (w *Words) Cut(ctx context.Context, m quote.Match) (Cut, error) {
	return w.cut(ctx, end{m.Start, m.First}, end{m.End, m.Last})
}

// Whole returns the stretch around the sentences in which a quote begins and ends.
func (w *Words) Whole(ctx context.Context, m quote.Match) (Cut, error) {
	first, last := end{m.Start, m.First}, end{m.End, m.Last}
	for _, s := range w.sentences() {
		if s.Start <= m.Start && m.Start < s.End && s.Start < first.at {
			first = end{s.Start, s.First}
		}
		if s.Start < m.End && m.End <= s.End && s.End > last.at {
			last = end{s.End, s.Last}
		}
	}
	return w.cut(ctx, first, last)
}

// snapReach is how far, in seconds, Snap moves an end.
const snapReach = 10

// Snap moves the beginning of a span to the nearest beginning of a sentence, and
// its end to the nearest end of one, and both into the pause there. An end that is
// the recording's own, or has no sentence within ten seconds, stays where it is.
func (w *Words) Snap(ctx context.Context, s recording.Span) (Cut, error) {
	reach := int64(snapReach * w.rec.Rate)
	var first, last *quote.Sentence
	near := func(a, b int64) int64 { return max(a-b, b-a) }
	list := w.sentences()
	for i := range list {
		c := &list[i]
		if near(c.Start, s.Start) <= reach && c.Start < s.End() && (first == nil || near(c.Start, s.Start) < near(first.Start, s.Start)) {
			first = c
		}
	}
	from := s.Start
	if first != nil && s.Start > 0 {
		from = first.Start
	}
	for i := range list {
		c := &list[i]
		if near(c.End, s.End()) <= reach && c.End > from && (last == nil || near(c.End, s.End()) < near(last.End, s.End())) {
			last = c
		}
	}
	out := Cut{Span: s, Words: s, Before: true, After: true}
	end := s.End()
	var err error
	if first != nil && s.Start > 0 {
		out.Words.Start, out.Estimated = first.Start, first.First.Estimated
		if out.Start, out.Before, err = w.start(ctx, first.Start, first.First); err != nil {
			return Cut{}, err
		}
	}
	words := s.End()
	if last != nil && s.End() < w.rec.Samples {
		words, out.Estimated = last.End, out.Estimated || last.Last.Estimated
		if end, out.After, err = w.end(ctx, last.End, last.Last); err != nil {
			return Cut{}, err
		}
	}
	out.Samples, out.Words.Samples = end-out.Start, words-out.Words.Start
	return out, nil
}

// Sentences returns where the sentences of the recording are, in the order in
// which they begin.
func (w *Words) Sentences() []recording.Span {
	var list []recording.Span
	for _, s := range w.sentences() {
		list = append(list, recording.Span{Start: s.Start, Samples: s.End - s.Start})
	}
	return list
}

// Withheld says which words must not be repeated.
type Withheld struct {
	Spans  []recording.Span // those that touch one
	People []string         // those that the transcript says to be theirs: handles, or ids
}

// Said returns what is said in a span, with an ellipsis in brackets for what is
// withheld.
func (w *Words) Said(s recording.Span, out Withheld) string {
	return w.Within(s.Start, s.End(), func(start, end int64, names []string) bool {
		return !slices.ContainsFunc(out.Spans, func(o recording.Span) bool { return start <= o.End() && o.Start <= end }) &&
			!slices.ContainsFunc(names, func(name string) bool { return transcript.SaidBy(name, out.People) })
	})
}

// Title makes a title of words that were said: as many of them as fit. It is empty
// where all are withheld.
func Title(text string) string {
	const most = 60 // characters
	if strings.Trim(strings.ReplaceAll(text, quote.Withheld, ""), " ") == "" {
		return ""
	}
	text = strings.Trim(strings.Join(strings.Fields(text), " "), " ,;:-–—、，；：")
	letters := []rune(text)
	if len(letters) <= most {
		return text
	}
	cut := string(letters[:most])
	if i := strings.LastIndex(cut, " "); i > len(cut)/2 {
		cut = cut[:i]
	}
	return strings.TrimRight(cut, " ,;:.-–—、，；：") + "…"
}
