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

// Schema is the version of the file, and mergedSchema that of one with the lists
// of other libraries: programs that do not know of these would take those people
// for others, so they refuse the file instead.
const (
	Schema       = 1
	mergedSchema = 2
)

// A List is those who were forgotten. The zero value is an empty one.
type List struct {
	keys []*keyed // the library's own, then those of merged libraries
}

type content struct {
	Schema int      `json:"schema"`
	About  string   `json:"about"`
	Key    string   `json:"key"` // of HMAC-SHA-256, hexadecimal
	People []person `json:"people"`
	// Merged are the lists of libraries that were merged into this one. Each has
	// a key of its own, and nobody can compute the hashes of one from those of
	// another: so they stand side by side.
	Merged []merged `json:"merged,omitempty"`
}

type merged struct {
	Key    string   `json:"key"`
	People []person `json:"people"`
}

// keyed is the people whose hashes have one key.
type keyed struct {
	text    string // of the key
	key     []byte
	people  []person
	handles map[string]int // position in people by hash
	ids     map[string]int
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
	var c content
	b, err := root.ReadFile(layout.Forgotten)
	if errors.Is(err, fs.ErrNotExist) {
		return l, nil
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(b, &c); err != nil {
		return nil, fmt.Errorf("%s: %w", layout.Forgotten, err)
	}
	if c.Schema > mergedSchema {
		return nil, fmt.Errorf("%s was written by a newer version of spaces", layout.Forgotten)
	}
	for _, m := range append([]merged{{c.Key, c.People}}, c.Merged...) {
		k := &keyed{text: m.Key, people: m.People}
		if k.key, err = hex.DecodeString(m.Key); err != nil || len(k.key) < sha256.Size {
			return nil, fmt.Errorf("%s: the key is missing or damaged", layout.Forgotten)
		}
		k.index()
		l.keys = append(l.keys, k)
	}
	return l, nil
}

func (k *keyed) index() {
	k.handles, k.ids = make(map[string]int), make(map[string]int)
	for i, p := range k.people {
		k.handles[p.Handle] = i
		for _, id := range p.IDs {
			k.ids[id] = i
		}
	}
}

// Empty reports whether nobody was forgotten.
func (l *List) Empty() bool { return l.Len() == 0 }

// Len is how many people were forgotten; one whom two libraries have forgotten
// counts twice.
func (l *List) Len() (n int) {
	for _, k := range l.keys {
		n += len(k.people)
	}
	return n
}

// plain is the form of a handle by which people are told apart.
func plain(handle string) string {
	return strings.ToLower(strings.TrimPrefix(strings.TrimSpace(handle), "@"))
}

// hash is the keyed hash of a handle or of an id; kind tells them apart.
func (k *keyed) hash(kind, text string) string {
	h := hmac.New(sha256.New, k.key)
	h.Write([]byte(kind + ":" + text))
	return hex.EncodeToString(h.Sum(nil))
}

// HasHandle reports whether the person of that handle was forgotten.
func (l *List) HasHandle(handle string) bool {
	_, ok := l.At(handle, "")
	return ok
}

// HasID reports whether the person of that id was forgotten.
func (l *List) HasID(id string) bool {
	_, ok := l.At("", id)
	return ok
}

// At returns when a person of that handle or id was last forgotten, and whether
// they were.
func (l *List) At(handle, id string) (at time.Time, ok bool) {
	for _, k := range l.keys {
		if i, found := k.find(handle, id); found {
			if ok = true; k.people[i].At.After(at) {
				at = k.people[i].At
			}
		}
	}
	return at, ok
}

func (k *keyed) find(handle, id string) (i int, ok bool) {
	if len(k.people) == 0 {
		return 0, false
	}
	if handle = plain(handle); handle != "" {
		i, ok = k.handles[k.hash("handle", handle)]
	}
	if !ok && id != "" {
		i, ok = k.ids[k.hash("id", id)]
	}
	return i, ok
}

// own is the part of the list with the library's own key.
func (l *List) own() *keyed {
	if len(l.keys) == 0 {
		k := &keyed{key: make([]byte, sha256.Size)}
		rand.Read(k.key)
		k.text = hex.EncodeToString(k.key)
		k.index()
		l.keys = append(l.keys, k)
	}
	return l.keys[0]
}

// Add takes a person into the list. What stands in the place of names is nobody.
func (l *List) Add(at time.Time, handle string, ids ...string) {
	if handle = plain(handle); handle == "" || handle == erase.Handle {
		return
	}
	k := l.own()
	p := person{At: at.UTC(), Handle: k.hash("handle", handle), IDs: []string{}}
	for _, id := range ids {
		if h := k.hash("id", id); id != erase.ID && !slices.Contains(p.IDs, h) {
			p.IDs = append(p.IDs, h)
		}
	}
	k.add(p)
}

// add takes a person into the list, or renews what it has of them. It reports
// whether it knew less of them.
func (k *keyed) add(p person) bool {
	i, known := k.handles[p.Handle]
	if !known {
		k.people = append(k.people, p)
		k.index()
		return true
	}
	was := k.people[i].IDs
	ids := slices.Clone(was)
	for _, id := range p.IDs {
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	k.people[i] = person{At: p.At, Handle: p.Handle, IDs: ids}
	k.index()
	return len(ids) > len(was)
}

// Merge takes in those whom another library has forgotten, as of now: a yes that
// this library has of them is older. It reports whether that changed anything.
func (l *List) Merge(other *List, now time.Time) bool {
	changed := false
	for _, theirs := range other.keys {
		if len(theirs.people) == 0 {
			continue
		}
		i := slices.IndexFunc(l.keys, func(k *keyed) bool { return k.text == theirs.text })
		if i < 0 {
			i = len(l.keys)
			k := &keyed{text: theirs.text, key: theirs.key}
			k.index()
			l.keys = append(l.keys, k)
		}
		for _, p := range theirs.people {
			known, ok := l.keys[i].handles[p.Handle]
			if ok && !slices.ContainsFunc(p.IDs, func(id string) bool { return !slices.Contains(l.keys[i].people[known].IDs, id) }) {
				continue
			}
			l.keys[i].add(person{At: now.UTC(), Handle: p.Handle, IDs: p.IDs})
			changed = true
		}
	}
	return changed
}

// Lift takes the person of that handle or id out of the list again, and reports
// whether they were in it.
func (l *List) Lift(handle, id string) bool {
	lifted := false
	for _, k := range l.keys {
		if i, ok := k.find(handle, id); ok {
			k.people = slices.Delete(k.people, i, i+1)
			k.index()
			lifted = true
		}
	}
	return lifted
}

// Save writes the list. It is on the medium when Save returns.
func (l *List) Save(root *os.Root) error {
	l.own()
	c := content{Schema: Schema, Key: l.keys[0].text, People: l.keys[0].people,
		About: "People who asked to be forgotten, as HMAC-SHA-256 of their handles and ids: so that their withdrawal outlives their names. Keep this file with the library."}
	for _, k := range l.keys[1:] {
		c.Schema = mergedSchema
		c.Merged = append(c.Merged, merged{k.text, k.people})
	}
	b, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	if err := root.MkdirAll(path.Dir(layout.Forgotten), 0o755); err != nil {
		return err
	}
	return durable.WriteFile(root, layout.Forgotten, append(b, '\n'))
}
