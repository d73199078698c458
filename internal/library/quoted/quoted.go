// Package quoted finds which recordings the words of a text are quoted from. Whatever
// form the text has, captions, JSON, a page, prose that quotes, it is cut into
// words, and each run of them is looked for in the transcripts of a library.
package quoted

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/library/transcripts"
	"github.com/spaces-cli/spaces/internal/transcript"
)

const (
	// run is how many words in a row tell where they come from. Of scripts that
	// write no spaces, a character counts as half a word.
	run         = 8
	runUnspaced = 2 * run
)

// MaxText is the most bytes of a text that are looked through.
const MaxText = 16 << 20

// ErrLong means that a text is too long to be looked through.
var ErrLong = errors.New("the text is too long to compare with the transcripts")

// Found is what a text has of the words of recordings.
type Found struct {
	Matches []Match
	// Captions says that the text is a transcript: all of its words were said by
	// somebody.
	Captions bool
	// Rest says that captions have words besides, which are in no transcript of
	// the library: somebody unknown has said them.
	Rest bool
}

// A Match is a recording of which words stand in a text.
type Match struct {
	Recording string // id
	// Spans are where they were said; there are none where that is not known, or
	// where it is all of them.
	Spans []space.Stretch
}

// Find looks for the words of a text in the transcripts of a library. A
// transcript that cannot be read is an error: nobody can say what it has.
func Find(ctx context.Context, lib *library.Library, r io.ReaderAt, size int64) (*Found, error) {
	if size > MaxText {
		return nil, ErrLong
	}
	b := make([]byte, size)
	if _, err := r.ReadAt(b, 0); err != nil && err != io.EOF {
		return nil, err
	}
	q := newQuery(b)
	sum := sha256.Sum256(b)
	found := &Found{Captions: q.captions}
	ids, err := lib.IDs()
	if err != nil {
		return nil, err
	}
	same := false
	for _, id := range ids {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		s, err := lib.Load(id)
		if err != nil {
			return nil, err
		}
		whole, err := isForm(lib, s, size, hex.EncodeToString(sum[:]))
		if err != nil {
			return nil, err
		}
		if whole {
			found.Matches, same = append(found.Matches, Match{Recording: id}), true
			continue
		}
		t, err := transcripts.Read(lib.Root(), s)
		switch {
		case errors.Is(err, transcripts.ErrNone):
			continue
		case errors.Is(err, transcripts.ErrOther): // nobody knows when that was said
			if spans := q.in(t); len(spans) > 0 {
				found.Matches = append(found.Matches, Match{Recording: id})
			}
			continue
		case err != nil:
			return nil, fmt.Errorf("cannot compare the words with the transcripts of the library: %w", err)
		}
		if spans := q.in(t); len(spans) > 0 {
			found.Matches = append(found.Matches, Match{id, spans})
		}
	}
	found.Rest = !same && q.rest()
	return found, nil
}

// isForm reports whether a text is the transcript of a recording itself, or one
// of its other forms.
func isForm(lib *library.Library, s *space.Space, size int64, sum string) (bool, error) {
	for _, name := range []string{layout.TranscriptIn(s.Folder), layout.CaptionsIn(s.Folder), layout.TextIn(s.Folder)} {
		info, err := lib.Root().Stat(name)
		if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() != size {
			continue
		}
		if err != nil {
			return false, err
		}
		b, err := lib.Root().ReadFile(name)
		if err != nil {
			return false, err
		}
		if there := sha256.Sum256(b); hex.EncodeToString(there[:]) == sum {
			return true, nil
		}
	}
	return false, nil
}

// A query is a text that is looked for.
type query struct {
	captions bool
	streams  [][]word // of the text, as it can be read
	places   map[uint64][]place
	seen     [][]bool // which words were found somewhere, by stream
}

// A place is where a run begins.
type place struct{ stream, at int }

func newQuery(b []byte) *query {
	q := &query{places: make(map[uint64][]place)}
	if t, err := transcript.Parse(bytes.NewReader(b), transcript.Options{}); err == nil {
		q.captions = true
		var list []word
		for _, c := range t.Cues {
			list = append(list, wordsOf(c.Text)...)
		}
		q.add(list)
	}
	for _, text := range readings(b) { // captions can have words that are not shown
		q.add(wordsOf(text))
	}
	return q
}

func (q *query) add(list []word) {
	if len(list) == 0 {
		return
	}
	n := len(q.streams)
	q.streams, q.seen = append(q.streams, list), append(q.seen, make([]bool, len(list)))
	eachRun(list, func(at, _ int, key uint64) {
		q.places[key] = append(q.places[key], place{n, at})
	})
}

// in returns where in a recording those of its words were said that the text
// has.
func (q *query) in(t *transcripts.Transcript) []space.Stretch {
	if len(q.places) == 0 {
		return nil
	}
	var all []word
	var where []int // the utterance of each word
	for i := range t.Utterances {
		list := wordsOf(t.Utterances[i].Text)
		all = append(all, list...)
		for range list {
			where = append(where, i)
		}
	}
	there := make([]bool, len(all))
	eachRun(all, func(at, n int, key uint64) {
		for _, p := range q.places[key] {
			if here := q.streams[p.stream]; equal(here[p.at:], all[at:at+n]) {
				mark(q.seen[p.stream][p.at : p.at+n])
				mark(there[at : at+n])
			}
		}
	})
	var list []space.Stretch
	for from := 0; from < len(all); {
		if !there[from] {
			from++
			continue
		}
		to := from
		for to < len(all) && there[to] && where[to] == where[from] {
			to++
		}
		first := from
		for first > 0 && where[first-1] == where[from] {
			first--
		}
		list = append(list, spanOf(t, where[from], from-first, to-first))
		from = to
	}
	return list
}

// spanOf is when words of an utterance were said, in seconds: all of it, where
// its words have no times.
func spanOf(t *transcripts.Transcript, utterance, from, to int) space.Stretch {
	u := &t.Utterances[utterance]
	start, end := u.Start, u.End
	var timed []transcripts.Word // one for each word
	for _, w := range u.Words {
		for range wordsOf(w.Text) {
			timed = append(timed, w)
		}
	}
	if len(timed) == len(wordsOf(u.Text)) && to <= len(timed) {
		start, end = timed[from].Start, timed[to-1].End
		for _, w := range timed[from:to] {
			start, end = min(start, w.Start), max(end, w.End)
		}
	}
	return space.Stretch{Start: float64(start) / float64(t.Rate), End: float64(end) / float64(t.Rate)}
}

// rest reports whether captions have a run of words that was found nowhere.
// Single words that somebody has corrected are none.
func (q *query) rest() bool {
	if !q.captions || len(q.seen) == 0 {
		return q.captions
	}
	found, missing := false, 0
	for _, s := range q.seen[0] { // which the cues are
		if found = found || s; s {
			missing = 0
		} else if missing++; missing >= run {
			return true
		}
	}
	return !found
}

func mark(list []bool) {
	for i := range list {
		list[i] = true
	}
}
