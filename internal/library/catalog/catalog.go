// Package catalog is the SQLite index of a library: one row a recording,
// full-text search over titles, people, hashtags and notes, and the imported
// archives. It holds nothing that the folders do not hold, so it can be
// deleted and built again at any time; the file says itself when it has to be
// (Dirty, ErrCorrupt, ErrOlder).
package catalog

import (
	"context"
	"database/sql"
	"errors"

	"github.com/spaces-cli/spaces/internal/library/database"
)

// A Mode says what a catalogue is opened for.
type Mode = database.Mode

// See package database.
const (
	ReadOnly  = database.ReadOnly
	ReadWrite = database.ReadWrite
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
	file *database.File
}

// kind is what the file of a catalogue must be.
func kind() *database.Kind {
	return &database.Kind{
		Name: "a catalogue", ApplicationID: applicationID, Version: Version, Schema: schema(),
		// A row is some 400 bytes and a document 1,200: larger pages than the
		// usual 4096 bytes mean fewer reads.
		PageSize: 8192,
		Tables:   []string{"recording", "document", "term", "words", "archive", "flag"},
		Errors:   database.Errors{NotExist: ErrNotExist, Corrupt: ErrCorrupt, Older: ErrOlder, Newer: ErrNewer, Full: ErrFull},
	}
}

// Open opens the catalogue at path. Its errors wrap ErrNotExist, ErrCorrupt,
// ErrOlder or ErrNewer, or are those of the file system and of SQLite. A
// catalogue that Open creates is empty and dirty.
func Open(ctx context.Context, path string, mode Mode) (*Catalog, error) {
	return of(database.Open(ctx, path, kind(), mode))
}

// OpenMemory returns an empty catalogue in memory, for a library that has none
// and cannot get one: on a full disk, on read-only media. The caller fills it.
func OpenMemory(ctx context.Context) (*Catalog, error) {
	return of(database.Memory(ctx, "the catalogue in memory", kind()))
}

func of(f *database.File, err error) (*Catalog, error) {
	if err != nil {
		return nil, err
	}
	return &Catalog{f.DB, f.Path, f}, nil
}

// Remove deletes the catalogue at path with the files that SQLite keeps
// beside it. It is no error when there is none.
func Remove(path string) error { return database.Remove(path) }

// Close closes the catalogue.
func (c *Catalog) Close() error { return c.db.Close() }

// wrap names the file in an error of SQLite and marks damage as ErrCorrupt.
func (c *Catalog) wrap(err error) error { return c.file.Wrap(err) }
