package backup

import (
	"errors"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/backups"
)

// A disk that fails keeps no other file from being saved, and the backup keeps
// what it has of those that cannot be read.
func TestUnreadableFiles(t *testing.T) {
	for _, c := range []struct {
		name          string
		new           bool // the file that cannot be read is in no snapshot
		forgotten     bool // since the last snapshot
		kept, dropped bool
	}{
		{"in the last snapshot", false, false, true, true},
		{"in none", true, false, false, false},
		{"it may hold somebody", false, true, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPlace(t)
			bad := "feed/Débat/notes.txt"
			if c.new {
				bad = "new.txt"
			}
			p.create(CreateOptions{})
			p.write("new.txt", "new", 0o644)
			p.write("more.txt", "more", 0o644)
			if c.forgotten {
				p.forget()
			}
			b := p.backup(nil)
			b.unreadable = func(name string) bool { return name == bad }
			r, err := b.Create(t.Context(), CreateOptions{Keep: 1})
			if err != nil || len(r.Unread) != 1 || r.Unread[0].Path != bad || r.Unread[0].Kept != c.kept || r.Unread[0].Message == "" {
				t.Fatalf("%+v, %v", r, err)
			}
			if len(r.Dropped) == 1 != c.dropped || len(r.Held) == 1 == c.dropped {
				t.Errorf("dropped %v, held %v", r.Dropped, r.Held)
			}
			if _, wrong := p.check(true); len(wrong) > 0 {
				t.Errorf("%v", wrong)
			}
			p.restore("again")
			for name, want := range map[string]bool{"more.txt": true, bad: c.kept} {
				if _, err := os.Stat(p.path("again/" + name)); (err == nil) != want {
					t.Errorf("%s: %v", name, err)
				}
			}
			if record, err := backups.Read(p.library().Root()); err != nil || len(record.Holding()) > 0 {
				t.Errorf("%+v still hold somebody, %v", record.Holding(), err)
			}
		})
	}
}

// No snapshot goes that has the only good copy of a file: an original that rots
// would take the place of what it was.
func TestOnlyGoodCopyIsHeld(t *testing.T) {
	p := newPlace(t)
	p.create(CreateOptions{})
	good := ""
	for _, text := range []string{"rotten", "more rotten", "gone"} {
		p.write("twice.txt", text, 0o644)
		p.write("feed/Débat/notes.txt", text, 0o644)
		p.create(CreateOptions{})
	}
	m, err := p.remote(nil).manifest(t.Context(), &p.head().Snapshots[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range m.Files {
		if f.Path == "twice.txt" {
			good = f.SHA256
		}
	}
	h := p.head()
	r := &run{Backup: p.backup(nil), head: h, o: CreateOptions{Keep: 1}, result: Result{Losses: library.Losses{Changed: 1, Wanted: []string{good}}}}
	dropped, err := r.drop(t.Context())
	if err != nil || len(dropped) != 2 || len(r.result.Held) != 1 || !strings.Contains(r.result.Held[0], "Z-1-") || len(h.Snapshots) != 2 {
		t.Errorf("dropped %v, held %v, %v", dropped, r.result.Held, err)
	}
	if slices.Contains(dropped, r.result.Held[0]) {
		t.Error("what is held was dropped")
	}
}

func (p *place) head() *head {
	p.t.Helper()
	h, _, err := p.remote(nil).head(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	return h
}

// A name that JSON cannot hold is told, and keeps nothing else out.
func TestNamesThatAreNotText(t *testing.T) {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		t.Skip("names are text here")
	}
	p := newPlace(t)
	if err := errors.Join(os.WriteFile(p.path("lib/a\xff"), nil, 0o644), os.Mkdir(p.path("lib/b\xfe"), 0o755), os.WriteFile(p.path("lib/b\xfe/c"), nil, 0o644)); err != nil {
		t.Skip(err)
	}
	r := p.create(CreateOptions{})
	if !slices.Equal(r.Odd, []string{"a\xff", "b\xfe"}) || r.Files != 5 {
		t.Errorf("%+v", r)
	}
	if r := p.create(CreateOptions{}); !r.Same {
		t.Errorf("unchanged, and %+v", r)
	}
}
