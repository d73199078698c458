package removed

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/durable/flock"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
)

// A word means what it names in full before what it is a part of.
func TestMatch(t *testing.T) {
	at := space.Time{Time: time.Date(2021, 7, 1, 0, 0, 0, 0, time.UTC)}
	list := []Item{
		{Place: "a.m4a (2)", Record: Record{Kind: Clip, ID: "1ypKdEXvkMLGW", Name: "a.m4a", Title: "Later", RemovedAt: at}},
		{Place: "Talk [1ypKdEXvkMLGW]", Record: Record{Kind: Space, ID: "1ypKdEXvkMLGW", Name: "Talk [1ypKdEXvkMLGW]", Title: "Ein Gespräch", RemovedAt: at}},
		{Place: "a.m4a", Record: Record{Kind: Clip, ID: "1ypKdEXvkMLGW", Name: "a.m4a", Title: "Earlier", RemovedAt: at}},
		{Place: "b.mp3", Record: Record{Kind: Episode, ID: "1RDxlaZNRDLJL", Name: "b.mp3", Title: "Talk b", RemovedAt: at}},
	}
	for _, test := range []struct{ word, want string }{
		{"latest", "a.m4a (2)"},
		{"a.m4a", "a.m4a (2)"}, // the latest of it
		{"a.m4a (2)", "a.m4a (2)"},
		{"a", "a.m4a (2)"},
		{"1ypKdEXvkMLGW", "Talk [1ypKdEXvkMLGW]"},
		{"1YPK", "Talk [1ypKdEXvkMLGW]"},
		{"1yp", "Talk [1ypKdEXvkMLGW]"}, // in its name
		{"1RDxlaZNRDLJL", "b.mp3"},      // what was made of a Space that is there
		{"GESPRÄCH", "Talk [1ypKdEXvkMLGW]"},
		{"talk", "Talk [1ypKdEXvkMLGW], b.mp3"},
		{"nosuch", ""},
		{"", ""},
	} {
		t.Run(test.word, func(t *testing.T) {
			var places []string
			for _, it := range Match(list, test.word) {
				places = append(places, it.Place)
			}
			if got := strings.Join(places, ", "); got != test.want {
				t.Errorf("it means %q, want %q", got, test.want)
			}
		})
	}
}

