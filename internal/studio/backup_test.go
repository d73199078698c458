package studio

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/spaces-cli/spaces/internal/backup"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/backups"
	"github.com/spaces-cli/spaces/internal/publish/folder"
	"github.com/spaces-cli/spaces/internal/stream"
)

// quiet is told how far a backup is, and tells nobody.
type quiet struct{ stream.NoProgress }

func (quiet) Phase(string) {}

// backUp makes a backup of a library in a folder.
func backUp(t *testing.T, dir, to string) {
	t.Helper()
	lib, err := library.Open(t.Context(), library.Options{Dir: dir, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	defer lib.Close()
	target := folder.New(to)
	defer target.Close()
	b := &backup.Backup{Library: lib, Target: target, Name: "disk", Jobs: 2, Version: "test", Now: time.Now, Progress: quiet{}, Again: func(error) {}}
	if _, err := b.Create(t.Context(), backup.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

// The page says when and where the latest backup was made and what has been
// written since, and claims nothing of the backup itself.
func TestBackupLine(t *testing.T) {
	t.Parallel()
	dir, to := sample(t), t.TempDir()
	s := serveTest(t, dir)
	c := enter(t, s)
	state := func() (v backupState) {
		t.Helper()
		c.read("/api/backup", &v)
		return v
	}
	if v := state(); v.Place != "" || v.Changed || len(v.Holding) > 0 {
		t.Errorf("without a backup: %+v", v)
	}
	backUp(t, dir, to)
	v := state()
	if !strings.HasPrefix(v.Place, "file://") || v.Name != "disk" || v.At.IsZero() || v.Changed || v.Newer != 0 {
		t.Fatalf("after a backup: %+v", v)
	}
	// What is measured can be measured again: it makes no recording newer.
	note := func(name string) {
		t.Helper()
		path := filepath.Join(folderOf(t, dir), filepath.FromSlash(name))
		err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, []byte("new"), 0o666))
		if later := time.Now().Add(2 * time.Second); err == nil {
			err = os.Chtimes(path, later, later)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	note(".spaces/measured")
	if v := state(); !v.Changed || v.Newer != 0 {
		t.Errorf("after measuring: %+v", v)
	}
	note("clips/one.m4a")
	note("clips/two.m4a")
	if v := state(); !v.Changed || v.Newer != 1 {
		t.Errorf("after two clips of one recording: %+v", v)
	}
	lib, err := library.Open(t.Context(), library.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer lib.Close()
	if _, err := backups.Forgot(t.Context(), lib.Root(), time.Now()); err != nil {
		t.Fatal(err)
	}
	if v := state(); len(v.Holding) != 1 || v.Holding[0] != "disk" {
		t.Errorf("after somebody was forgotten: %+v", v)
	}

	b := browse(t, s)
	b.until("the line", `document.getElementById("backup").checkVisibility()`)
	if got := b.text("backup-last"); !strings.HasPrefix(got, "Last backup: ") || !strings.HasSuffix(got, ". The library has changed since then.") {
		t.Errorf("the line says %q", got)
	}
	b.do(chromedp.Evaluate[chromedp.Void](`document.getElementById("backup-last").focus()`), chromedp.KeyEvent(kb.Enter))
	b.until("the rest", `document.getElementById("backup-more").checkVisibility()`)
	got := b.text("backup-more")
	for _, want := range []string{"at disk, file://", "1 recording has files that are newer", "spaces backup check disk", "still contains a person"} {
		if !strings.Contains(got, want) {
			t.Errorf("the page says %q, without %q", got, want)
		}
	}
	b.size(360, 800)
	b.screenshot("backup-360")
	if wide := eval[int](b, `document.documentElement.scrollWidth - innerWidth`); wide > 0 {
		t.Errorf("the page is %d pixels wider than the window", wide)
	}
	b.size(1400, 1000)
	b.choose("language", "fr")
	b.choose("theme", "dark")
	b.screenshot("backup-fr-dark")
}
