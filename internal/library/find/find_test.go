package find

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/catalog"
	"github.com/spaces-cli/spaces/internal/library/space"
)

// finder finds in a library of four Spaces, the newest first: jazz, whose title
// ends with the id of talk; talk; one that begins like it; one that has a path
// as its title.
func finder(t *testing.T) Finder {
	t.Helper()
	dir := t.TempDir()
	c, err := catalog.Open(t.Context(), filepath.Join(dir, "catalog.sqlite"), catalog.ReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	day := time.Date(2021, 6, 14, 18, 0, 0, 0, time.UTC)
	if err := c.Update(t.Context(), func(tx *catalog.Tx) error {
		for i, r := range []*space.Recording{
			{ID: "1jazzEXvkMLGW", Title: "Jazz after [1ypKdEXvkMLGW]"},
			{ID: "1ypKdEXvkMLGW", Title: "Débat [live]"},
			{ID: "1ypRoaZNRDLJL", Title: "Soirée"},
			{ID: "1eaJbNqXaXWxX", Title: "input/output"},
		} {
			r.Schema, r.State, r.StartedAt = space.Schema, space.Complete, space.Time{Time: day.AddDate(0, 0, -i)}
			if err := tx.Put(r); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return Finder{Catalog: c, Dir: dir}
}

func TestSpace(t *testing.T) {
	f := finder(t)
	const jazz, talk, evening, code = "1jazzEXvkMLGW", "1ypKdEXvkMLGW", "1ypRoaZNRDLJL", "1eaJbNqXaXWxX"
	folder := filepath.Join(f.Dir, "recordings", "2021", "2021-06-14 Débat ["+talk+"]")
	for _, c := range []struct {
		word  string
		want  string // the id, or "" if there is none
		whole string // likewise, if whole ids are wanted
	}{
		{talk, talk, talk},
		{"1ypK", talk, ""},
		{"1YPK", talk, ""},
		{"latest", jazz, ""},
		{"soiree", evening, ""},
		{"input/output", code, ""},
		{"debat [live]", talk, ""},
		{"nobody", "", ""},
		{"", "", ""},

		{"https://x.com/i/spaces/" + talk, talk, talk},
		{"https://x.com/i/spaces/" + talk + "?s=20", talk, talk},
		{"https://x.com/i/spaces/" + talk + "/peek", talk, talk},
		{"http://www.twitter.com/i/spaces/" + talk + "/", talk, talk},
		{"https://mobile.twitter.com/i/spaces/" + talk + "/peek?s=20#top", talk, talk},
		{"HTTPS://X.com/i/spaces/" + talk, talk, talk},
		{"x.com/i/spaces/" + talk, talk, talk},
		{" https://x.com/i/spaces/" + talk + "\n", talk, talk},
		{"https://x.com/i/spaces/1ypK", "", ""},
		{"https://x.com/i/spaces/1RDxlaZNRDLJL", "", ""},
		{"https://x.com/hostess/status/" + talk, "", ""},
		{"https://example.com/i/spaces/" + talk, "", ""},

		{"[" + talk + "]", talk, talk},
		{"2021-06-14 Débat [" + talk + "]", talk, talk},
		{"[1RDxlaZNRDLJL]", "", ""},
		{"2021-06-15 Jazz after [" + talk + "] [" + jazz + "]", jazz, jazz},

		{folder, talk, talk},
		{folder + string(filepath.Separator), talk, talk},
		{filepath.Join(folder, "clips", "a [1ypRoaZNRDLJL].m4a"), talk, talk},
		{filepath.Join(f.Dir, "recordings", "2021"), "", ""},
		{filepath.Join(f.Dir, "recordings", "2021", "2021-06-14 X [1RDxlaZNRDLJL]", "a.m4a"), "", ""},
		{filepath.Join(t.TempDir(), "recordings", "2021", "X ["+talk+"]", "a.m4a"), "", ""},
	} {
		t.Run(c.word, func(t *testing.T) {
			for _, whole := range []bool{false, true} {
				f.WholeIDs = whole
				want := c.want
				if whole {
					want = c.whole
				}
				row, err := f.Space(t.Context(), c.word)
				if row.ID != want || (want == "") != errors.Is(err, library.ErrNotFound) {
					t.Errorf("whole ids: %v: got %q, %v, want %q", whole, row.ID, err, want)
				}
			}
		})
	}
}

func TestAmbiguous(t *testing.T) {
	f := finder(t)
	_, err := f.Space(t.Context(), "1yp")
	var several *AmbiguousError
	if !errors.As(err, &several) || several.Word != "1yp" || len(several.Rows) != 2 || several.Rows[0].ID != "1ypKdEXvkMLGW" {
		t.Fatalf("got %v", err)
	}
}

// A path is also one from the current folder, and one through a link.
func TestPathsFromHere(t *testing.T) {
	f := finder(t)
	const id = "1ypRoaZNRDLJL"
	name := "2021-06-12 Soirée [" + id + "]"
	year := filepath.Join(f.Dir, "recordings", "2021")
	if err := os.MkdirAll(filepath.Join(year, name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(year, name, "Soirée.m4a"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(f.Dir, link); err != nil {
		t.Skip(err)
	}
	for _, c := range []struct{ name, here, word string }{
		{"in the library", f.Dir, filepath.Join("recordings", "2021", name)},
		{"in the year", year, filepath.Join(name, "Soirée.m4a")},
		{"in the recording", filepath.Join(year, name), "Soirée.m4a"},
		{"the recording itself", filepath.Join(year, name), "."},
		{"through a link", year, filepath.Join(link, "recordings", "2021", name, "Soirée.m4a")},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Chdir(c.here)
			if row, err := f.Space(t.Context(), c.word); err != nil || row.ID != id {
				t.Errorf("got %q, %v", row.ID, err)
			}
		})
	}
}

func TestID(t *testing.T) {
	f := Finder{Dir: t.TempDir()}
	for word, want := range map[string]string{
		"https://x.com/i/spaces/1ypKdEXvkMLGW?s=20": "1ypKdEXvkMLGW", "[1ypKdEXvkMLGW]": "1ypKdEXvkMLGW", "1ypK": "1ypK", "a title": "a title",
	} {
		t.Run(word, func(t *testing.T) {
			if got := f.ID(word); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestShort(t *testing.T) {
	f := finder(t)
	for id, want := range map[string]string{"1ypKdEXvkMLGW": "1ypK", "1eaJbNqXaXWxX": "1eaJ", "1RDxlaZNRDLJL": "1RDxlaZNRDLJL"} {
		t.Run(id, func(t *testing.T) {
			if got := Short(t.Context(), f.Catalog, id); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}
