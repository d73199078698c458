package clip

import (
	"context"
	"math"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// playScript plays a file to its end and tells how long it was, and where it
// began and ended.
const playScript = `new Promise((resolve, reject) => {
	const a = new Audio(%FILE%);
	let first = null;
	a.onerror = () => reject(new Error('cannot play: ' + (a.error && a.error.message)));
	a.onplaying = () => { if (first === null) first = a.currentTime; };
	a.onended = () => resolve([a.duration, first, a.currentTime]);
	a.muted = true;
	a.play().catch(reject);
})`

// decodeScript decodes a file and tells how many samples it has.
const decodeScript = `(async () => {
	const b = await (await fetch(%FILE%)).arrayBuffer();
	const c = new OfflineAudioContext(2, 48000, 48000);
	const d = await c.decodeAudioData(b);
	return [d.length];
})()`

// A clip plays in a browser from its first sample to its last.
func TestChromium(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a browser")
	}
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("chromium is not installed")
	}
	dir := t.TempDir()
	file := sources[0].make(t, dir)
	l, id := importFile(t, file)
	r := open(t, l, id)
	s := Span{100001, 76543}
	for _, format := range []Format{M4A, MP3, WAV, FLAC, Opus} {
		if format == MP3 && checkMP3() != nil {
			continue
		}
		q := Request{Recording: r, Span: s, Format: format, File: filepath.Join(dir, "clip."+string(format))}
		if _, err := Cut(context.Background(), q); err != nil {
			t.Fatal(err)
		}
	}
	server := httptest.NewServer(http.FileServer(http.Dir(dir)))
	defer server.Close()
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium), chromedp.NoSandbox,
		chromedp.Flag("autoplay-policy", "no-user-gesture-required"), chromedp.Flag("disable-background-networking", true),
		chromedp.UserDataDir(t.TempDir()))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), opts...)
	defer cancel()
	ctx, cancel = chromedp.NewContext(ctx)
	defer cancel()
	ctx, cancel = context.WithTimeout(ctx, 90*time.Second)
	defer cancel()
	if _, err := chromedp.Run(ctx, chromedp.Navigate(server.URL)); err != nil {
		t.Skipf("chromium does not start: %v", err)
	}
	want := float64(s.Samples) / 48000
	for _, format := range []Format{M4A, MP3, WAV, FLAC, Opus} {
		name := "'/clip." + string(format) + "'"
		played, err := await(ctx, playScript, name)
		if err != nil {
			t.Errorf("%s: %v", format, err)
			continue
		}
		decoded, err := await(ctx, decodeScript, name)
		if err != nil {
			t.Errorf("%s: %v", format, err)
			continue
		}
		t.Logf("%s: duration %.6f, played from %.6f to %.6f, %v samples decoded; %.6f s, %d samples were asked for",
			format, played[0], played[1], played[2], decoded[0], want, s.Samples)
		if decoded[0] != float64(s.Samples) {
			t.Errorf("%s: %v samples are decoded, not %d", format, decoded[0], s.Samples)
		}
		if format == Opus {
			want += 312. / 48000 // Chromium counts the pre-skip of any Opus file
		}
		if math.Abs(played[0]-want) > 2e-6 || played[1] > 0.1 || math.Abs(played[2]-want) > 2e-6 {
			t.Errorf("%s: duration %.6f, played from %.6f to %.6f, not %.6f", format, played[0], played[1], played[2], want)
		}
	}
}

// await runs a script about a file and returns what it promises.
func await(ctx context.Context, script, file string) ([]float64, error) {
	return chromedp.Run(ctx, chromedp.Evaluate[[]float64](strings.ReplaceAll(script, "%FILE%", file), chromedp.EvalAwaitPromise))
}
