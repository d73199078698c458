// Package words is the SQLite index of what was said: full-text search over
// the utterances of all transcripts. It knows nothing of the files of
// transcripts; it is given utterances, and holds nothing that those files do
// not hold, so it can be deleted and built again at any time.
package words

import (
	"context"
	"errors"
	"fmt"

	"github.com/spaces-cli/spaces/internal/library/database"
)

// A Mode says what an index is opened for.
type Mode = database.Mode

// See package database.
const (
	ReadOnly  = database.ReadOnly
	ReadWrite = database.ReadWrite
)

var (
	// ErrNotExist means that there is no index file.
	ErrNotExist = errors.New("the library has no transcript index")
	// ErrCorrupt means that the file is not an index or is damaged. It can be
	// removed and built again.
	ErrCorrupt = errors.New("the transcript index is damaged")
	// ErrOlder means that an older program made the index. It can be removed
	// and built again.
	ErrOlder = errors.New("the transcript index was made by an older version of spaces")
	// ErrNewer means that a newer program made the index. It must be left
	// alone.
	ErrNewer = errors.New("the transcript index was made by a newer version of spaces")
	// ErrFull means that there is no room to change the index.
	ErrFull = errors.New("no space left for the transcript index")
	// ErrLocked means that another program keeps the index locked.
	ErrLocked = errors.New("another program has locked the transcript index")
	// ErrQuery means that a query has more words than anybody says at once.
	ErrQuery = errors.New("too many words to search for")
	// ErrLong means that a transcript has more utterances than the index can
	// number.
	ErrLong = errors.New("too many utterances")
)

// An Index is an open index. It is safe for use by several goroutines.
type Index struct {
	file *database.File
}

// kind is what the file of an index must be.
func kind() *database.Kind {
	return &database.Kind{
		Name: "a transcript index", ApplicationID: applicationID, Version: Version, Schema: schema(), PageSize: pageSize,
		Tables: []string{"transcript", "speaker", "utterance", "word", "flag"},
		Errors: database.Errors{NotExist: ErrNotExist, Corrupt: ErrCorrupt, Older: ErrOlder, Newer: ErrNewer, Full: ErrFull, Locked: ErrLocked},
	}
}

// Open opens the index at path. Its errors wrap ErrNotExist, ErrCorrupt,
// ErrOlder, ErrNewer, ErrFull or ErrLocked, or are those of the file system and
// of SQLite. An index that Open creates is empty and dirty.
func Open(ctx context.Context, path string, mode Mode) (*Index, error) {
	f, err := database.Open(ctx, path, kind(), mode)
	if err != nil {
		return nil, err
	}
	return &Index{f}, nil
}

// Remove deletes the index at path with the files that SQLite keeps beside it.
// It is no error when there is none.
func Remove(path string) error { return database.Remove(path) }

// Discard is Remove, and deletes also what a killed Build has left.
func Discard(path string) error { return errors.Join(Remove(path), Remove(database.Draft(path))) }

// Close closes the index.
func (x *Index) Close() error { return x.file.Close() }

// Check reads the whole file. What is wrong with it wraps ErrCorrupt.
func (x *Index) Check(ctx context.Context) error {
	var said string
	if err := x.file.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&said); err != nil {
		return x.file.Wrap(err)
	}
	if said != "ok" {
		return fmt.Errorf("%s: %w: %s", x.file.Path, ErrCorrupt, said)
	}
	return nil
}

// Dirty reports whether a writer has begun to change transcripts and not said
// that the index agrees with them again.
func (x *Index) Dirty(ctx context.Context) (bool, error) {
	var dirty bool
	err := x.file.QueryRowContext(ctx, "SELECT value FROM flag WHERE name = 'dirty'").Scan(&dirty)
	return dirty, x.file.Wrap(err)
}

// SetDirty keeps the flag in the file. It is on disk when SetDirty returns.
func (x *Index) SetDirty(ctx context.Context, dirty bool) error {
	_, err := x.file.ExecContext(ctx, "INSERT OR REPLACE INTO flag VALUES ('dirty', ?)", dirty)
	return x.file.Wrap(err)
}

// Generation returns the number that the library had when the index was built.
// An index with another number than its library belongs to an earlier state of
// it.
func (x *Index) Generation(ctx context.Context) (int64, error) {
	var n int64
	err := x.file.QueryRowContext(ctx, "SELECT coalesce((SELECT value FROM flag WHERE name = 'generation'), 0)").Scan(&n)
	return n, x.file.Wrap(err)
}

// Stamps returns the stamp of each transcript in the index by the id of its
// Space: whoever compares them with the transcripts that there are needs to put
// only those that differ.
func (x *Index) Stamps(ctx context.Context) (map[string]string, error) {
	rows, err := x.file.QueryContext(ctx, "SELECT id, stamp FROM transcript")
	if err != nil {
		return nil, x.file.Wrap(err)
	}
	defer rows.Close()
	stamps := make(map[string]string)
	for rows.Next() {
		var id, stamp string
		if err := rows.Scan(&id, &stamp); err != nil {
			return nil, x.file.Wrap(err)
		}
		stamps[id] = stamp
	}
	return stamps, x.file.Wrap(rows.Err())
}
