package studio

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// outOfView lists the controls of the bar that are not wholly in the window, or
// that something lies over.
const outOfView = `[...document.querySelectorAll("#dock :is(button, input, select)")].filter((e) => e.checkVisibility()).filter((e) => {
	const r = e.getBoundingClientRect(), over = document.elementFromPoint(r.left + r.width / 2, r.top + r.height / 2);
	return r.top < 0 || r.left < 0 || r.right > innerWidth || r.bottom > innerHeight || !(over === e || e.contains(over) || over?.contains(e));
}).map((e) => e.id)`

// barControls are those that somebody who has selected something needs.
const barControls = `["play", "speed", "from", "to", "length", "half", "play-choice", "loop", "snap", "undo", "redo", "clear", "clip-title", "format", "save", "video", "copy"].filter((id) => !document.getElementById(id).checkVisibility())`

// clipFile is the file of the clip with a title.
func (b *browser) clipFile(title string) string {
	b.t.Helper()
	return eval[string](b, fmt.Sprintf(`fetch("api/recordings/" + location.hash.slice(4)).then((r) => r.json()).then((d) => d.clips.find((c) => c.settings?.title === %q)?.file ?? "")`, title))
}

// TestSelectionBar goes from a moment to a video with captions, and holds the bar
// to its promise: after something is selected, all that is needed for it is in
// view at every size, wherever the page is scrolled to. What is wrong with a
// field stands at the field.
func TestSelectionBar(t *testing.T) {
	t.Parallel()
	dir := sample(t)
	speakWords(t, dir, sampleID, 30, 10, nil)
	b := browse(t, serveTest(t, dir))
	b.openWords(sampleID)
	b.click("find")
	b.until("a moment", `document.querySelectorAll("#moments li").length === 1`)
	if got := eval[string](b, `document.querySelector("#moments blockquote").textContent`); len(strings.Fields(got)) < 20 || !strings.Contains(strings.Join(talk, " ")+" "+strings.Join(talk, " "), strings.TrimSuffix(got, " …")) {
		t.Errorf("in the moment somebody says %q", got)
	}
	b.script(`document.querySelector("#moments .glyph").click()`)
	b.until("the sound of it", `!document.getElementById("audio").paused && !document.getElementById("save").disabled`)
	b.script(`document.activeElement.blur()`)
	b.do(chromedp.KeyEvent("k"))
	b.until("a pause", `document.getElementById("audio").paused`)
	if got := b.marked("chosen"); len(strings.Fields(got)) < 20 {
		t.Errorf("of the moment these words are marked: %q", got)
	}
	b.set("length", "9\r")
	b.until("the length", `document.getElementById("length").value === "0:09.000"`)
	for _, size := range [][2]int64{{1024, 768}, {390, 844}, {1440, 900}} {
		b.size(size[0], size[1])
		for _, to := range []string{"0", "document.body.scrollHeight"} {
			b.script(`scrollTo(0, ` + to + `)`)
			b.until("the page to stand", `new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(() => r(true))))`)
			if missing := eval[[]string](b, barControls); len(missing) > 0 {
				t.Errorf("%v: these are not shown: %q", size, missing)
			}
			if hidden := eval[[]string](b, outOfView); len(hidden) > 0 {
				t.Errorf("%v, scrolled to %s: these are out of view: %q", size, to, hidden)
			}
		}
		b.fits(fmt.Sprint(size))
		b.screenshot(fmt.Sprintf("bar-%d", size[0]))
	}

	// Errors stand at their fields, and go when something else is typed.
	atTitle := `document.activeElement.id === "clip-title" && document.activeElement.getAttribute("aria-describedby") === "saving-wrong"`
	b.set("clip-title", strings.Repeat("too long ", 40))
	b.click("save")
	b.until("what is wrong with the title", `document.getElementById("saving-wrong").textContent.includes("250") && `+atTitle)
	b.set("clip-title", "One")
	if got := b.text("saving-wrong"); got != "" {
		t.Errorf("after another title the page still says %q", got)
	}
	b.click("save")
	b.until("the clip", `document.querySelectorAll("#clips a").length === 1`)
	b.set("length", "7\r")
	b.until("another length", `document.getElementById("length").value === "0:07.000"`)
	b.click("save")
	b.until("that there is such a file", `document.querySelector("#saving-wrong button") && `+atTitle)
	b.script(`document.querySelector("#saving-wrong button").click()`)
	b.until("the clip in place of it", `document.getElementById("status").textContent.startsWith("Clip saved") && document.querySelectorAll("#clips a").length === 1`)

	// The dialog for a video has the same title; Escape leaves it.
	b.script(`document.activeElement.blur()`)
	b.do(chromedp.KeyEvent("v"))
	b.until("a picture", `document.getElementById("film").open && document.getElementById("picture").complete && !document.getElementById("picture").hidden`)
	if got := b.value("film-title"); got != "One" {
		t.Errorf("the title of the video is %q", got)
	}
	if got := b.text("film-command"); !strings.HasPrefix(got, "spaces video "+sampleID+" --at ") {
		t.Errorf("the command is %q", got)
	}
	b.screenshot("film")
	b.do(chromedp.KeyEvent(kb.Escape))
	b.until("no dialog", `!document.getElementById("film").open`)
	b.click("video")
	b.set("film-title", "Two")
	b.click("film-save")
	b.until("the video", `document.querySelectorAll("#clips a").length === 2 && document.getElementById("status").textContent.includes("with captions")`)
	if captions := string(read(t, filepath.Join(folderOf(t, dir), "clips", strings.TrimSuffix(b.clipFile("Two"), ".mp4")+".srt"))); !strings.Contains(captions, "-->") {
		t.Errorf("the captions beside the video: %q", captions)
	}
}
