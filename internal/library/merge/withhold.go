package merge

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"

	"github.com/spaces-cli/spaces/internal/library/erase"
	"github.com/spaces-cli/spaces/internal/library/forgotten"
	"github.com/spaces-cli/spaces/internal/library/space"
)

// A withholder keeps the names of people whom this library has forgotten out of
// what comes.
type withholder struct {
	list   *forgotten.List
	eraser *erase.Eraser
	// What the other library tells of the names of those people besides.
	handles, ids map[string]bool
}

func newWithholder(list *forgotten.List) *withholder {
	w := &withholder{list: list, handles: make(map[string]bool), ids: make(map[string]bool)}
	w.eraser = erase.Matching(
		func(handle string) bool { return w.handles[handle] || w.list.HasHandle(handle) },
		func(id string) bool { return w.ids[id] || w.list.HasID(id) })
	return w
}

// learn notes that an id and a handle are one person's: whoever was forgotten by
// one of them is not to come back by the other.
func (w *withholder) learn(id, handle string) {
	handle = strings.ToLower(strings.TrimPrefix(handle, "@"))
	if id == "" || handle == "" || w.list.Empty() {
		return
	}
	if _, ok := w.list.At(handle, id); ok {
		w.ids[id], w.handles[handle] = true, true
	}
}

// has reports whether somebody of that handle or id was forgotten.
func (w *withholder) has(handle, id string) bool {
	if w.list.Empty() {
		return false
	}
	handle = strings.ToLower(strings.TrimPrefix(handle, "@"))
	_, ok := w.list.At(handle, id)
	return ok || w.handles[handle] || w.ids[id]
}

// json returns JSON without their names, and whether there were any.
func (w *withholder) json(b []byte) (clean []byte, named bool) {
	if w.list.Empty() {
		return b, false
	}
	clean = w.eraser.JSON(b)
	return clean, !bytes.Equal(clean, b)
}

// names reports whether a text names them.
func (w *withholder) names(text string) bool { return !w.list.Empty() && w.eraser.Text(text) != text }

// space returns what is known of a Space without their names, and whether it had
// any.
func (w *withholder) space(s *space.Space) (*space.Space, bool, error) {
	if w.list.Empty() {
		return s, false, nil
	}
	b, err := space.Marshal(s)
	if err != nil {
		return nil, false, err
	}
	clean, named := w.json(b)
	if !named {
		return s, false, nil
	}
	c := new(space.Space)
	if err := json.Unmarshal(clean, c); err != nil {
		return nil, false, err
	}
	c.ID, c.Pieces, c.Earlier, c.FileSHA256 = s.ID, s.Pieces, s.Earlier, s.FileSHA256
	return c, true, nil
}

// forgotten takes in whom the other library has forgotten, and tells whom of them
// this library names: their withdrawal holds here from now on, but their names
// are for the host to take out.
func (m *merger) forgotten(ctx context.Context) error {
	theirs, err := forgotten.Load(m.other.Root())
	if err != nil {
		return err
	}
	ours, err := forgotten.Load(m.lib.Root())
	if err != nil {
		return err
	}
	m.names = newWithholder(ours)
	if theirs.Empty() {
		return nil
	}
	named, err := m.namedHere(theirs)
	if err != nil {
		return err
	}
	before := ours.Len()
	if ours.Merge(theirs, m.now) {
		m.sum.Forgotten = ours.Len() - before
		if !m.o.DryRun {
			if err := ours.Save(m.lib.Root()); err != nil {
				return err
			}
			if err := m.ledger.Reload(); err != nil {
				return err
			}
		}
	}
	for _, handle := range named {
		m.conflict(Conflict{Kind: OfForgotten, Kept: Here,
			Message: "@" + handle + " was forgotten in the other library and is named in this one: their withdrawal holds here now, and the name is still here"})
	}
	return nil
}

// namedHere lists the people whom this library names and another has forgotten.
func (m *merger) namedHere(theirs *forgotten.List) ([]string, error) {
	var list []string
	seen := make(map[string]bool)
	add := func(handle, id string) {
		key := strings.ToLower(handle)
		if handle == "" || seen[key] || handle == erase.Handle {
			return
		}
		seen[key] = true
		if _, ok := theirs.At(handle, id); ok {
			list = append(list, handle)
		}
	}
	err := m.lib.Spaces(func(_ string, s *space.Space, err error) error {
		if err != nil {
			return nil // verify tells
		}
		for _, p := range people(s) {
			add(p.Handle, p.ID)
		}
		return nil
	})
	for _, e := range m.ledger.Entries() {
		add(e.Handle, e.ID)
	}
	return list, err
}

// people are those whom the facts of a Space name.
func people(s *space.Space) []space.Person {
	var list []space.Person
	for _, p := range []*space.Person{s.Host, s.Account} {
		if p != nil {
			list = append(list, *p)
		}
	}
	for _, p := range s.Speakers {
		list = append(list, space.Person{ID: p.ID, Handle: p.Handle})
	}
	return list
}

// withheld counts something that stays in the other library because it names
// somebody who was forgotten here.
func (m *merger) withheld(kind ConflictKind, id, what, where string) {
	m.sum.Withheld++
	m.conflict(Conflict{Kind: kind, Recording: id, Kept: Here, Other: where,
		Message: what + " was not taken: it names somebody who was forgotten"})
}
