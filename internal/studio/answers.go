package studio

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/publish/withdrawal"
	"github.com/spaces-cli/spaces/internal/spell"
)

// A voiceAnswer is how somebody who is heard in a recording stands to its use.
type voiceAnswer struct {
	Name      string                             `json:"name"` // handle, or id where none is known
	Consent   consent.Answer                     `json:"consent"`
	For       map[consent.Purpose]consent.Answer `json:"for"`
	Since     space.Time                         `json:"since,omitzero"`
	Until     *time.Time                         `json:"until,omitempty"` // last day
	Note      string                             `json:"note,omitempty"`
	Forgotten bool                               `json:"forgotten,omitempty"`
}

// showAnswers answers with how each who is on stage in a recording, or has a turn
// in it, stands to its use.
func (s *Server) showAnswers(w http.ResponseWriter, r *http.Request) {
	lib, release, err := s.library.take(r.Context())
	if err != nil {
		answer(w, nil, err)
		return
	}
	defer release()
	ledger, err := s.ledger(lib)
	if err != nil {
		answer(w, nil, err)
		return
	}
	defer ledger.Close()
	list, err := answersIn(lib, ledger, r.PathValue("id"))
	answer(w, list, err)
}

// ledger opens the answers of a library; the caller closes it.
func (s *Server) ledger(lib *library.Library) (*consent.Ledger, error) {
	l, err := consent.Open(lib.Dir(), s.o.Library.LockWait)
	if err != nil {
		return nil, err
	}
	if l.Owners, err = consent.OwnersOf(lib, s.o.Me...); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

func answersIn(lib *library.Library, ledger *consent.Ledger, id string) ([]voiceAnswer, error) {
	rec, err := heardIn(lib, id)
	if err != nil {
		return nil, err
	}
	list := []voiceAnswer{}
	for _, p := range ledger.People([]*space.Recording{rec}, "", time.Now()) {
		who := consent.Who{Handle: p.Handle, ID: p.ID}
		list = append(list, voiceAnswer{nameOf(who), p.Consent, p.For, p.Since, p.Until, p.Note, who.Forgotten()})
	}
	return list, nil
}

// heardIn is a recording whose speakers include those who only have a turn.
func heardIn(lib *library.Library, id string) (*space.Recording, error) {
	known, err := lib.Load(id)
	if err != nil {
		return nil, err
	}
	turns, err := lib.Turns(id)
	if err != nil {
		return nil, err
	}
	rec := known.Recording
	if turns != nil {
		rec.Speakers = append([]space.Speaker{}, rec.Speakers...)
		for _, handle := range consent.Strangers(&known.Recording, turns.Turns) {
			rec.Speakers = append(rec.Speakers, space.Speaker{Handle: handle})
		}
	}
	return &rec, nil
}

const maxNote = 2000 // bytes

// recordAnswer enters what somebody answered in the ledger, as spaces consent set
// does: {"name", "answer", "for": [purposes], "everywhere", "note", "until"}. A
// grant names its purposes: none is given by leaving something out.
func (s *Server) recordAnswer(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Name, Answer, Note, Until string
		For                       []string
		Everywhere                bool // not in this recording alone
	}
	if err := body(r, &q); err != nil {
		answer(w, nil, err)
		return
	}
	id := r.PathValue("id")
	e := consent.Entry{Kind: consent.Consent, At: space.Time{Time: time.Now()}, Note: strings.TrimSpace(q.Note)}
	if len(q.Note) > maxNote || !utf8.ValidString(q.Note) {
		answer(w, nil, newProblem(http.StatusUnprocessableEntity, "bad-note", "the note is too long or is not text", ""))
		return
	}
	var err error
	if e.Answer, err = consent.ParseAnswer(q.Answer); err == nil {
		e.For, err = consent.ParsePurposes(strings.Join(q.For, ","))
	}
	if err == nil && e.Answer == consent.Granted && len(e.For) == 0 {
		err = errors.New("a grant names what it is for")
	}
	if err != nil {
		answer(w, nil, badRequest("%v", err))
		return
	}
	if q.Until != "" {
		if e.Until, err = s.lastDay(q.Until, e.Answer); err != nil {
			answer(w, nil, err)
			return
		}
	}
	if !q.Everywhere {
		e.Recording = id
	}
	// A change that has begun is finished, whether or not the page waits.
	ctx := context.WithoutCancel(r.Context())
	lib, release, err := s.library.take(ctx)
	if err != nil {
		answer(w, nil, err)
		return
	}
	defer release()
	v, err := s.enterAnswer(ctx, lib, id, q.Name, &e)
	answer(w, v, err)
}

// lastDay reads until when an answer holds.
func (s *Server) lastDay(text string, a consent.Answer) (*time.Time, error) {
	_, end, err := spell.ParseDate(text, s.o.Zone)
	end = end.UTC()
	if err != nil || a != consent.Granted || end.Year() > 9999 || !end.After(time.Now()) {
		return nil, newProblem(http.StatusUnprocessableEntity, "bad-until", "the last day must be a date in the future", "")
	}
	return &end, nil
}

// answered is what the page hears of an answer that was entered.
type answered struct {
	People []voiceAnswer `json:"people"`
	// Sent is how many uploads have the voice or the words of who has said no.
	Sent int `json:"sent"`
}

// enterAnswer enters an answer of somebody who is heard in a recording.
func (s *Server) enterAnswer(ctx context.Context, lib *library.Library, id, name string, e *consent.Entry) (*answered, error) {
	rec, err := heardIn(lib, id)
	if err != nil {
		return nil, err
	}
	recs := []*space.Recording{rec}
	who := consent.WhoIs(recs, name)
	if who == (consent.Who{}) || !consent.IsHandle(name) || who.Forgotten() {
		return nil, newProblem(http.StatusUnprocessableEntity, "no-such-speaker", "this person does not speak in the recording", "")
	}
	ledger, err := s.ledger(lib)
	if err != nil {
		return nil, err
	}
	defer ledger.Close()
	e.Handle, e.ID = strings.TrimPrefix(who.Handle, "@"), who.ID
	if e.Handle != "" {
		e.ID = ""
	}
	e.For = consent.Covers(e.Answer, e.For)
	if e.Account, err = ledger.GivenTo(recs, e, ""); err != nil {
		if errors.As(err, new(*consent.AccountsError)) {
			err = newProblem(http.StatusUnprocessableEntity, "several-accounts", err.Error(), "Record the answer for this recording only")
		}
		return nil, err
	}
	if err := ledger.Add(ctx, *e); err != nil {
		return nil, err
	}
	v := new(answered)
	if e.Answer != consent.Granted {
		f, err := withdrawal.NewFinder(ctx, lib, ledger, time.Now)
		if err != nil {
			return nil, err
		}
		sent, err := f.Sent(consent.Who{Handle: e.Handle, ID: e.ID})
		if err != nil {
			return nil, err
		}
		v.Sent = len(sent)
	}
	v.People, err = answersIn(lib, ledger, id)
	return v, err
}
