package words

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/library/database"
	"github.com/spaces-cli/spaces/internal/library/fold"
)

// A Transcript is what was said in a Space.
type Transcript struct {
	ID         string    // of the Space
	StartedAt  time.Time // zero when unknown
	Rate       int       // samples in a second of the times below
	Stamp      string    // tells one state of the transcript from another; see Stamps
	Source     string    // how speakers are known, as the caller calls it
	Utterances []Utterance
}

// An Utterance is what somebody said without a pause, or several at once: a
// hit is one, so it should be a place and no chapter.
type Utterance struct {
	Start, End int64    // samples
	Speakers   []string // handles, or names where no handle is known; none when unknown
	Text       string
}

// Build makes the index at path anew of transcripts, in place of the one that
// is there. What was in it is gone with its file, whoever still reads that. It
// is fastest with the newest Space first. Where a transcript is an error, and
// with errors of its own, which are those of Open, the old index stays.
func Build(ctx context.Context, path string, generation int64, transcripts iter.Seq2[Transcript, error]) error {
	return database.Create(ctx, path, kind(), func(t *sql.Tx) error {
		tx := newTx(ctx, t)
		// A larger hash of what is not yet in a segment makes fewer segments to
		// be merged.
		if _, err := tx.exec("INSERT INTO word (word, rank) VALUES ('hashsize', ?)", buildHash); err != nil {
			return err
		}
		for t, err := range transcripts {
			if err != nil {
				return err
			}
			if err := tx.Put(t); err != nil {
				return err
			}
		}
		for _, q := range [...]string{
			"INSERT INTO word (word) VALUES ('optimize')",
			"INSERT INTO word (word, rank) VALUES ('hashsize', 1048576)", // FTS5's own
			"UPDATE flag SET value = 0 WHERE name = 'dirty'",
		} {
			if _, err := tx.exec(q); err != nil {
				return err
			}
		}
		return tx.SetGeneration(generation)
	})
}

// buildHash is how many bytes Build keeps in memory before they are written.
const buildHash = 32 << 20

// Update runs f in one transaction: all that f does happens, or, when f
// returns an error, nothing.
func (x *Index) Update(ctx context.Context, f func(*Tx) error) error {
	t, err := x.file.BeginTx(ctx, nil)
	if err != nil {
		return x.file.Wrap(err)
	}
	defer t.Rollback()
	if err := f(newTx(ctx, t)); err != nil {
		return x.file.Wrap(err)
	}
	return x.file.Wrap(t.Commit())
}

// Put adds a transcript, in place of the one of the same Space if there is one.
func (x *Index) Put(ctx context.Context, t Transcript) error {
	return x.Update(ctx, func(tx *Tx) error { return tx.Put(t) })
}

// Delete takes out the transcript of a Space. It is no error when there is none.
// Until Scrub its words are still in the file.
func (x *Index) Delete(ctx context.Context, id string) error {
	return x.Update(ctx, func(tx *Tx) error { return tx.Delete(id) })
}

// DeleteSpeaker takes out, of all Spaces, the utterances of somebody; see
// Tx.DeleteSpeaker. Until Scrub the words are still in the file.
func (x *Index) DeleteSpeaker(ctx context.Context, name string) (n int, err error) {
	err = x.Update(ctx, func(tx *Tx) (err error) {
		n, err = tx.DeleteSpeaker(name)
		return err
	})
	return n, err
}

// Scrub sees to it that nothing of what was taken out is left in the files: not
// in the index of words, where FTS5 only marks it as deleted
// (sqlite.org/fts5.html, 4.4.3), not in free parts of pages, and not in the WAL.
// It writes the whole file again, for which it needs room for three of them.
// A reader in the middle of a query holds it up: then the error is ErrLocked, and
// the WAL goes with the last who closes the index.
func (x *Index) Scrub(ctx context.Context) error {
	for _, q := range [...]string{"INSERT INTO word (word) VALUES ('optimize')", "VACUUM"} {
		if _, err := x.file.ExecContext(ctx, q); err != nil {
			return x.file.Wrap(err)
		}
	}
	var busy bool
	var pages, written int
	if err := x.file.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &pages, &written); err != nil {
		return x.file.Wrap(err)
	}
	if busy {
		return fmt.Errorf("%s: %w", x.file.Path, ErrLocked)
	}
	return nil
}

