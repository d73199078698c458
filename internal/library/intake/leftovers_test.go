package intake

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/library"
)

// What killed commands have left is found by Verify and swept by the next
// writer; what a program is writing is neither.
func TestLeftovers(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "lib")
	events, _ := take(t, dir, Options{}, sampleZIP)
	folder := recordings(events)[firstID].Recording.Folder
	left := []string{
		folder + "/episodes/.ABCDEFGHIJ.partial", folder + "/.spaces/peaks.partial-ABCDEFGHIJ", folder + "/.spaces/peaks.partial",
		folder + "/clips/.BBBBBBBBBB.partial", "consent/evidence/.77.partial", "feed/.talk.m4a.partial", ".partial/K/original/voices.ts",
	}
	for _, name := range left {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte("a voice"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	busy, err := durable.Create(root, folder+"/clips/busy.wav")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Discard()

	found := func() (names []string) {
		l, err := library.Open(t.Context(), library.Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		if _, err := l.Verify(t.Context(), nil, nil, func(f library.Finding) {
			if f.Kind != library.Leftover {
				t.Errorf("%+v", f)
			}
			names = append(names, f.Path)
		}); err != nil {
			t.Fatal(err)
		}
		slices.Sort(names)
		return names
	}
	slices.Sort(left)
	if got := found(); !slices.Equal(got, left) {
		t.Errorf("found\n%q, want\n%q", got, left)
	}
	w, err := library.OpenWrite(context.Background(), library.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	w.Close()
	if got := found(); len(got) > 0 {
		t.Errorf("the next writer leaves %q", got)
	}
	if err := busy.Commit(false); err != nil {
		t.Errorf("what was being written: %v", err)
	}
}
