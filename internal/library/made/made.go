// Package made keeps what the program made of a library's recordings and wrote
// somewhere else: the SHA-256 of each file and how it was made. A file has no
// record beside it there, and its tags cannot say all that would make it again.
//
// Entries hold no names: neither titles nor people, nor names of files.
package made

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/spaces-cli/spaces/internal/durable/ledger"
	"github.com/spaces-cli/spaces/internal/library/layout"
)

// Schema is the version of the entries.
const Schema = 1

// wait is how long writers wait for each other.
const wait = 30 * time.Second

// The words for what was made. They appear on disk.
const (
	Clip    = "clip"
	Episode = "episode"
)

// An Entry is one file.
type Entry struct {
	Schema int    `json:"schema"`
	Kind   string `json:"kind"`
	SHA256 string `json:"sha256"`
	// Record is what would stand beside the file in the library, without names.
	Record json.RawMessage `json:"record"`
}

// Add keeps an entry in the library in dir. If one with its SHA-256 may be
// there already, look says so: then it is only added where it is not.
func Add(ctx context.Context, dir, kind, sha256 string, record any, look bool) error {
	b, err := json.Marshal(record)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	if look {
		there := false
		if err := Entries(root, func(e *Entry) bool { there = e.SHA256 == sha256; return !there }); err != nil || there {
			return err
		}
	}
	if err := root.Mkdir(layout.Made, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	_, err = ledger.New(root, layout.MadeLedger, wait).Append(ctx, Entry{Schema, kind, sha256, b})
	return err
}

// errEnough ends the reading of entries.
var errEnough = errors.New("enough")

// Entries calls visit with the entries of a library, oldest first, until it
// returns false. Those of newer versions are passed over.
func Entries(root *os.Root, visit func(*Entry) bool) error {
	_, err := ledger.New(root, layout.MadeLedger, 0).Read(func(n int, line []byte) error {
		var e Entry
		if err := json.Unmarshal(line, &e); err != nil {
			return fmt.Errorf("%s, line %d: %w", layout.MadeLedger, n, err)
		}
		if e.Schema <= Schema && !visit(&e) {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return err
}
