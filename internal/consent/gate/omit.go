package gate

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/recording"
	"github.com/spaces-cli/spaces/internal/transcript"
)

// An Omission is what is left out of a recording, and whose turns they are.
type Omission struct {
	recording.Omission
	Missing []consent.Missing
	Margin  float64 // seconds on both sides of each turn
	Guessed bool    // the turns are not the host's own word

	rec *recording.Recording
}

// Parts lists what is left out of a part of the recording.
func (o *Omission) Parts(s recording.Span) []space.Stretch {
	var list []space.Stretch
	for _, part := range o.Within([]recording.Section{{Span: s}}) {
		list = append(list, space.Stretch{Start: o.rec.Seconds(part.Start), End: o.rec.Seconds(part.End())})
	}
	return list
}

// Names are those of the people who are left out, for people to read.
func (o *Omission) Names() []string {
	var list []string
	for i := range o.Missing {
		list = append(list, o.Missing[i].Name())
	}
	return list
}

// Unnamed are the handles of the people who are left out, or the ids of those
// who have none: nothing that is made may name them.
func (o *Omission) Unnamed() []string {
	var list []string
	for _, m := range o.Missing {
		if name := cmp.Or(m.Handle, m.ID); name != "" {
			list = append(list, name)
		}
	}
	return list
}

// Heard are the turns of all others, as far as they are not left out themselves:
// somebody who only speaks over a person who is left out is not heard either.
func (o *Omission) Heard(turns []space.Turn) []space.Turn {
	var list []space.Turn
	for _, t := range o.others(turns) {
		for _, out := range o.Spans {
			from, to := o.rec.Seconds(out.Start), o.rec.Seconds(out.End())
			if to <= t.Start || from >= t.End {
				continue
			}
			if from > t.Start {
				list = append(list, space.Turn{Handle: t.Handle, Start: t.Start, End: from})
			}
			t.Start = to
		}
		if t.End > t.Start {
			list = append(list, t)
		}
	}
	slices.SortStableFunc(list, func(a, b space.Turn) int { return cmp.Compare(a.Start, b.Start) })
	return list
}

// others are the turns of those who are not left out.
func (o *Omission) others(turns []space.Turn) []space.Turn {
	gone := make(map[string]bool)
	for _, m := range o.Missing {
		gone[consent.Handle(m.Handle)] = true
		if m.Handle == "" && m.ID != "" {
			gone[m.ID] = true // turns name who has no handle so
		}
	}
	var list []space.Turn
	for _, t := range turns {
		if !gone[consent.Handle(t.Handle)] {
			list = append(list, t)
		}
	}
	return list
}

// An UnknownTurnsError means that nothing tells when somebody speaks who has not
// agreed, so that they cannot be left out.
type UnknownTurnsError struct {
	Action    consent.Action
	Recording string           // id
	Who       *consent.Missing // nil: nothing tells when anybody speaks
}

func (e *UnknownTurnsError) Error() string {
	if e.Who == nil {
		return "no speaking turns are known for " + e.Recording
	}
	return fmt.Sprintf("%s has not given consent, and their speaking times in %s are unknown", e.Who.Name(), e.Recording)
}

// missing finds who is heard in a recording and has not agreed to an action. All
// of them have turns.
func (g *Gate) missing(act consent.Action, id string) ([]consent.Missing, *space.Turns, error) {
	v, err := g.voices(id)
	if err != nil {
		return nil, nil, err
	}
	list := g.ledger.Missing(consent.Use{Recording: v.rec, Turns: v.turns}, act.Purpose(), g.o.Now())
	if len(list) > 0 && (v.turns == nil || len(v.turns.Turns) == 0) {
		return nil, nil, &UnknownTurnsError{Action: act, Recording: id}
	}
	for i := range list {
		if len(list[i].Spans) == 0 {
			return nil, nil, &UnknownTurnsError{act, id, &list[i]}
		}
	}
	return list, v.turns, nil
}

// Withheld are the words of a recording that must not be read: those of people
// who have not agreed.
type Withheld struct {
	Spans  []transcript.Span // of what they say, with the margin of their turns, in order
	People []string          // their handles, or their ids if they have none: nobody may be told that they speak
}

// Withheld finds the words of a recording that must not be read where an action
// takes them, also if the host has a reason to go on with the voices. Where the
// gate asks nothing about the action, these are none.
func (g *Gate) Withheld(act consent.Action, id string) (*Withheld, error) {
	if !g.Asks(act) {
		return &Withheld{}, nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	missing, turns, err := g.missing(act, id)
	if err != nil {
		return nil, err
	}
	return withheld(missing, turns), nil
}

func withheld(missing []consent.Missing, turns *space.Turns) *Withheld {
	w := &Withheld{People: (&Omission{Missing: missing}).Unnamed()}
	for _, s := range consent.LeaveOut(missing, consent.Margin(turns), math.Inf(1)) {
		w.Spans = append(w.Spans, transcript.Span{Start: s.Start, End: s.End})
	}
	return w
}

// Beside finds what people say who have not agreed to an action and are not heard
// in a use: words that reach into it must not be theirs. Whoever may be heard
// anywhere is heard in it.
func (g *Gate) Beside(act consent.Action, u Use) (*Withheld, error) {
	if !g.Asks(act) {
		return &Withheld{}, nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	v, err := g.voices(u.Recording)
	if err != nil {
		return nil, err
	}
	in := func(parts []space.Stretch) []consent.Missing {
		return g.ledger.Missing(consent.Use{Recording: v.rec, Turns: v.turns, Parts: parts}, act.Purpose(), g.o.Now())
	}
	heard := in(u.Parts)
	others := slices.DeleteFunc(in(nil), func(m consent.Missing) bool {
		return slices.ContainsFunc(heard, func(h consent.Missing) bool { return h.Who() == m.Who() })
	})
	return withheld(others, v.turns), nil
}

// Captions returns what a clip may show of what is said: nothing that people say
// beside it who have not agreed to clips, since of a cue that reaches into it
// nobody may know which words were said where. What they say in it Check decides
// about.
func (g *Gate) Captions(q clip.Request, cues []transcript.Cue) ([]transcript.Cue, error) {
	if len(cues) == 0 {
		return nil, nil
	}
	use, err := OfRequest(q)
	if err != nil {
		return nil, err
	}
	out, err := g.Beside(consent.Clipping, use)
	if err != nil {
		return nil, err
	}
	theirs := func(c transcript.Cue) bool { return transcript.SaidBy(c.Speaker, out.People) }
	return transcript.Withhold(slices.DeleteFunc(slices.Clone(cues), theirs), out.Spans), nil
}

// Omission finds what must be left out of a recording for an action. The
// margin is in seconds; if it is negative, it follows from how well the turns
// are known.
func (g *Gate) Omission(act consent.Action, r *recording.Recording, margin float64, mute bool) (*Omission, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	missing, turns, err := g.missing(act, r.Space.ID)
	if err != nil {
		return nil, err
	}
	out := &Omission{Omission: recording.Omission{Mute: mute}, rec: r, Missing: missing}
	if len(out.Missing) == 0 {
		return out, nil
	}
	out.Guessed, out.Margin = turns.Approximate, margin
	if margin < 0 {
		out.Margin = consent.Margin(turns)
	}
	for _, s := range consent.LeaveOut(out.Missing, out.Margin, r.Seconds(r.Samples)) {
		from := int64(math.Floor(s.Start * float64(r.Rate)))
		to := min(r.Samples, int64(math.Ceil(s.End*float64(r.Rate))))
		out.Spans = append(out.Spans, recording.Span{Start: from, Samples: to - from})
	}
	return out, nil
}
