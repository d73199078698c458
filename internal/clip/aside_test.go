package clip

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/recording"
)

// A clip that was put aside comes back if the one that replaces it cannot get
// its name.
func TestReplacedComesBack(t *testing.T) {
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if err := os.WriteFile(filepath.Join(dir, "a.m4a"), []byte("old"), 0o666); err != nil {
		t.Fatal(err)
	}
	s := &plan{write: func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, "new")
		return err
	}}
	// A folder that somebody makes meanwhile is in the way.
	aside := func() (func() error, error) {
		if err := root.Rename("a.m4a", "kept"); err != nil {
			return nil, err
		}
		back := func() error {
			if err := root.RemoveAll("a.m4a"); err != nil {
				return err
			}
			return root.Rename("kept", "a.m4a")
		}
		return back, root.MkdirAll("a.m4a/full", 0o777)
	}
	if err := draw(context.Background(), root, "a.m4a", true, aside, s, new(Result)); err == nil {
		t.Fatal("a folder was replaced")
	}
	if b, err := root.ReadFile("a.m4a"); err != nil || string(b) != "old" {
		t.Errorf("%q, %v", b, err)
	}
}

// A damaged list of moves stops no clip.
func TestDamagedMoves(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, filepath.FromSlash(layout.RemovedMoves("bad.m4a")))
	if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o777), os.WriteFile(name, []byte("{"), 0o666)); err != nil {
		t.Fatal(err)
	}
	if err := (&Request{Recording: &recording.Recording{Library: dir}}).finishRemovals(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(name); err != nil {
		t.Error(err)
	}
}
