package consent

import (
	"cmp"
	"fmt"
	"math"
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
	// Parts are the stretches that are used, in seconds from the first sample;
	// none is all of it.
	Parts []Span
}

// A Missing is a person who is heard in a use and has not agreed to it.
type Missing struct {
	Handle string `json:"handle"`       // "" where it is not known
	ID     string `json:"id,omitempty"` // on X; without it and a handle nobody knows who it is
	Answer Answer `json:"consent"`
	// Spans are those in which they speak, by the turns; none if there are no
	// turns of theirs to go by.
	Spans []Span `json:"spans"`
}

// Who is the person.
func (m *Missing) Who() Who { return Who{m.Handle, m.ID} }

// Name is the handle, or what stands for it.
func (m *Missing) Name() string { return m.Who().String() }

// A Span is a stretch of a recording, in seconds from its first sample.
type Span struct {
	Start float64 `json:"start"`
	End   float64 `json:"end"`
}

// String writes a span as people write times: 1:02.5–1:10.
func (s Span) String() string { return moment(s.Start) + "–" + moment(s.End) }

func moment(seconds float64) string {
	tenths := int64(math.Round(10 * seconds))
	text := fmt.Sprintf("%d:%02d", tenths/600%60, tenths/10%60)
	if tenths >= 36000 {
		text = fmt.Sprintf("%d:%02d:%02d", tenths/36000, tenths/600%60, tenths/10%60)
	}
	if tenths%10 > 0 {
		text += fmt.Sprintf(".%d", tenths%10)
	}
	return text
}

// Missing returns who is heard in a use and has not agreed to it. Whoever was
// on stage and has turns of their own counts where these reach into the use;
// whoever has none counts always, since nobody knows where they speak, unless
// the turns are the host's own word: then whoever has none is not heard. Turns
// of somebody unknown may be of anybody who is known by an id alone, and stay
// those of somebody unknown when that person agrees.
func (l *Ledger) Missing(u Use, p Purpose, at time.Time) []Missing {
	spans := make(map[string][]Span)
	if u.Turns != nil {
		for _, t := range u.Turns.Turns {
			spans[Handle(t.Handle)] = append(spans[Handle(t.Handle)], Span{t.Start, t.End})
		}
	}
	var list []Missing
	seen := make(map[string]bool)
	byID := make(map[string]bool) // ids that turns say for want of a handle
	add := func(w Who, all []Span, answer Answer) {
		if seen[w.key()] {
			return
		}
		seen[w.key()] = true
		m := Missing{Handle: strings.TrimPrefix(w.Handle, "@"), ID: w.ID, Answer: answer, Spans: u.within(all)}
		if answer.Agreed() || len(all) > 0 && len(m.Spans) == 0 {
			return
		}
		list = append(list, m)
	}
	for _, s := range u.Recording.Speakers {
		w, all := Who{s.Handle, s.ID}, spans[Handle(s.Handle)]
		if s.Handle == "" && s.ID != "" && len(spans[s.ID]) > 0 {
			all, byID[s.ID] = spans[s.ID], true
		}
		silent := u.Turns != nil && !u.Turns.Approximate && len(all) == 0
		if w == (Who{}) || silent {
			continue
		}
		add(w, all, l.answer(u.Recording, s, p, at))
	}
	if u.Turns != nil {
		for _, t := range u.Turns.Turns {
			if byID[t.Handle] {
				continue
			}
			add(Who{Handle: t.Handle}, spans[Handle(t.Handle)], l.answer(u.Recording, space.Speaker{Handle: t.Handle}, p, at))
		}
	}
	return list
}

// answer is how a speaker stands to a use of a recording.
func (l *Ledger) answer(rec *space.Recording, s space.Speaker, p Purpose, at time.Time) Answer {
	w := Who{s.Handle, s.ID}
	if w == (Who{}) {
		return Unknown
	}
	st := l.Standing(w, rec.ID, p, at)
	if st.Entry == nil && own(rec, s) {
		return Own
	}
	return st.Answer
}

