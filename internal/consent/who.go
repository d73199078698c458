package consent

import (
	"slices"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/library/space"
)

// WhoIs finds who is meant by a word among those who were on stage: a handle
// goes before an id. It is the zero Who if nobody is.
func WhoIs(recs []*space.Recording, word string) Who {
	var byID Who
	for _, r := range recs {
		for _, s := range r.Speakers {
			if s.Handle != "" && Handle(s.Handle) == Handle(word) {
				return Who{Handle: s.Handle}
			}
			if s.ID == word && s.ID != "" {
				byID.ID = s.ID
			}
		}
	}
	return byID
}

// Names lists people whom an override names in the form of Entered.
func Names(entered []string) string {
	var list []string
	for _, p := range entered {
		w := Who{Handle: strings.TrimPrefix(p, "@")}
		if id, ok := strings.CutPrefix(p, "id "); ok {
			w = Who{ID: id}
		}
		list = append(list, w.String())
	}
	return strings.Join(list, ", ")
}

// An Unasked is a person who has not answered about some purposes.
type Unasked struct {
	Who
	For []Purpose
}

// Unanswered are those on stage who have not answered about all of some
// purposes, or whose answer has expired, with those that are open; about all
// purposes where none is given. Who owns the archive need not be asked.
func (l *Ledger) Unanswered(rec *space.Recording, purposes []Purpose, at time.Time) []Unasked {
	if len(purposes) == 0 {
		purposes = Purposes[:]
	}
	var list []Unasked
	for _, p := range l.People([]*space.Recording{rec}, "", at) {
		who := Who{Handle: p.Handle, ID: p.ID}
		var open []Purpose
		for _, purpose := range purposes {
			if answer := p.For[purpose]; answer == Unknown || answer == Expired {
				open = append(open, purpose)
			}
		}
		if len(open) > 0 {
			list = append(list, Unasked{who, open})
		}
	}
	return list
}

// Strangers are the handles in turns of whom the recording knows nothing.
func Strangers(rec *space.Recording, turns []space.Turn) []string {
	known := map[string]bool{"": true}
	for _, p := range rec.Speakers {
		known[Handle(p.Handle)] = true
		known[p.ID] = true // for want of a handle
	}
	var list []string
	for _, u := range turns {
		if h := Handle(u.Handle); !known[h] {
			known[h] = true
			list = append(list, strings.TrimPrefix(u.Handle, "@"))
		}
	}
	slices.Sort(list)
	return list
}

// Unmentioned are the handles of those who speak by the levels of the audio and
// have no turn: whoever goes by the turns takes them for not heard.
func Unmentioned(rec *space.Recording, turns []space.Turn) []string {
	var list []string
	for _, p := range rec.Speakers {
		has := slices.ContainsFunc(turns, func(t space.Turn) bool { return Handle(t.Handle) == Handle(p.Handle) })
		if p.Handle != "" && p.TalkSeconds != nil && *p.TalkSeconds > 0 && !has {
			list = append(list, p.Handle)
		}
	}
	return list
}
