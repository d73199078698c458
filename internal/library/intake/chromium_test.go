package intake

import (
	"math"
	"testing"

	"github.com/spaces-cli/spaces/internal/fixture/browser"
)

// TestPlaysInChromium has a browser play the playable files of the sample
// from end to end and compares what it takes for their length.
func TestPlaysInChromium(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	events, _ := take(t, dir, Options{}, sampleZIP)
	var files []string
	var want []float64
	for _, e := range events {
		if e.Recording != nil && e.Recording.File != "" {
			files = append(files, e.Recording.File)
			want = append(want, *e.Recording.Duration)
		}
	}
	if len(files) != 2 {
		t.Fatalf("%d files to play, want 2", len(files))
	}
	for i, got := range browser.Play(t, dir, files...) {
		// Chromium counts in microseconds.
		if math.Abs(got.Duration-want[i]) > 2e-6 || math.Abs(got.End-want[i]) > 2e-6 {
			t.Errorf("%s: duration %f, ended at %f, want %f", files[i], got.Duration, got.End, want[i])
		}
	}
}