// What another program is moving is left to it.
func TestFinishLeavesOthersAlone(t *testing.T) {
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for name, content := range map[string]string{
		"clips/a.m4a":                "sound",
		layout.RemovedMoves("a.m4a"): `{"schema":1,"moves":[{"from":"clips/a.m4a","to":"` + layout.RemovedIn("a.m4a") + `/a.m4a"}],"keep":{"schema":1,"kind":"clip","name":"a.m4a"}}`,
	} {
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	held, err := os.OpenFile(filepath.Join(dir, layout.RemovedMoves("a.m4a")), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := flock.Own(held); err != nil {
		t.Skip("no locks here")
	}
	s := Store{Root: root}
	if found, err := s.Finish(true); found || err != nil {
		t.Errorf("finished what another program does: %t, %v", found, err)
	}
	if _, err := root.Stat("clips/a.m4a"); err != nil {
		t.Error(err)
	}
	held.Close()
	if found, err := s.Finish(false); !found || err != nil {
		t.Errorf("left undone: %t, %v", found, err)
	}
	list, err := s.List()
	if err != nil || len(list) != 1 || list[0].Name != "a.m4a" {
		t.Errorf("%+v, %v", list, err)
	}
}

// A list that another program holds for a while is waited for: the clip goes, and
// nobody is told that it did not.
func TestHeldListIsWaitedFor(t *testing.T) {
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for _, name := range []string{"clips", layout.Removed} {
		if err := root.Mkdir(name, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := root.WriteFile("clips/a.m4a", []byte("sound"), 0o644); err != nil {
		t.Fatal(err)
	}
	freed, holding := make(chan error, 1), false
	hold := func(step, name string) error {
		if holding || step != "fsync" || name != layout.Removed {
			return nil
		}
		f, err := root.OpenFile(layout.RemovedMoves("a.m4a"), os.O_RDWR, 0)
		if err != nil {
			return err
		}
		holding = true
		if err := flock.Own(f); err != nil {
			return err
		}
		time.AfterFunc(50*time.Millisecond, func() { freed <- f.Close() })
		return nil
	}
	s := Store{Root: root, Trace: hold}
	it, err := s.Put(Record{Kind: Clip, Name: "a.m4a", Folder: "clips", Files: []File{{Name: "clips/a.m4a"}}})
	if err != nil {
		t.Fatal(err)
	}
	select {
	case err = <-freed:
	default:
		t.Fatal("the list was held by nobody, or not waited for")
	}
	if err != nil {
		t.Fatal(err)
	}
	if b, err := root.ReadFile(it.Here("clips/a.m4a")); err != nil || string(b) != "sound" {
		t.Errorf("%q, %v", b, err)
	}
}

// A damaged record or list of moves does not keep the others from being brought
// back, and stays.
func TestDamagedSkipped(t *testing.T) {
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	files := map[string]string{
		layout.RemovedRecord("bad.m4a"):  "{",
		layout.RemovedMoves("moved.m4a"): "{",
		layout.RemovedRecord("good.m4a"): `{"schema":1,"kind":"clip","name":"good.m4a"}`,
	}
	for _, place := range []string{"bad.m4a", "moved.m4a", "good.m4a"} {
		if err := root.MkdirAll(layout.RemovedIn(place), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, content := range files {
		if err := root.WriteFile(name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := (Store{Root: root}).List(); err == nil {
		t.Error("nobody was told")
	}
	told := make(map[string]bool)
	s := Store{Root: root, Unreadable: func(name string, err error) { told[name] = true }}
	if found, err := s.Finish(true); found || err != nil {
		t.Errorf("finished: %t, %v", found, err)
	}
	list, err := s.List()
	if err != nil || len(list) != 1 || list[0].Name != "good.m4a" {
		t.Errorf("%+v, %v", list, err)
	}
	if len(told) != 2 || !told[layout.RemovedRecord("bad.m4a")] || !told[layout.RemovedMoves("moved.m4a")] {
		t.Errorf("told of %v", told)
	}
	for name := range files {
		if !s.exists(name) {
			t.Errorf("%s is gone", name)
		}
	}
}

// What is neither where it was nor where it goes has not been moved, and what was
// moved before it is taken back.
func TestMissingIsNotMoved(t *testing.T) {
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if err := root.MkdirAll(layout.RemovedIn("a.m4a"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := root.Mkdir("clips", 0o755); err != nil {
		t.Fatal(err)
	}
	aside := layout.RemovedIn("a.m4a") + "/a.m4a"
	if err := root.WriteFile(aside, []byte("sound"), 0o644); err != nil {
		t.Fatal(err)
	}
	s := Store{Root: root}
	err = s.make("a.m4a", &moves{Moves: []move{{From: aside, To: "clips/a.m4a"}, {From: aside + ".json", To: "clips/a.m4a.json"}}})
	if err == nil || !strings.Contains(err.Error(), "a.m4a.json is missing") {
		t.Errorf("got %v", err)
	}
	if !s.exists(aside) || s.exists("clips/a.m4a") || s.exists(layout.RemovedMoves("a.m4a")) {
		t.Error("it was left half moved")
	}
}

// A place that gets another name takes its record along, wherever it is killed:
// the old name may be that of somebody who is forgotten.
func TestMoveKilledAtEachStep(t *testing.T) {
	for n := 0; ; n++ {
		root, err := os.OpenRoot(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		defer root.Close()
		if err := root.MkdirAll(layout.RemovedIn("ann"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := root.WriteFile(layout.RemovedRecord("ann"), []byte(`{"schema":1,"kind":"space","name":"ann"}`), 0o644); err != nil {
			t.Fatal(err)
		}
		s, steps := Store{Root: root}, 0
		s.Trace = func(step, name string) error {
			if steps++; steps > n {
				return errors.New("killed")
			}
			return nil
		}
		err = s.Move(&Item{Place: "ann", Record: Record{Schema: 1, Kind: Space, Name: "bob"}}, "bob")
		s.Trace = nil
		if _, ferr := s.Finish(true); ferr != nil {
			t.Fatalf("step %d: %v", n, ferr)
		}
		for _, place := range []string{"ann", "bob"} {
			if s.exists(layout.RemovedIn(place)) != s.exists(layout.RemovedRecord(place)) {
				t.Errorf("step %d: the folder and the record of %s are apart", n, place)
			}
		}
		if err == nil {
			if s.exists(layout.RemovedIn("ann")) || n < 5 {
				t.Errorf("%d steps", n)
			}
			return
		}
	}
}