// within returns the parts of the spans that lie in the use.
func (u *Use) within(spans []Span) []Span {
	if len(u.Parts) == 0 {
		return slices.Clone(spans)
	}
	var list []Span
	for _, s := range spans {
		for _, p := range u.Parts {
			if both := (Span{max(s.Start, p.Start), min(s.End, p.End)}); both.End-both.Start > least {
				list = append(list, both)
			}
		}
	}
	return list
}

// least is how long two spans must share for that to be more than the
// rounding of seconds to samples, in seconds.
const least = 1e-4

// A Finding is what came of asking whether an action may be done.
type Finding struct {
	Action    Action
	Mode      Mode
	Recording *space.Recording
	Missing   []Missing
	// Known says that the spans of who is missing can be told.
	Known bool
	// Clip says that it is a clip that is to be sent.
	Clip bool
	// Guessed says that they are not the host's own word.
	Guessed bool
}

// Check asks whether an action may be done with a part of a recording.
func (l *Ledger) Check(p Policy, a Action, u Use, at time.Time) Finding {
	f := Finding{Action: a, Mode: p.Mode(a), Recording: u.Recording, Known: u.Turns != nil, Guessed: u.Turns != nil && u.Turns.Approximate}
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

// Error names who has not agreed, and when they speak.
func (e *Refused) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", e.Recording.ID, e.Warning())
	for i := range e.Missing {
		m := &e.Missing[i]
		fmt.Fprintf(&b, "\n  %s %s", m.Name(), m.When())
	}
	return b.String()
}

// Hint tells the ways on: to ask, to leave out, to tell who it is that speaks,
// to go on with a reason.
func (e *Refused) Hint() string {
	var ways []string
	id := e.Recording.ID
	if slices.ContainsFunc(e.Missing, func(m Missing) bool { return m.Handle != "" }) {
		ways = append(ways, "ask them: spaces consent ask "+id)
	}
	for _, m := range e.Missing {
		if m.Handle == "" && m.ID != "" {
			ways = append(ways, fmt.Sprintf("enter what %s has answered: spaces consent set %s granted", m.Name(), m.ID))
			break
		}
	}
	ways = append(ways, e.Leave(id))
	if e.Guessed || slices.ContainsFunc(e.Missing, func(m Missing) bool { return m.Handle == "" }) {
		ways = append(ways, fmt.Sprintf("tell who speaks when: spaces speakers confirm %s --turns FILE", id))
	}
	return strings.Join(ways, " · ") + " · or go on with a written reason: --override-consent \"…\""
}

// Leave tells how to leave out who has not agreed. id is that of the recording,
// or what stands for it.
func (e *Refused) Leave(id string) string {
	switch {
	case e.Action == Posting: // videos are cut in one piece
		return fmt.Sprintf("post a stretch without them: spaces clip %s --at T --format mp4", id)
	case e.Action.Purpose() != Upload:
		return "leave them out: --consented-only"
	case e.Clip:
		return fmt.Sprintf("leave them out: spaces clip %s --at T --consented-only", id)
	}
	return fmt.Sprintf("leave them out: spaces export %s --consented-only", id)
}

// maxSpans is how many spans a message lists for each person.
const maxSpans = 8

// When says in words when the person speaks.
func (m *Missing) When() string {
	if len(m.Spans) == 0 {
		return "speaks nobody knows when"
	}
	var list []string
	for _, s := range m.Spans[:min(len(m.Spans), maxSpans)] {
		list = append(list, s.String())
	}
	if n := len(m.Spans) - maxSpans; n > 0 {
		list = append(list, fmt.Sprintf("and %d more", n))
	}
	return "speaks " + strings.Join(list, ", ")
}

// Handles are those of the missing, for scripts; where none is known it is "".
func (f *Finding) Handles() []string {
	var list []string
	for _, m := range f.Missing {
		list = append(list, m.Handle)
	}
	return list
}

// Without returns what is left of parts once other spans, which are in order
// and do not meet, are taken out.
func Without(parts, out []Span) []Span {
	var list []Span
	for _, p := range parts {
		for _, o := range out {
			if o.End <= p.Start || o.Start >= p.End {
				continue
			}
			if o.Start > p.Start {
				list = append(list, Span{p.Start, o.Start})
			}
			p.Start = o.End
		}
		if p.Start < p.End {
			list = append(list, p)
		}
	}
	return list
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
