package catalog

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/library/fold"
	"github.com/spaces-cli/spaces/internal/library/space"
)

// Dirty reports whether a writer has begun to change the library's folders
// and not said that the catalogue agrees with them again.
func (c *Catalog) Dirty(ctx context.Context) (bool, error) {
	var dirty bool
	err := c.db.QueryRowContext(ctx, "SELECT value FROM flag WHERE name = 'dirty'").Scan(&dirty)
	return dirty, c.wrap(err)
}

// SetDirty keeps the flag in the file. It is on disk when SetDirty returns.
func (c *Catalog) SetDirty(ctx context.Context, dirty bool) error {
	_, err := c.db.ExecContext(ctx, "INSERT OR REPLACE INTO flag VALUES ('dirty', ?)", dirty)
	return c.wrap(err)
}

// Generation returns the number that the library had when the catalogue was
// built. A catalogue with another number than its library belongs to an earlier
// state of it.
func (c *Catalog) Generation(ctx context.Context) (int64, error) {
	var n int64
	err := c.db.QueryRowContext(ctx, "SELECT coalesce((SELECT value FROM flag WHERE name = 'generation'), 0)").Scan(&n)
	return n, c.wrap(err)
}

// SetGeneration keeps the library's number in the catalogue.
func (t *Tx) SetGeneration(n int64) error {
	_, err := t.exec("INSERT OR REPLACE INTO flag VALUES ('generation', ?)", n)
	return err
}

// State returns a number that every Update changes: whoever has made something of
// the catalogue sees by it whether it is still that of the catalogue.
func (c *Catalog) State(ctx context.Context) (int64, error) {
	var n int64
	err := c.db.QueryRowContext(ctx, "SELECT coalesce((SELECT value FROM flag WHERE name = 'state'), 0)").Scan(&n)
	return n, c.wrap(err)
}

// setState changes the state. Numbers do not come again, also not those of a
// catalogue that was built anew.
func (t *Tx) setState() error {
	_, err := t.exec("INSERT OR REPLACE INTO flag VALUES ('state', random())")
	return err
}

// Scrub sees to it that nothing of deleted rows is left in the files: the words
// of the index, which FTS5 only marks as deleted (sqlite.org/fts5.html, 4.4.3),
// and the WAL. The rows themselves were overwritten when they were deleted.
func (c *Catalog) Scrub(ctx context.Context) error {
	if _, err := c.db.ExecContext(ctx, "INSERT INTO words (words) VALUES ('optimize')"); err != nil {
		return c.wrap(err)
	}
	// A reader in the middle of a query can hold it up: then the WAL goes with
	// the last who closes the catalogue.
	_, err := c.db.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	return c.wrap(err)
}

// Compact writes the whole file anew, without free pages.
func (c *Catalog) Compact(ctx context.Context) error {
	if _, err := c.db.ExecContext(ctx, "VACUUM"); err != nil {
		return c.wrap(err)
	}
	return c.Scrub(ctx)
}

// Update runs f in one transaction: all that f does happens, or, when f
// returns an error, nothing.
func (c *Catalog) Update(ctx context.Context, f func(*Tx) error) error {
	t, err := c.db.BeginTx(ctx, nil)
	if err != nil {
		return c.wrap(err)
	}
	defer t.Rollback()
	tx := &Tx{ctx: ctx, tx: t, stmts: make(map[string]*sql.Stmt)}
	if err := f(tx); err != nil {
		return c.wrap(err)
	}
	if err := tx.setState(); err != nil {
		return c.wrap(err)
	}
	return c.wrap(t.Commit())
}

// A Tx changes a catalogue. It is valid inside the function given to Update.
type Tx struct {
	ctx   context.Context
	tx    *sql.Tx
	stmts map[string]*sql.Stmt // prepared; the transaction closes them
}

func (t *Tx) exec(query string, args ...any) (sql.Result, error) {
	s := t.stmts[query]
	if s == nil {
		var err error
		if s, err = t.tx.PrepareContext(t.ctx, query); err != nil {
			return nil, err
		}
		t.stmts[query] = s
	}
	return s.ExecContext(t.ctx, args...)
}

// Put adds a recording, in place of the one with the same id if there is one.
func (t *Tx) Put(r *space.Recording) error {
	if err := t.Delete(r.ID); err != nil {
		return err
	}
	doc, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("recording %s: %w", r.ID, err)
	}
	var started, duration any
	if !r.StartedAt.IsZero() {
		started = r.StartedAt.UnixMilli()
	}
	if r.Duration != nil {
		duration = *r.Duration
	}
	var lost float64
	if r.Damage != nil {
		lost = r.Damage.LostSeconds
	}
	var bytes int64
	for _, p := range r.Pieces {
		bytes += p.Bytes
	}
	people := speakers(r)
	tags := strings.Join(r.Hashtags, " ")
	row, err := t.rowid(r)
	if err != nil {
		return err
	}
	if _, err := t.exec(`INSERT INTO recording (rowid, id, title, title_key, title_source, started_at, duration, host, account,
		speakers, hashtags, state, lost_seconds, pieces, bytes, folder, file)
		VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`,
		row, r.ID, r.Title, fold.Text(brief(r.Title)), string(r.TitleSource), started, duration, name(r.Host), name(r.Account),
		strings.Join(people, " "), tags, string(r.State), lost, len(r.Pieces), bytes, r.Folder, r.File); err != nil {
		return err
	}
	if _, err := t.exec("INSERT INTO document VALUES (?,?)", row, string(doc)); err != nil {
		return err
	}
	if _, err := t.exec("INSERT INTO words (rowid, title, speakers, hashtags, note) VALUES (?,?,?,?,?)", row,
		fold.Segment(fold.Text(brief(r.Title))), fold.Segment(fold.Text(strings.Join(people, " "))), fold.Segment(fold.Text(tags)), fold.Segment(fold.Text(brief(r.Note)))); err != nil {
		return err
	}
	return t.putTerms(row, r)
}

