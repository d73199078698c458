package conform

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/publish"
)

// remove takes objects away that are still as they were, and no others.
func (s *suite) remove(t *testing.T) {
	site := s.new(t)
	target := s.dial(t, site)
	stat := func(name string) publish.Remote {
		t.Helper()
		r, err := target.Stat(t.Context(), name)
		if err != nil {
			t.Errorf("Stat %s: %v", name, err)
		}
		return r
	}
	names := []string{"a.m4a", "a.m4a?query=1#fragment", "folder/a.m4a", "folder/été 1%2F.m4a", "folder/sub/b.m4a"}
	for i, name := range names {
		if s.o.Refuses == nil || !s.o.Refuses(name) {
			s.put(t, target, site, s.sending(name, noise(uint64(i), int64(100+i))))
		}
	}
	left := s.files(t, site)
	for _, name := range slices.Clone(left) {
		was := stat(name)
		if err := target.Remove(t.Context(), name, was); err != nil {
			t.Errorf("Remove %s: %v", name, err)
		}
		left = slices.DeleteFunc(left, func(n string) bool { return n == name })
		if got := s.files(t, site); !slices.Equal(got, left) {
			t.Errorf("after %s was removed, at the server there are %q, want %q", name, got, left)
		}
		_, err := target.Stat(t.Context(), name)
		s.wantErr(t, "Stat of what was removed", err, publish.ErrNotExist)
		s.wantErr(t, "Remove of what was removed", target.Remove(t.Context(), name, was), publish.ErrNotExist)
	}

	// What has changed meanwhile stays, whether its size tells or only its time.
	for what, change := range map[string]func(name string){
		"another size": func(name string) { s.put(t, target, site, s.sending(name, noise(9, 900))) },
		"another time": func(name string) {
			file := filepath.Join(site.Dir, filepath.FromSlash(name))
			if err := os.Chtimes(file, time.Time{}, time.Now().Add(-time.Hour)); err != nil {
				t.Fatal(err)
			}
		},
	} {
		name := "folder/" + what + ".m4a"
		s.put(t, target, site, s.sending(name, noise(8, 800)))
		was := stat(name)
		change(name)
		s.wantErr(t, "Remove of what has "+what, target.Remove(t.Context(), name, was), publish.ErrDiffers)
		if got := s.files(t, site); !slices.Contains(got, name) {
			t.Errorf("what has %s was removed", what)
		}
	}

	// A folder is no object.
	s.wantErr(t, "Remove of a folder", target.Remove(t.Context(), "folder", publish.Remote{}), publish.ErrNotExist)
	if got := s.files(t, site); len(got) != 2 {
		t.Errorf("at the server there are %q", got)
	}
	if s.o.Denied != nil {
		denied := s.o.Denied(t, site)
		defer denied.Close()
		s.wantErr(t, "Remove without credentials", denied.Remove(t.Context(), "folder/another size.m4a", stat("folder/another size.m4a")), publish.ErrDenied)
		if got := s.files(t, site); len(got) != 2 {
			t.Errorf("at the server there are %q", got)
		}
	}
}
