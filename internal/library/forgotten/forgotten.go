// Package forgotten remembers whom a host has forgotten, without their names: a
// keyed hash of each handle and id. So a person whose answers were taken out of
// the library is known again when an archive brings them back, and stays one who
// has withdrawn.
package forgotten

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/library/erase"
	"github.com/spaces-cli/spaces/internal/library/layout"
)

// Schema is the version of the file.
const Schema = 1

// A List is those who were forgotten. The zero value is an empty one.
type List struct {
	content content
	key     []byte
	handles map[string]int // position in content.People by hash
	ids     map[string]int
}

type content struct {
	Schema int      `json:"schema"`
	About  string   `json:"about"`
	Key    string   `json:"key"` // of HMAC-SHA-256, hexadecimal
	People []person `json:"people"`
}

// A person is the hashes of one who was forgotten.
type person struct {
	At     time.Time `json:"at"`
	Handle string    `json:"handle_hmac"`
	IDs    []string  `json:"id_hmacs"`
}

// Load reads the list of a library. There need not be one.
func Load(root *os.Root) (*List, error) {
	l := new(List)
	b, err := root.ReadFile(layout.Forgotten)
	if errors.Is(err, fs.ErrNotExist) {
		return l, nil
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(b, &l.content); err != nil {
		return nil, fmt.Errorf("%s: %w", layout.Forgotten, err)
	}
	if l.content.Schema > Schema {
		return nil, fmt.Errorf("%s was written by a newer version of spaces", layout.Forgotten)
	}
	if l.key, err = hex.DecodeString(l.content.Key); err != nil || len(l.key) < sha256.Size {
		return nil, fmt.Errorf("%s: the key is missing or damaged", layout.Forgotten)
	}
	l.index()
	return l, nil
}

func (l *List) index() {
	l.handles, l.ids = make(map[string]int), make(map[string]int)
	for i, p := range l.content.People {
		l.handles[p.Handle] = i
		for _, id := range p.IDs {
			l.ids[id] = i
		}
	}
}

// Empty reports whether nobody was forgotten.
func (l *List) Empty() bool { return len(l.content.People) == 0 }

// plain is the form of a handle by which people are told apart.
func plain(handle string) string {
	return strings.ToLower(strings.TrimPrefix(strings.TrimSpace(handle), "@"))
}

// hash is the keyed hash of a handle or of an id; kind tells them apart.
func (l *List) hash(kind, text string) string {
	h := hmac.New(sha256.New, l.key)
	h.Write([]byte(kind + ":" + text))
	return hex.EncodeToString(h.Sum(nil))
}

// HasHandle reports whether the person of that handle was forgotten.
func (l *List) HasHandle(handle string) bool {
	_, ok := l.find(handle, "")
	return ok
}

// HasID reports whether the person of that id was forgotten.
func (l *List) HasID(id string) bool {
	_, ok := l.find("", id)
	return ok
}

// At returns when a person of that handle or id was forgotten, and whether they
// were.
func (l *List) At(handle, id string) (time.Time, bool) {
	i, ok := l.find(handle, id)
	if !ok {
		return time.Time{}, false
	}
	return l.content.People[i].At, true
}

func (l *List) find(handle, id string) (i int, ok bool) {
	if l.Empty() {
		return 0, false
	}
	if handle = plain(handle); handle != "" {
		i, ok = l.handles[l.hash("handle", handle)]
	}
	if !ok && id != "" {
		i, ok = l.ids[l.hash("id", id)]
	}
	return i, ok
}

// Add takes a person into the list. What stands in the place of names is nobody.
func (l *List) Add(at time.Time, handle string, ids ...string) {
	if handle = plain(handle); handle == "" || handle == erase.Handle {
		return
	}
	if l.key == nil {
		l.key = make([]byte, sha256.Size)
		rand.Read(l.key)
		l.content.Key = hex.EncodeToString(l.key)
	}
	p := person{At: at.UTC(), Handle: l.hash("handle", handle), IDs: []string{}}
	i, known := l.find(handle, "")
	if known {
		p.IDs = l.content.People[i].IDs
	}
	for _, id := range ids {
		if h := l.hash("id", id); id != erase.ID && !slices.Contains(p.IDs, h) {
			p.IDs = append(p.IDs, h)
		}
	}
	if known {
		l.content.People[i] = p
	} else {
		l.content.People = append(l.content.People, p)
	}
	l.index()
}

// Lift takes the person of that handle or id out of the list again, and reports
// whether they were in it.
func (l *List) Lift(handle, id string) bool {
	i, ok := l.find(handle, id)
	if ok {
		l.content.People = slices.Delete(l.content.People, i, i+1)
		l.index()
	}
	return ok
}

// Save writes the list. It is on the medium when Save returns.
func (l *List) Save(root *os.Root) error {
	l.content.Schema = Schema
	l.content.About = "People who asked to be forgotten, as HMAC-SHA-256 of their handles and ids: so that their withdrawal outlives their names. Keep this file with the library."
	b, err := json.MarshalIndent(l.content, "", "  ")
	if err != nil {
		return err
	}
	if err := root.MkdirAll(path.Dir(layout.Forgotten), 0o755); err != nil {
		return err
	}
	return durable.WriteFile(root, layout.Forgotten, append(b, '\n'))
}
