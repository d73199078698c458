package studio

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/intake"
)

// begins reports what a page without recordings shows.
const begins = `!document.getElementById("begin").hidden && document.getElementById("begin").innerText.includes("spaces extract ARCHIVE.zip") &&
	!document.querySelector(".filters").checkVisibility() && !document.getElementById("backup").checkVisibility()`

// Without a library the page says how to begin, and makes none. Once an archive
// has been extracted, it shows the Spaces as soon as somebody returns to it.
func TestNoLibrary(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "my library")
	s := serveTest(t, dir)
	b := visit(t, s)
	b.until("how to begin", begins)
	if got, want := b.text("begin-command"), "spaces extract ARCHIVE.zip --library '"+dir+"'"; got != want {
		t.Errorf("the command is %q, want %q", got, want)
	}
	b.do(chromedp.Evaluate[chromedp.Void](`location.hash = "#/removed"`))
	b.until("that nothing was removed", `document.getElementById("removed-about").textContent === "There are no removed items."`)
	b.do(chromedp.Evaluate[chromedp.Void](`location.hash = "#/r/1aaaaaaaaaaaa"`))
	b.until("that there is no such recording", `document.getElementById("title").textContent === "This recording cannot be shown"`)
	if shown := eval[int](b, `[...document.querySelectorAll("#recording button")].filter((e) => e.checkVisibility()).length`); shown > 0 {
		t.Errorf("%d buttons of a recording that is not shown can be pressed", shown)
	}
	c := enter(t, s)
	for _, path := range []string{"/api/recordings/1aaaaaaaaaaaa", "/api/removed/restore"} {
		body := `{"title":"x"}`
		if strings.HasSuffix(path, "restore") {
			body = `{"place":"x"}`
		}
		if status, text, _ := c.ask("POST", path, body, nil); status != 404 || !strings.Contains(text, `"no-library"`) {
			t.Errorf("POST %s: %d, %s", path, status, text)
		}
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the page has made a library: %v", err)
	}

	b.do(chromedp.Evaluate[chromedp.Void](`location.hash = "#/"`))
	b.until("how to begin", begins)
	lib, err := library.OpenWrite(t.Context(), library.Options{Dir: dir, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	b.do(chromedp.Evaluate[chromedp.Void](`dispatchEvent(new Event("focus"))`))
	b.until("how to begin, in an empty library", begins)
	b.screenshot("empty-en")
	_, err = intake.Import(t.Context(), lib, []string{sampleZIP}, intake.Options{}, func(intake.Event) {})
	if err := errors.Join(err, lib.Close()); err != nil {
		t.Fatal(err)
	}
	b.do(chromedp.Evaluate[chromedp.Void](`dispatchEvent(new Event("focus"))`))
	b.until("the Spaces", `document.querySelectorAll("#rows a").length === 3 && document.getElementById("begin").hidden`)
	b.until("of backups", `document.getElementById("backup").checkVisibility()`)
	if got := b.text("backup-last"); !strings.HasPrefix(got, "No backup yet.") {
		t.Errorf("of backups the page says %q", got)
	}
}
