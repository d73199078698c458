package studio

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/spaces-cli/spaces/internal/consent"
)

// axe is where axe-core's script lies; docs/studio.md says how to get it.
func axe(t *testing.T) string {
	b, err := os.ReadFile(os.Getenv("AXE_CORE"))
	if err != nil {
		t.Skip("AXE_CORE names no file of axe-core")
	}
	return string(b)
}

// TestAccessible has axe-core look at the library, a recording and its dialogs in
// both themes, three widths and two languages (TestLanguages has the others), and keeps pictures of them.
func TestAccessible(t *testing.T) {
	if !long() {
		t.Skip("only with SPACES_LONG=1")
	}
	script := axe(t)
	check := func(b *browser, name string) {
		t.Helper()
		b.screenshot(name)
		b.axe(script, name)
	}
	dir := withCover(t, sample(t))
	backUp(t, dir, t.TempDir())
	speakWords(t, dir, sampleID, 30, 11, nil)
	b := browse(t, serveTest(t, dir, func(o *Options) {
		o.Consent, o.Languages = consent.Policy{consent.Exporting: consent.Require}, spoken(t)
	}))
	inAllLooks(b, func(name string) { views(b, name, func(name string) { check(b, name) }) })
	b = visit(t, serveTest(t, filepath.Join(t.TempDir(), "none"), func(o *Options) { o.Languages = spoken(t) }))
	inAllLooks(b, func(name string) {
		b.until("how to begin", begins)
		check(b, "empty-"+name)
		b.fits("empty-" + name)
	})
}

// axe has axe-core's script look at the page.
func (b *browser) axe(script, name string) {
	b.t.Helper()
	b.do(chromedp.Evaluate[chromedp.Void](script))
	found := eval[string](b, `axe.run(document, {resultTypes: ["violations"]}).then((r) => JSON.stringify(r.violations.map((v) => [v.id, v.help, v.nodes.map((n) => n.target.join(" ") + ": " + n.failureSummary)])))`)
	var violations []json.RawMessage
	if err := json.Unmarshal([]byte(found), &violations); err != nil {
		b.t.Fatal(err)
	}
	for _, v := range violations {
		b.t.Errorf("%s: %s", name, v)
	}
}

// inAllLooks shows a page in two languages, both themes and three widths.
func inAllLooks(b *browser, see func(name string)) {
	b.t.Helper()
	for _, language := range []string{"en", "fr"} {
		b.choose("language", language)
		for _, theme := range []string{"light", "dark"} {
			b.choose("theme", theme)
			for _, width := range []int64{360, 800, 1400} {
				b.size(width, 900)
				see(fmt.Sprintf("%s-%s-%d", language, theme, width))
			}
		}
	}
}

// fits complains of a page that is wider than the window.
func (b *browser) fits(name string) {
	b.t.Helper()
	if wide := eval[int](b, `document.documentElement.scrollWidth - innerWidth`); wide > 0 {
		b.t.Errorf("%s: the page is %d pixels wider than the window", name, wide)
	}
}

