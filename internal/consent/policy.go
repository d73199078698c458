package consent

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/library/space"
)

// An Action is something that the program does with voices. The words appear
// in settings and in JSON.
type Action string

const (
	Clipping   Action = "clip"
	Exporting  Action = "export"
	SendingOwn Action = "private" // to a target that only the host can read
	SendingAll Action = "public"  // to a target that everybody can read
	Feeding    Action = "feed"    // feeds and their pages
	Posting    Action = "post"
)

// Actions lists them all.
var Actions = [...]Action{Clipping, Exporting, SendingOwn, SendingAll, Feeding, Posting}

// Purpose is what people have to agree to for the action.
func (a Action) Purpose() Purpose {
	switch a {
	case Clipping:
		return Clip
	case Exporting:
		return Episode
	}
	return Upload
}

// A Mode says what becomes of an action that somebody has not agreed to.
type Mode string

const (
	Off     Mode = "off"     // it is done
	Warn    Mode = "warn"    // it is done, and the report says so
	Require Mode = "require" // it is not done
)

// ParseMode reads a mode.
func ParseMode(s string) (Mode, error) {
	switch m := Mode(strings.ToLower(s)); m {
	case Off, Warn, Require:
		return m, nil
	}
	return "", fmt.Errorf("%q is no consent policy: say off, warn or require", s)
}

// A Policy says which mode holds for which action.
type Policy map[Action]Mode

// Mode is the mode that holds for an action: by default what stays with the
// host is warned of, and what goes to everybody needs the answer.
func (p Policy) Mode(a Action) Mode {
	if m, ok := p[a]; ok {
		return m
	}
	switch a {
	case Clipping, Exporting, SendingOwn:
		return Warn
	}
	return Require
}

// A Use is a part of a recording that is to be used.
type Use struct {
	Recording *space.Recording
	// Turns says who speaks when; nil if nobody knows.
	Turns *space.Turns
	// Start and End are seconds from the first sample; both 0 is all of it.
	Start, End float64
}

// A Missing is a person who is heard in a use and has not agreed to it.
type Missing struct {
	Handle string `json:"handle"` // "" where nobody knows who it is
	Answer Answer `json:"consent"`
	// Spans are those in which they speak, by the turns; none if there are no
	// turns of theirs to go by.
	Spans []Span `json:"spans"`
}

// Name is the handle, or what stands for it.
func (m *Missing) Name() string {
	if m.Handle == "" {
		return "somebody unknown"
	}
	return "@" + m.Handle
}

// A Span is a stretch of a recording, in seconds from its first sample.
type Span struct {
	Start float64 `json:"start"`
	End   float64 `json:"end"`
}

// Missing returns who is heard in a use and has not agreed to it. Whoever was
// on stage and has turns of their own counts where these reach into the use;
// whoever has none counts always, since nobody knows where they speak.
func (l *Ledger) Missing(u Use, p Purpose, at time.Time) []Missing {
	spans := make(map[string][]Span)
	if u.Turns != nil {
		for _, t := range u.Turns.Turns {
			spans[Handle(t.Handle)] = append(spans[Handle(t.Handle)], Span{t.Start, t.End})
		}
	}
	var list []Missing
	seen := make(map[string]bool)
	add := func(handle string, answer Answer) {
		key := Handle(handle)
		if seen[key] {
			return
		}
		seen[key] = true
		m := Missing{Handle: strings.TrimPrefix(handle, "@"), Answer: answer, Spans: u.within(spans[key])}
		if answer.Agreed() || len(spans[key]) > 0 && len(m.Spans) == 0 {
			return
		}
		list = append(list, m)
	}
	for _, s := range u.Recording.Speakers {
		if s.Handle == "" && s.ID == "" {
			continue
		}
		add(s.Handle, l.answer(u.Recording, s, p, at))
	}
	if u.Turns != nil {
		for _, t := range u.Turns.Turns {
			add(t.Handle, l.answer(u.Recording, space.Speaker{Handle: t.Handle}, p, at))
		}
	}
	return list
}

// answer is how a speaker stands to a use of a recording.
func (l *Ledger) answer(rec *space.Recording, s space.Speaker, p Purpose, at time.Time) Answer {
	if s.Handle == "" {
		return Unknown
	}
	st := l.Standing(s.Handle, rec.ID, p, at)
	if st.Entry == nil && own(rec, s) {
		return Own
	}
	return st.Answer
}

// within returns the parts of the spans that lie in the use.
func (u *Use) within(spans []Span) []Span {
	if u.Start == 0 && u.End == 0 {
		return slices.Clone(spans)
	}
	var list []Span
	for _, s := range spans {
		s.Start, s.End = max(s.Start, u.Start), min(s.End, u.End)
		if s.Start < s.End {
			list = append(list, s)
		}
	}
	return list
}

// A Finding is what came of asking whether an action may be done.
type Finding struct {
	Action    Action
	Mode      Mode
	Recording *space.Recording
	Missing   []Missing
	// Known says that the spans of who is missing can be told.
	Known bool
}

// Check asks whether an action may be done with a part of a recording.
func (l *Ledger) Check(p Policy, a Action, u Use, at time.Time) Finding {
	f := Finding{Action: a, Mode: p.Mode(a), Recording: u.Recording, Known: u.Turns != nil}
	if f.Mode != Off {
		f.Missing = l.Missing(u, a.Purpose(), at)
	}
	return f
}

// Stops reports whether the action must not be done.
func (f *Finding) Stops() bool { return f.Mode == Require && len(f.Missing) > 0 }

// Warning is one line for the report, or "" if all have agreed.
func (f *Finding) Warning() string {
	switch n := len(f.Missing); n {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf("1 speaker has not agreed: %s", f.names())
	default:
		return fmt.Sprintf("%d speakers have not agreed: %s", n, f.names())
	}
}

func (f *Finding) names() string {
	var list []string
	for i := range f.Missing {
		name := f.Missing[i].Name()
		if a := f.Missing[i].Answer; a != Unknown {
			name += fmt.Sprintf(" (%s)", a)
		}
		list = append(list, name)
	}
	return strings.Join(list, ", ")
}

// A Refused is the error of an action that somebody has not agreed to.
type Refused struct{ Finding }

func (e *Refused) Error() string {
	return fmt.Sprintf("%s: %s", e.Recording.ID, e.Warning())
}

// Hint tells the three ways on.
func (e *Refused) Hint() string {
	return fmt.Sprintf("ask them: spaces consent ask %[1]s · leave them out: --consented-only · "+
		"or go on with a written reason: --override-consent \"…\"", e.Recording.ID)
}

// LeaveOut returns the spans in which those who have not agreed speak, wider
// by margin seconds on both sides and joined where they meet, inside a
// recording of length seconds.
func LeaveOut(missing []Missing, margin, length float64) []Span {
	var list []Span
	for _, m := range missing {
		for _, s := range m.Spans {
			list = append(list, Span{max(0, s.Start-margin), min(length, s.End+margin)})
		}
	}
	slices.SortFunc(list, func(a, b Span) int { return cmp.Compare(a.Start, b.Start) })
	joined := list[:0]
	for _, s := range list {
		if n := len(joined); n > 0 && s.Start <= joined[n-1].End {
			joined[n-1].End = max(joined[n-1].End, s.End)
			continue
		}
		joined = append(joined, s)
	}
	return joined
}
