package studio

import (
	"slices"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// press presses a button of a list, which is told by the beginning of its label.
func (b *browser) press(list, label string) {
	b.t.Helper()
	b.until(label, `[...document.querySelectorAll("#`+list+` button")].some((e) => e.getAttribute("aria-label").startsWith("`+label+`"))`)
	b.do(chromedp.Evaluate[chromedp.Void](`[...document.querySelectorAll("#` + list + ` button")].find((e) => e.getAttribute("aria-label").startsWith("` + label + `")).focus()`))
	b.do(chromedp.KeyEvent(kb.Enter))
}

// focused is the label of what has the focus.
func (b *browser) focused() string {
	b.t.Helper()
	return eval[string](b, `document.activeElement.getAttribute("aria-label") ?? document.activeElement.id`)
}

// TestRemoveOnThePage removes a clip with the keyboard alone, brings it back where
// it stood, renames it, removes it again and restores it from the list of what was
// removed.
func TestRemoveOnThePage(t *testing.T) {
	t.Parallel()
	dir := sample(t)
	s := serveTest(t, dir)
	_, first := enter(t, s).cutOne("First")
	_, second := enter(t, s).cutOne("Second")
	was := filesIn(t, folderOf(t, dir)+"/clips")
	b := browse(t, s)
	b.openRecording(sampleID)
	b.until("two clips", `document.querySelectorAll("#clips a").length === 2`)

	b.press("clips", "Remove: "+first)
	b.until("one clip", `document.querySelectorAll("#clips a").length === 1`)
	if got := b.text("status"); got != "Removed: "+first {
		t.Errorf("the page says %q", got)
	}
	b.until("the focus on Undo", `document.activeElement.dataset.place !== undefined`)
	if rows := eval[[]string](b, `[...document.querySelectorAll("#clips li")].map((e) => e.firstChild.textContent)`); !slices.Equal(rows, []string{"Removed: " + first, "Second"}) {
		t.Errorf("the rows are %q", rows)
	}
	b.size(360, 800)
	b.screenshot("removed-clip-360")
	b.size(1400, 1000)
	b.do(chromedp.KeyEvent(kb.Enter))
	b.until("two clips again", `document.querySelectorAll("#clips a").length === 2`)
	b.until("the focus on the clip", `document.activeElement.dataset.file !== undefined`)
	if got := b.focused(); got != "Remove: "+first {
		t.Errorf("the focus is on %q", got)
	}
	if got := filesIn(t, folderOf(t, dir)+"/clips"); !slices.Equal(got, was) {
		t.Errorf("undone: %q, want %q", got, was)
	}

	// A name that cannot be had is told in the dialog, which stays.
	b.press("clips", "Rename: "+second)
	b.until("the dialog", `document.getElementById("rename").open && document.activeElement.id === "new-name"`)
	b.set("new-name", "a/b\r")
	b.until("what is wrong", `document.getElementById("rename-wrong").textContent.includes("A name that works: a b.m4a")`)
	b.screenshot("rename-en")
	b.set("new-name", "Renamed\r")
	b.until("the new name", `!document.getElementById("rename").open && document.getElementById("clips").textContent.includes("Renamed.m4a")`)
	b.until("the focus on the clip", `document.activeElement.dataset.file === "Renamed.m4a"`)

	// What was removed earlier is in a list of its own.
	b.press("clips", "Remove: Renamed.m4a")
	b.until("one clip", `document.querySelectorAll("#clips a").length === 1`)
	b.do(chromedp.Evaluate[chromedp.Void](`location.hash = "#/"`))
	b.until("the link", `document.getElementById("removed-link").textContent === "Removed items (1)"`)
	b.do(chromedp.Evaluate[chromedp.Void](`document.getElementById("removed-link").focus()`), chromedp.KeyEvent(kb.Enter))
	b.until("the list", `document.querySelectorAll("#removed-list li").length === 1 && document.title.startsWith("Removed items")`)
	b.screenshot("removed-en")
	b.press("removed-list", "Restore: Renamed.m4a")
	b.until("an empty list", `document.getElementById("removed-about").textContent === "There are no removed items."`)
	if got := b.focused(); got != "h-removed" {
		t.Errorf("the focus is on %q", got)
	}
	b.openRecording(sampleID)
	b.until("the clip", `document.querySelectorAll("#clips a").length === 2 && document.getElementById("clips").textContent.includes("Renamed.m4a")`)
}

// TestRemoveRecordingOnThePage removes the recording that is shown, with the
// question answered once with no, and restores it.
func TestRemoveRecordingOnThePage(t *testing.T) {
	t.Parallel()
	b := browse(t, serveTest(t, sample(t)))
	b.openRecording(sampleID)
	b.click("remove")
	b.until("the question", `document.getElementById("removal").open`)
	b.do(chromedp.KeyEvent(kb.Escape))
	b.until("no question", `!document.getElementById("removal").open`)
	// Asked again before the browser has told that the first question is closed.
	b.do(chromedp.Evaluate[chromedp.Void](`{ const press = () => document.getElementById("remove").click();
		press(); document.querySelector("#removal button[value=no]").click(); press(); }`))
	b.until("the question again", `document.getElementById("removal").open`)
	b.screenshot("removal-en")
	if got := b.text("removal-what"); got != "It moves to the removed items with all its files (0 clips, 0 episodes)." {
		t.Errorf("it says %q", got)
	}
	b.do(chromedp.Click(chromedp.CSS("#removal button.main")))
	b.until("the removed items", `location.hash === "#/removed" && document.querySelectorAll("#removed-list li").length === 1`)
	if got := b.text("status"); got[:16] != "Removed: Débat " {
		t.Errorf("the page says %q", got)
	}
	b.until("the focus on the heading", `document.activeElement.id === "h-removed"`)
	b.do(chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Enter))
	b.until("nothing removed", `document.getElementById("removed-about").textContent === "There are no removed items."`)
	b.do(chromedp.Evaluate[chromedp.Void](`location.hash = "#/"`))
	b.until("all rows", `document.querySelectorAll("#rows a").length === 3`)
}

// An episode stands in the list as soon as it is exported, and is removed and
// brought back there.
func TestEpisodeOnThePage(t *testing.T) {
	t.Parallel()
	dir := sample(t)
	b := browse(t, serveTest(t, dir))
	b.openRecording(sampleID)
	b.choose("preset", "untouched")
	b.click("export")
	b.until("the episode", `document.querySelectorAll("#episodes a").length === 1 && document.getElementById("episodes").textContent.includes("not in the feed")`)
	if got := b.text("export-state"); got[:10] != "Exported: " {
		t.Errorf("the page says %q", got)
	}
	was := filesIn(t, folderOf(t, dir)+"/episodes")
	b.press("episodes", "Remove: ")
	b.until("undo", `document.activeElement.dataset.place !== undefined`)
	if left := filesIn(t, folderOf(t, dir)+"/episodes"); len(left) > 0 {
		t.Errorf("%q are left", left)
	}
	b.do(chromedp.KeyEvent(kb.Enter))
	b.until("the episode again", `document.querySelectorAll("#episodes a").length === 1`)
	if got := filesIn(t, folderOf(t, dir)+"/episodes"); !slices.Equal(got, was) {
		t.Errorf("undone: %q, want %q", got, was)
	}
}
