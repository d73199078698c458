package studio

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/recording"
)

// TestJourney goes through the page as a host does: search, open, choose by
// dragging, loop, save; and holds what was saved against what the command
// line's engine cuts in another library of the same archive.
func TestJourney(t *testing.T) {
	t.Parallel()
	dir := sample(t)
	b := browse(t, serveTest(t, dir))

	b.do(chromedp.SendKeys(chromedp.ID("words"), "medias soc"))
	b.until("one row", `document.querySelectorAll("#rows a").length === 1 && document.getElementById("count").textContent === "1 recording"`)
	b.do(chromedp.Click(chromedp.CSS("#rows a .name")))
	b.until("the waveform", `performance.getEntriesByName("wave-drawn").length > 0`)
	if got := b.text("title"); !strings.HasPrefix(got, "Débat") {
		t.Fatalf("opened %q", got)
	}
	if drawn := eval[int](b, inked); drawn < 1000 {
		t.Errorf("%d pixels of the waveform are drawn", drawn)
	}
	b.until("who speaks", `document.querySelectorAll("#voices li").length === 3 && document.getElementById("rough").checkVisibility()`)
	if colours := eval[[]string](b, waveColours); len(colours) != 6 {
		t.Errorf("three who speak, peaks and RMS, have the colours %q", colours)
	}

	// Drag from a quarter to a half.
	box := eval[[]float64](b, `(() => { const r = document.querySelector("#wave canvas").getBoundingClientRect(); return [r.left, r.top, r.width, r.height]; })()`)
	at := func(share float64) float64 { return math.Round(box[0] + share*box[2]) }
	y := box[1] + 100
	b.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMousePressed, at(0.25), y, chromedp.ButtonLeft),
		chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, at(0.4), y, chromedp.ButtonLeft),
		chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, at(0.5), y, chromedp.ButtonLeft),
		chromedp.MouseEvent(input.DispatchMouseEventTypeMouseReleased, at(0.5), y, chromedp.ButtonLeft))
	dragged := b.value("from") + " " + b.value("length")
	for _, id := range []string{"from", "length"} { // both are a quarter of 98 s, to a pixel
		if v, err := strconv.ParseFloat(strings.TrimPrefix(b.value(id), "0:"), 64); err != nil || math.Abs(v-98.005/4) > 98.005/box[2] {
			t.Errorf("dragging chose %s of 98 s", dragged)
		}
	}

	// Exact numbers, undone and done again.
	b.set("from", "0:12,5\r")
	b.until("what was typed", `document.getElementById("from").value === "0:12.500"`)
	b.set("length", "1\r")
	b.until("the length", `document.getElementById("to").value === "0:13.500"`)
	b.click("undo")
	b.click("undo")
	if got := b.value("from") + " " + b.value("length"); got != dragged {
		t.Errorf("undone twice: %s, want %s", got, dragged)
	}
	b.click("redo")
	b.click("redo")
	if got := b.value("to"); got != "0:13.500" {
		t.Errorf("done again: the end is %s", got)
	}
	b.set("to", "nonsense\r")
	b.until("an error", `document.getElementById("times-wrong").textContent.includes("not a valid time")`)
	if !eval[bool](b, `(() => { const e = document.activeElement; return e.id === "to" && e.value === "nonsense" && e.getAttribute("aria-invalid") === "true" && e.getAttribute("aria-describedby") === "times-wrong"; })()`) {
		t.Error("what is wrong is not told at its field")
	}
	b.do(chromedp.KeyEvent(kb.Escape))
	if got := b.value("to"); got != "0:13.500" || b.text("times-wrong") != "" {
		t.Errorf("after nonsense the end is %s, %q", got, b.text("times-wrong"))
	}

	// The loop turns back.
	b.click("loop")
	b.do(chromedp.Evaluate[chromedp.Void](`document.getElementById("speed").value = "2"; document.getElementById("speed").dispatchEvent(new Event("change"))`))
	b.do(chromedp.Evaluate[chromedp.Void](`document.activeElement.blur()`), chromedp.KeyEvent(" "))
	b.until("playing", `!document.getElementById("audio").paused && document.getElementById("audio").currentTime > 13`)
	b.until("turning back", `document.getElementById("audio").currentTime < 12.9`)
	if now := eval[float64](b, `document.getElementById("audio").currentTime`); now < 12.4 {
		t.Errorf("the loop from 12.5 s turned back to %f s", now)
	}
	b.do(chromedp.KeyEvent("k"))
	b.until("a pause", `document.getElementById("audio").paused`)

	words := strings.Fields(b.text("command"))
	if len(words) < 9 || strings.Join(words[:9], " ") != "spaces clip "+sampleID+" --at 12.5 --length 1 --format m4a" {
		t.Fatalf("the command is %q", words)
	}
	other := sample(t)
	for i, format := range []string{"m4a", "wav"} {
		b.do(chromedp.SetValue(chromedp.ID("format"), format), chromedp.Evaluate[chromedp.Void](`document.getElementById("format").dispatchEvent(new Event("change"))`))
		b.click("save")
		b.until("the clip", `document.querySelectorAll("#clips a").length === `+strconv.Itoa(i+1)+` && document.getElementById("status").textContent.includes(".`+format+`")`)
		want := cutElsewhere(t, other, words[4], words[6], format)
		got := read(t, filepath.Join(folderOf(t, dir), "clips", filepath.Base(want)))
		if !bytes.Equal(got, read(t, want)) {
			t.Errorf("%s: the page saved other bytes than the engine cuts", format)
		}
	}

	// A title that is edited changes the list, and playing goes on.
	b.do(chromedp.Evaluate[chromedp.Void](`document.getElementById("edit").click()`))
	b.set("edit-title", "Another <b>title</b>\r")
	b.until("the title", `document.getElementById("title").textContent === "Another <b>title</b>"`)
	b.do(chromedp.Evaluate[chromedp.Void](`location.hash = "#/"; document.getElementById("words").value = "another"; document.getElementById("words").dispatchEvent(new Event("input"))`))
	b.until("the list", `document.querySelectorAll("#rows a").length === 1 && document.querySelector("#rows .name").textContent === "Another <b>title</b>"`)

	// On a phone no time on the axis is cut off.
	b.size(360, 800)
	b.openRecording(sampleID)
	if over := eval[[]string](b, clipped); len(over) > 0 {
		t.Errorf("these reach beyond the waveform: %q", over)
	}

	// Nothing was asked for elsewhere, and nothing broke the policy.
	foreign := eval[[]string](b, `performance.getEntriesByType("resource").map((e) => e.name).filter((n) => !n.startsWith(location.origin))`)
	if len(foreign) > 0 {
		t.Errorf("the page asked for %q", foreign)
	}
}

