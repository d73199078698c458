package studio

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/spaces-cli/spaces/internal/library"
)

// TestDesigner goes from a moment to a video: its preview plays as it will look, the
// look is chosen and kept for the show, and what is saved is what was chosen.
func TestDesigner(t *testing.T) {
	t.Parallel()
	dir := sample(t)
	speakWords(t, dir, sampleID, 30, 10, nil)
	show := map[string]string{"video.speakers": "true", "video.look": "bold", "video.accent": "#d1495b"}
	b := browse(t, serveTest(t, dir, func(o *Options) {
		o.Look = func() map[string]string { return show }
		o.KeepLook = func(m map[string]string) error { show = m; return nil }
	}))
	b.size(1440, 900)
	b.openWords(sampleID)
	b.click("find")
	b.until("a moment", `document.querySelectorAll("#moments li").length === 1`)
	b.script(`[...document.querySelectorAll("#moments li button")].find((e) => /video/i.test(e.textContent + e.getAttribute("aria-label"))).click()`)
	b.until("the dialog", `document.getElementById("film").open`)
	b.until("the look of the show", `document.getElementById("film-look").value === "bold" && document.getElementById("accent").value === "#d1495b"`)
	// Who speaks is an estimate yet, so no names are offered.
	b.until("the reason", `document.getElementById("film-speakers").disabled && !document.getElementById("film-speakers").checked && document.getElementById("film-speakers").getAttribute("aria-describedby") === "film-speakers-why" && !document.getElementById("film-speakers-why").hidden`)
	b.until("the moving preview", `document.getElementById("preview").readyState >= 2 && !document.getElementById("preview").hidden && document.getElementById("picture").hidden`)
	if d := eval[float64](b, `document.getElementById("preview").duration`); d < 5 || d > 61 {
		t.Errorf("the preview plays %g s", d)
	}
	for _, size := range [][2]int64{{1440, 900}, {1024, 768}, {390, 844}} {
		for _, theme := range []string{"light", "dark"} {
			b.size(size[0], size[1])
			b.script(fmt.Sprintf(`document.documentElement.dataset.theme = %q`, theme))
			b.fits(fmt.Sprint(size))
			b.screenshot(fmt.Sprintf("designer-%d-%s", size[0], theme))
			if script, err := os.ReadFile(os.Getenv("AXE_CORE")); err == nil {
				b.script(string(script))
				if found := eval[string](b, `axe.run(document.getElementById("film"), {resultTypes: ["violations"]}).then((r) => r.violations.map((v) => v.id + ": " + v.nodes.map((n) => n.target.join(" ")).join(", ")).join("; "))`); found != "" {
					t.Errorf("%v, %s: %s", size, theme, found)
				}
			}
		}
	}
	b.size(1024, 768)

	// Another look: the preview of before goes at once, and the new one is of it.
	was := eval[string](b, `document.getElementById("preview").src`)
	b.choose("shape", "square")
	b.until("the still", `document.getElementById("preview").hidden`)
	b.choose("film-look", "card")
	b.choose("film-size", "1080")
	b.until("the new preview", fmt.Sprintf(`!document.getElementById("preview").hidden && document.getElementById("preview").videoWidth === 720 && document.getElementById("preview").videoHeight === 720 && document.getElementById("preview").src !== %q`, was))
	if got := b.text("film-about"); got == "" {
		t.Error("the page does not say that X takes no such video")
	}
	b.screenshot("designer-square")
	b.choose("film-size", "720")
	if got := b.text("film-command"); !strings.Contains(got, "--shape square") || !strings.Contains(got, "--look card") || strings.Contains(got, "--accent") {
		t.Errorf("the command is %q", got)
	}
	b.click("keep-look")
	b.until("that it is kept", `document.getElementById("preview-state").textContent.includes("from now on")`)
	if show["video.look"] != "card" || show["video.shape"] != "square" || show["video.accent"] != "#d1495b" {
		t.Errorf("kept %q", show)
	}
	b.set("film-title", "A moment")
	b.do(chromedp.KeyEvent(kb.Tab))
	b.click("film-save")
	b.until("the video", `!document.getElementById("film").open && document.getElementById("status").textContent.includes("with captions")`)
	file := filepath.Join(folderOf(t, dir), "clips", b.clipFile("A moment"))
	confirmAll(t, dir, sampleID)
	b.do(chromedp.Reload())
	b.until("the turns", `document.getElementById("film-speakers").disabled === false && document.getElementById("film-speakers-why").hidden`)
	out, err := exec.CommandContext(t.Context(), "ffprobe", "-v", "error", "-show_streams", "-of", "json", file).Output()
	if err != nil {
		t.Skip("ffprobe is not installed")
	}
	var p struct {
		Streams []struct {
			Codec         string `json:"codec_name"`
			Width, Height int
		}
	}
	if err := json.Unmarshal(out, &p); err != nil || len(p.Streams) != 2 || p.Streams[0].Codec != "h264" || p.Streams[0].Width != 720 || p.Streams[0].Height != 720 || p.Streams[1].Codec != "aac" {
		t.Errorf("%+v, %v", p, err)
	}
}

