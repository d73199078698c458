package backup

import (
	"errors"
	"io/fs"
	"os"
	"testing"

	"github.com/spaces-cli/spaces/internal/library"
)

// What lies where the library is to be made, and is not of an earlier run, stays.
func TestRestoreLeavesOthersAlone(t *testing.T) {
	for _, c := range []struct {
		name string
		want error
		make func(p *place) error
	}{
		{"a folder of somebody", ErrForeign, func(p *place) error { return os.Rename(p.path("mine"), p.path("again.partial")) }},
		{"a link to a folder", ErrForeign, func(p *place) error { return os.Symlink(p.path("mine"), p.path("again.partial")) }},
		{"a file", ErrForeign, func(p *place) error { return os.Rename(p.path("mine/thesis.txt"), p.path("again.partial")) }},
		{"an empty folder", nil, func(p *place) error { return os.Mkdir(p.path("again.partial"), 0o755) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPlace(t)
			p.create(CreateOptions{})
			if err := errors.Join(os.Mkdir(p.path("mine"), 0o755), os.WriteFile(p.path("mine/thesis.txt"), []byte("x"), 0o644)); err != nil {
				t.Fatal(err)
			}
			if err := c.make(p); err != nil {
				t.Skip(err)
			}
			_, err := p.remote(nil).Restore(t.Context(), p.path("again"), RestoreOptions{}, func(library.Finding) {})
			if !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
			kept := false
			for _, name := range []string{"mine/thesis.txt", "again.partial/thesis.txt", "again.partial"} {
				text, err := os.ReadFile(p.path(name))
				kept = kept || err == nil && string(text) == "x"
			}
			if !kept {
				t.Error("the file of somebody is gone")
			}
		})
	}
}

// A link to an empty folder stays, and the library lies where it leads.
func TestRestoreThroughLink(t *testing.T) {
	p := newPlace(t)
	p.create(CreateOptions{})
	if err := os.Mkdir(p.path("disk"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(p.path("disk"), p.path("again")); err != nil {
		t.Skip(err)
	}
	p.restore("again")
	if info, err := os.Lstat(p.path("again")); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("the link is gone: %v", err)
	}
	p.equal("restored", "lib", "disk")
	if _, err := os.Lstat(p.path("disk/" + lockName)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the marker is still there: %v", err)
	}
}

// Where the disk takes two names for one, the second would replace the first. Here
// links stand for such a disk.
func TestRestoreNamesAlike(t *testing.T) {
	for _, alike := range []bool{false, true} {
		p := newPlace(t)
		p.write("Notes.txt", "capital", 0o644)
		p.write("notes.txt", "small", 0o644)
		if a, err := os.ReadFile(p.path("lib/Notes.txt")); err != nil || string(a) != "capital" {
			t.Skip("names are alike here")
		}
		p.create(CreateOptions{})
		if alike {
			if err := errors.Join(os.Mkdir(p.path("again.partial"), 0o755), os.WriteFile(p.path("again.partial/"+lockName), nil, 0o644),
				os.WriteFile(p.path("again.partial/Notes.txt"), nil, 0o644), os.Link(p.path("again.partial/Notes.txt"), p.path("again.partial/notes.txt"))); err != nil {
				t.Skip(err)
			}
		}
		_, err := p.remote(nil).Restore(t.Context(), p.path("again"), RestoreOptions{}, func(library.Finding) {})
		if alike != errors.Is(err, ErrSameName) || !alike && err != nil {
			t.Errorf("alike %t: %v", alike, err)
		}
		if !alike {
			p.equal("restored", "lib", "again")
		}
	}
}

// What is damaged keeps the rest from coming back only as long as nobody says so.
func TestRestorePartial(t *testing.T) {
	p := newPlace(t)
	p.create(CreateOptions{})
	m, err := p.remote(nil).manifest(t.Context(), &p.head().Snapshots[0])
	if err != nil {
		t.Fatal(err)
	}
	var lost string
	for _, f := range m.Files {
		if f.Path == "show.json" {
			lost = f.object()
		}
	}
	if err := os.WriteFile(p.path("there/"+lost), []byte("{ "), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := p.remote(nil).Restore(t.Context(), p.path("again"), RestoreOptions{}, func(library.Finding) {}); !errors.Is(err, ErrBroken) {
		t.Errorf("%v", err)
	}
	r, err := p.remote(nil).Restore(t.Context(), p.path("again"), RestoreOptions{Partial: true}, func(library.Finding) {})
	if err != nil || len(r.Lost) != 1 || r.Lost[0] != "show.json" {
		t.Errorf("%+v, %v", r, err)
	}
	if text, err := os.ReadFile(p.path("again/twice.txt")); string(text) != "made by hand" {
		t.Errorf("the rest: %q, %v", text, err)
	}
}

// Every snapshot can be had by its name, also when the list of them is damaged or gone.
func TestRestoreWithoutHead(t *testing.T) {
	p := newPlace(t)
	p.create(CreateOptions{})
	name := p.head().Snapshots[0].Name
	for i, damage := range []func() error{
		func() error { return os.WriteFile(p.path("there/backup.json"), []byte("{"), 0o644) },
		func() error { return os.Remove(p.path("there/backup.json")) },
	} {
		if err := damage(); err != nil {
			t.Fatal(err)
		}
		to := []string{"damaged", "gone"}[i]
		if _, err := p.remote(nil).Restore(t.Context(), p.path(to), RestoreOptions{}, func(library.Finding) {}); !errors.Is(err, []error{ErrHead, ErrNone}[i]) {
			t.Errorf("without a name: %v", err)
		}
		if _, err := p.remote(nil).Restore(t.Context(), p.path(to), RestoreOptions{Snapshot: "../objects"}, func(library.Finding) {}); err == nil {
			t.Error("a path was taken for a name")
		}
		if _, err := p.remote(nil).Restore(t.Context(), p.path(to), RestoreOptions{Snapshot: name}, func(library.Finding) {}); err != nil {
			t.Fatal(err)
		}
		if text, err := os.ReadFile(p.path(to + "/twice.txt")); string(text) != "made by hand" {
			t.Errorf("%q, %v", text, err)
		}
	}
}