// inked counts the pixels that are drawn on the waveform's canvas.
const inked = `(() => { const c = document.querySelector("#wave canvas"); const d = c.getContext("2d").getImageData(0, 40, c.width, 150).data; let n = 0; for (let i = 3; i < d.length; i += 4) if (d[i]) n++; return n; })()`

// waveColours are those that the waveform has most of: its middle, where there is
// sound throughout, and its peaks.
const waveColours = `new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(() => {
	const c = document.querySelector("#wave canvas"), ratio = c.width / c.clientWidth, all = new Map();
	const d = c.getContext("2d").getImageData(0, Math.round(40 * ratio), c.width, Math.round(150 * ratio)).data;
	for (let i = 0; i < d.length; i += 4) if (d[i + 3] === 255) { const k = [d[i], d[i + 1], d[i + 2]].join(); all.set(k, (all.get(k) ?? 0) + 1); }
	r([...all].filter(([, n]) => n > 2000).map(([k]) => k));
})))`

// clipped draws the waveform anew, at several widths of the part that is shown,
// and lists the texts that do not fit into it.
const clipped = `(async () => {
	const proto = CanvasRenderingContext2D.prototype, fill = proto.fillText, over = [];
	let drawn = 0;
	proto.fillText = function (text, x, y) {
		drawn++;
		if (x < 0 || x + this.measureText(text).width > this.canvas.clientWidth) over.push(text + " at " + x);
		return fill.call(this, text, x, y);
	};
	const two = () => new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)));
	for (const id of ["zoom-all", "zoom-in", "zoom-in"]) {
		document.getElementById(id).click();
		await two();
	}
	proto.fillText = fill;
	return drawn < 3 ? ["nothing is drawn"] : over;
})()`

// cutElsewhere cuts what a command line says, with the engine, in another
// library, and returns the file.
func cutElsewhere(t *testing.T, dir, at, length, kind string) string {
	t.Helper()
	lib, err := library.Open(t.Context(), library.Options{Dir: dir, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	defer lib.Close()
	r, err := recording.Open(lib, sampleID, "test")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	s, _, err := r.Find(recording.Place{At: at, Length: length})
	if err != nil {
		t.Fatal(err)
	}
	res, err := clip.Cut(t.Context(), clip.Request{Recording: r, Span: s, Format: format.Format(kind)})
	if err != nil {
		t.Fatal(err)
	}
	return res.File
}

// folderOf is the folder of the sample's recording.
func folderOf(t *testing.T, dir string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "recordings", "*", "*"+sampleID+"*"))
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	return found[0]
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
