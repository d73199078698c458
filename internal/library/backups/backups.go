// Package backups keeps in a library where backups of it lie, how new each of
// them is, and which still hold somebody who was forgotten since.
package backups

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/durable/ledger"
	"github.com/spaces-cli/spaces/internal/library/layout"
)

// Schema is the version of the entries.
const Schema = 1

// wait is how long writers wait for each other.
const wait = 30 * time.Second

// An Entry tells of one backup at one place, or that somebody was forgotten.
type Entry struct {
	Schema int       `json:"schema"`
	At     time.Time `json:"at"`
	Forgot bool      `json:"forgot,omitempty"` // then all but ID is empty

	Place  string `json:"place,omitempty"`  // the target's root: s3://bucket/prefix
	Target string `json:"target,omitempty"` // its name in the settings
	ID     string `json:"id,omitempty"`     // of the backup, or of the forgetting
	// Snapshot is the name of the latest that this library made, "" as long as
	// the first one is not complete. Sending is one that may be complete: its
	// run has not come to its end.
	Snapshot string `json:"snapshot,omitempty"`
	Sending  string `json:"sending,omitempty"`
	// TookOver is the latest of another copy of the library, until this one has
	// added its own.
	TookOver string `json:"took_over,omitempty"`
	Files    int    `json:"files,omitempty"`
	Bytes    int64  `json:"bytes,omitempty"`
	// State tells the library as it was from any other state of it.
	State string `json:"state,omitempty"`
	// Forgets counts the forgettings that the backup has followed: it holds
	// nothing any more that they took out of the library.
	Forgets int `json:"forgets,omitempty"`
}

// Where names the place for people: by its name in the settings if it has one.
func (e *Entry) Where() string { return cmp.Or(e.Target, e.Place) }

// A Record is all entries of a library, one for each backup at each place: disks
// that take turns lie at one place, and one disk can lie at several.
type Record []Entry

// Read reads the record of a library. Lines of newer versions are passed over.
func Read(root *os.Root) (Record, error) {
	var r Record
	_, err := ledger.New(root, layout.Backups, wait).Read(func(n int, line []byte) error {
		e, err := parse(n, line)
		if err == nil && e.Schema <= Schema {
			r = append(r, *e)
		}
		return err
	})
	return r, err
}

func parse(n int, line []byte) (*Entry, error) {
	e := new(Entry)
	if err := json.Unmarshal(line, e); err != nil {
		return nil, fmt.Errorf("%s, line %d: %w", layout.Backups, n, err)
	}
	return e, nil
}

// Of returns the entry of a backup at a place, or nil.
func (r Record) Of(place, id string) *Entry {
	for i := range r {
		if r[i].of(place, id) {
			return &r[i]
		}
	}
	return nil
}

func (e *Entry) of(place, id string) bool { return !e.Forgot && e.Place == place && e.ID == id }

// At returns the entries of all backups at a place.
func (r Record) At(place string) []Entry {
	var list []Entry
	for _, e := range r {
		if !e.Forgot && e.Place == place {
			list = append(list, e)
		}
	}
	return list
}

// Has reports whether a backup is of this library, wherever it lies now.
func (r Record) Has(id string) bool {
	return slices.ContainsFunc(r, func(e Entry) bool { return !e.Forgot && e.ID == id })
}

// Complete reports whether a backup of this library has been finished once.
func (r Record) Complete(id string) bool {
	return slices.ContainsFunc(r, func(e Entry) bool { return !e.Forgot && e.ID == id && e.Snapshot != "" })
}

// Made reports whether this library made a snapshot of a backup, or was made of it.
func (r Record) Made(id, snapshot string) bool {
	return slices.ContainsFunc(r, func(e Entry) bool {
		return !e.Forgot && e.ID == id && (e.Snapshot == snapshot || e.Sending == snapshot)
	})
}

// Without returns the record without the entry of a backup at a place.
func (r Record) Without(place, id string) Record {
	rest := Record{}
	for _, e := range r {
		if !e.of(place, id) {
			rest = append(rest, e)
		}
	}
	return rest
}

