package studio

import (
	"errors"
	"net/http"
	"unicode/utf8"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/said"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/library/words"
	"github.com/spaces-cli/spaces/internal/spell"
)

// A saidHit is an utterance that has the words that somebody looks for.
type saidHit struct {
	ID          string     `json:"id"`
	Title       string     `json:"title"`
	Untitled    bool       `json:"untitled,omitempty"`
	Started     space.Time `json:"started_at"`
	At          float64    `json:"at"` // seconds
	Speakers    []string   `json:"speakers"`
	Approximate bool       `json:"approximate,omitempty"`
	// Parts are the text in pieces: every second one is what was looked for.
	Parts []string `json:"parts"`
}

type saidHits struct {
	Passages []saidHit `json:"passages"`
	More     bool      `json:"more,omitempty"`
	// Behind says why the latest transcripts may not have been looked into, or
	// none.
	Behind string `json:"behind,omitempty"`
}

const (
	maxPassages = 100
	maxWords    = 500 // bytes of what is looked for
	// around is how many bytes of an utterance are told before the words in it, and
	// after them.
	around = 160
)

// findPassages answers with where the words of ?words= are said: ?limit= of
// them, in recordings of ?state=.
func (s *Server) findPassages(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	limit, err := number(r, "limit", 1, maxPassages, maxPassages)
	if err == nil && (len(q.Get("words")) > maxWords || !utf8.ValidString(q.Get("words"))) {
		err = badRequest("the words are too long or are not text")
	}
	if err != nil {
		answer(w, nil, err)
		return
	}
	list := saidHits{Passages: []saidHit{}}
	lib, release, err := s.library.take(r.Context())
	if errors.Is(err, library.ErrNoLibrary) {
		answer(w, list, nil)
		return
	}
	if err != nil {
		answer(w, nil, err)
		return
	}
	defer release()
	index, err := said.Open(r.Context(), lib)
	if errors.Is(err, said.ErrNoIndex) {
		list.Behind = spell.Error(err)
		answer(w, list, nil)
		return
	}
	if err != nil {
		answer(w, nil, err)
		return
	}
	defer index.Close()
	if index.Behind != nil {
		list.Behind = spell.Error(index.Behind)
	}
	state := space.State(q.Get("state"))
	for h, err := range index.Search(r.Context(), words.Query{Words: q.Get("words"), Typing: true}) {
		if errors.Is(err, words.ErrQuery) {
			break // nobody says that much at once
		}
		if err != nil {
			answer(w, nil, err)
			return
		}
		if state != "" && h.Recording.State != state {
			continue
		}
		if list.More = len(list.Passages) == int(limit); list.More {
			break
		}
		list.Passages = append(list.Passages, saidHit{
			ID: h.Space, Title: h.Recording.Title, Untitled: h.Recording.TitleSource == space.TitleDate, Started: h.Recording.StartedAt,
			At: float64(h.Start) / float64(h.Rate), Speakers: append([]string{}, h.Speakers...), Approximate: h.Approximate(), Parts: parts(h.Text, h.Matches),
		})
	}
	answer(w, list, nil)
}

// parts divides a text at the words that were looked for, every second part being
// one of them. Of what stands far from them nothing is told.
func parts(text string, matches [][2]int) []string {
	if len(matches) == 0 {
		return []string{cut(text, 2*around, false)}
	}
	var list []string
	at := 0
	for _, m := range matches {
		if m[0] < at || m[1] > len(text) {
			continue
		}
		between := text[at:m[0]]
		switch {
		case len(list) == 0:
			between = cut(between, around, true)
		case len(between) > 3*around:
			return append(list, cut(text[at:], around, false))
		}
		list = append(list, between, text[m[0]:m[1]])
		at = m[1]
	}
	return append(list, cut(text[at:], around, false))
}

// cut shortens a text, at its beginning or its end, to about n bytes.
func cut(text string, n int, beginning bool) string {
	if len(text) <= n {
		return text
	}
	if beginning {
		at := len(text) - n
		for !utf8.RuneStart(text[at]) {
			at++
		}
		return "… " + text[at:]
	}
	for !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n] + " …"
}
