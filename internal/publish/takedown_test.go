package publish

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/library/layout"
)

// takeDown takes down what receipts of the target say, and returns what became
// of each.
func takeDown(t *testing.T, s *Sender) (list []string, errs map[string]error) {
	t.Helper()
	standing, err := Standing(s.Library)
	if err != nil {
		t.Fatal(err)
	}
	errs = make(map[string]error)
	err = s.TakeDown(t.Context(), standing, func(r *Receipt, became Removal, err error) {
		list = append(list, r.Object+" "+string(became))
		errs[r.Object] = err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list, errs
}

// Only what is still what was sent is taken down; the rest is named and left.
func TestTakeDown(t *testing.T) {
	for _, hash := range []bool{false, true} {
		m := newMemory()
		m.hash = hash
		s, _ := sender(t, m)
		send(t, s, item("a", "one"), item("gone", "one"), item("longer", "one"), item("other", "one"), item("touched", "one"))
		m.set("not ours", []byte("one"))
		delete(m.objects, "gone")
		m.set("longer", []byte("longer"))
		m.set("other", []byte("eno"))
		m.sums["other"] = strings.Repeat("0", 64)
		m.set("touched", []byte("one"))
		got, errs := takeDown(t, s)
		want(t, "first", got, "a removed", "gone gone", "longer left", "other left", "touched removed")
		for _, name := range []string{"longer", "other"} {
			if !errors.Is(errs[name], ErrDiffers) {
				t.Errorf("%s: error %v", name, errs[name])
			}
		}
		var there []string
		for name := range m.objects {
			there = append(there, name)
		}
		slices.Sort(there)
		want(t, "there", there, "longer", "not ours", "other")
		got, _ = takeDown(t, s)
		want(t, "again", got, "longer left", "other left")

		// What was taken down can be sent again, and taken down again.
		want(t, "sent again", send(t, s, item("a", "one")), "a sent")
		got, _ = takeDown(t, s)
		want(t, "third", got, "a removed", "longer left", "other left")
	}
}

// A run that was killed between removing and telling is finished by the next.
func TestTakeDownKilled(t *testing.T) {
	m := newMemory()
	s, _ := sender(t, m)
	send(t, s, item("a", "one"), item("b", "two"))
	before, err := os.ReadFile(filepath.Join(s.Library.Name(), layout.Receipts))
	if err != nil {
		t.Fatal(err)
	}
	got, _ := takeDown(t, s)
	want(t, "first", got, "a removed", "b removed")
	if err := os.WriteFile(filepath.Join(s.Library.Name(), layout.Receipts), before, 0o644); err != nil {
		t.Fatal(err)
	}
	got, _ = takeDown(t, s)
	want(t, "after the kill", got, "a gone", "b gone")
	if list, err := Standing(s.Library); err != nil || len(list) != 0 {
		t.Errorf("standing: %v, %v", list, err)
	}
}

// A server that says yes and removes nothing is found out.
func TestTakeDownIsChecked(t *testing.T) {
	m := newMemory()
	s, _ := sender(t, &stubborn{m})
	send(t, s, item("a", "one"))
	got, errs := takeDown(t, s)
	want(t, "stubborn", got, "a failed")
	if !errors.Is(errs["a"], ErrMismatch) {
		t.Errorf("error %v", errs["a"])
	}
	if list, err := Standing(s.Library); err != nil || len(list) != 1 {
		t.Errorf("standing: %v, %v", list, err)
	}
}

// A program that knows nothing of removals must not take one for an arrival: it
// passes over lines of a newer schema.
func TestRemovalsHaveTheirOwnSchema(t *testing.T) {
	m := newMemory()
	s, _ := sender(t, m)
	send(t, s, item("a", "one"))
	takeDown(t, s)
	var list []*Receipt
	if err := History(s.Library, func(r *Receipt) error { list = append(list, r); return nil }); err != nil {
		t.Fatal(err)
	}
	if len(list) != 2 || list[0].Schema != 1 || list[0].Removed || list[1].Schema != 2 || !list[1].Removed || list[1].Sent {
		t.Errorf("history %+v %+v", list[0], list[len(list)-1])
	}
}
