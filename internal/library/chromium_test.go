package library

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestPlaysInChromium has a browser play the playable files of the sample
// from end to end and compares what it takes for their length.
func TestPlaysInChromium(t *testing.T) {
	browser, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("chromium is not installed")
	}
	if testing.Short() {
		t.Skip("starts a browser")
	}
	dir := t.TempDir()
	events, _ := take(t, dir, ImportOptions{}, sampleZIP)
	mux := http.NewServeMux()
	mux.Handle("/library/", http.StripPrefix("/library/", http.FileServer(http.Dir(dir))))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "<!doctype html><title>player</title>") })
	server := httptest.NewServer(mux)
	defer server.Close()

	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(browser), chromedp.NoSandbox,
		chromedp.Flag("autoplay-policy", "no-user-gesture-required"), chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true), chromedp.UserDataDir(t.TempDir()))
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	defer cancel()
	ctx, cancel = chromedp.NewContext(ctx)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Navigate(server.URL)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel = context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	played := 0
	for _, e := range events {
		if e.Recording == nil || e.Recording.File == "" {
			continue
		}
		played++
		play := fmt.Sprintf(`new Promise((resolve, reject) => {
			const a = new Audio(%q);
			a.muted = true;
			a.playbackRate = 8;
			a.onended = () => resolve({Duration: a.duration, End: a.currentTime});
			a.onerror = () => reject(new Error(a.error.message));
			a.play().catch(reject);
		})`, server.URL+"/library/"+e.Recording.File)
		got, err := chromedp.Run(ctx, chromedp.Evaluate[struct{ Duration, End float64 }](play, chromedp.EvalAwaitPromise))
		if err != nil {
			t.Fatalf("%s: %v", e.Recording.File, err)
		}
		// Chromium counts in microseconds.
		if want := *e.Recording.Duration; math.Abs(got.Duration-want) > 2e-6 || math.Abs(got.End-want) > 2e-6 {
			t.Errorf("%s: duration %f, ended at %f, want %f", e.Recording.ID, got.Duration, got.End, want)
		}
	}
	if played != 2 {
		t.Errorf("%d files were played, want 2", played)
	}
}
