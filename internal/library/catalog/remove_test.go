package catalog

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/spaces-cli/spaces/internal/library/database"
	"github.com/spaces-cli/spaces/internal/library/space"
)

// guest is a recording with somebody who is to be forgotten.
func guest() *space.Recording {
	return &space.Recording{
		ID: "1ypKdEXvkMLGW", Title: "With @forgetme", TitleSource: space.TitlePost, State: space.Complete,
		Host: &space.Person{ID: "123456", Handle: "hostess"}, Speakers: []space.Speaker{{ID: "555000111", Handle: "forgetme"}},
		Mentions: []string{"forgetme"},
	}
}

// holds lists the files of a folder that have a word in them.
func holds(t *testing.T, dir, word string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(bytes.ToLower(b), []byte(word)) {
			names = append(names, e.Name())
		}
	}
	return names
}

// A removal that is killed after any of its steps, while a reader has the
// catalogue open, leaves none, or one that says itself that it must be rebuilt.
func TestRemoveKilled(t *testing.T) {
	for steps := 0; steps <= len(database.Suffixes); steps++ {
		c := newCatalog(t)
		put(t, c, guest())
		if err := c.SetDirty(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		if _, err := c.db.Exec("PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
			t.Fatal(err)
		}
		r, err := Open(t.Context(), c.path, ReadOnly)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		// The flag stands in the WAL, which the reader keeps from being written
		// back.
		if err := errors.Join(c.SetDirty(t.Context(), true), c.Close()); err != nil {
			t.Fatal(err)
		}
		// What the killed process and its computer leave is copied: closing the
		// reader would tidy up.
		dir := t.TempDir()
		entries, err := os.ReadDir(filepath.Dir(c.path))
		if err != nil {
			t.Fatal(err)
		}
		gone := database.Suffixes[:steps]
	files:
		for _, e := range entries {
			for _, suffix := range gone {
				if e.Name() == filepath.Base(c.path)+suffix {
					continue files
				}
			}
			b, err := os.ReadFile(filepath.Join(filepath.Dir(c.path), e.Name()))
			if err == nil {
				err = os.WriteFile(filepath.Join(dir, e.Name()), b, 0o666)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		path := filepath.Join(dir, filepath.Base(c.path))
		back, err := Open(t.Context(), path, ReadOnly)
		if errors.Is(err, ErrNotExist) && steps > 0 {
			if back, err = Open(t.Context(), path, ReadWrite); err != nil {
				t.Fatal(err)
			}
			if _, err := back.Get(t.Context(), "1ypKdEXvkMLGW"); !errors.Is(err, ErrNotFound) {
				t.Errorf("after %d steps the new catalogue has the old recording: %v", steps, err)
			}
		} else if err != nil {
			t.Fatalf("after %d steps: %v", steps, err)
		}
		if dirty, err := back.Dirty(t.Context()); !dirty || err != nil {
			t.Errorf("after %d steps the old catalogue passes for a sound one (%v)", steps, err)
		}
		back.Close()
	}
}

// Nothing of a deleted recording is left in the files of a catalogue, the WAL
// included.
func TestScrub(t *testing.T) {
	c := newCatalog(t)
	put(t, c, samples()...)
	put(t, c, guest())
	if len(holds(t, filepath.Dir(c.path), "forgetme")) == 0 {
		t.Fatal("the catalogue never held it")
	}
	err := c.Update(t.Context(), func(tx *Tx) error { return tx.Delete("1ypKdEXvkMLGW") })
	if err := errors.Join(err, c.Scrub(t.Context())); err != nil {
		t.Fatal(err)
	}
	if names := holds(t, filepath.Dir(c.path), "forgetme"); len(names) > 0 {
		t.Errorf("left in %q", names)
	}
	put(t, c, guest())
	if err := errors.Join(c.Update(t.Context(), (*Tx).Clear), c.Compact(t.Context())); err != nil {
		t.Fatal(err)
	}
	if names := holds(t, filepath.Dir(c.path), "forgetme"); len(names) > 0 {
		t.Errorf("after all was taken out it is left in %q", names)
	}
}
