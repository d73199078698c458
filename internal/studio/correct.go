package studio

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/said"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/library/transcripts"
)

// A correction is what came of a change of a transcript: of the lines, Removed
// were taken out at From, and then those here put in at At.
type correction struct {
	Stamp   string `json:"stamp"`
	From    int    `json:"from"`
	Removed int    `json:"removed"`
	At      int    `json:"at"`
	Undo    string `json:"undo"` // takes it back, if nothing else changes; "" if there is nothing to
	saidLines
}

// An exchange is a change of a transcript that can be taken back: its utterances as
// they were are known, which their text alone would not bring back.
type exchange struct {
	id          string // of the Space
	stamp       string // of the transcript before it
	from        int
	remove      int
	at          int
	put         []transcripts.Utterance
	correctedAt space.Time // then
}

// do does the exchange, and returns the one that takes it back.
func (x *exchange) do(t *transcripts.Transcript) (*transcripts.Transcript, exchange, error) {
	if x.from < 0 || x.from+x.remove > len(t.Utterances) {
		return nil, exchange{}, badRequest("the transcript has %d utterances", len(t.Utterances))
	}
	next := *t
	back := exchange{from: x.at, remove: len(x.put), at: x.from, put: slices.Clone(t.Utterances[x.from : x.from+x.remove]), correctedAt: t.CorrectedAt}
	next.Utterances = slices.Delete(slices.Clone(t.Utterances), x.from, x.from+x.remove)
	for _, u := range x.put {
		back.from = next.Insert(x.at, u)
	}
	next.CorrectedAt = x.correctedAt
	return &next, back, nil
}

// undoings are the last corrections, by their tokens.
type undoings struct {
	mu     sync.Mutex
	known  map[string]exchange
	tokens []string // the latest last
}

const maxUndoings = 200

func (l *undoings) keep(u exchange) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	token := rand.Text()
	l.known[token] = u
	if l.tokens = append(l.tokens, token); len(l.tokens) > maxUndoings {
		delete(l.known, l.tokens[0])
		l.tokens = l.tokens[1:]
	}
	return token
}

func (l *undoings) get(token string) (exchange, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	u, ok := l.known[token]
	return u, ok
}

// maxSaid is how many bytes the words of an utterance may have, maxSpeakers how
// many people may say it at once.
const (
	maxSaid     = 20_000
	maxSpeakers = 16
)

// correctTranscript changes the words of an utterance, or who says it: {"stamp",
// "utterance", "text", "speakers"}. What is missing stays; without words the
// utterance goes.
func (s *Server) correctTranscript(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Stamp     string
		Utterance int
		Text      *string
		Speakers  *[]string
	}
	err := body(r, &q)
	switch {
	case err != nil:
	case q.Text == nil && q.Speakers == nil:
		err = badRequest("the request changes nothing")
	case q.Text != nil && (len(*q.Text) > maxSaid || strings.ContainsRune(*q.Text, 0)):
		err = badRequest("the text is too long or is not text")
	case q.Speakers != nil && len(*q.Speakers) > maxSpeakers:
		err = badRequest("too many speakers")
	}
	if err != nil {
		answer(w, nil, err)
		return
	}
	s.changeTranscript(w, r, q.Stamp, func(known *space.Space, t *transcripts.Transcript) (*exchange, error) {
		if q.Utterance < 0 || q.Utterance >= len(t.Utterances) {
			return nil, badRequest("the transcript has %d utterances", len(t.Utterances))
		}
		if q.Speakers != nil {
			people := append(peopleOf(known), t.Utterances[q.Utterance].Speakers...)
			for _, name := range *q.Speakers {
				if !slices.Contains(people, name) {
					return nil, newProblem(http.StatusUnprocessableEntity, "no-such-speaker", "this person does not speak in the recording", "")
				}
			}
		}
		put, changed := t.CorrectOne(known, q.Utterance, transcripts.Single{Text: q.Text, Speakers: q.Speakers})
		if !changed {
			return nil, nil
		}
		return &exchange{from: q.Utterance, remove: 1, at: q.Utterance, put: put, correctedAt: space.Time{Time: time.Now().UTC().Truncate(time.Millisecond)}}, nil
	})
}

// undoCorrection takes a correction back, or the taking back: {"stamp", "undo"}.
func (s *Server) undoCorrection(w http.ResponseWriter, r *http.Request) {
	var q struct{ Stamp, Undo string }
	if err := body(r, &q); err != nil {
		answer(w, nil, err)
		return
	}
	u, ok := s.undoings.get(q.Undo)
	if !ok || u.id != r.PathValue("id") {
		answer(w, nil, newProblem(http.StatusConflict, "no-undo", "this change can no longer be undone", ""))
		return
	}
	if u.stamp != q.Stamp {
		answer(w, nil, changedMeanwhile())
		return
	}
	s.changeTranscript(w, r, q.Stamp, func(*space.Space, *transcripts.Transcript) (*exchange, error) { return &u, nil })
}

func changedMeanwhile() error {
	return newProblem(http.StatusConflict, "changed", "another program has changed the transcript meanwhile", "Check the words and save again")
}

// changeTranscript changes the transcript that a page has seen, unless it is
// another one by now. ask returns the change, or nil if there is none.
func (s *Server) changeTranscript(w http.ResponseWriter, r *http.Request, stamp string, ask func(*space.Space, *transcripts.Transcript) (*exchange, error)) {
	id := r.PathValue("id")
	// A change that has begun is finished, whether or not the page waits.
	ctx := context.WithoutCancel(r.Context())
	var made *correction
	err := s.library.write(ctx, func(lib *library.Library) error {
		known, err := lib.Load(id)
		if err != nil {
			return err
		}
		if now, err := stampOf(lib, known); err != nil || now != stamp {
			return changedMeanwhile()
		}
		t, err := transcripts.Open(lib.Root(), known)
		if errors.Is(err, transcripts.ErrOther) {
			return changedMeanwhile()
		}
		if err != nil {
			return err
		}
		change, err := ask(known, t)
		if err != nil {
			return err
		}
		if change == nil {
			made = &correction{Stamp: stamp, saidLines: pack(t, nil)}
			return nil
		}
		next, back, err := change.do(t)
		if err != nil {
			return err
		}
		if err := said.Keep(ctx, lib, known, next); err != nil {
			return err
		}
		if back.stamp, err = stampOf(lib, known); err != nil {
			return err
		}
		back.id = id
		made = &correction{back.stamp, change.from, change.remove, back.from, s.undoings.keep(back), pack(next, next.Utterances[back.from:back.from+back.remove])}
		return nil
	})
	answer(w, made, err)
}
