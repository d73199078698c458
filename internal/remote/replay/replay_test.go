package replay

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/library/layout"
)

// Chunks of a recording that has not ended stay for a while, and not for ever.
func TestSweep(t *testing.T) {
	library := t.TempDir()
	now := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	if err := Sweep(library, now); err != nil {
		t.Errorf("nothing was downloaded: %v", err)
	}
	for name, age := range map[string]time.Duration{"old": 31 * 24 * time.Hour, "new": 29 * 24 * time.Hour} {
		w, err := NewWork(library, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range []string{"a.chunk", layout.Joined, layout.ManifestOf(layout.Joined)} {
			if err := w.Root().WriteFile(file, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Keep(); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(filepath.Join(library, layout.DownloadOf(name)), now.Add(-age), now.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	if err := Sweep(library, now); err != nil {
		t.Fatal(err)
	}
	list, err := filepath.Glob(filepath.Join(library, layout.Downloads, "*", "*"))
	if want := filepath.Join(library, layout.DownloadOf("new"), "a.chunk"); err != nil || len(list) != 1 || list[0] != want {
		t.Errorf("%v, %v", list, err)
	}
	if err := Sweep(library, now.Add(100*24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(library, layout.Downloads)); !os.IsNotExist(err) {
		t.Errorf("the empty folder: %v", err)
	}
}