// confirmAll confirms the estimated turns of a recording.
func confirmAll(t *testing.T, dir, id string) {
	t.Helper()
	lib, err := library.OpenWrite(t.Context(), library.Options{Dir: dir, Version: "test", LockWait: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer lib.Close()
	known, err := lib.Load(id)
	if err != nil {
		t.Fatal(err)
	}
	turns, err := lib.Turns(id)
	if err == nil {
		err = lib.ConfirmTurns(known, turns.Turns)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// A preview is the last that was asked for, and of a minute at most.
func TestPreviews(t *testing.T) {
	t.Parallel()
	c := enter(t, serveTest(t, sample(t)))
	ask := func(body string) (token string, status int) {
		t.Helper()
		status, text, _ := c.ask("POST", sampleAPI+"/preview", body, nil)
		var p previewed
		if status == 200 {
			if err := json.Unmarshal([]byte(text), &p); err != nil || p.Seconds > previewSeconds {
				t.Errorf("%s, %v", text, err)
			}
		}
		return p.Preview, status
	}
	first, _ := ask(`{"start":480000,"samples":96000,"title":"A","shape":"square"}`)
	status, film, h := c.ask("GET", "/api/previews/"+first, "", nil)
	if status != 200 || h.Get("Content-Type") != "video/mp4" || len(film) < 1000 || film[4:8] != "ftyp" {
		t.Fatalf("%d %v, %d bytes", status, h, len(film))
	}
	second, _ := ask(`{"start":480000,"samples":96000,"title":"B"}`)
	if status, _, _ := c.ask("GET", "/api/previews/"+first, "", nil); status < 400 || second == "" {
		t.Errorf("the preview of before is still there: %d", status)
	}
	for _, body := range []string{`{"start":480000,"samples":0}`, `{"start":480000,"samples":96000,"look":"x"}`, `{"start":480000,"samples":96000,"fps":24}`, `{"start":480000,"samples":96000,"accent":"red"}`} {
		if _, status := ask(body); status < 400 || status >= 500 {
			t.Errorf("%s: %d", body, status)
		}
	}
	if status, _, _ := c.ask("POST", "/api/look", `{"library":"/tmp"}`, nil); status != 400 {
		t.Errorf("another setting can be saved: %d", status)
	}
	c = enter(t, serveTest(t, sample(t), func(o *Options) {
		o.KeepLook = func(map[string]string) error { return &LookError{"video.accent", errors.New("must be a colour")} }
	}))
	if status, text, _ := c.ask("POST", "/api/look", `{"video.accent":"red"}`, nil); status != 422 || !strings.Contains(text, `"bad-look"`) || !strings.Contains(text, "video.accent") {
		t.Errorf("a colour that is none: %d, %s", status, text)
	}
}
