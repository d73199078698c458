package studio

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// A row has a small waveform, measured while it is in sight, and plays in place.
func TestListen(t *testing.T) {
	t.Parallel()
	s := serveTest(t, sample(t))
	c := enter(t, s)
	if status, body, _ := c.ask("GET", sampleAPI+"/outline", "", nil); status != 204 || body != "" {
		t.Errorf("the outline before it is measured: %d, %q", status, body)
	}
	b := browse(t, s)
	b.until("outlines of what is in sight", `[...document.querySelectorAll("#rows .row-wave:not(.none)")].every((e) => new Set(e.getContext("2d").getImageData(0, 0, e.width, 4).data).size > 1)`)
	if status, body, _ := c.ask("GET", sampleAPI+"/outline", "", nil); status != 200 || len(body) != outlineColumns {
		t.Errorf("the outline: %d, %d bytes", status, len(body))
	}
	b.do(chromedp.Click(chromedp.CSS("#rows .row-play")))
	b.until("it plays", `document.getElementById("listen").checkVisibility() && !document.getElementById("listen-audio").paused && document.getElementById("listen-audio").currentTime > 0.2 &&
		document.querySelector("#rows .row-play").getAttribute("aria-label").startsWith("Pause")`)
	b.screenshot("listen")
	b.do(chromedp.Evaluate[chromedp.Void](`{ const at = document.getElementById("listen-at"); at.value = 50; at.dispatchEvent(new Event("input")); }`))
	b.until("50 s", `document.getElementById("listen-audio").currentTime >= 50 && document.getElementById("listen-title").hash.includes("?t=5")`)
	b.do(chromedp.Click(chromedp.ID("listen-title")))
	b.until("the recording, at that time", `performance.getEntriesByName("wave-drawn").length > 0 && document.getElementById("listen-audio").paused && !document.getElementById("listen").checkVisibility() &&
		Number(document.getElementById("wave").getAttribute("aria-valuenow")) >= 50`)
}
