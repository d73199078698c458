package consent

import (
	"cmp"
	"slices"
	"time"

	"github.com/spaces-cli/spaces/internal/library/erase"
	"github.com/spaces-cli/spaces/internal/library/space"
)

// About reports whether an entry is a person's own or names them.
func (e *Entry) About(w Who) bool {
	if w.Handle == "" {
		return e.of(w) || slices.Contains(e.Missing, w.key())
	}
	return e.of(w) || e.names(Handle(w.Handle))
}

// names reports whether an entry that is not the person's own names them.
func (e *Entry) names(handle string) bool {
	t := erase.New(handle)
	return t.Text(e.Note) != e.Note || t.Text(e.File) != e.File ||
		e.Account != nil && Handle(e.Account.Handle) == handle ||
		slices.ContainsFunc(e.Missing, func(s string) bool { return Handle(s) == handle })
}

// forget takes the name of a person out of an entry.
func (e *Entry) forget(handle string) {
	for i, s := range e.Missing {
		if Handle(s) == handle {
			e.Missing[i] = erase.Handle
		}
	}
	t := erase.New(handle)
	e.Note, e.File = t.Text(e.Note), t.Text(e.File)
	if e.Account != nil && Handle(e.Account.Handle) == handle {
		e.Account = &space.Person{Handle: erase.Handle, ID: erase.ID}
	}
}

// A Person is somebody whose voice is in the library.
type Person struct {
	Schema     int      `json:"schema"`
	Handle     string   `json:"handle"`
	ID         string   `json:"id,omitempty"`
	Role       string   `json:"role"` // the highest that they had
	Recordings []string `json:"recordings"`
	// TalkSeconds is how long they spoke in all, estimated; nil when none of
	// the recordings tells.
	TalkSeconds *float64 `json:"talk_seconds"`
	// Consent is how they stand to what was asked about: to all purposes, the
	// answer that allows least.
	Consent Answer `json:"consent"`
	// For is how they stand to each purpose.
	For   map[Purpose]Answer `json:"for"`
	Since space.Time         `json:"since"`           // of the answer, if there is one
	Until *time.Time         `json:"until,omitempty"` // likewise
	Note  string             `json:"note,omitempty"`
	// Differs lists the recordings, among several, in which they stand otherwise.
	Differs []Difference `json:"differs,omitempty"`
}

// A Difference is how a person stands in one recording.
type Difference struct {
	Recording string             `json:"recording"`
	Consent   Answer             `json:"consent"`
	For       map[Purpose]Answer `json:"for"`
}

// roles lists the roles from the highest down.
var roles = []string{"host", "co-host", "speaker"}

// weakest lists the answers from the one that allows least.
var weakest = []Answer{Declined, Withdrawn, Expired, Unknown, Granted, Own}

// People returns those who were on stage in the recordings, those who spoke
// most first, and how each stands to purpose p (or to all, if that is empty:
// then an answer for one purpose does not stand for the others).
// A person stands as in the recording, if there is one only; among several, an
// answer that was given for one of them alone does not count, and is listed as a
// difference: nobody takes a person for granted who refused one recording.
func (l *Ledger) People(recs []*space.Recording, p Purpose, at time.Time) []Person {
	index := make(map[string]int)
	var list []Person
	for _, rec := range recs {
		for _, s := range rec.Speakers {
			key := Who{s.Handle, s.ID}.key()
			if key == "" {
				continue
			}
			i, ok := index[key]
			if !ok {
				i = len(list)
				index[key] = i
				list = append(list, Person{Schema: Schema, Handle: s.Handle, Role: s.Role, Consent: Unknown})
			}
			list[i].add(rec, s)
			if l.Owners.own(rec, Who{s.Handle, s.ID}) {
				list[i].Consent = Own
			}
		}
	}
	var only *space.Recording
	if len(recs) == 1 {
		only = recs[0]
	}
	hosts := hostsOf(recs, index)
	for i := range list {
		about := only
		if only == nil {
			about = &space.Recording{Account: hosts[i]}
		}
		l.stand(&list[i], about, p, at)
	}
	if only == nil {
		for _, rec := range recs {
			for _, s := range rec.Speakers {
				if i, ok := index[Who{s.Handle, s.ID}.key()]; ok {
					l.differ(&list[i], rec, s, p, at)
				}
			}
		}
	}
	slices.SortStableFunc(list, func(a, b Person) int {
		return cmp.Or(cmp.Compare(seconds(b.TalkSeconds), seconds(a.TalkSeconds)), cmp.Compare(Handle(a.Handle), Handle(b.Handle)))
	})
	return list
}

// hostsOf returns for each person the account of all recordings that they were on
// stage in: a yes to that host is one for all of these. It is nil where they
// differ.
func hostsOf(recs []*space.Recording, index map[string]int) map[int]*space.Person {
	hosts, seen := make(map[int]*space.Person), make(map[int]bool)
	for _, rec := range recs {
		for _, s := range rec.Speakers {
			i, ok := index[Who{s.Handle, s.ID}.key()]
			switch {
			case !ok:
			case !seen[i]:
				hosts[i], seen[i] = rec.Account, true
			case rec.Account == nil || hosts[i] == nil || *hosts[i] != *rec.Account:
				hosts[i] = nil
			}
		}
	}
	return hosts
}

// stand fills in how a person stands. Until then Consent is what holds without
// an answer.
func (l *Ledger) stand(x *Person, rec *space.Recording, p Purpose, at time.Time) {
	without := x.Consent
	x.For = make(map[Purpose]Answer)
	least := -1
	for _, purpose := range Purposes {
		st := l.Standing(Who{x.Handle, x.ID}, rec, purpose, at)
		if st.Entry == nil {
			st.Answer = without
		}
		x.For[purpose] = st.Answer
		n := slices.Index(weakest, st.Answer)
		if p != "" && purpose != p || least >= 0 && least <= n {
			continue
		}
		least = n
		x.Consent, x.Since, x.Until, x.Note = st.Answer, space.Time{}, nil, ""
		if e := st.Entry; e != nil {
			x.Since, x.Until, x.Note = e.At, e.Until, e.Note
		}
	}
}

// differ adds a recording in which a person stands otherwise than x says.
func (l *Ledger) differ(x *Person, rec *space.Recording, s space.Speaker, p Purpose, at time.Time) {
	d := Difference{Recording: rec.ID, For: make(map[Purpose]Answer)}
	same, least := true, len(weakest)
	for _, purpose := range Purposes {
		answer := l.answer(rec, s, purpose, at)
		d.For[purpose] = answer
		if p != "" && purpose != p {
			continue
		}
		same = same && answer == x.For[purpose]
		least = min(least, slices.Index(weakest, answer))
	}
	if !same {
		d.Consent = weakest[least]
		x.Differs = append(x.Differs, d)
	}
}

func seconds(s *float64) float64 {
	if s == nil {
		return -1
	}
	return *s
}

func (p *Person) add(rec *space.Recording, s space.Speaker) {
	p.Recordings = append(p.Recordings, rec.ID)
	p.ID = cmp.Or(p.ID, s.ID)
	if slices.Index(roles, s.Role) < slices.Index(roles, p.Role) {
		p.Role = s.Role
	}
	if s.TalkSeconds != nil {
		sum := *s.TalkSeconds + max(0, seconds(p.TalkSeconds))
		p.TalkSeconds = &sum
	}
}
