package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/spaces-cli/spaces/internal/cli/app"
	clips "github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/consent/gate"
	"github.com/spaces-cli/spaces/internal/recording"
	"github.com/spaces-cli/spaces/internal/recording/passage"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/terminal"
	"github.com/spaces-cli/spaces/internal/transcript/quote"
)

// Where --snap moves the ends of a clip.
const (
	snapSilence  = "silence"
	snapSentence = "sentence"
)

var snaps = []string{snapSilence, snapSentence}

// checkQuotes refuses flags that do not go with quotes.
func (o *clipOptions) checkQuotes() error {
	if err := app.OneOf("--snap", o.snap, snaps); err != nil {
		return err
	}
	quoted := len(o.quotes) > 0
	switch {
	case !quoted && o.from != "":
		return app.Hinted(app.Usage("--from needs --quote"), "to start a clip at a time, use --at T")
	case !quoted && o.to != "":
		return app.Hinted(app.Usage("--to needs --quote"), "to end a clip at a time, use --end T")
	case quoted && len(o.at)+len(o.around)+len(o.clock) > 0, quoted && (o.length != "" || o.end != ""):
		return app.Hinted(app.Usage("--quote cannot be combined with --at, --around, --clock, --length or --end"),
			"to look for the words in a part of the recording, use --from T and --to T")
	case quoted && o.snap == snapSilence:
		return app.Hinted(app.Usage("--quote cannot be combined with --snap: the clip already ends in pauses"), "for whole sentences, use --snap=sentence")
	}
	return nil
}

// A place is a stretch to cut, with what is said of it.
type place struct {
	recording.Found
	said *saying // nil where no words were asked for
}

// A saying is what is told of a stretch that words have bounded.
type saying struct {
	passage.Cut
	quote string   // the words; empty where sentences bound the stretch
	who   []string // handles or names of those who say them
	// said returns the words without those that are withheld.
	said func(passage.Withheld) string
}

// wordsJSON is what scripts see of it.
type wordsJSON struct {
	At          float64  `json:"at"`
	Length      float64  `json:"length"`
	Start       int64    `json:"start"`
	Samples     int64    `json:"samples"`
	Speakers    []string `json:"speakers"`
	Estimated   bool     `json:"estimated"`
	PauseBefore bool     `json:"pause_before"`
	PauseAfter  bool     `json:"pause_after"`
}

func (s *saying) json(r clips.Result) *wordsJSON {
	rate := float64(r.Samples) / r.Length
	seconds := func(n int64) float64 { return math.Round(1e6*float64(n)/rate) / 1e6 }
	who := []string{}
	for _, name := range s.who {
		who = append(who, strings.TrimPrefix(name, "@"))
	}
	return &wordsJSON{At: seconds(s.Words.Start), Length: seconds(s.Words.Samples), Start: s.Words.Start, Samples: s.Words.Samples,
		Speakers: who, Estimated: s.Estimated, PauseBefore: s.Before, PauseAfter: s.After}
}

// text tells what a person must know of the cut, on lines of their own.
func (s *saying) text() string {
	var b strings.Builder
	if s.quote != "" {
		fmt.Fprintf(&b, "\n  “%s”", terminal.Safe(shortened(s.quote, 150)))
	}
	switch {
	case !s.Before && !s.After:
		b.WriteString("\n  no pauses found: the cuts are between words")
	case !s.Before:
		b.WriteString("\n  no pause found before the first word: the cut is between words")
	case !s.After:
		b.WriteString("\n  no pause found after the last word: the cut is between words")
	}
	if s.Estimated {
		b.WriteString("\n  approximate: the transcript has no times for these words, so the clip contains more around them")
	}
	return b.String()
}

// shortened leaves out the middle of a long text.
func shortened(text string, most int) string {
	letters := []rune(text)
	if len(letters) <= most {
		return text
	}
	return strings.TrimSpace(string(letters[:most/2])) + " … " + strings.TrimSpace(string(letters[len(letters)-most/2:]))
}

// maxWords bounds how many transcripts are kept in memory.
const maxWords = 16

// A wordCache holds the words of recordings, for batches that quote the same one
// on every line.
type wordCache struct {
	mu   sync.Mutex
	list map[string]func() (*passage.Words, error) // by id
}

// of returns the words of a recording.
func (x *wordCache) of(c *clipper, r *recording.Recording) (*passage.Words, error) {
	x.mu.Lock()
	read, ok := x.list[r.Space.ID]
	if !ok {
		if x.list == nil || len(x.list) >= maxWords {
			x.list = make(map[string]func() (*passage.Words, error))
		}
		read = sync.OnceValues(func() (*passage.Words, error) { return passage.Read(c.lib.Root(), r) })
		x.list[r.Space.ID] = read
	}
	x.mu.Unlock()
	w, err := read()
	if err != nil {
		return nil, err
	}
	return w.On(r), nil
}