// A Tx changes an index. It is valid inside the function given to Update.
type Tx struct {
	ctx   context.Context
	tx    *sql.Tx
	stmts map[string]*sql.Stmt // prepared; the transaction closes them
	buf   []byte
}

func newTx(ctx context.Context, tx *sql.Tx) *Tx {
	return &Tx{ctx: ctx, tx: tx, stmts: make(map[string]*sql.Stmt)}
}

func (t *Tx) prepare(query string) (*sql.Stmt, error) {
	s := t.stmts[query]
	if s == nil {
		var err error
		if s, err = t.tx.PrepareContext(t.ctx, query); err != nil {
			return nil, err
		}
		t.stmts[query] = s
	}
	return s, nil
}

func (t *Tx) exec(query string, args ...any) (sql.Result, error) {
	s, err := t.prepare(query)
	if err != nil {
		return nil, err
	}
	return s.ExecContext(t.ctx, args...)
}

// SetGeneration keeps the library's number in the index.
func (t *Tx) SetGeneration(n int64) error {
	_, err := t.exec("INSERT OR REPLACE INTO flag VALUES ('generation', ?)", n)
	return err
}

// Put adds a transcript, in place of the one of the same Space if there is one.
func (t *Tx) Put(s Transcript) error {
	if err := t.Delete(s.ID); err != nil {
		return err
	}
	if len(s.Utterances) > 1<<utteranceBits {
		return fmt.Errorf("the transcript of %s: %w: %d, the most is %d", s.ID, ErrLong, len(s.Utterances), 1<<utteranceBits)
	}
	place, err := t.freePlace(firstPlace(s.ID, s.StartedAt))
	if err != nil {
		return err
	}
	var started any
	if !s.StartedAt.IsZero() {
		started = s.StartedAt.UnixMilli()
	}
	if _, err := t.exec("INSERT INTO transcript VALUES (?,?,?,?,?,?)", place, s.ID, started, s.Rate, s.Stamp, s.Source); err != nil {
		return err
	}
	list := s.Utterances
	if earlier := func(a, b Utterance) int { return cmp.Compare(a.Start, b.Start) }; !slices.IsSortedFunc(list, earlier) {
		list = slices.Clone(list)
		slices.SortStableFunc(list, earlier)
	}
	speakers := make(map[string]int)
	for i, u := range list {
		names := strings.Join(u.Speakers, "\n")
		n, known := speakers[names]
		if !known {
			n = len(speakers)
			speakers[names] = n
			if _, err := t.exec("INSERT INTO speaker VALUES (?,?,?)", place, n, names); err != nil {
				return err
			}
		}
		row := place<<utteranceBits + int64(i)
		if _, err := t.exec("INSERT INTO utterance VALUES (?,?,?,?,?)", row, u.Start, u.End-u.Start, n, u.Text); err != nil {
			return err
		}
		t.buf = appendWords(t.buf[:0], u.Text)
		said := string(t.buf)
		t.buf = appendPairs(t.buf[:0], said)
		pairs := string(t.buf)
		t.buf = t.buf[:0]
		for _, name := range u.Speakers {
			t.buf = append(t.buf, speakerKey(name)...)
			t.buf = append(t.buf, ' ')
		}
		if _, err := t.exec("INSERT INTO word (rowid, text, pair, speaker) VALUES (?,?,?,?)", row, said, pairs, string(t.buf)); err != nil {
			return err
		}
		if err := t.ctx.Err(); err != nil { // database/sql looks at it only now and then
			return err
		}
	}
	return nil
}

