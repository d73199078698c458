package studio

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/episode"
)

// All clips and episodes of a library are listed; they are played, renamed,
// removed, brought back and published there. Publishing asks about consent.
func TestShelf(t *testing.T) {
	t.Parallel()
	dir := sample(t)
	s := serveTest(t, dir, func(o *Options) { o.Consent = consent.Policy{consent.Feeding: consent.Require} })
	c := enter(t, s)
	for _, at := range []string{"48000", "960000"} {
		if got := c.post(sampleAPI+"/clips", `{"start":`+at+`,"samples":96000,"format":"m4a","title":"Clip `+at+`"}`); got.Error != nil {
			t.Fatal(got.Error)
		}
	}
	if got := c.post("/api/recordings/"+shorterID+"/export", `{"preset":"untouched","format":""}`); got.Error != nil {
		t.Fatal(got.Error)
	}
	receipt := c.made("clips").Rows[0]
	line, _ := json.Marshal(map[string]any{"schema": 1, "at": "2026-01-02T03:04:05Z", "id": sampleID, "kind": "clip", "place": "s3://show/x", "target": "disk",
		"object": "a.m4a", "url": "https://example.com/a.m4a", "public": true, "sha256": receipt.SHA256})
	if err := os.MkdirAll(filepath.Join(dir, "uploads"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "uploads", "receipts.jsonl"), append(line, '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := c.made("clips").Rows; len(got) != 2 || len(got[0].Uploads) != 1 || got[0].Uploads[0].Place != "disk" || len(got[1].Uploads) != 0 {
		t.Errorf("%+v", got)
	}
	if status, _, _ := c.ask("GET", "/api/made/others", "", nil); status != 404 {
		t.Errorf("of another kind: %d", status)
	}

	b := visit(t, s)
	run := func(script string) { t.Helper(); b.do(chromedp.Evaluate[chromedp.Void](script)) }
	run(`location.hash = "#/clips"`)
	b.until("two clips", `document.querySelectorAll("#shelf-rows .made-row").length === 2 && document.title.startsWith("Clips") && document.querySelector(".views [aria-current]").textContent === "Clips"`)
	b.screenshot("clips")
	if got := eval[string](b, `document.querySelector("#shelf-rows a.fact").href`); got != "https://example.com/a.m4a" {
		t.Errorf("the upload leads to %s", got)
	}
	b.do(chromedp.Click(chromedp.CSS("#shelf-rows .row-play")))
	b.until("it plays", `document.getElementById("listen-audio").currentTime > 0.2`)
	run(`document.querySelector("#shelf-rows [data-file]").click()`)
	b.until("it is removed", `document.querySelector("#shelf-rows [data-place]") !== null && document.activeElement.dataset.place && !document.getElementById("listen").checkVisibility()`)
	run(`document.activeElement.click()`)
	b.until("it is back", `document.querySelectorAll("#shelf-rows .row-play").length === 2 && document.activeElement.dataset.file`)
	run(`document.activeElement.previousElementSibling.click()`)
	b.until("the question", `document.getElementById("rename").open`)
	b.set("new-name", "a/b\r")
	b.until("what is wrong, at the field", `document.getElementById("rename-wrong").textContent.length > 3 && document.activeElement.id === "new-name"`)
	b.set("new-name", "Better\r")
	b.until("another name", `!document.getElementById("rename").open && document.activeElement.dataset.file === "Better.m4a"`)
	b.set("shelf-find", "nothing like it")
	b.until("none", `document.querySelectorAll("#shelf-rows li").length === 0 && document.getElementById("shelf-count").textContent === "Nothing matches"`)

	run(`location.hash = "#/episodes"`)
	b.until("an episode", `document.querySelectorAll("#shelf-rows .made-row").length === 1 && document.getElementById("shelf-rows").textContent.includes("not in the feed")`)
	run(`document.querySelector("#shelf-rows .acts button").click()`)
	b.until("who has not agreed", `document.getElementById("consent").open && document.getElementById("consent-who").textContent.includes("@tomokafor")`)
	b.set("consent-reason", "They agreed by phone")
	b.click("consent-go")
	b.until("it is published", `document.querySelector("#shelf-rows .badge.complete") !== null`)
	if got := c.made("episodes").Rows; len(got) != 1 || !got[0].Published {
		t.Errorf("%+v", got)
	}
	run(`document.querySelector("#shelf-rows .acts button").click()`)
	b.until("it is not", `document.querySelector("#shelf-rows .badge.complete") === null && document.getElementById("shelf-rows").textContent.includes("not in the feed")`)
	if reason, err := os.ReadFile(filepath.Join(dir, "consent", "ledger.jsonl")); err != nil || !strings.Contains(string(reason), "They agreed by phone") {
		t.Errorf("the reason is not in the log: %s, %v", reason, err)
	}

	// One that waits for its day is not called published.
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	found, err := fs.Glob(root.FS(), "recordings/*/*/episodes/*.json")
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	yes, at := true, time.Date(2999, 1, 2, 12, 0, 0, 0, time.UTC)
	if err := episode.Relist(root, found[0], "", episode.Relisting{Published: &yes, PublishAt: &at}); err != nil {
		t.Fatal(err)
	}
	run(`location.hash = "#/clips"`)
	run(`location.hash = "#/episodes"`)
	b.until("its day", `/in the feed from Jan 2, 2999/.test(document.getElementById("shelf-rows").textContent) && document.querySelector("#shelf-rows .badge.complete") === null`)

	// Of two exports with one title the names of the files tell which is which.
	if text := b.text("shelf-rows"); strings.Contains(text, c.made("episodes").Rows[0].File) {
		t.Errorf("the only one has the name of its file: %s", text)
	}
	if got := c.post("/api/recordings/"+shorterID+"/export", `{"preset":"host","format":"mp3"}`); got.Error != nil {
		t.Fatal(got.Error)
	}
	run(`location.hash = "#/clips"`)
	run(`location.hash = "#/episodes"`)
	for _, e := range c.made("episodes").Rows {
		b.until("the name of "+e.File, fmt.Sprintf(`[...document.querySelectorAll("#shelf-rows .text .quiet")].some((s) => s.textContent.split(" · ").includes(%q))`, e.File))
	}
	b.screenshot("episodes-twins")
}

// made lists all clips or episodes.
func (c *client) made(kind string) (v struct{ Rows []shelved }) {
	c.t.Helper()
	_, text, _ := c.ask("GET", "/api/made/"+kind, "", nil)
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		c.t.Fatalf("%v: %s", err, text)
	}
	return v
}
