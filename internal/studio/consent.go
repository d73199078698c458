package studio

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/consent/gate"
	"github.com/spaces-cli/spaces/internal/library"
)

// agreed asks the gate about a use of a recording, with the host's reason to go
// on without the consent of some, or "". It returns the handles of those who
// have not agreed where it may be done all the same.
func (s *Server) agreed(ctx context.Context, lib *library.Library, act consent.Action, u gate.Use, reason string) ([]string, error) {
	g, err := s.gate(lib, reason)
	if err != nil {
		return nil, err
	}
	defer g.Close()
	f, err := g.Check(ctx, act, u)
	if err != nil {
		return nil, err
	}
	return f.Handles(), nil
}

// gate opens the gate of a library; the caller closes it.
func (s *Server) gate(lib *library.Library, reason string) (*gate.Gate, error) {
	return gate.Open(gate.Options{Library: lib, Policy: s.o.Consent, Me: s.o.Me, Reason: reason, Wait: s.o.Library.LockWait, Now: time.Now})
}

// maxReason is how many bytes a reason may have.
const maxReason = 2000

func checkReason(reason string) error {
	if len(reason) > maxReason {
		return badRequest("the reason is too long")
	}
	return nil
}

// maxSpans is how many spans the page lists for each speaker.
const maxSpans = 8

// A refusal says who has not given consent, and what can be done about it.
type refusal struct {
	Speakers []withoutConsent `json:"speakers"`
	Ways     []wayOn          `json:"ways"`
}

// A withoutConsent is a speaker who has not given consent.
type withoutConsent struct {
	Name      string         `json:"name"` // handle or id; "" where neither is known
	Forgotten bool           `json:"forgotten,omitempty"`
	Answer    consent.Answer `json:"answer"`
	Spans     []string       `json:"spans"` // in which they speak
	More      int            `json:"more"`  // spans that are not listed
}

// A wayOn is what can be done instead: "ask", "record", "range", "omit", "local",
// "turns".
type wayOn struct {
	Kind string `json:"kind"`
	Name string `json:"name,omitempty"` // of the speaker whose answer can be recorded
}

func nameOf(w consent.Who) string { return cmp.Or(strings.TrimPrefix(w.Handle, "@"), w.ID) }

func newRefusal(e *consent.Refused) *refusal {
	r := &refusal{Speakers: []withoutConsent{}, Ways: []wayOn{}}
	for i := range e.Missing {
		m := &e.Missing[i]
		p := withoutConsent{Name: nameOf(m.Who()), Forgotten: m.Who().Forgotten(), Answer: m.Answer, Spans: []string{}, More: max(0, len(m.Spans)-maxSpans)}
		if p.Forgotten {
			p.Name = ""
		}
		for _, s := range m.Spans[:len(m.Spans)-p.More] {
			p.Spans = append(p.Spans, s.String())
		}
		r.Speakers = append(r.Speakers, p)
	}
	for _, w := range e.Ways() {
		switch w.Kind {
		case consent.AskThem:
			r.Ways = append(r.Ways, wayOn{Kind: "ask"})
		case consent.RecordAnswer:
			r.Ways = append(r.Ways, wayOn{"record", nameOf(w.Who)})
		case consent.LeaveThemOut:
			r.Ways = append(r.Ways, wayOn{Kind: map[bool]string{true: "range", false: "omit"}[w.Clip]})
		case consent.StayLocal:
			r.Ways = append(r.Ways, wayOn{Kind: "local"})
		case consent.ConfirmTurns:
			r.Ways = append(r.Ways, wayOn{Kind: "turns"})
		}
	}
	return r
}
