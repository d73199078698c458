package forgotten

import (
	"bytes"
	"os"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/library/layout"
)

func TestList(t *testing.T) {
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	l, err := Load(root)
	if err != nil || !l.Empty() || l.HasHandle("ann") {
		t.Fatalf("an empty library: %v, %v", l, err)
	}
	at := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	l.Add(at, "@Ann", "555000111")
	l.Add(at, "forgotten", "0")
	if err := l.Save(root); err != nil {
		t.Fatal(err)
	}
	b, err := root.ReadFile(layout.Forgotten)
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"ann", "555000111"} {
		if bytes.Contains(bytes.ToLower(b), []byte(word)) {
			t.Errorf("the file says %s", word)
		}
	}
	if l, err = Load(root); err != nil {
		t.Fatal(err)
	}
	if when, ok := l.At("ANN", ""); !ok || !when.Equal(at) {
		t.Errorf("Ann: %v, %v", when, ok)
	}
	if !l.HasHandle("ann") || !l.HasID("555000111") || l.HasHandle("anna") || l.HasID("0") || l.HasHandle("forgotten") || l.HasHandle("555000111") {
		t.Error("the wrong people were forgotten")
	}
	l.Add(at, "ann", "777888999") // again, with another id
	if !l.HasID("555000111") || !l.HasID("777888999") || l.Len() != 1 {
		t.Errorf("%d people", l.Len())
	}
	if !l.Lift("", "777888999") || l.HasHandle("ann") || l.Lift("ann", "") {
		t.Error("Ann does not come back")
	}

	// A list that cannot be read is no empty one.
	for _, text := range []string{"", "{", `{"schema":1,"people":[]}`, `{"schema":99,"key":"AAAA"}`} {
		if err := root.WriteFile(layout.Forgotten, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(root); err == nil {
			t.Errorf("%q is read", text)
		}
	}
}

// Whom one library has forgotten is forgotten in the one that it is merged into,
// though nobody can tell their names or compute the hashes of the other key.
func TestMerge(t *testing.T) {
	at, now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC), time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	ours, theirs := new(List), new(List)
	ours.Add(at, "ann", "555000111")
	theirs.Add(at, "bob", "777888999")
	if !ours.Merge(theirs, now) || ours.Merge(theirs, now) {
		t.Error("the first merge changes the list, the second does not")
	}
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if err := ours.Save(root); err != nil {
		t.Fatal(err)
	}
	if ours, err = Load(root); err != nil {
		t.Fatal(err)
	}
	if !ours.HasHandle("ann") || !ours.HasHandle("Bob") || !ours.HasID("777888999") || ours.HasHandle("carol") {
		t.Error("the wrong people are forgotten after a merge")
	}
	if when, _ := ours.At("bob", ""); !when.Equal(now) {
		t.Errorf("Bob was forgotten at %v: a yes from before the merge would hold", when)
	}
	// One key in two libraries, of which one is a copy of the other.
	theirs.Add(at, "carol")
	if !ours.Merge(theirs, now) || !ours.HasHandle("carol") || ours.Len() != 3 {
		t.Errorf("%d people after the copy had one more", ours.Len())
	}
	if !ours.Lift("bob", "") || ours.HasID("777888999") {
		t.Error("Bob does not come back when he agrees")
	}
	b, err := root.ReadFile(layout.Forgotten)
	if err != nil || !bytes.Contains(b, []byte(`"schema": 2`)) {
		t.Errorf("programs that know of one key only would read %s (%v)", b, err)
	}
}
