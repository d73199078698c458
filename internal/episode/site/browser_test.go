package site

import (
	"context"
	"encoding/binary"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/library/space"
)

// silence is a WAV file of so many seconds.
func silence(seconds int) []byte {
	const rate = 8000
	size := uint32(seconds * rate)
	b := append([]byte("RIFF"), binary.LittleEndian.AppendUint32(nil, 36+size)...)
	b = append(b, "WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00"...)
	b = binary.LittleEndian.AppendUint32(b, rate)
	b = binary.LittleEndian.AppendUint32(b, rate)
	b = append(b, "\x01\x00\x08\x00data"...)
	b = binary.LittleEndian.AppendUint32(b, size)
	return append(b, []byte(strings.Repeat("\x80", int(size)))...)
}

// The transcript on the page of an episode is searched while somebody types, and
// its times and words play from there, in a browser that can reach no host.
func TestTranscriptInChromium(t *testing.T) {
	program, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("chromium is not installed")
	}
	if testing.Short() {
		t.Skip("starts a browser")
	}
	lib := testLibrary(t)
	r := record("1zzzzzzzzzzzz", "2022-said.wav", time.Date(2022, 1, 2, 3, 4, 5, 0, time.UTC))
	r.Title, r.Duration, r.Transcripts = "Was gesagt wurde", 120, []string{"2022-said.vtt", "2022-said.transcript.json"}
	r.Host = &space.Person{Handle: "hostess"}
	r.Chapters = []episode.Chapter{{Start: 0, Title: "Anfang"}, {Start: 75, Title: "Ende"}}
	r.Source = []episode.Original{{SHA256: "said"}}
	sidecar := put(t, lib, "2022 said [1zzzzzzzzzzzz]", r)
	dir := filepath.Dir(sidecar)
	write(t, lib, dir+"/2022-said.transcript.json", []byte(`{"version":"1.0.0","segments":[
		{"speaker":"@hostess","startTime":1.5,"endTime":5,"body":"Good evening, and welcome to all.","words":[
			{"word":"Good","start":1.5,"end":2},{"word":"evening,","start":2,"end":3},{"word":"and","start":3,"end":3.5},{"word":"welcome","start":3.5,"end":4},{"word":"to","start":4,"end":4.5},{"word":"all.","start":4.5,"end":5}]},
		{"speaker":"@guest1","startTime":20,"endTime":24,"body":"In Łódź we walk the Straße, and meet İrem at the café."},
		{"speaker":"@hostess","startTime":60,"endTime":64,"body":"Cafe or no café?`+strings.Repeat(" It goes on and on.", 40)+`"},
		{"speaker":"@other","startTime":100,"endTime":101,"body":"東京の夜"}]}`))
	measured(t, lib, filepath.ToSlash(filepath.Dir(dir)), "said")
	audio := silence(120)
	write(t, lib, dir+"/"+r.File, audio)
	r.Bytes, r.SHA256 = int64(len(audio)), sumOf(audio)
	writeJSON(t, lib, sidecar, r)
	_, out, _ := build(t, lib, testShow())
	server := httptest.NewServer(http.FileServer(http.Dir(out.Name())))
	defer server.Close()

	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.WindowSize(1200, 900),
		chromedp.Flag("autoplay-policy", "no-user-gesture-required"), chromedp.Flag("disable-quic", true), chromedp.Flag("mute-audio", true),
		chromedp.Flag("lang", "en"), chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"), chromedp.UserDataDir(t.TempDir()))
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	defer cancel()
	ctx, cancel = chromedp.NewContext(ctx)
	defer cancel()
	do := func(steps ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		if err := chromedp.Do(ctx, steps...); err != nil {
			t.Fatal(err)
		}
	}
	do(chromedp.Navigate(server.URL + "/1zzzzzzzzzzzz.html"))
	ctx, cancel = context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	until := func(condition string) {
		t.Helper()
		for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(15 * time.Millisecond) {
			if ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("Boolean("+condition+")")); err == nil && ok {
				return
			}
		}
		page, _ := chromedp.Run(ctx, chromedp.Evaluate[string](`document.querySelector(".said").innerText`))
		t.Fatalf("waited in vain for %s; the transcript is\n%s", condition, page)
	}
	picture := func(name string) {
		if dir := os.Getenv("SITE_PICTURES"); dir != "" {
			png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
			if err != nil || os.WriteFile(filepath.Join(dir, name+".png"), png, 0o666) != nil {
				t.Fatal(err)
			}
		}
	}
	const field, shown = `.said input`, `[...document.querySelectorAll(".said li")].filter((p) => p.checkVisibility())`
	until(shown + `.length === 4 && document.querySelector(".said form").checkVisibility()`)
	for _, tt := range []struct {
		typed, says string
		shown       int
		found       int // places that are marked
	}{
		{"lodz", "1 passage", 1, 1},
		{"STRASSE", "1 passage", 1, 1},
		{"irem", "1 passage", 1, 1},
		{"café", "2 passages", 2, 3},
		{"meet cafe", "1 passage", 1, 2},
		{"wel", "1 passage", 1, 1},
		{"good evening", "1 passage", 1, 2},
		{"京の", "1 passage", 1, 1},
		{"nowhere", "No passages", 0, 0},
		{"(.*", "No passages", 0, 0},
	} {
		do(chromedp.Evaluate[chromedp.Void](`document.querySelector("`+field+`").select()`), chromedp.SendKeys(chromedp.CSS(field), tt.typed))
		until(fmt.Sprintf(`document.querySelector(%q).value === %q && %s.length === %d && CSS.highlights.get("found").size === %d && document.querySelector(".said output").textContent === %q`,
			field, tt.typed, shown, tt.shown, tt.found, tt.says))
		if tt.typed == "café" {
			picture("site-wide")
			do(chromedp.EmulateViewport(390, 800))
			picture("site-narrow")
			if wide, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`document.documentElement.scrollWidth > innerWidth`)); err != nil || wide {
				t.Errorf("the page is wider than a phone: %v, %v", wide, err)
			}
			do(chromedp.EmulateViewport(1200, 900))
		}
	}
	do(chromedp.Evaluate[chromedp.Void](`document.querySelector("`+field+`").select()`), chromedp.SendKeys(chromedp.CSS(field), "\b"))
	until(shown + `.length === 4 && document.querySelector(".said output").textContent === ""`)

	// A word and a time play from there.
	at := func(css string, seconds float64) {
		t.Helper()
		do(chromedp.Evaluate[chromedp.Void](`document.querySelector("audio.main").pause()`), chromedp.ScrollIntoView(chromedp.CSS(css)), chromedp.Click(chromedp.CSS(css), chromedp.NodeVisible))
		until(fmt.Sprintf(`!document.querySelector("audio.main").paused && Math.abs(document.querySelector("audio.main").currentTime - %g) < 15`, seconds))
		until(fmt.Sprintf(`document.querySelector(".said li[aria-current] a").dataset.at <= %g`, seconds))
	}
	at(`.said li:nth-child(4) a`, 100)
	at(`.said li:nth-child(1) span:nth-child(4)`, 3.5)
	at(`.said li:nth-child(3) a`, 60)

	// Enter goes to the first passage that was found.
	do(chromedp.SendKeys(chromedp.CSS(field), "cafe\r"))
	until(`document.activeElement.dataset.at === "20"`)

	// A chapter, the waveform and the keys move the player, which stays in view.
	const now, audioIs = `document.querySelector("audio.main").currentTime`, `document.querySelector("audio.main")`
	do(chromedp.Click(chromedp.CSS(`.chapters li:nth-child(2) a`), chromedp.NodeVisible))
	until(`!` + audioIs + `.paused && Math.abs(` + now + ` - 75) < 15 && document.querySelector(".player .now").textContent === "Ende"`)
	until(`document.querySelector(".chapters li[aria-current]").textContent.includes("Ende") && document.querySelector(".player .play").getAttribute("aria-label") === "Pause"`)
	do(chromedp.Click(chromedp.CSS(`.player .play`), chromedp.NodeVisible))
	until(audioIs + `.paused`)
	do(chromedp.Evaluate[chromedp.Void](`(() => {
		const box = document.querySelector(".wave .sound").getBoundingClientRect();
		document.querySelector(".wave .sound").dispatchEvent(new MouseEvent("click", {bubbles: true, detail: 1, clientX: box.left + box.width / 4, clientY: box.top + 9}));
	})()`))
	until(`Math.abs(` + now + ` - 30) < 5`)
	do(chromedp.Evaluate[chromedp.Void](audioIs+`.pause(); document.activeElement.blur(); `+now+` = 40`), chromedp.KeyEvent(kb.ArrowRight))
	until(`Math.abs(` + now + ` - 45) < 1`)
	do(chromedp.Focus(chromedp.CSS(`.player input`)), chromedp.KeyEvent(kb.ArrowRight))
	until(`Math.abs(` + now + ` - 46) < 1`)
	do(chromedp.Evaluate[chromedp.Void](`document.activeElement.blur()`), chromedp.KeyEvent(" "))
	until(`!` + audioIs + `.paused`)
	do(chromedp.KeyEvent(" "))
	until(audioIs + `.paused && Number(localStorage.getItem("heard:/1zzzzzzzzzzzz.html")) > 45`)

	// After a reload the player is where it was; an address with a time comes first.
	do(chromedp.Reload())
	until(`document.querySelector(".player .past").textContent.startsWith("0:4")`)
	until(audioIs + `.readyState > 0 && Math.abs(` + now + ` - 47) < 4`)
	do(chromedp.Navigate("about:blank"), chromedp.Navigate(server.URL+"/1zzzzzzzzzzzz.html#t=1:15"))
	until(audioIs + `.readyState > 0 && Math.abs(` + now + ` - 75) < 1`)
	if script, err := os.ReadFile(os.Getenv("AXE_CORE")); err == nil {
		for _, page := range []string{"1zzzzzzzzzzzz.html", Index} {
			do(chromedp.Navigate(server.URL + "/" + page))
			until(`document.readyState === "complete"`)
			do(chromedp.Evaluate[chromedp.Void](string(script)))
			do(chromedp.Evaluate[chromedp.Void](`void axe.run(document, {resultTypes: ["violations"]}).then((r) => { window.found = r.violations.map((v) => v.id + ": " + v.nodes.map((n) => n.target.join(" ")).join(", ")).join("\n"); })`))
			until(`typeof window.found === "string"`)
			found, err := chromedp.Run(ctx, chromedp.Evaluate[string](`window.found`))
			if err != nil || found != "" {
				t.Errorf("%s: %s, %v", page, found, err)
			}
		}
	}
	scriptless := func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return chromedp.Void{}, err
	}
	// Without scripts the browser's own player and links are there.
	do(scriptless, chromedp.Navigate(server.URL+"/1zzzzzzzzzzzz.html"))
	until(`document.querySelector("audio.main").controls && !document.querySelector(".player").checkVisibility() && document.querySelector("audio.main").checkVisibility() && document.querySelector(".chapters a").getAttribute("href") === "2022-said.wav#t=0"`)
}