// quoted finds the stretches around the quotes that the flags name.
func (c *clipper) quoted(ctx context.Context, r *recording.Recording) ([]place, error) {
	var list []place
	for _, text := range c.o.quotes {
		p, err := c.quote(ctx, r, text, c.o.speaker, recording.Place{At: c.o.from, End: c.o.to})
		if err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	return list, nil
}

// quote finds the stretch around a quote. Where it is looked for is a place whose
// fields may all be empty.
func (c *clipper) quote(ctx context.Context, r *recording.Recording, text, speaker string, in recording.Place) (place, error) {
	o := quote.Options{Speaker: speaker}
	if in.At != "" || in.Length != "" || in.End != "" {
		in.At = cmp.Or(in.At, "0")
		s, _, err := r.Find(in)
		if err != nil {
			return place{}, err
		}
		if o.From = s.Start; in.Length != "" || in.End != "" {
			o.To = s.End()
		}
	}
	w, err := c.words.of(c, r)
	if err != nil {
		return place{}, err
	}
	m, err := w.Quote(text, o)
	if err != nil {
		return place{}, unfound(r, err)
	}
	var cut passage.Cut
	words := ""
	if c.o.snap == snapSentence {
		if cut, err = w.Whole(ctx, m); err == nil {
			words = w.Said(cut.Words, passage.Withheld{})
		}
	} else {
		words = w.Quoted(m)
		cut, err = w.Cut(ctx, m)
	}
	if err != nil {
		return place{}, err
	}
	who := m.Names
	said := func(out passage.Withheld) string { return w.Said(cut.Words, out) }
	if c.o.omit.only { // what is not heard is not told either
		out, err := c.omission(r)
		if err != nil {
			return place{}, err
		}
		if hidden := (passage.Withheld{Spans: out.Spans, People: out.Unnamed()}); withholds(said(hidden)) {
			words = said(hidden)
			who = slices.DeleteFunc(slices.Clone(who), func(name string) bool {
				return slices.ContainsFunc(out.Unnamed(), func(gone string) bool { return consent.Handle(gone) == consent.Handle(name) })
			})
		}
	}
	return place{recording.Found{Span: cut.Span}, &saying{cut, words, who, said}}, nil
}

// toSentences moves the ends of a stretch to sentences, if that is asked for.
func (c *clipper) toSentences(ctx context.Context, r *recording.Recording, p *place) error {
	if c.o.snap != snapSentence {
		return nil
	}
	w, err := c.words.of(c, r)
	if err != nil {
		return err
	}
	cut, err := w.Snap(ctx, p.Span)
	if err != nil {
		return err
	}
	p.Span, p.said = cut.Span, &saying{Cut: cut}
	return nil
}

// linePlace finds the stretch of a line of a batch.
func (c *clipper) linePlace(ctx context.Context, r *recording.Recording, l clips.Line) (p place, err error) {
	if l.Quote != "" {
		return c.quote(ctx, r, l.Quote, "", recording.Place{At: l.At, Length: l.Length, End: l.End, Zone: c.app.Zone})
	}
	p.Span, p.Shortened, err = r.Find(recording.Place{At: l.At, Length: l.Length, End: l.End, Exact: c.o.exact, Zone: c.app.Zone})
	if err == nil && c.o.snap == snapSilence {
		p.Span, err = r.Snap(ctx, p.Span)
	}
	if err != nil {
		return p, err
	}
	return p, c.toSentences(ctx, r, &p)
}

// withholds reports whether words are missing in a text.
func withholds(text string) bool { return strings.Contains(text, quote.Withheld) }

// entitle gives a clip around words a title that is made of them, unless it has one.
// The gate decides about the sound in it; a title must not tell besides what people
// say who have not agreed and are not heard in it.
func (c *clipper) entitle(q *clips.Request, s *saying) error {
	if s == nil || s.quote == "" || q.Title != "" {
		return nil
	}
	text := s.quote
	use, err := gate.OfRequest(*q)
	if err != nil {
		return err
	}
	beside, err := c.gate.Beside(consent.Clipping, use)
	if err != nil {
		return err
	}
	hidden := passage.Withheld{People: beside.People}
	for _, b := range beside.Spans {
		hidden.Spans = append(hidden.Spans, spanOf(q.Recording, b.Start, b.End))
	}
	if c.o.omit.only {
		out, err := c.omission(q.Recording)
		if err != nil {
			return err
		}
		hidden.Spans, hidden.People = append(hidden.Spans, out.Spans...), append(hidden.People, out.Unnamed()...)
	}
	if left := s.said(hidden); withholds(left) {
		text = left
	}
	q.Title = passage.Title(text)
	return nil
}

// unfound is the error of a quote that is said several times, or never, with the
// places at which it, or something like it, is said.
func unfound(r *recording.Recording, err error) error {
	var several *passage.AmbiguousError
	var missing *passage.MissingError
	var list []passage.Place
	more := 0
	switch {
	case errors.As(err, &several):
		list, more = several.Places, several.More
	case errors.As(err, &missing):
		list = missing.Near
	}
	if len(list) == 0 {
		return err
	}
	lines := []string{err.Error() + ":"}
	switch {
	case missing != nil && missing.Apart:
		lines[0] = err.Error() + "; its parts are said here:"
	case missing != nil:
		lines[0] = err.Error() + "; similar words:"
	}
	for _, p := range list {
		from, to := math.Floor(10*p.At)/10, math.Ceil(10*p.End)/10
		if to <= from {
			to = from + 0.1
		}
		way := fmt.Sprintf("--from %s --to %s", spell.Exact(from), spell.Exact(min(to, r.Seconds(r.Samples))))
		if missing != nil { // narrowing does not find it
			way = fmt.Sprintf("--at %s --end %s --snap", spell.Exact(from), spell.Exact(min(to, r.Seconds(r.Samples))))
		}
		if p.Part != "" {
			way += "  (“" + shortened(p.Part, 40) + "”)"
		}
		who := ""
		if len(p.Who) > 0 {
			who = strings.Join(p.Who, ", ") + "  "
		}
		words := strings.Join(strings.Fields(p.Before+" ["+shortened(p.Text, 80)+"] "+p.After), " ")
		lines = append(lines, fmt.Sprintf("  %s  %s%s\n      %s", spell.Moment(p.At), who, words, way))
	}
	if more > 0 {
		lines = append(lines, fmt.Sprintf("  and %d more", more))
	}
	f := app.Classify(err)
	return app.Fail(f.Code, f.Kind, f.Hint, errors.New(strings.Join(lines, "\n")))
}
