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
	b := browse(t, serveTest(t, one))
	for range 5 {
		b.openRecording(found[0].ID)
		t.Logf("waveform: drawn %s ms after opening", eval[string](b, `performance.measure("m", "recording-opened", "wave-drawn").duration.toFixed(0)`))
		b.do(chromedp.Evaluate[chromedp.Void](`location.hash = "#/"; performance.clearMarks()`))
		time.Sleep(200 * time.Millisecond)
	}
	b.openRecording(found[0].ID)
	for _, zooms := range []int{0, 4, 8, 12, 16, 20} {
		b.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`document.getElementById("zoom-all").click(); for (let i = 0; i < %d; i++) document.getElementById("zoom-in").click()`, zooms)))
		t.Logf("panning, %7.3f s shown: %s", 36000/float64(int(1)<<zooms), eval[string](b, pan))
	}
	t.Logf("memory: %s", memory(t))
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
