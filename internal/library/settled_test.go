package library_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/spaces-cli/spaces/internal/library"
)

// What is just being moved is in two places or in none.
func TestSettled(t *testing.T) {
	for _, c := range []struct {
		name, file, content string
		want                bool
	}{
		{"nothing", "", "", true},
		{"being made", ".partial/1ypKdEXvkMLGW-12345678/space.json", "{}", true},
		{"being replaced", ".partial/1ypKdEXvkMLGW-12345678.old/space.json", "{}", false},
		{"removed", "removed/talk.m4a.json", "{}", true},
		{"being removed", "removed/talk.m4a.moves.json", "{}", false},
		{"a damaged list of moves", "removed/talk.m4a.moves.json", "{", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			lib, err := library.OpenWrite(t.Context(), library.Options{Dir: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			defer lib.Close()
			if c.file != "" {
				name := lib.Path(c.file)
				if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(name, []byte(c.content), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if got, err := lib.Settled(); got != c.want || err != nil {
				t.Errorf("settled: %t, %v; want %t", got, err, c.want)
			}
		})
	}
}
