package backup

import (
	"errors"
	"os"
	"testing"

	"github.com/spaces-cli/spaces/internal/publish/folder"
)

// A place is public whatever it is called: by its URL, in a folder below it, and
// by a link.
func TestShown(t *testing.T) {
	p := newPlace(t)
	if err := os.MkdirAll(p.path("www/sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, to string
		want     error
	}{
		{"the same", "www", ErrPublic},
		{"below", "www/sub", ErrPublic},
		{"below, not there yet", "www/new", ErrPublic},
		{"by a link", "link/new", ErrPublic},
		{"beside", "www2", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.to == "link/new" {
				if err := os.Symlink(p.path("www"), p.path("link")); err != nil {
					t.Skip(err)
				}
			}
			b := p.backup(nil)
			b.Target, b.Shown = folder.New(p.path(c.to)), []Shown{{Name: "web", Place: folder.URL(p.path("www")).String()}}
			if _, err := b.Create(t.Context(), CreateOptions{DryRun: true}); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
}

func TestOverlap(t *testing.T) {
	for _, c := range []struct {
		name, a, b string
		want       bool
	}{
		{"the same", "file:///srv/show", "file:///srv/show", true},
		{"a slash at the end", "file:///srv/show/", "file:///srv/show", true},
		{"below", "file:///srv/show", "file:///srv/show/backup", true},
		{"above", "file:///srv/show", "file:///srv", true},
		{"beside", "file:///srv/show", "file:///srv/show2", false},
		{"a bucket", "s3://bucket", "s3://bucket/backup", true},
		{"another bucket", "s3://bucket/show", "s3://private/show", false},
		{"another endpoint", "s3://bucket?endpoint=https://a.example", "s3://bucket?endpoint=https://b.example", false},
		{"another user", "sftp://a@host/srv/show", "sftp://b@host/srv/show/backup", true},
		{"another kind", "webdavs://host/show", "sftp://host/show", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := overlap(c.a, c.b); got != c.want || overlap(c.b, c.a) != c.want {
				t.Errorf("overlap(%s, %s) = %v, want %v", c.a, c.b, got, c.want)
			}
		})
	}
}