// freePlace returns the first place from n on where no transcript stands.
func (t *Tx) freePlace(n int64) (int64, error) {
	s, err := t.prepare("SELECT EXISTS (SELECT 1 FROM transcript WHERE place = ?)")
	if err != nil {
		return 0, err
	}
	for ; ; n++ {
		var taken bool
		if err := s.QueryRowContext(t.ctx, n).Scan(&taken); err != nil || !taken {
			return n, err
		}
	}
}

// Delete takes out the transcript of a Space. It is no error when there is none.
func (t *Tx) Delete(id string) error {
	const of = "(SELECT place FROM transcript WHERE id = ?1)"
	rows := fmt.Sprintf("BETWEEN %s << %d AND ((%s + 1) << %d) - 1", of, utteranceBits, of, utteranceBits)
	for _, q := range [...]string{
		"DELETE FROM word WHERE rowid IN (SELECT rowid FROM utterance WHERE rowid " + rows + ")",
		"DELETE FROM utterance WHERE rowid " + rows,
		"DELETE FROM speaker WHERE place = " + of,
		"DELETE FROM transcript WHERE id = ?1",
	} {
		if _, err := t.exec(q, id); err != nil {
			return err
		}
	}
	return nil
}

// DeleteSpeaker takes out, of all Spaces, the utterances of somebody, with or
// without an @, also those in which others speak at the same time. It returns
// how many they were.
func (t *Tx) DeleteSpeaker(name string) (int, error) {
	key := speakerKey(name)
	if key == "" {
		return 0, nil
	}
	gone, groups, err := t.utterancesOf(name, key)
	if err != nil {
		return 0, err
	}
	for _, row := range gone {
		for _, q := range [...]string{"DELETE FROM word WHERE rowid = ?", "DELETE FROM utterance WHERE rowid = ?"} {
			if _, err := t.exec(q, row); err != nil {
				return 0, err
			}
		}
	}
	for g := range groups {
		if _, err := t.exec("DELETE FROM speaker WHERE place = ? AND n = ?", g.place, g.n); err != nil {
			return 0, err
		}
	}
	return len(gone), nil
}

// A group is of those who speak at once, by its number in a transcript.
type group struct{ place, n int64 }

// utterancesOf returns the utterances of a speaker who has that key, and the
// groups that all of them are of.
func (t *Tx) utterancesOf(name, key string) (list []int64, groups map[group]bool, err error) {
	s, err := t.prepare(fmt.Sprintf(`SELECT w.rowid, s.place, s.n, s.names FROM word w
		CROSS JOIN utterance u ON u.rowid = w.rowid
		CROSS JOIN speaker s ON s.place = w.rowid >> %d AND s.n = u.speaker
		WHERE word MATCH ?`, utteranceBits))
	if err != nil {
		return nil, nil, err
	}
	rows, err := s.QueryContext(t.ctx, `speaker : "`+key+`"`)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	groups = make(map[group]bool)
	name = fold.Handle(name)
	for rows.Next() {
		var row int64
		var g group
		var names string
		if err := rows.Scan(&row, &g.place, &g.n, &names); err != nil {
			return nil, nil, err
		}
		// Others can have the same key: "a b" and "a_b".
		if slices.ContainsFunc(strings.Split(names, "\n"), func(s string) bool { return fold.Handle(s) == name }) {
			list = append(list, row)
			groups[g] = true
		}
	}
	return list, groups, rows.Err()
}

// Clear takes everything out but the flags.
func (t *Tx) Clear() error {
	for _, q := range [...]string{
		"DELETE FROM transcript", "DELETE FROM speaker", "DELETE FROM utterance",
		"INSERT INTO word (word) VALUES ('delete-all')",
	} {
		if _, err := t.exec(q); err != nil {
			return err
		}
	}
	return nil
}

// speakerKey is the token by which a speaker is found, with or without an @.
func speakerKey(name string) string {
	return strings.Map(func(r rune) rune {
		if !inToken(r) {
			return '_'
		}
		return r
	}, fold.Handle(name))
}
