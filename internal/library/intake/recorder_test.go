package intake

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/fixture/browser"
)

// What a browser records is taken in as it is, with the packets that ffmpeg finds,
// and plays in the browser for as long as it lasts.
func TestRecordedInChromium(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("ffprobe"); err != nil {
		t.Skip("ffprobe is not installed")
	}
	types := []string{"audio/webm;codecs=opus", "audio/mp4;codecs=opus", "video/webm;codecs=vp8,opus"}
	for i, b := range browser.Record(t, 1500, types...) {
		if b == nil {
			t.Logf("%s is not recorded", types[i])
			continue
		}
		src := filepath.Join(t.TempDir(), fmt.Sprintf("recording %d.webm", i))
		if err := os.WriteFile(src, b, 0o666); err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		events, sum := take(t, dir, Options{}, src)
		if kinds := failures(events); len(kinds) > 0 || sum.Added != 1 {
			t.Fatalf("%s: %+v, failures %v", types[i], sum, kinds)
		}
		for _, e := range events {
			if e.Recording == nil {
				continue
			}
			r := e.Recording
			out, err := exec.Command("ffprobe", "-v", "error", "-select_streams", "a:0", "-count_packets", "-show_entries", "stream=nb_read_packets", "-of", "csv=p=0", src).Output()
			if err != nil {
				t.Fatal(err)
			}
			if n := strings.Trim(string(out), ",\n"); n != fmt.Sprint(r.Pieces[0].Units) {
				t.Errorf("%s: %d packets, ffprobe finds %s", types[i], r.Pieces[0].Units, n)
			}
			if r.Pieces[0].Damage != nil || *r.Duration < 1 || *r.Duration > 2.5 || r.Audio.Codec != "opus" {
				t.Errorf("%s: %v s of %+v, damage %+v", types[i], *r.Duration, r.Audio, r.Pieces[0].Damage)
			}
			t.Logf("%s: %v s, %d bytes", types[i], *r.Duration, r.Pieces[0].Bytes)
			got := browser.Play(t, dir, r.File)[0]
			if math.Abs(got.Duration-*r.Duration) > 2e-6 || math.Abs(got.End-*r.Duration) > 2e-6 || got.Samples != *r.Samples {
				t.Errorf("%s: %+v, want %v s, %d samples", types[i], got, *r.Duration, *r.Samples)
			}
		}
	}
}
