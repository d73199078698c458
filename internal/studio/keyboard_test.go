package studio

import (
	"slices"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// tabbed goes through the page with the Tab key, from its beginning, and returns
// what got the focus until a control comes again.
func (b *browser) tabbed() (list []string) {
	b.t.Helper()
	const name = `(() => { const e = document.activeElement; return e.id || e.dataset.file || e.getAttribute("aria-label") || e.textContent; })()`
	b.do(chromedp.Evaluate[chromedp.Void](`scrollTo(0, 0); document.activeElement.blur(); document.body.tabIndex = -1; document.body.focus(); document.body.removeAttribute("tabindex")`))
	for range 100 {
		b.do(chromedp.KeyEvent(kb.Tab))
		got := eval[string](b, name)
		if eval[bool](b, `document.activeElement === document.body`) || slices.Contains(list, got) {
			return list
		}
		if !eval[bool](b, `document.activeElement.matches(":focus-visible") && getComputedStyle(document.activeElement).outlineStyle !== "none"`) {
			b.t.Errorf("%s has the focus, and nothing shows it", got)
		}
		if !eval[bool](b, `(() => { const r = document.activeElement.getBoundingClientRect(); return r.bottom > 0 && r.top < innerHeight; })()`) {
			b.t.Errorf("%s has the focus and is out of the window", got)
		}
		list = append(list, got)
	}
	b.t.Errorf("Tab never comes round: %q", list)
	return list
}

// inOrder reports whether names are in a list, in this order.
func inOrder(list []string, names ...string) bool {
	at := 0
	for _, name := range names {
		i := slices.Index(list[at:], name)
		if i < 0 {
			return false
		}
		at += i + 1
	}
	return true
}

// TestKeyboard goes through the page without a mouse: every control is reached, in
// the order in which they are seen, and shows that it has the focus.
func TestKeyboard(t *testing.T) {
	t.Parallel()
	s := serveTest(t, sample(t))
	_, file := enter(t, s).cutOne("")
	b := browse(t, s)
	list := b.tabbed()
	if !inOrder(list, "Skip to the content", "spaces studio", "to-library", "to-clips", "to-episodes", "menu-open", "add-open", "words", "state", "sort", "backup-last") {
		t.Errorf("in the library Tab goes to %q", list)
	}
	b.do(chromedp.Evaluate[chromedp.Void](`document.getElementById("menu-open").focus()`), chromedp.KeyEvent(kb.Enter), chromedp.KeyEvent(kb.Tab))
	b.until("the menu", `document.activeElement.id === "language" && document.getElementById("theme").checkVisibility()`)
	b.do(chromedp.KeyEvent(kb.Escape))
	b.until("no menu", `document.activeElement.id === "menu-open" && !document.getElementById("theme").checkVisibility()`)
	b.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("#rows a").focus()`), chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.ArrowUp), chromedp.KeyEvent(kb.Enter))
	b.until("the recording", `location.hash === "#/r/`+sampleID+`" && performance.getEntriesByName("wave-drawn").length > 0`)
	b.set("from", "12\r")
	b.until("a selection", `!document.getElementById("save").disabled`)
	list = b.tabbed()
	if !inOrder(list, "edit", "wave", "hand", "zoom-out", "zoom-in", "zoom-choice", "zoom-all", "keys", "play", "speed",
		"from", "to", "length", "half", "play-choice", "loop", "snap", "undo", "clear", "clip-title", "format", "save", "video", "copy",
		"find", "Rename: "+file, file, "preset", "export-format", "trim", "export") {
		t.Errorf("on a recording Tab goes to %q", list)
	}

	// Escape leaves a dialog as it was, and the focus goes back to where it came from.
	b.press("clips", "Rename: "+file)
	b.until("the dialog", `document.getElementById("rename").open`)
	b.set("new-name", "Other")
	b.do(chromedp.KeyEvent(kb.Escape))
	b.until("no dialog", `!document.getElementById("rename").open`)
	if got := b.focused(); got != "Rename: "+file {
		t.Errorf("after Escape the focus is on %q", got)
	}
	if got := b.text("clips"); !slices.Contains([]string{file}, eval[string](b, `document.querySelector("#clips button[data-file]").dataset.file`)) {
		t.Errorf("after Escape the clips are %q", got)
	}
	b.do(chromedp.KeyEvent("?"))
	b.until("the keys", `document.getElementById("help").open`)
	b.do(chromedp.KeyEvent(kb.Escape))
	b.until("no keys", `!document.getElementById("help").open`)

	// Where the page begins, too.
	b.do(chromedp.Evaluate[chromedp.Void](`location.hash = "#/removed"`))
	b.until("the removed items", `document.getElementById("removed-about").textContent !== ""`)
	if list = b.tabbed(); len(list) < 5 {
		t.Errorf("without removed items Tab goes to %q", list)
	}
}

// TestNarrow looks at every view in the narrowest window, in both themes: nothing
// reaches beyond it, and the colours are those of the theme.
func TestNarrow(t *testing.T) {
	t.Parallel()
	dir := sample(t)
	s := serveTest(t, dir)
	c := enter(t, s)
	hash, file := c.cutOne("A title that goes on and on, as the titles of some people do: " + "Donaudampfschifffahrtsgesellschaftskapitän")
	c.postText(hash+"/remove", `{"file":"`+file+`"}`)
	c.cutOne("")
	if got := c.post(sampleAPI+"/export", `{"preset":"untouched","format":""}`); got.Error != nil {
		t.Fatalf("%+v", got.Error)
	}
	b := browse(t, s)
	b.size(360, 800)
	run := func(script string) { t.Helper(); b.do(chromedp.Evaluate[chromedp.Void](script)) }
	backs := make(map[string]string)
	for _, theme := range []string{"dark", "light"} {
		b.choose("theme", theme)
		run(`location.hash = "#/"`)
		b.until("the rows", `document.querySelectorAll("#rows a").length === 3 && document.getElementById("removed-link").checkVisibility()`)
		b.fits("library, " + theme)
		backs[theme] = eval[string](b, `getComputedStyle(document.body).backgroundColor`)
		b.openRecording(sampleID)
		b.until("an episode", `document.querySelectorAll("#episodes a").length === 1`)
		b.fits("recording, " + theme)
		b.press("episodes", "Rename: ")
		b.until("the dialog", `document.getElementById("rename").open`)
		if wide := eval[float64](b, `document.getElementById("rename").getBoundingClientRect().width`); wide > 350 {
			t.Errorf("%s: the dialog is %.0f pixels wide", theme, wide)
		}
		b.screenshot("narrow-rename-" + theme)
		b.do(chromedp.KeyEvent(kb.Escape))
		b.press("episodes", "Remove: ")
		b.until("undo", `document.querySelector("#episodes button[data-place]") !== null`)
		b.fits("undo, " + theme)
		b.screenshot("narrow-undo-" + theme)
		run(`location.hash = "#/removed"`)
		b.until("two items", `document.querySelectorAll("#removed-list li").length === 2`)
		b.fits("removed, " + theme)
		b.screenshot("narrow-removed-" + theme)
		run(`document.querySelector("#removed-list button").click()`)
		b.until("one item", `document.querySelectorAll("#removed-list li").length === 1`)
	}
	if backs["dark"] == backs["light"] {
		t.Errorf("both themes have the background %s", backs["dark"])
	}
}
