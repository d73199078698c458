package lettering

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// A measured line is what Chromium says of a specimen: how wide it is, and from
// where to where each of its words stands.
type measured struct {
	Width float64
	Words [][2]float64
}

// Lines are as wide as in Chromium with the same font files, to 2 %, and each
// word stands where it does there. LETTERING_PICTURES names a folder for
// pictures of both.
func TestWidthsAreThoseOfChromium(t *testing.T) {
	program, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("chromium is not installed")
	}
	if testing.Short() {
		t.Skip("starts a browser")
	}
	const size = 40
	var page strings.Builder
	page.WriteString(`<meta charset="utf-8"><style>body{margin:0;background:#111;color:#fff;font-synthesis:none;text-rendering:geometricPrecision}
		p{margin:0;height:110px;line-height:110px;white-space:pre;font-size:40px} span{padding:0}
		@font-face{font-family:inter;src:url(/inter)}`)
	files := make(map[string]string)
	var own []specimen
	for _, sp := range specimens() {
		path := filepath.Join("/usr/share/fonts", sp.file)
		if _, err := os.Stat(path); err == nil {
			own = append(own, sp)
		}
	}
	if len(own) == 0 {
		t.Skip("Noto's fonts are not installed (fonts-noto-core, fonts-noto-cjk)")
	}
	for i, sp := range own {
		files[fmt.Sprintf("/font%d", i)] = filepath.Join("/usr/share/fonts", sp.file)
		fmt.Fprintf(&page, "@font-face{font-family:f%d;src:url(/font%[1]d)}", i)
	}
	page.WriteString("</style>")
	for i, sp := range own {
		fmt.Fprintf(&page, `<p lang="%s"><span dir="auto" style="font-family:f%d,inter;unicode-bidi:isolate">%s</span></p>`, sp.lang, i, html.EscapeString(sp.text))
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/":
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Write([]byte(page.String()))
		case r.URL.Path == "/inter":
			w.Write(interRegular)
		default:
			http.ServeFile(w, r, files[r.URL.Path])
		}
	}))
	defer server.Close()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.WindowSize(1400, 900),
		chromedp.Flag("disable-quic", true), chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"), chromedp.UserDataDir(t.TempDir()))
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	defer cancel()
	ctx, cancel = chromedp.NewContext(ctx)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Navigate(server.URL)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel = context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	// Fonts are loaded when the page uses them; a range has a rectangle for each
	// part of a word that stands by itself.
	const ask = `(() => {
		if (document.fonts.status !== "loaded" || [...document.fonts].some((f) => f.status !== "loaded")) return "";
		return JSON.stringify([...document.querySelectorAll("span")].map((s) => {
			const whole = s.getBoundingClientRect(), text = s.firstChild.data, words = [];
			for (const m of text.matchAll(/[^ ]+/g)) {
				const r = document.createRange();
				r.setStart(s.firstChild, m.index); r.setEnd(s.firstChild, m.index + m[0].length);
				const parts = [...r.getClientRects()].filter((p) => p.width > 0);
				words.push([Math.min(...parts.map((p) => p.left)) - whole.left, Math.max(...parts.map((p) => p.right)) - whole.left]);
			}
			return {Width: whole.width, Words: words};
		}));
	})()`
	var said string
	for end := time.Now().Add(time.Minute); said == ""; time.Sleep(20 * time.Millisecond) {
		if said, err = chromedp.Run(ctx, chromedp.Evaluate[string](ask)); err != nil || time.Now().After(end) {
			t.Fatalf("the fonts were not loaded: %v", err)
		}
	}
	var list []measured
	if err := json.Unmarshal([]byte(said), &list); err != nil || len(list) != len(own) {
		t.Fatalf("%v: %s", err, said)
	}
	pictures := os.Getenv("LETTERING_PICTURES")
	sheet := image.NewRGBA(image.Rect(0, 0, 1400, 110*len(own)))
	draw.Draw(sheet, sheet.Rect, image.NewUniform(color.Gray{0x11}), image.Point{}, draw.Src)
	worst, worstWord := 0.0, 0.0
	for i, sp := range own {
		l := newSet(sp.lang, sp.of(t), embedded()).Line(sp.text, size, Regular)
		l.Draw(sheet, 0, float64(i*110+70), color.NRGBA{0xFF, 0xFF, 0xFF, 0xFF})
		off := math.Abs(l.Width-list[i].Width) / list[i].Width
		t.Logf("%s: %.1f wide, in Chromium %.1f", sp.name, l.Width, list[i].Width)
		if worst = max(worst, off); off > 0.02 {
			t.Errorf("%s: %g wide, in Chromium %g", sp.name, l.Width, list[i].Width)
		}
		at := 0
		for k, word := range strings.Split(sp.text, " ") {
			extents := l.Extents(at, at+len(word))
			at += len(word) + 1
			if len(extents) == 0 || k >= len(list[i].Words) {
				t.Errorf("%s: %q stands nowhere", sp.name, word)
				continue
			}
			want := list[i].Words[k]
			off := max(math.Abs(extents[0][0]-want[0]), math.Abs(extents[len(extents)-1][1]-want[1])) / list[i].Width
			if worstWord = max(worstWord, off); off > 0.02 {
				t.Errorf("%s: %q stands at %v, in Chromium at %v", sp.name, word, extents, want)
			}
		}
	}
	t.Logf("widths differ by %.2f %% at most, places of words by %.2f %% of their line", 100*worst, 100*worstWord)
	if pictures == "" {
		return
	}
	shot, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil || os.WriteFile(filepath.Join(pictures, "chromium.png"), shot, 0o666) != nil {
		t.Fatal(err)
	}
	f, err := os.Create(filepath.Join(pictures, "ours.png"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, sheet); err != nil {
		t.Fatal(err)
	}
}
