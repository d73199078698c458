package consent

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/library/space"
)

// A Use is a part of a recording that is to be used.
type Use struct {
	Recording *space.Recording
	// Turns says who speaks when; nil if nobody knows.
	Turns *space.Turns
	// Parts are the stretches that are used, in seconds from the first sample;
	// none is all of it.
	Parts []space.Stretch
}

// A Missing is a person who is heard in a use and has not agreed to it.
type Missing struct {
	Handle string `json:"handle"`       // "" where it is not known
	ID     string `json:"id,omitempty"` // on X; without it and a handle nobody knows who it is
	Answer Answer `json:"consent"`
	// AgreedTo are the purposes to which they have agreed.
	AgreedTo []Purpose `json:"-"`
	// Spans are those in which they speak, by the turns; none if there are no
	// turns of theirs to go by.
	Spans []space.Stretch `json:"spans"`
}

// Who is the person.
func (m *Missing) Who() Who { return Who{m.Handle, m.ID} }

// Name is the handle, or what stands for it.
func (m *Missing) Name() string { return m.Who().String() }

// Missing returns who is heard in a use and has not agreed to it. Whoever was
// on stage and has turns of their own counts where these reach into the use,
// with the margin of the turns; whoever has none counts always, since nobody
// knows where they speak, unless the turns are the host's own word: then
// whoever has none is not heard. Turns of somebody unknown may be of anybody
// who is known by an id alone, and stay those of somebody unknown when that
// person agrees. Where nothing tells who all was on stage, somebody unknown is
// heard.
func (l *Ledger) Missing(u Use, p Purpose, at time.Time) []Missing {
	turns := u.turns()
	var order []string // handles in the order in which they first speak
	spans := make(map[string][]space.Stretch)
	named := make(map[string]string) // as the turns write them
	for _, t := range turns {
		h := Handle(t.Handle)
		if _, ok := named[h]; !ok {
			order, named[h] = append(order, h), t.Handle
		}
		spans[h] = append(spans[h], space.Stretch{Start: t.Start, End: t.End})
	}
	parts := space.Joined(u.Parts, 0)
	var list []Missing
	seen := make(map[string]bool)
	byID := make(map[string]bool) // ids that turns say for want of a handle
	add := func(s space.Speaker, all []space.Stretch) {
		w := Who{s.Handle, s.ID}
		if seen[w.key()] {
			return
		}
		seen[w.key()] = true
		answer := l.answer(u.Recording, s, p, at)
		if answer.Agreed() {
			return
		}
		m := Missing{Handle: strings.TrimPrefix(w.Handle, "@"), ID: w.ID, Answer: answer, Spans: within(parts, all, Margin(u.Turns))}
		if len(all) > 0 && len(m.Spans) == 0 {
			return
		}
		if p != "" {
			m.AgreedTo = l.agreedTo(u.Recording, s, at)
		}
		list = append(list, m)
	}
	known := false
	for _, s := range onStage(u.Recording) {
		all := spans[Handle(s.Handle)]
		if s.Handle == "" && s.ID != "" && len(spans[s.ID]) > 0 {
			all, byID[s.ID] = spans[s.ID], true
		}
		known = known || s.Handle != "" || s.ID != ""
		silent := len(turns) > 0 && !u.Turns.Approximate && len(all) == 0
		if s.Handle == "" && s.ID == "" || silent {
			continue
		}
		add(s, all)
	}
	for _, h := range order {
		if !byID[h] {
			add(space.Speaker{Handle: named[h]}, spans[h])
		}
	}
	if len(turns) == 0 && (!known || u.Recording.State == space.NoRecord) {
		list = append(list, Missing{Answer: Unknown})
	}
	return list
}

// onStage lists the speakers, with the host, whom some records name elsewhere.
func onStage(rec *space.Recording) []space.Speaker {
	h := rec.Host
	if h == nil || slices.ContainsFunc(rec.Speakers, func(s space.Speaker) bool { return Who{s.Handle, s.ID}.same(Who{h.Handle, h.ID}) }) {
		return rec.Speakers
	}
	return append(slices.Clip(rec.Speakers), space.Speaker{Handle: h.Handle, ID: h.ID, Role: "host"})
}

// turns are those that tell something: none, where the recording has an empty
// list of them.
func (u *Use) turns() []space.Turn {
	if u.Turns == nil {
		return nil
	}
	return u.Turns.Turns
}

// agreedTo lists the purposes that a speaker has agreed to.
func (l *Ledger) agreedTo(rec *space.Recording, s space.Speaker, at time.Time) []Purpose {
	var list []Purpose
	for _, p := range Purposes {
		if l.answer(rec, s, p, at).Agreed() {
			list = append(list, p)
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
	st := l.Standing(w, rec, p, at)
	if st.Entry == nil && l.Owners.own(rec, w) {
		return Own
	}
	return st.Answer
}

const (
	// ConfirmedMargin is how much wider than a turn that the host has confirmed
	// is what counts as spoken, on both sides, in seconds.
	ConfirmedMargin = 0.25
	// GuessedMargin is the same for turns that levels tell: these come about
	// one a second.
	GuessedMargin = ConfirmedMargin + 1
)

// Margin is how much wider than its turns on both sides is what counts as
// spoken, in seconds.
func Margin(turns *space.Turns) float64 {
	if turns != nil && !turns.Approximate {
		return ConfirmedMargin
	}
	return GuessedMargin
}

// within returns the parts of a person's turns, wider by a margin, that lie in
// those of a use, which are joined: if there are none, that is all of it.
func within(parts, turns []space.Stretch, margin float64) []space.Stretch {
	if len(parts) == 0 {
		return slices.Clone(turns)
	}
	var list []space.Stretch
	for _, s := range space.Joined(turns, margin) {
		first, _ := slices.BinarySearchFunc(parts, s.Start, func(p space.Stretch, at float64) int { return cmp.Compare(p.End, at) })
		for _, p := range parts[first:] {
			if p.Start >= s.End {
				break
			}
			if both := (space.Stretch{Start: max(s.Start, p.Start), End: min(s.End, p.End)}); both.End-both.Start > least {
				list = append(list, both)
			}
		}
	}
	return list
}

// least is how long two spans must share for that to be more than the
// rounding of seconds to samples, in seconds.
const least = 1e-4

// Without returns what is left of parts once other spans, which are in order
// and do not meet, are taken out.
func Without(parts, out []space.Stretch) []space.Stretch {
	var list []space.Stretch
	for _, p := range parts {
		for _, o := range out {
			if o.End <= p.Start || o.Start >= p.End {
				continue
			}
			if o.Start > p.Start {
				list = append(list, space.Stretch{Start: p.Start, End: o.Start})
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
func LeaveOut(missing []Missing, margin, length float64) []space.Stretch {
	var list []space.Stretch
	for _, m := range missing {
		list = append(list, m.Spans...)
	}
	list = space.Joined(list, margin)
	for i := range list {
		list[i] = space.Stretch{Start: max(0, list[i].Start), End: min(length, list[i].End)}
	}
	return list
}
