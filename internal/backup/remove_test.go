package backup

import (
	"os"
	"strings"
	"testing"
)

// An object goes only when every snapshot that stays says that it needs it not.
func TestRemoveUnreadable(t *testing.T) {
	p := newPlace(t)
	p.write("first.txt", "in the first alone", 0o644)
	p.create(CreateOptions{})
	if err := os.Remove(p.path("lib/first.txt")); err != nil {
		t.Fatal(err)
	}
	p.write("second.txt", "in the second alone", 0o644)
	p.create(CreateOptions{})
	if err := os.Remove(p.path("lib/second.txt")); err != nil {
		t.Fatal(err)
	}
	var second string
	for _, name := range p.there("manifests") {
		if strings.Contains(name, "Z-2-") {
			second = p.path("there/manifests/" + name)
		}
	}
	if err := os.Rename(second, p.path("away")); err != nil {
		t.Fatal(err)
	}
	before := len(p.there("objects"))
	if r := p.create(CreateOptions{Keep: 2}); len(r.Unreadable) != 1 || r.Removed != 0 || len(p.there("objects")) != before {
		t.Errorf("%d of %d objects stay: %+v", len(p.there("objects")), before, r)
	}
	if err := os.Rename(p.path("away"), second); err != nil {
		t.Fatal(err)
	}
	if r := p.create(CreateOptions{}); r.Removed != 1 || len(r.Unreadable) != 0 {
		t.Errorf("readable again: %+v", r)
	}
	if c, wrong := p.check(true); len(wrong) > 0 || c.Unfinished || len(c.Snapshots) != 2 {
		t.Errorf("%v in %+v", wrong, c)
	}
}

// A damaged snapshot that is to go does not stop the runs after it.
func TestRemoveDamaged(t *testing.T) {
	p := newPlace(t)
	p.create(CreateOptions{})
	if err := os.WriteFile(p.path("there/manifests/"+p.there("manifests")[0]), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	p.write("show.json", "{\"title\":1}", 0o644)
	if r := p.create(CreateOptions{Keep: 1}); len(r.Damaged) != 1 || len(r.Dropped) != 1 {
		t.Errorf("%+v", r)
	}
	if r := p.create(CreateOptions{}); len(r.Damaged) != 0 || !r.Same {
		t.Errorf("the next run: %+v", r)
	}
	if c, wrong := p.check(true); len(wrong) > 0 || c.Unfinished || len(p.there("manifests")) != 1 {
		t.Errorf("%v in %+v", wrong, c)
	}
}