// timeShift is how far the milliseconds of a start are shifted in a rowid.
const timeShift = 20

// rowidAt is the smallest rowid of recordings that start at t.
func rowidAt(t time.Time) int64 { return max(1, t.UnixMilli()) << timeShift }

// rowid returns where a recording stands: in order of the start in
// milliseconds, those without one first. What is left of the number tells
// apart those that start at once, in an order that does not depend on when
// they were put in (but for the one in a million that have the same hash).
func (t *Tx) rowid(r *space.Recording) (int64, error) {
	hash := fnv.New32a()
	hash.Write([]byte(r.ID))
	n := int64(hash.Sum32()) >> (32 - timeShift)
	if !r.StartedAt.IsZero() {
		n += rowidAt(r.StartedAt.Time)
	}
	for ; ; n++ {
		var taken bool
		if err := t.tx.QueryRowContext(t.ctx, "SELECT EXISTS (SELECT 1 FROM recording WHERE rowid = ?)", n).Scan(&taken); err != nil || !taken {
			return n, err
		}
	}
}

// putTerms notes by which handles, ids and hashtags a recording is found.
func (t *Tx) putTerms(row int64, r *space.Recording) error {
	put := func(kind, key string) error {
		if key == "" {
			return nil
		}
		_, err := t.exec("INSERT OR IGNORE INTO term VALUES (?,?,?)", kind, key, row)
		return err
	}
	person := func(kind string, p *space.Person) error {
		if p == nil {
			return nil
		}
		if err := put(kind, fold.Handle(p.Handle)); err != nil {
			return err
		}
		return put(kind, fold.Handle(p.ID))
	}
	if err := person("account", r.Account); err != nil {
		return err
	}
	if err := person("host", r.Host); err != nil {
		return err
	}
	if err := person("speaker", r.Host); err != nil {
		return err
	}
	for _, s := range r.Speakers {
		p := space.Person{ID: s.ID, Handle: s.Handle}
		if err := person("speaker", &p); err != nil {
			return err
		}
		if s.Role == "host" || s.Role == "co-host" {
			if err := person("host", &p); err != nil {
				return err
			}
		}
	}
	for _, tag := range r.Hashtags {
		if err := put("tag", fold.Tag(tag)); err != nil {
			return err
		}
	}
	return nil
}

// Delete takes a recording out. It is no error when there is none.
func (t *Tx) Delete(id string) error {
	for _, q := range [...]string{
		"DELETE FROM words WHERE rowid = (SELECT rowid FROM recording WHERE id = ?)",
		"DELETE FROM term WHERE recording = (SELECT rowid FROM recording WHERE id = ?)",
		"DELETE FROM document WHERE recording = (SELECT rowid FROM recording WHERE id = ?)",
		"DELETE FROM recording WHERE id = ?",
	} {
		if _, err := t.exec(q, id); err != nil {
			return err
		}
	}
	return nil
}

// PutArchive adds an imported archive, in place of the one with the same hash.
func (t *Tx) PutArchive(a space.Archive) error {
	doc, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("archive %s: %w", a.Name, err)
	}
	var made any
	if !a.Made.IsZero() {
		made = a.Made.UnixMilli()
	}
	_, err = t.exec("INSERT OR REPLACE INTO archive VALUES (?,?,?)", a.Key(), made, string(doc))
	return err
}

// Clear takes everything out but the flags.
func (t *Tx) Clear() error {
	for _, q := range [...]string{
		"DELETE FROM recording", "DELETE FROM document", "DELETE FROM term", "DELETE FROM archive",
		"INSERT INTO words (words) VALUES ('delete-all')",
	} {
		if _, err := t.exec(q); err != nil {
			return err
		}
	}
	return nil
}

// name is how a person is shown: the handle, else the id.
func name(p *space.Person) string {
	if p == nil {
		return ""
	}
	if p.Handle != "" {
		return p.Handle
	}
	return p.ID
}

// speakers returns the names of all on stage, the host first.
func speakers(r *space.Recording) []string {
	var names []string
	seen := make(map[string]bool)
	add := func(n string) {
		if n != "" && !seen[fold.Handle(n)] {
			seen[fold.Handle(n)] = true
			names = append(names, n)
		}
	}
	add(name(r.Host))
	for _, s := range r.Speakers {
		add(name(&space.Person{ID: s.ID, Handle: s.Handle}))
	}
	return names
}
