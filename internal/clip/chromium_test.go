package clip

import (
	"math"
	"path/filepath"
	"testing"

	"github.com/spaces-cli/spaces/internal/fixture/browser"
)

// TestPlaysInChromium has a browser play clips from their first sample to
// their last: inside one piece, over the gap between two, at the very start,
// and one that was encoded anew.
func TestPlaysInChromium(t *testing.T) {
	r := preset(t, "two-pieces")
	requests := []Request{
		{Recording: r, Span: Span{Start: 100001, Samples: 3*48000 + 7}},
		{Recording: r, Span: Span{Start: 1, Samples: 48000}},
		{Recording: r, Span: Span{Start: r.Samples - 96000, Samples: 96000}},
		{Recording: r, Span: Span{Start: 54321, Samples: 70007}, Strict: true},
	}
	var dir string
	var files []string
	for _, q := range requests {
		_, file := cut(t, q)
		dir = filepath.Dir(filepath.Dir(file)) // each test clip has a folder of its own
		rel, err := filepath.Rel(dir, file)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, rel)
	}
	for i, got := range browser.Play(t, dir, files...) {
		want := float64(requests[i].Span.Samples) / 48000
		if math.Abs(got.Duration-want) > 2e-6 || math.Abs(got.End-want) > 2e-6 {
			t.Errorf("clip %d: duration %f, ended at %f, want %f", i, got.Duration, got.End, want)
		}
	}
}
