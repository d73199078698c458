// Package backups keeps in a library where backups of it lie, how new each of
// them is, and which still hold somebody who was forgotten since.
package backups

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/spaces-cli/spaces/internal/durable/ledger"
	"github.com/spaces-cli/spaces/internal/library/layout"
)

// Schema is the version of the entries.
const Schema = 1

// wait is how long writers wait for each other.
const wait = 30 * time.Second

// An Entry tells of the backup at one place, or that somebody was forgotten.
type Entry struct {
	Schema int       `json:"schema"`
	At     time.Time `json:"at"`
	Forgot bool      `json:"forgot,omitempty"` // then the rest is empty

	Place  string `json:"place,omitempty"`  // the target's root: s3://bucket/prefix
	Target string `json:"target,omitempty"` // its name in the settings
	ID     string `json:"id,omitempty"`     // of the backup
	// Snapshot is the name of the latest, "" as long as the first one is not
	// complete.
	Snapshot string `json:"snapshot,omitempty"`
	Files    int    `json:"files,omitempty"`
	Bytes    int64  `json:"bytes,omitempty"`
	// Forgets counts the forgettings that the backup has followed: the place
	// holds nothing any more that they took out of the library.
	Forgets int `json:"forgets,omitempty"`
}

// Where names the place for people: by its name in the settings if it has one.
func (e *Entry) Where() string { return cmp.Or(e.Target, e.Place) }

// A Record is all entries of a library, one for each place.
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

// Of returns the entry of a place, or nil.
func (r Record) Of(place string) *Entry {
	for i := range r {
		if !r[i].Forgot && r[i].Place == place {
			return &r[i]
		}
	}
	return nil
}

// Without returns the record without the entry of a place.
func (r Record) Without(place string) Record {
	rest := Record{}
	for _, e := range r {
		if e.Forgot || e.Place != place {
			rest = append(rest, e)
		}
	}
	return rest
}

// Forgets counts how often somebody was forgotten since the first backup.
func (r Record) Forgets() int {
	n := 0
	for _, e := range r {
		if e.Forgot {
			n++
		}
	}
	return n
}

// Holding returns the places that hold somebody who was forgotten since.
func (r Record) Holding() []Entry {
	var list []Entry
	for _, e := range r {
		if !e.Forgot && e.Forgets < r.Forgets() {
			list = append(list, e)
		}
	}
	return list
}

// Latest returns the entry of the latest complete backup, or nil.
func (r Record) Latest() *Entry {
	var last *Entry
	for i := range r {
		if r[i].Snapshot != "" && (last == nil || r[i].At.After(last.At)) {
			last = &r[i]
		}
	}
	return last
}

// Note keeps the entry of a place, instead of the one before.
func Note(ctx context.Context, root *os.Root, e Entry) error {
	e.Schema = Schema
	return rewrite(ctx, root, func(lines [][]byte) ([][]byte, error) {
		var rest [][]byte
		for i, line := range lines {
			was, err := parse(i+1, line)
			if err != nil {
				return nil, err
			}
			if was.Forgot || was.Place != e.Place {
				rest = append(rest, line)
			}
		}
		return add(rest, e)
	})
}

// Forgot keeps that somebody is being forgotten, unless no backup was ever
// made. It returns the places that hold them.
func Forgot(ctx context.Context, root *os.Root, at time.Time) ([]Entry, error) {
	r, err := Read(root)
	if err != nil || len(r) == 0 {
		return nil, err
	}
	err = rewrite(ctx, root, func(lines [][]byte) ([][]byte, error) {
		return add(lines, Entry{Schema: Schema, At: at.UTC().Truncate(time.Second), Forgot: true})
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
