package backups

import (
	"os"
	"slices"
	"testing"
	"time"
)

func places(list []Entry) []string {
	names := []string{}
	for _, e := range list {
		names = append(names, e.Where())
	}
	return names
}

// Who is forgotten lies in every backup that was made before, until that place
// has followed.
func TestHolding(t *testing.T) {
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	at := time.Date(2021, 6, 14, 20, 0, 0, 0, time.UTC)
	note := func(e Entry) {
		t.Helper()
		e.At = at
		if err := Note(t.Context(), root, e); err != nil {
			t.Fatal(err)
		}
	}
	if list, err := Forgot(t.Context(), root, at); err != nil || len(list) != 0 {
		t.Fatalf("without backups %v hold somebody, %v", list, err)
	}
	if _, err := root.Stat("uploads"); err == nil {
		t.Error("a library without backups got a record of them")
	}
	note(Entry{Place: "file:///a", ID: "A", Snapshot: "1"})
	note(Entry{Place: "s3://b", Target: "bucket", ID: "B"}) // was not finished
	list, err := Forgot(t.Context(), root, at)
	if err != nil || !slices.Equal(places(list), []string{"file:///a", "bucket"}) {
		t.Fatalf("%v hold somebody, %v", places(list), err)
	}
	note(Entry{Place: "file:///a", ID: "A", Snapshot: "2", Forgets: 1})
	r, err := Read(root)
	if err != nil {
		t.Fatal(err)
	}
	if got := places(r.Holding()); !slices.Equal(got, []string{"bucket"}) {
		t.Errorf("%v hold somebody after one has followed", got)
	}
	if got := r.Latest(at); got == nil || got.Snapshot != "2" {
		t.Errorf("latest %+v", got)
	}
	if e := r.Of("s3://b", "B"); e == nil || e.ID != "B" {
		t.Errorf("of s3://b: %+v", e)
	}
	if n := len(r.Without("s3://b", "B")); n != 2 {
		t.Errorf("%d entries without one of three", n)
	}
}
