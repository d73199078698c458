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
