package words

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"
)

// A Query says what is looked for. What is not set does not restrict.
type Query struct {
	// Words must all be said in one utterance, and those in quotation marks one
	// after the other. A word of three letters or more with a * behind it may be
	// the beginning of one.
	// Without a letter or digit nothing is found.
	Words   string
	Typing  bool      // the last word may be the beginning of one
	Speaker string    // handle or name of one who speaks, @ and case do not matter
	Space   string    // the id of the Space
	Since   time.Time // Spaces that started at this time or later
	Until   time.Time // Spaces that started before this time
	Limit   int
}

// A Hit is an utterance that has the words.
type Hit struct {
	Space      string    // id
	StartedAt  time.Time // of the Space, UTC; zero when unknown
	Start, End int64     // samples
	Rate       int       // samples in a second
	Speakers   []string
	Source     string // how speakers are known; see Transcript
	Text       string
	Matches    [][2]int // where in Text the words are: first byte, and the one behind the last
	// What was said before and after it in the Space, by whomever.
	Before, After string
}

const selectHits = `SELECT t.id, t.started_at, t.rate, t.source, u.start, u.length, s.names, u.text,
	coalesce((SELECT text FROM utterance WHERE rowid < w.rowid AND rowid >= t.place << %[1]d ORDER BY rowid DESC LIMIT 1), ''),
	coalesce((SELECT text FROM utterance WHERE rowid > w.rowid AND rowid < (t.place + 1) << %[1]d ORDER BY rowid LIMIT 1), '')
	FROM word w
	CROSS JOIN utterance u ON u.rowid = w.rowid
	CROSS JOIN transcript t ON t.place = w.rowid >> %[1]d
	CROSS JOIN speaker s ON s.place = t.place AND s.n = u.speaker
	WHERE word MATCH ?`

// Search yields the utterances that q asks for, the newest Space first, in a
// Space in the order of time, reading them as the caller goes on. After an error
// it ends. No words are an error, unless they are too many: then it wraps
// ErrQuery.
func (x *Index) Search(ctx context.Context, q Query) iter.Seq2[Hit, error] {
	terms := parse(q.Words, q.Typing)
	if len(terms) == 0 {
		return func(func(Hit, error) bool) {}
	}
	if n := count(terms); n > maxWords {
		return func(yield func(Hit, error) bool) {
			yield(Hit{}, fmt.Errorf("%w: %d, the most is %d", ErrQuery, n, maxWords))
		}
	}
	query := fmt.Sprintf(selectHits, utteranceBits)
	exact, _ := expression(terms, q.Speaker, true)
	args := []any{exact}
	where := func(condition string, arg ...any) {
		query += " AND " + condition
		args = append(args, arg...)
	}
	// Spaces that found their place taken stand a little behind it.
	if !q.Since.IsZero() {
		where("w.rowid < ?", (placeAt(q.Since)+2<<slotBits)<<utteranceBits)
		where("t.started_at >= ?", q.Since.UnixMilli())
	}
	if !q.Until.IsZero() {
		where("w.rowid >= ?", placeAt(q.Until)<<utteranceBits)
		where("t.started_at < ?", q.Until.UnixMilli())
	}
	if q.Space != "" {
		of := "(SELECT place FROM transcript WHERE id = ?)"
		where(fmt.Sprintf("w.rowid >= %s << %d", of, utteranceBits), q.Space)
		where(fmt.Sprintf("w.rowid < (%s + 1) << %d", of, utteranceBits), q.Space)
	}
	query += " ORDER BY w.rowid"
	return func(yield func(Hit, error) bool) {
		few, err := x.few(ctx, terms, q.Speaker)
		if err != nil {
			yield(Hit{}, err)
			return
		}
		query, args := query, slices.Clone(args)
		if few != "" {
			query = ofThese().Replace(query)
			args[0] = few
		} else if q.Limit > 0 {
			query += fmt.Sprintf(" LIMIT %d", q.Limit)
		}
		n := 0
		rows, err := x.file.QueryContext(ctx, query, args...)
		if err != nil {
			yield(Hit{}, x.file.Wrap(err))
			return
		}
		defer rows.Close()
		for rows.Next() {
			var h Hit
			var started sql.NullInt64
			var length int64
			var names string
			if err := rows.Scan(&h.Space, &started, &h.Rate, &h.Source, &h.Start, &length, &names, &h.Text, &h.Before, &h.After); err != nil {
				yield(Hit{}, x.file.Wrap(err))
				return
			}
			if started.Valid {
				h.StartedAt = time.UnixMilli(started.Int64).UTC()
			}
			h.End = h.Start + length
			if names != "" {
				h.Speakers = strings.Split(names, "\n")
			}
			if few != "" && !says(terms, h.Text) {
				continue
			}
			h.Matches = matches(terms, h.Text)
			if n++; !yield(h, nil) || n == q.Limit {
				return
			}
			if ctx.Err() != nil { // database/sql looks at it only now and then
				yield(Hit{}, ctx.Err())
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(Hit{}, x.file.Wrap(err))
		}
	}
}

// ofThese makes of the query for hits one of utterances that are given.
var ofThese = sync.OnceValue(func() *strings.Replacer {
	return strings.NewReplacer("FROM word w", "FROM (SELECT value AS rowid FROM json_each(?)) w", "WHERE word MATCH ?", "WHERE true")
})

// maxFew is how many utterances are read and looked through, which is faster
// than the index where a phrase has words that nearly all have.
const maxFew = 1000

// few returns the rows that may say the terms as a list in JSON, or "" if there is
// no faster way to find them, or if they are many.
func (x *Index) few(ctx context.Context, terms []term, speaker string) (string, error) {
	expr, fast := expression(terms, speaker, false)
	if !fast {
		return "", nil
	}
	var list string
	var n int
	err := x.file.QueryRowContext(ctx, "SELECT count(*), json_group_array(rowid) FROM (SELECT rowid FROM word WHERE word MATCH ? LIMIT ?)", expr, maxFew+1).Scan(&n, &list)
	if err != nil {
		return "", x.file.Wrap(err)
	}
	if n > maxFew {
		return "", nil
	}
	return list, nil
}

// matches returns where the terms stand in a text, in the order of the text,
// none within another.
func matches(terms []term, text string) [][2]int {
	said := tokens(text)
	var found [][2]int
	for _, t := range terms {
		for i := range said[:max(0, len(said)-len(t.words)+1)] {
			if t.at(said[i:]) {
				found = append(found, [2]int{said[i].start, said[i+len(t.words)-1].end})
			}
		}
	}
	slices.SortFunc(found, func(a, b [2]int) int { return slices.Compare(a[:], b[:]) })
	merged := found[:0]
	for _, m := range found {
		if last := len(merged) - 1; last >= 0 && m[0] < merged[last][1] {
			merged[last][1] = max(merged[last][1], m[1])
			continue
		}
		merged = append(merged, m)
	}
	return merged
}
