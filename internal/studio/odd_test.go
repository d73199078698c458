package studio

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/spaces-cli/spaces/internal/fixture"
	"github.com/spaces-cli/spaces/internal/library"
)

// oddLibrary makes a library of one of the fixture's archives.
func oddLibrary(t *testing.T, preset string) string {
	t.Helper()
	zip := filepath.Join(t.TempDir(), preset+".zip")
	if code := fixture.Main([]string{"preset", preset, zip}); code != 0 {
		t.Fatal("no preset ", preset)
	}
	return importInto(t, zip)
}

// TestOddRecordings opens recordings that have gaps, damage, several files, no
// audio and a title that is hard to show.
func TestOddRecordings(t *testing.T) {
	if !long() {
		t.Skip("only with SPACES_LONG=1")
	}
	open := func(preset string) *browser {
		t.Helper()
		dir := oddLibrary(t, preset)
		lib, err := library.Open(t.Context(), library.Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		found, err := lib.Catalog().Find(t.Context(), "latest")
		lib.Close()
		if err != nil || len(found) != 1 {
			t.Fatal(found, err)
		}
		b := browse(t, serveTest(t, dir))
		b.do(chromedp.Evaluate[chromedp.Void](`location.hash = "#/r/` + found[0].ID + `"`))
		return b
	}

	b := open("two-pieces")
	b.until("the waveform", `performance.getEntriesByName("wave-drawn").length > 0`)
	if got := b.text("faults"); !strings.Contains(got, "17.5\u00a0s were lost at ") {
		t.Errorf("a gap: %q", got)
	}
	b.screenshot("gap")

	b = open("lost-sync")
	b.until("the waveform", `performance.getEntriesByName("wave-drawn").length > 0`)
	if got := b.text("faults"); !strings.Contains(got, "damaged places") {
		t.Errorf("damage: %q", got)
	}
	b.screenshot("damage")

	// Two files, one after the other: playing goes on from one into the other.
	b = open("parameters")
	b.until("the waveform", `performance.getEntriesByName("wave-drawn").length > 0`)
	end := eval[float64](b, `fetch("api/recordings/" + location.hash.slice(4)).then((r) => r.json()).then((d) => d.parts.length === 2 ? d.parts[1].start : -1)`)
	if end <= 1 {
		t.Fatalf("the second file begins at %f s", end)
	}
	b.set("from", "0\r")
	b.until("a selection", `!document.getElementById("save").disabled`)
	b.do(chromedp.Evaluate[chromedp.Void](`document.activeElement.blur(); document.getElementById("wave").focus()`))
	for range int(end) {
		b.do(chromedp.KeyEvent(kb.ArrowRight))
	}
	b.do(chromedp.KeyEvent(" "))
	b.until("the other file", `document.getElementById("audio").src.endsWith("/audio/1") && document.getElementById("audio").currentTime > 0.2`)
	b.do(chromedp.KeyEvent("k"))
	b.screenshot("parameters")

	b = open("awkward-title")
	b.until("the waveform", `performance.getEntriesByName("wave-drawn").length > 0`)
	b.size(360, 800)
	b.screenshot("awkward")
	if wide := eval[int](b, `document.documentElement.scrollWidth - innerWidth`); wide > 0 {
		t.Errorf("the page is %d pixels wider than the window", wide)
	}

	b = open("no-audio")
	b.until("a word", `document.getElementById("status").textContent.includes("no audio")`)
	if eval[bool](b, `document.getElementById("play").checkVisibility() || document.getElementById("find").checkVisibility()`) {
		t.Error("what there is no audio for can be pressed")
	}
	if got := b.text("faults"); got != "The library has no audio of this Space." {
		t.Errorf("without audio: %q", got)
	}
	b.screenshot("no-audio")
}