// Forgettings returns the IDs of the forgettings since the first backup, in their order.
func (r Record) Forgettings() []string {
	ids := []string{}
	for _, e := range r {
		if !e.Forgot {
			continue
		}
		// Earlier programs gave them none: copies of a library have the same.
		ids = append(ids, cmp.Or(e.ID, fmt.Sprintf("%s-%d", e.At.UTC().Format("20060102T150405Z"), len(ids))))
	}
	return ids
}

// Forgets counts how often somebody was forgotten since the first backup.
func (r Record) Forgets() int { return len(r.Forgettings()) }

// Holding returns the backups that hold somebody who was forgotten since.
func (r Record) Holding() []Entry {
	var list []Entry
	for _, e := range r {
		if !e.Forgot && e.Forgets < r.Forgets() {
			list = append(list, e)
		}
	}
	return list
}

// Earlier reports whether another backup was made at the place of this one since:
// this one is on another disk, if it still exists.
func (r Record) Earlier(e *Entry) bool {
	later := false
	for i := range r {
		if !r[i].Forgot && r[i].Place == e.Place {
			later = r[i].ID != e.ID
		}
	}
	return later
}

// Latest returns the entry of the latest complete backup, or nil. One that is dated
// after now counts only if there is no other: the clock was wrong then, or is now.
func (r Record) Latest(now time.Time) *Entry {
	var last *Entry
	for i := range r {
		e := &r[i]
		switch {
		case e.Snapshot == "":
		case last == nil, last.Ahead(now) && !e.Ahead(now), last.Ahead(now) == e.Ahead(now) && e.At.After(last.At):
			last = e
		}
	}
	return last
}

// Ahead reports whether an entry is dated in the future.
func (e *Entry) Ahead(now time.Time) bool {
	const slack = time.Minute // clocks are set by a little now and then
	return e.At.After(now.Add(slack))
}

// Note keeps the entry of a backup at a place, instead of the one before.
func Note(ctx context.Context, root *os.Root, e Entry) error {
	e.Schema = Schema
	return rewrite(ctx, root, func(lines [][]byte) ([][]byte, error) {
		var rest [][]byte
		for i, line := range lines {
			was, err := parse(i+1, line)
			if err != nil {
				return nil, err
			}
			if !was.of(e.Place, e.ID) {
				rest = append(rest, line)
			}
		}
		return add(rest, e)
	})
}

// Forgot keeps that somebody is being forgotten, unless no backup was ever
// made. It returns the backups that hold them.
func Forgot(ctx context.Context, root *os.Root, at time.Time) ([]Entry, error) {
	r, err := Read(root)
	if err != nil || len(r) == 0 {
		return nil, err
	}
	err = rewrite(ctx, root, func(lines [][]byte) ([][]byte, error) {
		return add(lines, Entry{Schema: Schema, At: at.UTC().Truncate(time.Second), Forgot: true, ID: strings.ToLower(rand.Text())})
	})
	if err != nil {
		return nil, err
	}
	if r, err = Read(root); err != nil {
		return nil, err
	}
	return r.Holding(), nil
}

// Restore writes a whole record into a library that has been restored.
func Restore(ctx context.Context, root *os.Root, r Record) error {
	return rewrite(ctx, root, func([][]byte) ([][]byte, error) {
		var lines [][]byte
		for _, e := range r {
			var err error
			if lines, err = add(lines, e); err != nil {
				return nil, err
			}
		}
		return lines, nil
	})
}

func add(lines [][]byte, e Entry) ([][]byte, error) {
	line, err := json.Marshal(e)
	return append(lines, line), err
}

func rewrite(ctx context.Context, root *os.Root, edit func(lines [][]byte) ([][]byte, error)) error {
	if err := root.MkdirAll(layout.Uploads, 0o755); err != nil {
		return err
	}
	return ledger.New(root, layout.Backups, wait).Rewrite(ctx, edit)
}