// views goes through all there is to see of a library and a recording.
func views(b *browser, name string, check func(name string)) {
	b.t.Helper()
	run := func(script string) { b.do(chromedp.Evaluate[chromedp.Void](script)) }
	run(`location.hash = "#/"`)
	b.until("the rows", `document.querySelectorAll("#rows a").length === 3`)
	run(`document.getElementById("backup").open = true`)
	check("library-" + name)
	b.fits("library-" + name)
	run(`document.getElementById("add-open").click(); document.getElementById("menu-open").click()`)
	b.until("the menu", `document.getElementById("language").checkVisibility() && document.getElementById("add").checkVisibility()`)
	check("add-" + name)
	b.fits("add-" + name)
	run(`document.getElementById("menu").hidePopover(); document.getElementById("add-open").click(); document.querySelector("#rows .row-play").click()`)
	b.until("the player", `document.getElementById("listen").checkVisibility()`)
	check("listen-" + name)
	b.fits("listen-" + name)
	run(`document.getElementById("listen-close").click()`)
	b.set("words", "archive")
	b.until("passages", `document.querySelector("#passages-list a")?.checkVisibility() && document.querySelectorAll("#rows a").length < 3`)
	check("passages-" + name)
	b.fits("passages-" + name)
	run(`document.getElementById("words").value = ""; document.getElementById("words").dispatchEvent(new Event("input"))`)
	b.until("the rows", `document.querySelectorAll("#rows a").length === 3`)
	b.openWords(sampleID)
	b.set("said-find", "the")
	b.do(chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.ArrowDown))
	check("words-" + name)
	b.fits("words-" + name)
	b.do(chromedp.KeyEvent(kb.Enter))
	b.until("a field", `document.querySelector("#said textarea") !== null`)
	check("correcting-" + name)
	b.fits("correcting-" + name)
	b.do(chromedp.KeyEvent(kb.Escape))
	run(`document.getElementById("find").click()`)
	b.until("moments", `document.getElementById("moments").children.length > 0 && document.getElementById("busy").hidden`)
	run(`document.getElementById("wave").focus()`) // a narrow window has no fields before there is a selection
	b.do(chromedp.KeyEvent("i"), chromedp.KeyEvent("l"), chromedp.KeyEvent("o"))
	b.until("the fields", `document.getElementById("from").checkVisibility()`)
	b.set("from", "12.5\r")
	b.until("a selection", `!document.getElementById("save").disabled`)
	b.set("length", "8\r")
	b.until("the length", `document.getElementById("length").value === "0:08.000"`)
	b.click("save")
	b.until("the clip", `document.querySelector("#clips a") !== null`)
	check("recording-" + name)
	run(`scrollTo(0, 0); document.getElementById("edit").click()`)
	check("editing-" + name)
	run(`document.getElementById("edit-cancel").click(); document.getElementById("keys").click()`)
	check("keys-" + name)
	run(`document.getElementById("help").close()`)
	b.set("length", "9\r")
	b.until("another length", `document.getElementById("length").value === "0:09.000"`)
	b.click("save")
	b.until("a question", `document.querySelector("#saving-wrong button")`)
	check("replace-" + name)
	b.click("video")
	b.until("a picture", `document.getElementById("picture").complete && !document.getElementById("picture").hidden`)
	check("film-" + name)
	run(`document.getElementById("film").close()`)
	b.fits("recording-" + name)
	run(`document.getElementById("export").click()`)
	b.until("a question", `document.getElementById("consent").open`)
	check("consent-" + name)
	run(`document.getElementById("consent").close("no"); document.querySelector("#clips button[data-file]").previousElementSibling.click()`)
	b.until("the dialog", `document.getElementById("rename").open`)
	b.set("new-name", "a/b\r")
	b.until("what is wrong", `document.getElementById("rename-wrong").textContent`)
	check("rename-" + name)
	run(`document.getElementById("rename-cancel").click(); document.querySelector("#clips button[data-file]").click()`)
	b.until("what was removed", `document.querySelector("#clips button[data-place]")`)
	check("undo-" + name)
	b.fits("undo-" + name)
	run(`document.getElementById("remove").click()`)
	b.until("a question", `document.getElementById("removal").open`)
	check("removal-" + name)
	run(`document.getElementById("removal").close("no")`)
	run(`location.hash = "#/removed"`)
	b.until("the list", `document.querySelectorAll("#removed-list li").length > 0`)
	check("removed-" + name)
	b.fits("removed-" + name)
	run(`document.querySelector("#removed-list button").click()`)
	b.until("an empty list", `document.querySelectorAll("#removed-list li").length === 0`)
	run(`location.hash = "#/clips"`)
	b.until("all clips", `document.querySelector("#shelf-rows .row-play") !== null`)
	check("clips-" + name)
	b.fits("clips-" + name)
}

// withCover gives the first recording a picture.
func withCover(t *testing.T, dir string) string {
	t.Helper()
	folders, err := filepath.Glob(filepath.Join(dir, "recordings", "*", "*"))
	if err != nil || len(folders) == 0 {
		t.Fatal("no recordings", err)
	}
	episodes := filepath.Join(folders[0], "episodes")
	if err := os.MkdirAll(episodes, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(episodes, "cover.png"), picture(t), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// picture is a small PNG.
func picture(t *testing.T) []byte {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, 96, 96))
	for y := range 96 {
		for x := range 96 {
			img.SetNRGBA(x, y, color.NRGBA{byte(90 + x), 60, byte(220 - y), 255})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
