package studio

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/spaces-cli/spaces/internal/library"
)

// TestSpeed measures what docs/benchmarks.md tells of the studio, in libraries
// that it says how to make: STUDIO_MANY has 10,000 recordings, STUDIO_LONG one
// of ten hours. It holds them to nothing: machines differ.
func TestSpeed(t *testing.T) {
	many, one := os.Getenv("STUDIO_MANY"), os.Getenv("STUDIO_LONG")
	if many == "" && one == "" {
		t.Skip("STUDIO_MANY and STUDIO_LONG name no libraries")
	}
	if many != "" {
		b := browse(t, serveTest(t, many))
		for range 5 {
			b.do(chromedp.Reload())
			b.until("rows", `performance.getEntriesByName("library-shown").length > 0 && performance.getEntriesByName("first-contentful-paint").length > 0`)
			t.Logf("library: first paint %s ms, rows in the document %s ms", eval[string](b, `performance.getEntriesByName("first-contentful-paint")[0].startTime.toFixed(0)`),
				eval[string](b, `performance.getEntriesByName("library-shown")[0].startTime.toFixed(0)`))
		}
		b.until("all of them", `document.getElementById("count").textContent.startsWith("10")`)
		for _, words := range []string{"open", "hours 77", "guest1"} {
			b.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`performance.clearMarks(); performance.mark("typed"); document.getElementById("words").value = %q; document.getElementById("words").dispatchEvent(new Event("input"))`, words)))
			b.until("rows", `performance.getEntriesByName("library-shown").length > 0`)
			t.Logf("search %q: %s ms from the key to the rows, 90 of them waiting for more keys", words,
				eval[string](b, `performance.measure("m", "typed", "library-shown").duration.toFixed(0)`))
		}
		t.Logf("memory: %s", memory(t))
	}
	if one == "" {
		return
	}
	lib, err := library.Open(t.Context(), library.Options{Dir: one})
	if err != nil {
		t.Fatal(err)
	}
	found, err := lib.Catalog().Find(t.Context(), "latest")
	lib.Close()
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	// Ten hours of talk are about a hundred thousand words.
	speakWords(t, one, found[0].ID, 10_000, 10, nil)
	b := browse(t, serveTest(t, one))
	for range 5 {
		b.openRecording(found[0].ID)
		t.Logf("waveform: drawn %s ms after opening", eval[string](b, `performance.measure("m", "recording-opened", "wave-drawn").duration.toFixed(0)`))
		b.until("the transcript", `performance.getEntriesByName("transcript-shown").length > 0`)
		t.Logf("transcript: shown %s ms after opening", eval[string](b, `performance.measure("m", "recording-opened", "transcript-shown").duration.toFixed(0)`))
		b.do(chromedp.Evaluate[chromedp.Void](`location.hash = "#/"; performance.clearMarks()`))
		time.Sleep(200 * time.Millisecond)
	}
	b.openRecording(found[0].ID)
	for _, zooms := range []int{0, 4, 8, 12, 16, 20} {
		b.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`document.getElementById("zoom-all").click(); for (let i = 0; i < %d; i++) document.getElementById("zoom-in").click()`, zooms)))
		t.Logf("panning, %7.3f s shown: %s", 36000/float64(int(1)<<zooms), eval[string](b, pan))
	}
	b.until("the transcript", `document.querySelectorAll("#said li").length > 0`)
	for _, words := range []string{"advertising", "e", "they forget the slides", "nobody says this"} {
		t.Logf("find %q: %s", words, eval[string](b, fmt.Sprintf(`(() => {
			const field = document.getElementById("said-find"), begin = performance.now();
			field.value = %q;
			field.dispatchEvent(new Event("input"));
			return (performance.now() - begin).toFixed(0) + " ms, " + document.getElementById("said-count").textContent + ", " + document.querySelectorAll("#said li").length + " lines in the document";
		})()`, words)))
	}
	t.Logf("correcting it: %s ms", eval[string](b, `(async () => {
		const path = "api/recordings/" + location.hash.slice(4) + "/transcript", {stamp} = await fetch(path).then((r) => r.json()), begin = performance.now();
		const r = await fetch(path, {method: "POST", headers: {"Content-Type": "application/json", "X-Spaces-Studio": "1"}, body: JSON.stringify({stamp, utterance: 5000, text: "other words " + begin})});
		return r.ok ? (performance.now() - begin).toFixed(0) : await r.text();
	})()`))
	t.Logf("scrolling the transcript: %s", eval[string](b, scroll))
	t.Logf("jumping in the transcript: %s", eval[string](b, jump))
	t.Logf("playing it: %s", eval[string](b, play))
	t.Logf("memory: %s", memory(t))
}

// scroll moves the transcript by 60 pixels a picture for two seconds, jump goes to
// another place of the recording in each, and play plays.
var (
	scroll = pictures(`document.getElementById("said-box").scrollTop += 60`)
	jump   = pictures(`document.getElementById("said-box").scrollTop = document.getElementById("said-box").scrollHeight * Math.random()`)
	play   = `document.getElementById("audio").play().then(() => ` + pictures(``) + `)`
)

func pictures(step string) string {
	return `new Promise((resolve) => {
	const times = [];
	const step = (now) => {
		times.push(now);
		` + step + `;
		if (now - times[0] < 2000) requestAnimationFrame(step);
		else {
			const gaps = times.slice(1).map((t, i) => t - times[i]).sort((a, b) => a - b);
			resolve((1000 * gaps.length / (times.at(-1) - times[0])).toFixed(1) + " pictures a second, 95 % within " + gaps[Math.floor(gaps.length * 0.95)].toFixed(1) + " ms");
		}
	};
	requestAnimationFrame(step);
})`
}

// pan moves the waveform by 7 pixels a picture for two seconds, as a wheel does.
const pan = `new Promise((resolve) => {
	const canvas = document.querySelector("#wave canvas");
	const times = [];
	let way = 7;
	const step = (now) => {
		times.push(now);
		if (times.length % 90 === 0) way = -way;
		canvas.dispatchEvent(new WheelEvent("wheel", {deltaX: way, bubbles: true, cancelable: true}));
		if (now - times[0] < 2000) requestAnimationFrame(step);
		else {
			const gaps = times.slice(1).map((t, i) => t - times[i]).sort((a, b) => a - b);
			resolve((1000 * gaps.length / (times.at(-1) - times[0])).toFixed(1) + " pictures a second, 95 % within " + gaps[Math.floor(gaps.length * 0.95)].toFixed(1) + " ms");
		}
	};
	requestAnimationFrame(step);
})`

// memory is the peak resident size of this process, which is the server's.
func memory(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(filepath.FromSlash("/proc/self/status"))
	if err != nil {
		return "not known here"
	}
	for line := range strings.Lines(string(b)) {
		if v, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, _ := strconv.Atoi(strings.Fields(v)[0])
			return fmt.Sprintf("%d MB at most", kb/1000)
		}
	}
	return "not known here"
}
