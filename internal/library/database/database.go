// Package database opens the SQLite files of a library that hold nothing but
// what can be built again from its folders: the catalogue, the index of what
// was said. It says what is wrong with a file in the errors of its kind.
package database

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
	"github.com/spaces-cli/spaces/internal/durable/disk"
)

// A Mode says what a file is opened for.
type Mode int

const (
	// ReadOnly never creates a file and never changes a row.
	ReadOnly Mode = iota
	// ReadWrite creates the file when there is none. Callers keep other
	// writers away with the library's lock.
	ReadWrite
)

// A Kind is what a file must be.
type Kind struct {
	Name          string // with its article, as errors call it: "a catalogue"
	ApplicationID int
	Version       int // user_version
	PageSize      int
	Schema        string // statements that make an empty one
	Tables        []string
	Errors        Errors
}

// Errors are those that a kind wraps. What is not set is left out.
type Errors struct {
	NotExist error // there is no such file
	Corrupt  error // not of this kind, or damaged
	Older    error // made by an older program
	Newer    error // made by a newer program
	Full     error // no room to change it
	Locked   error // another program keeps it locked
}

// A File is an open file. It is safe for use by several goroutines.
type File struct {
	*sql.DB
	Path string
	kind *Kind
}

// Open opens the file at path. A file that it creates is empty. Its errors are
// those of the kind, of the file system and of SQLite.
func Open(ctx context.Context, path string, kind *Kind, mode Mode) (*File, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && mode == ReadWrite:
		if err := Create(ctx, path, kind, nil); err != nil {
			return nil, err
		}
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s: %w", path, kind.Errors.NotExist)
	case err != nil:
		return nil, err
	case info.Size() == 0:
		// SQLite takes an empty file for a new database; here it is one that
		// has lost its content.
		return nil, fmt.Errorf("%s is empty: %w", path, kind.Errors.Corrupt)
	}

	if mode == ReadWrite {
		return open(ctx, path, kind, "mode=rw", "_txlock=immediate", journal(path), "_pragma=synchronous(full)", "_pragma=secure_delete(1)")
	}
	// A reader opens the file writable too, where it may: the last to leave a
	// WAL database takes the -wal and -shm files away, and a connection that
	// cannot write leaves them behind.
	f, err := open(ctx, path, kind, "mode=rw", "_pragma=query_only(1)")
	if kind.Errors.Full != nil && errors.Is(err, kind.Errors.Full) { // no room for the file by which programs share a WAL
		if wal, werr := os.Stat(path + "-wal"); werr == nil && wal.Size() > 0 {
			return open(ctx, path, kind, alone, "mode=rw", "_pragma=query_only(1)")
		}
		return open(ctx, path, kind, "mode=ro", "immutable=1")
	}
	if code := resultCode(err); code == sqlite3.SQLITE_CANTOPEN || code == sqlite3.SQLITE_READONLY {
		// Read-only media: a WAL database needs a file beside it, unless it
		// is promised that nobody changes it.
		return open(ctx, path, kind, "mode=ro", "immutable=1")
	}
	return f, err
}

// alone keeps what programs share of a WAL in memory (sqlite.org/wal.html,
// "Use of WAL Without Shared-Memory").
const alone = "_pragma=locking_mode(exclusive)"

// Suffixes are the endings of a file's own name and of those that SQLite keeps
// beside it, in the order in which they are removed. The file goes first:
// without its WAL it would be what it was before the latest changes, the flag
// that says so included, and pass for a sound one.
var Suffixes = [...]string{"", "-journal", "-wal", "-shm"}

// Remove deletes the file at path with those that SQLite keeps beside it. It is
// no error when there is none.
func Remove(path string) error { return remove(path, Suffixes[:]) }

