package studio

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/intake"
)

// sampleZIP is the project's sample archive: three Spaces, two with audio.
const sampleZIP = "../../testdata/sample-archive.zip"

// sampleID is the longer of its recordings: 98 s, three people.
const sampleID = "1ypKdEXvkMLGW"

// shorterID is the other, of 26 s in two pieces.
const shorterID = "1RDxlaZNRDLJL"

// sample makes a library of the sample archive.
func sample(t testing.TB) string {
	t.Helper()
	return importInto(t, sampleZIP)
}

// importInto makes a library of an archive.
func importInto(t testing.TB, archive string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "library")
	lib, err := library.OpenWrite(t.Context(), library.Options{Dir: dir, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	defer lib.Close()
	if _, err := intake.Import(t.Context(), lib, []string{archive}, intake.Options{}, func(intake.Event) {}); err != nil {
		t.Fatal(err)
	}
	return dir
}

// serveTest serves a library until the test ends.
func serveTest(t testing.TB, dir string, changes ...func(*Options)) *Server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Library: library.Options{Dir: dir, Version: "test"}, LibraryFlag: dir, Zone: time.UTC, Jobs: 2}
	for _, change := range changes {
		change(&o)
	}
	s, err := New(t.Context(), l, o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return s
}

// A browser is a Chromium with the studio's page.
type browser struct {
	t   testing.TB
	ctx context.Context
}

// browse starts a Chromium on a library with recordings, or skips the test.
func browse(t testing.TB, s *Server) *browser {
	t.Helper()
	b := visit(t, s)
	b.until("the rows", `document.querySelector("#rows a") !== null`)
	return b
}

// visit starts a Chromium and lets it in, or skips the test.
func visit(t testing.TB, s *Server) *browser {
	t.Helper()
	program, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("chromium is not installed")
	}
	if testing.Short() {
		t.Skip("starts a browser")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.WindowSize(1400, 1000),
		chromedp.Flag("autoplay-policy", "no-user-gesture-required"), chromedp.Flag("disable-quic", true), chromedp.Flag("mute-audio", true),
		chromedp.Flag("lang", "en"), chromedp.Flag("disable-background-networking", true), chromedp.UserDataDir(t.TempDir()))
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx, chromedp.Navigate(s.URL())); err != nil {
		t.Fatalf("starting chromium: %v", err)
	}
	limit := 5 * time.Minute
	if long() {
		limit = 10 * time.Minute
	}
	ctx, cancel = context.WithTimeout(ctx, limit)
	t.Cleanup(cancel)
	b := &browser{t, ctx}
	b.until("the page", `location.pathname !== "/enter" && document.getElementById("count")?.textContent`)
	return b
}

func long() bool { return os.Getenv("SPACES_LONG") == "1" }

// do runs actions, which must succeed.
func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

// eval evaluates JavaScript, also what promises something.
func eval[T any](b *browser, script string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%s: %v", script, err)
	}
	return v
}

// until waits for a condition in the page.
func (b *browser) until(what, condition string) {
	b.t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(15 * time.Millisecond) {
		if ok, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool]("Boolean("+condition+")")); err == nil && ok {
			return
		}
	}
	b.t.Fatalf("waited in vain for %s; the page says %q", what, eval[string](b, `document.getElementById("status").textContent`))
}

// text is what an element says.
func (b *browser) text(id string) string {
	b.t.Helper()
	return eval[string](b, fmt.Sprintf(`document.getElementById(%q).textContent`, id))
}

func (b *browser) value(id string) string {
	b.t.Helper()
	return eval[string](b, fmt.Sprintf(`document.getElementById(%q).value`, id))
}

func (b *browser) click(id string) {
	b.t.Helper()
	b.do(chromedp.ScrollIntoView(chromedp.ID(id)), chromedp.Click(chromedp.ID(id), chromedp.NodeVisible))
}

// set types into a field in place of what is there.
func (b *browser) set(id, text string) {
	b.t.Helper()
	b.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`document.getElementById(%q).select()`, id)), chromedp.SendKeys(chromedp.ID(id), text))
}

// openRecording goes to a recording and waits until its waveform is drawn.
func (b *browser) openRecording(id string) {
	b.t.Helper()
	b.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`location.hash = "#/r/" + %q`, id)))
	b.until("the waveform", `performance.getEntriesByName("wave-drawn").length > 0`)
}

// size changes the window.
func (b *browser) size(width, height int64) {
	b.t.Helper()
	b.do(chromedp.EmulateViewport(width, height))
}

// choose sets a switch as a person does.
func (b *browser) choose(id, value string) {
	b.t.Helper()
	b.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`{ const s = document.getElementById(%q); s.value = %q; s.dispatchEvent(new Event("change")); }`, id, value)))
	if id == "language" { // whose words are asked for
		b.until("the language", `document.documentElement.lang === "`+value+`"`)
	}
}

// screenshot keeps a picture of the page in the folder that STUDIO_PICTURES names.
func (b *browser) screenshot(name string) {
	b.t.Helper()
	dir := os.Getenv("STUDIO_PICTURES")
	if dir == "" {
		return
	}
	picture := chromedp.FullScreenshot(100)
	// A dialog is in the middle of the window; of pages that run from the right
	// Chromium's full picture is shifted.
	if eval[bool](b, `document.querySelector("dialog[open]") !== null || document.dir === "rtl"`) {
		picture = chromedp.CaptureScreenshot()
	}
	png, err := chromedp.Run(b.ctx, picture)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), png, 0o666)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}
