package catalog

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/library/fold"
	"github.com/spaces-cli/spaces/internal/library/space"
)

// A Row is what a table shows of a recording.
type Row struct {
	ID          string
	Title       string
	TitleSource space.TitleSource
	StartedAt   time.Time // UTC; zero when unknown
	Duration    float64   // seconds; negative when unknown
	Host        string    // handle, or id where no handle is known
	Account     string    // likewise
	Speakers    string    // likewise, with spaces between, the host first
	Hashtags    string    // with spaces between
	State       space.State
	LostSeconds float64
	Pieces      int
	Bytes       int64 // of the originals
	Folder      string
	File        string
	// JSON is the space.Recording. Queries that ask for it fill ID and JSON
	// only.
	JSON []byte
}

// A Query says which recordings are listed. What is not set does not restrict.
type Query struct {
	Words   string    // all must be found, each as the beginning of a word
	Since   time.Time // started at this time or later
	Until   time.Time // started before this time
	Speaker string    // handle or id of anyone on stage, @ and case do not matter
	Host    string    // handle or id of a host or co-host
	Account string    // handle or id of the account whose archive it came in
	Tag     string    // hashtag; #, case and accents do not matter
	State   space.State
	// Sort is one of Sorts, or one of them after a minus for the reverse; ""
	// is Sorts[0].
	Sort  string
	Limit int
	JSON  bool // fill Row.JSON
}

// Sorts lists the orders of a listing: newest, A to Z, longest first.
var Sorts = [...]string{"date", "title", "length"}

// ErrSort means that Query.Sort is none of Sorts.
var ErrSort = errors.New("unknown order")

const (
	selectColumns = `SELECT r.id, r.title, r.title_source, r.started_at, r.duration, r.host, r.account, r.speakers, r.hashtags,
		r.state, r.lost_seconds, r.pieces, r.bytes, r.folder, r.file FROM recording r`
	selectJSON = `SELECT r.id, d.json FROM recording r JOIN document d ON d.recording = r.rowid`
)

func selectFrom(withJSON bool) string {
	if withJSON {
		return selectJSON
	}
	return selectColumns
}

// List yields the recordings that q asks for, reading them as the caller goes
// on. After an error it ends.
func (c *Catalog) List(ctx context.Context, q Query) iter.Seq2[Row, error] {
	order, err := orderBy(q.Sort)
	if err != nil {
		return func(yield func(Row, error) bool) { yield(Row{}, err) }
	}
	var where conditions
	where.words(parseWords(q.Words, true))
	where.facts(&q)
	query := selectFrom(q.JSON) + where.String() + " ORDER BY " + order
	if q.Limit > 0 {
		query += fmt.Sprintf(" LIMIT %d", q.Limit)
	}
	return c.rows(ctx, q.JSON, query, where.args...)
}

// Search yields the recordings that q asks for, best first, whatever its order
// is: a word of the title counts most, one of the note least. Of the words only
// the last may be the beginning of one. Without words nothing is found.
func (c *Catalog) Search(ctx context.Context, q Query) iter.Seq2[Row, error] {
	m := parseWords(q.Words, false)
	if m.fts == "" && m.contains == nil {
		return func(func(Row, error) bool) {}
	}
	var where conditions
	query := selectFrom(q.JSON)
	order := "r.rowid DESC"
	if m.fts != "" {
		query += " JOIN words ON words.rowid = r.rowid"
		where.add("words MATCH ?", m.fts)
		order = "bm25(words, 10, 5, 5, 1), " + order
	}
	where.words(match{contains: m.contains})
	where.facts(&q)
	query += where.String() + " ORDER BY " + order
	if q.Limit > 0 {
		query += fmt.Sprintf(" LIMIT %d", q.Limit)
	}
	return c.rows(ctx, q.JSON, query, where.args...)
}

// maxFound bounds how many candidates Find returns.
const maxFound = 100

// Find returns the recordings that a user can mean by ref, newest first: the
// one with that id; else those whose id begins with it, in this case or in
// another; "latest" is the newest; else the one with that title, else those
// whose title contains it, case and accents put aside. It returns nothing
// when nothing fits.
func (c *Catalog) Find(ctx context.Context, ref string) ([]Row, error) {
	ref = strings.TrimSpace(ref)
	if ref == "" {
		return nil, nil
	}
	const newest = " ORDER BY r.rowid DESC LIMIT ?"
	if ref == "latest" {
		return c.collect(ctx, selectFrom(false)+newest, 1)
	}
	key := fold.Text(ref)
	for _, try := range [...]struct {
		where string
		arg   string
	}{
		{"r.id = ?1", ref},
		{"substr(r.id, 1, length(?1)) = ?1", ref},
		{"substr(lower(r.id), 1, length(?1)) = ?1", strings.ToLower(ref)},
		{"r.title_key = ?1", key},
		{"instr(r.title_key, ?1) > 0", key},
	} {
		rows, err := c.collect(ctx, selectFrom(false)+" WHERE "+try.where+newest, try.arg, maxFound)
		if err != nil || len(rows) > 0 {
			return rows, err
		}
	}
	return nil, nil
}