func remove(path string, suffixes []string) error {
	for _, suffix := range suffixes {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// Draft is the name that the file at path has while it is made.
func Draft(path string) string { return path + ".partial" }

// Create makes a file under a temporary name, has fill put in what it is to
// hold, and then gives it its own, so that no reader ever sees half of it. A
// file of that name is replaced. Where fill is nil the file is empty. What fill
// does is one transaction.
func Create(ctx context.Context, path string, kind *Kind, fill func(*sql.Tx) error) error {
	f := &File{Path: path, kind: kind}
	tmp := Draft(path)
	if err := Remove(tmp); err != nil {
		return err
	}
	var err error
	// Nobody opens the draft of a killed program again: it needs no journal.
	if f.DB, err = sql.Open("sqlite", DSN(tmp, "_journal_mode=OFF", "_pragma=synchronous(off)", "_pragma=locking_mode(exclusive)")); err != nil {
		return err
	}
	f.SetMaxOpenConns(1)
	err = f.fill(ctx, fill)
	if err := errors.Join(err, f.DB.Close()); err != nil {
		Remove(tmp)
		return f.Wrap(err)
	}
	if err := sync(tmp); err != nil {
		return err
	}
	if err := Remove(path); err != nil {
		return err
	}
	root, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer root.Close()
	return durable.Replace(root, filepath.Base(tmp), filepath.Base(path))
}

func (f *File) fill(ctx context.Context, fill func(*sql.Tx) error) error {
	if _, err := f.ExecContext(ctx, fmt.Sprintf("PRAGMA page_size = %d", f.kind.PageSize)); err != nil {
		return err
	}
	tx, err := f.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, f.kind.Schema); err != nil {
		return err
	}
	if fill != nil {
		if err := fill(tx); err != nil {
			return err
		}
	}
	return tx.Commit()
}

func sync(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Memory returns an empty file in memory, called name in errors, for a library
// that has none and cannot get one: on a full disk, on read-only media.
func Memory(ctx context.Context, name string, kind *Kind) (*File, error) {
	db, err := sql.Open("sqlite", "file:"+rand.Text()+"?mode=memory&cache=shared&_pragma=read_uncommitted(1)")
	if err != nil {
		return nil, err
	}
	db.SetMaxIdleConns(1)
	db.SetConnMaxIdleTime(0)
	if _, err := db.ExecContext(ctx, kind.Schema); err != nil {
		db.Close()
		return nil, err
	}
	return &File{db, name, kind}, nil
}

// open connects to an existing file and checks that it is of this kind and
// version.
func open(ctx context.Context, path string, kind *Kind, params ...string) (*File, error) {
	db, err := sql.Open("sqlite", DSN(path, params...))
	if err != nil {
		return nil, err
	}
	// One connection serves everything, unless a query is made while the rows
	// of another are still being read.
	db.SetMaxIdleConns(1)
	f := &File{db, path, kind}
	if err := f.check(ctx); err != nil {
		db.Close()
		return nil, err
	}
	return f, nil
}

func (f *File) check(ctx context.Context) error {
	var app, version, tables int
	names := "'" + strings.Join(f.kind.Tables, "', '") + "'"
	// Reading sqlite_schema as well makes SQLite hold the size of the file
	// against what the header says.
	err := f.QueryRowContext(ctx, `SELECT
		(SELECT application_id FROM pragma_application_id),
		(SELECT user_version FROM pragma_user_version),
		(SELECT count(*) FROM sqlite_schema WHERE name IN (`+names+`))`,
	).Scan(&app, &version, &tables)
	known := f.kind.Version
	switch {
	case err != nil:
		return f.Wrap(err)
	case app != f.kind.ApplicationID:
		return fmt.Errorf("%s is a database, but not %s of spaces: %w", f.Path, f.kind.Name, f.kind.Errors.Corrupt)
	case version > known:
		return fmt.Errorf("%s (version %d, this program knows %d): %w", f.Path, version, known, f.kind.Errors.Newer)
	case version < known:
		return fmt.Errorf("%s (version %d, this program has %d): %w", f.Path, version, known, f.kind.Errors.Older)
	case tables != len(f.kind.Tables):
		return fmt.Errorf("%s lacks tables: %w", f.Path, f.kind.Errors.Corrupt)
	}
	return nil
}

// DSN returns the data source name of a file with the settings that every
// connection has. In a file: URI the characters ?, # and % of a path are
// escaped, and a Windows path begins with a slash before its drive letter
// (sqlite.org/uri.html).
func DSN(path string, params ...string) string {
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
	if disk.Of(filepath.Dir(path)).Network {
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

// Wrap names the file in an error of SQLite and marks it as one of the kind's.
func (f *File) Wrap(err error) error {
	var kind error
	switch resultCode(err) {
	case 0:
		return err
	case sqlite3.SQLITE_FULL:
		kind = f.kind.Errors.Full
	case sqlite3.SQLITE_IOERR:
		var e *sqlite.Error
		if errors.As(err, &e) && (e.Code() == sqlite3.SQLITE_IOERR_SHMSIZE || e.Code() == sqlite3.SQLITE_IOERR_SHMMAP || e.Code() == sqlite3.SQLITE_IOERR_WRITE) {
			kind = f.kind.Errors.Full
		}
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		kind = f.kind.Errors.Corrupt
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		kind = f.kind.Errors.Locked
	}
	if kind == nil || errors.Is(err, kind) {
		return fmt.Errorf("%s: %w", f.Path, err)
	}
	return fmt.Errorf("%s: %w (%w)", f.Path, kind, err)
}
