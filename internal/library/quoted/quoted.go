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
	"os"
	"slices"

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

// A Finder looks for the words of texts in the transcripts of a library. It is
// not for several goroutines at once.
type Finder struct {
	lib   *library.Library
	known map[string]runs // by id
	room  int             // for so many keys more
}

// runs are the keys of all runs of words in a transcript: a text that has none of
// them quotes nothing of it.
type runs struct {
	file fs.FileInfo // that they were read from
	keys []uint64
}

// mostKeys is how many keys are remembered, 8 bytes each.
const mostKeys = 8 << 20

// New returns a Finder for the transcripts of a library.
func New(lib *library.Library) *Finder {
	return &Finder{lib: lib, known: make(map[string]runs), room: mostKeys}
}

// Find looks for the words of a text. A transcript that cannot be read is an
// error: nobody can say what it has.
func (f *Finder) Find(ctx context.Context, r io.ReaderAt, size int64) (*Found, error) {
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
	ids, err := f.lib.IDs()
	if err != nil {
		return nil, err
	}
	same := false
	for _, id := range ids {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		s, err := f.lib.Load(id)
		if err != nil {
			return nil, err
		}
		whole, err := isForm(f.lib, s, size, hex.EncodeToString(sum[:]))
		if err != nil {
			return nil, err
		}
		if whole {
			found.Matches, same = append(found.Matches, Match{Recording: id}), true
			continue
		}
		if len(q.places) == 0 {
			continue
		}
		m, err := f.match(ctx, q, s)
		if err != nil {
			return nil, fmt.Errorf("cannot compare the words with the transcripts of the library: %w", err)
		}
		if m != nil {
			found.Matches = append(found.Matches, *m)
		}
	}
	found.Rest = !same && q.rest()
	return found, nil
}

// match looks for words in the transcript of a recording, and returns nil if they
// are not there.
func (f *Finder) match(ctx context.Context, q *query, s *space.Space) (*Match, error) {
	file, err := f.lib.Root().Stat(layout.TranscriptIn(s.Folder))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	}
	if r, ok := f.known[s.ID]; ok && os.SameFile(r.file, file) && r.file.Size() == file.Size() && r.file.ModTime().Equal(file.ModTime()) {
		if !slices.ContainsFunc(r.keys, func(key uint64) bool { return len(q.places[key]) > 0 }) {
			return nil, nil
		}
	}
	t, err := transcripts.Read(f.lib.Root(), s)
	other := errors.Is(err, transcripts.ErrOther) // nobody knows when that was said
	switch {
	case errors.Is(err, transcripts.ErrNone):
		return nil, nil
	case err != nil && !other:
		return nil, err
	}
	spans, keys, err := q.in(ctx, t)
	if err != nil {
		return nil, err
	}
	f.room += len(f.known[s.ID].keys)
	delete(f.known, s.ID)
	if len(keys) <= f.room {
		f.known[s.ID] = runs{file, keys}
		f.room -= len(keys)
	}
	switch {
	case len(spans) == 0:
		return nil, nil
	case other:
		spans = nil
	}
	return &Match{s.ID, spans}, nil
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
	steps    int      // how often words were compared
}

// pause is after how many steps a search looks whether it is still wanted.
const pause = 4096

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
	eachRun(list, func(at, _ int, key uint64) bool {
		q.places[key] = append(q.places[key], place{n, at})
		return true
	})
}

// in returns where in a recording those of its words were said that the text
// has, and the keys of all its runs.
func (q *query) in(ctx context.Context, t *transcripts.Transcript) ([]space.Stretch, []uint64, error) {
	var all []word
	starts := make([]int, len(t.Utterances)+1) // the first word of each utterance
	for i := range t.Utterances {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		starts[i] = len(all)
		all = append(all, wordsOf(t.Utterances[i].Text)...)
	}
	starts[len(t.Utterances)] = len(all)
	there := make([]bool, len(all))
	keys := make([]uint64, 0, len(all))
	var err error
	eachRun(all, func(at, n int, key uint64) bool {
		keys = append(keys, key)
		if q.find(key, all[at:at+n]) {
			mark(there[at : at+n])
		}
		if len(keys)%pause == 0 {
			err = ctx.Err()
		}
		return err == nil
	})
	if err != nil {
		return nil, nil, err
	}
	var list []space.Stretch
	for i := range t.Utterances {
		list = append(list, spansOf(t, &t.Utterances[i], there[starts[i]:starts[i+1]])...)
	}
	return list, keys, nil
}

// find reports whether a run of words stands in the text, and marks all places
// where it does. Of these it keeps one, so that a run that is said again is not
// compared with all of them again.
func (q *query) find(key uint64, words []word) (found bool) {
	q.steps++
	places := q.places[key]
	rest := places[:0]
	for _, p := range places {
		q.steps++
		if here := q.streams[p.stream]; equal(here[p.at:], words) {
			mark(q.seen[p.stream][p.at : p.at+len(words)])
			if found {
				continue
			}
			found = true
		}
		rest = append(rest, p)
	}
	if len(rest) < len(places) {
		q.places[key] = rest
	}
	return found
}

// spansOf is when those words of an utterance were said, in seconds, that are
// there: all of it, where its words have no times.
func spansOf(t *transcripts.Transcript, u *transcripts.Utterance, there []bool) (list []space.Stretch) {
	if !slices.Contains(there, true) {
		return nil
	}
	var timed []transcripts.Word // one for each word
	for _, w := range u.Words {
		for range wordsOf(w.Text) {
			timed = append(timed, w)
		}
	}
	for from := 0; from < len(there); from++ {
		if !there[from] {
			continue
		}
		to := from
		for to < len(there) && there[to] {
			to++
		}
		start, end := u.Start, u.End
		if len(timed) == len(there) {
			start, end = timed[from].Start, timed[to-1].End
			for _, w := range timed[from:to] {
				start, end = min(start, w.Start), max(end, w.End)
			}
		}
		list = append(list, space.Stretch{Start: float64(start) / float64(t.Rate), End: float64(end) / float64(t.Rate)})
		from = to
	}
	return list
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
