package intake

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/catalog"
	"github.com/spaces-cli/spaces/internal/library/layout"
)

// A catalogue that was thrown away and comes back, from a backup or because the
// program was killed, is noticed and built anew.
func TestOldCatalogueComesBack(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "lib")
	take(t, dir, Options{}, sampleZIP)
	old, err := os.ReadFile(filepath.Join(dir, layout.Catalog))
	if err != nil {
		t.Fatal(err)
	}
	l, err := library.OpenWrite(context.Background(), library.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Remove(t.Context(), firstID, true, ""); err != nil {
		t.Fatal(err)
	}
	if err := l.Rebuild(t.Context()); err != nil {
		t.Fatal(err)
	}
	l.Close()
	if err := os.WriteFile(filepath.Join(dir, layout.Catalog), old, 0o644); err != nil {
		t.Fatal(err)
	}
	listed := func() (ids []string) {
		l, err := library.Open(t.Context(), library.Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		for row, err := range l.Catalog().List(t.Context(), catalog.Query{}) {
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, row.ID)
		}
		return ids
	}
	if ids := listed(); len(ids) == 0 || slices.Contains(ids, firstID) {
		t.Errorf("the old catalogue is believed: %q", ids)
	}
	b, err := os.ReadFile(filepath.Join(dir, layout.Catalog))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(b, []byte(firstID)) {
		t.Error("the catalogue still has bytes of what was removed")
	}
}