// Get returns the recording with the id, or an error that wraps ErrNotFound.
func (c *Catalog) Get(ctx context.Context, id string) (*space.Recording, error) {
	var doc []byte
	err := c.db.QueryRowContext(ctx, "SELECT json FROM document WHERE recording = (SELECT rowid FROM recording WHERE id = ?)", id).Scan(&doc)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("%s: %w", id, ErrNotFound)
	} else if err != nil {
		return nil, c.wrap(err)
	}
	r := new(space.Recording)
	if err := json.Unmarshal(doc, r); err != nil {
		return nil, fmt.Errorf("%s: recording %s: %w: %w", c.path, id, ErrCorrupt, err)
	}
	return r, nil
}

// Archives returns the imported archives, the latest made first.
func (c *Catalog) Archives(ctx context.Context) ([]space.Archive, error) {
	rows, err := c.db.QueryContext(ctx, "SELECT json FROM archive ORDER BY made DESC, sha256")
	if err != nil {
		return nil, c.wrap(err)
	}
	defer rows.Close()
	var list []space.Archive
	for rows.Next() {
		var doc sql.RawBytes
		if err := rows.Scan(&doc); err != nil {
			return nil, c.wrap(err)
		}
		var a space.Archive
		if err := json.Unmarshal(doc, &a); err != nil {
			return nil, fmt.Errorf("%s: an archive: %w: %w", c.path, ErrCorrupt, err)
		}
		list = append(list, a)
	}
	return list, c.wrap(rows.Err())
}

func orderBy(sort string) (string, error) {
	name, reverse := strings.CutPrefix(sort, "-")
	up, down := "ASC", "DESC"
	if reverse {
		up, down = down, up
	}
	switch name {
	case "", "date":
		return "r.rowid " + down, nil
	case "title":
		return fmt.Sprintf("r.title_key %s, r.rowid %s", up, down), nil
	case "length":
		return fmt.Sprintf("r.duration %s, r.rowid %s", down, down), nil
	}
	return "", fmt.Errorf("%w %q", ErrSort, sort)
}

// conditions is a WHERE clause in the making.
type conditions struct {
	all  []string
	args []any
}

func (w *conditions) add(condition string, args ...any) {
	w.all = append(w.all, condition)
	w.args = append(w.args, args...)
}

func (w *conditions) term(kind, value string, key func(string) string) {
	if value != "" {
		w.add("r.rowid IN (SELECT recording FROM term WHERE kind = '"+kind+"' AND key = ?)", key(value))
	}
}

func (w *conditions) words(m match) {
	if m.fts != "" {
		w.add("r.rowid IN (SELECT rowid FROM words WHERE words MATCH ?)", m.fts)
	}
	for _, s := range m.contains {
		w.add("instr(r.title_key, ?) > 0", s)
	}
}

// facts are the conditions of a query but for its words.
func (w *conditions) facts(q *Query) {
	if !q.Since.IsZero() {
		w.add("r.rowid >= ?", rowidAt(q.Since))
	}
	if !q.Until.IsZero() {
		w.add("r.rowid BETWEEN ? AND ?", 1<<timeShift, rowidAt(q.Until)-1)
	}
	w.term("speaker", q.Speaker, fold.Handle)
	w.term("host", q.Host, fold.Handle)
	w.term("account", q.Account, fold.Handle)
	w.term("tag", q.Tag, fold.Tag)
	if q.State != "" {
		w.add("r.state = ?", string(q.State))
	}
}

func (w *conditions) String() string {
	if len(w.all) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(w.all, " AND ")
}

func (c *Catalog) collect(ctx context.Context, query string, args ...any) ([]Row, error) {
	var list []Row
	for r, err := range c.rows(ctx, false, query, args...) {
		if err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	return list, nil
}

// rows runs a query for the columns of a Row, or for its JSON.
func (c *Catalog) rows(ctx context.Context, asJSON bool, query string, args ...any) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		rows, err := c.db.QueryContext(ctx, query, args...)
		if err != nil {
			yield(Row{}, c.wrap(err))
			return
		}
		defer rows.Close()
		var r Row
		var started sql.NullInt64
		var duration sql.NullFloat64
		into := []any{&r.ID, &r.Title, &r.TitleSource, &started, &duration, &r.Host, &r.Account, &r.Speakers,
			&r.Hashtags, &r.State, &r.LostSeconds, &r.Pieces, &r.Bytes, &r.Folder, &r.File}
		if asJSON {
			into = []any{&r.ID, &r.JSON}
		}
		for rows.Next() {
			if err := rows.Scan(into...); err != nil {
				yield(Row{}, c.wrap(err))
				return
			}
			r.StartedAt = time.Time{}
			if started.Valid {
				r.StartedAt = time.UnixMilli(started.Int64).UTC()
			}
			r.Duration = -1
			if duration.Valid {
				r.Duration = duration.Float64
			}
			if !yield(r, nil) {
				return
			}
			if ctx.Err() != nil { // database/sql looks at it only now and then
				yield(Row{}, ctx.Err())
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(Row{}, c.wrap(err))
		}
	}
}
