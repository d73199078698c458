// Package catalog is the SQLite index of a library: one row a recording,
// full-text search over titles, people, hashtags and notes, and the imported
// archives. It holds nothing that the folders do not hold, so it can be
// deleted and built again at any time; the file says itself when it has to be
// (Dirty, ErrCorrupt, ErrOlder).
package catalog

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/spaces-cli/spaces/internal/durable"
)

// A Mode says what a catalogue is opened for.
type Mode int

const (
	// ReadOnly never creates a catalogue and never changes a row.
	ReadOnly Mode = iota
	// ReadWrite creates the catalogue when there is none. Callers keep other
	// writers away with the library's lock.
	ReadWrite
)

var (
	// ErrNotExist means that there is no catalogue file.
	ErrNotExist = errors.New("the library has no catalogue")
	// ErrCorrupt means that the file is not a catalogue or is damaged. It can
	// be removed and built again.
	ErrCorrupt = errors.New("the catalogue is damaged")
	// ErrOlder means that an older program made the catalogue. It can be
	// removed and built again.
	ErrOlder = errors.New("the catalogue was made by an older version of spaces")
	// ErrNewer means that a newer program made the catalogue. It must be left
	// alone.
	ErrNewer = errors.New("the catalogue was made by a newer version of spaces")
	// ErrOther means that the catalogue belongs to another state of the library.
	// It has to be built again.
	ErrOther = errors.New("the catalogue belongs to another library")
	// ErrFull means that there is no room to change the catalogue.
	ErrFull = errors.New("no space left for the catalogue")
	// ErrNotFound means that the catalogue has no such recording.
	ErrNotFound = errors.New("no such recording")
)

// A Catalog is an open catalogue. It is safe for use by several goroutines.
type Catalog struct {
	db   *sql.DB
	path string
}

// Open opens the catalogue at path. Its errors wrap ErrNotExist, ErrCorrupt,
// ErrOlder or ErrNewer, or are those of the file system and of SQLite. A
// catalogue that Open creates is empty and dirty.
func Open(ctx context.Context, path string, mode Mode) (*Catalog, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && mode == ReadWrite:
		if err := create(ctx, path); err != nil {
			return nil, (&Catalog{path: path}).wrap(err)
		}
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s: %w", path, ErrNotExist)
	case err != nil:
		return nil, err
	case info.Size() == 0:
		// SQLite takes an empty file for a new database; here it is a
		// catalogue that has lost its content.
		return nil, fmt.Errorf("%s is empty: %w", path, ErrCorrupt)
	}

	if mode == ReadWrite {
		return open(ctx, path, "mode=rw", "_txlock=immediate", journal(path), "_pragma=synchronous(full)", "_pragma=secure_delete(1)")
	}
	// A reader opens the file writable too, where it may: the last to leave a
	// WAL database takes the -wal and -shm files away, and a connection that
	// cannot write leaves them behind.
	c, err := open(ctx, path, "mode=rw", "_pragma=query_only(1)")
	if errors.Is(err, ErrFull) { // no room for the file by which programs share a WAL
		if wal, werr := os.Stat(path + "-wal"); werr == nil && wal.Size() > 0 {
			return open(ctx, path, alone, "mode=rw", "_pragma=query_only(1)")
		}
		return open(ctx, path, "mode=ro", "immutable=1")
	}
	if code := resultCode(err); code == sqlite3.SQLITE_CANTOPEN || code == sqlite3.SQLITE_READONLY {
		// Read-only media: a WAL database needs a file beside it, unless it
		// is promised that nobody changes it.
		return open(ctx, path, "mode=ro", "immutable=1")
	}
	return c, err
}

// alone keeps what programs share of a WAL in memory (sqlite.org/wal.html,
// "Use of WAL Without Shared-Memory").
const alone = "_pragma=locking_mode(exclusive)"

// OpenMemory returns an empty catalogue in memory, for a library that has none
// and cannot get one: on a full disk, on read-only media. The caller fills it.
func OpenMemory(ctx context.Context) (*Catalog, error) {
	db, err := sql.Open("sqlite", "file:"+rand.Text()+"?mode=memory&cache=shared&_pragma=read_uncommitted(1)")
	if err != nil {
		return nil, err
	}
	db.SetMaxIdleConns(1)
	db.SetConnMaxIdleTime(0)
	if _, err := db.ExecContext(ctx, schema); err != nil {
		db.Close()
		return nil, err
	}
	return &Catalog{db, "the catalogue in memory"}, nil
}

// files are the endings of the catalogue's own file and of those that SQLite
// keeps beside it, in the order in which they are removed. The catalogue goes
// first: without its WAL it would be what it was before the latest changes, the
// flag that says so included, and pass for a sound one.
var files = [...]string{"", "-journal", "-wal", "-shm"}

// Remove deletes the catalogue at path with the files that SQLite keeps
// beside it. It is no error when there is none.
func Remove(path string) error { return remove(path, files[:]) }

func remove(path string, suffixes []string) error {
	for _, suffix := range suffixes {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// create makes an empty catalogue under a temporary name and then gives it
// its own, so that no reader ever sees half a schema.
func create(ctx context.Context, path string) error {
	tmp := path + ".partial"
	if err := Remove(tmp); err != nil {
		return err
	}
	db, err := sql.Open("sqlite", dsn(tmp, "_txlock=immediate"))
	if err != nil {
		return err
	}
	// A row is some 400 bytes and a document 1,200: larger pages than the
	// usual 4096 bytes mean fewer reads.
	_, err = db.ExecContext(ctx, "PRAGMA page_size = 8192; BEGIN;"+schema+"COMMIT;")
	if err := errors.Join(err, db.Close()); err != nil {
		Remove(tmp)
		return err
	}
	// SQLite would replay a WAL that an old catalogue has left into the new one.
	if err := remove(path, files[1:]); err != nil {
		return err
	}
	root, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer root.Close()
	return durable.Replace(root, filepath.Base(tmp), filepath.Base(path))
}

// open connects to an existing file and checks that it is a catalogue of this
// version.
func open(ctx context.Context, path string, params ...string) (*Catalog, error) {
	db, err := sql.Open("sqlite", dsn(path, params...))
	if err != nil {
		return nil, err
	}
	// One connection serves everything, unless a query is made while the rows
	// of another are still being read.
	db.SetMaxIdleConns(1)
	c := &Catalog{db, path}
	if err := c.check(ctx); err != nil {
		db.Close()
		return nil, err
	}
	return c, nil
}

func (c *Catalog) check(ctx context.Context) error {
	var app, version, tables int
	// Reading sqlite_schema as well makes SQLite hold the size of the file
	// against what the header says.
	err := c.db.QueryRowContext(ctx, `SELECT
		(SELECT application_id FROM pragma_application_id),
		(SELECT user_version FROM pragma_user_version),
		(SELECT count(*) FROM sqlite_schema WHERE name IN ('recording', 'document', 'term', 'words', 'archive', 'flag'))`,
	).Scan(&app, &version, &tables)
	switch {
	case err != nil:
		return c.wrap(err)
	case app != applicationID:
		return fmt.Errorf("%s is a database, but not a catalogue of spaces: %w", c.path, ErrCorrupt)
	case version > Version:
		return fmt.Errorf("%s (version %d, this program knows %d): %w", c.path, version, Version, ErrNewer)
	case version < Version:
		return fmt.Errorf("%s (version %d, this program has %d): %w", c.path, version, Version, ErrOlder)
	case tables != 6:
		return fmt.Errorf("%s lacks tables: %w", c.path, ErrCorrupt)
	}
	return nil
}

// Close closes the catalogue.
func (c *Catalog) Close() error { return c.db.Close() }

// dsn returns the data source name of a file with the settings that every
// connection has. In a file: URI the characters ?, # and % of a path are
// escaped, and a Windows path begins with a slash before its drive letter
// (sqlite.org/uri.html).
func dsn(path string, params ...string) string {
	p := filepath.ToSlash(path)
	if !strings.HasPrefix(p, "/") {
		p = "/" + p
	}
	params = append(params,
		"_busy_timeout=5000",
		"_pragma=cache_size(-2048)", // KiB
		"_pragma=mmap_size(0)",
	)
	return "file://" + (&url.URL{Path: p}).EscapedPath() + "?" + strings.Join(params, "&")
}

// journal returns the parameter that sets the journal mode. A WAL needs
// memory shared by all who have the file open, which no network drive gives
// (sqlite.org/wal.html). Where the file system refuses a WAL, SQLite stays
// with the rollback journal by itself.
func journal(path string) string {
	if onNetwork(filepath.Dir(path)) {
		return "_journal_mode=DELETE"
	}
	return "_journal_mode=WAL"
}

// resultCode returns SQLite's primary result code of an error, 0 when the
// error is not SQLite's.
func resultCode(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code() & 0xff
	}
	return 0
}

// wrap names the file in an error of SQLite and marks damage as ErrCorrupt.
func (c *Catalog) wrap(err error) error {
	switch resultCode(err) {
	case 0:
		return err
	case sqlite3.SQLITE_FULL:
		return fmt.Errorf("%s: %w (%w)", c.path, ErrFull, err)
	case sqlite3.SQLITE_IOERR:
		var e *sqlite.Error
		if errors.As(err, &e) && (e.Code() == sqlite3.SQLITE_IOERR_SHMSIZE || e.Code() == sqlite3.SQLITE_IOERR_SHMMAP || e.Code() == sqlite3.SQLITE_IOERR_WRITE) {
			return fmt.Errorf("%s: %w (%w)", c.path, ErrFull, err)
		}
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("%s: %w (%w)", c.path, ErrCorrupt, err)
	}
	return fmt.Errorf("%s: %w", c.path, err)
}
