package clip

import (
	"context"
	"math"
	"path/filepath"
	"testing"

	"github.com/spaces-cli/spaces/internal/fixture/browser"
	"github.com/spaces-cli/spaces/internal/media/format"
)

// TestPlaysInChromium has a browser play clips from their first sample to
// their last: at both ends of the recording, over the gap between its two
// pieces, and in every format.
func TestPlaysInChromium(t *testing.T) {
	r := preset(t, "two-pieces")
	louder := -15.0
	requests := []Request{
		{Span: span(70001, 2*48000+5), Format: format.M4A, Effects: Effects{Normalize: &louder}}, // by the gains of its units
		{Span: span(1, 48000), Format: format.M4A},
		{Span: span(r.Samples-96000, 96000), Format: format.M4A},
		{Span: span(54321, 70007), Format: format.M4A, Strict: true},
	}
	for _, f := range []format.Format{format.M4A, format.MP3, format.WAV, format.FLAC, format.Opus} {
		requests = append(requests, Request{Span: span(100001, 3*48000+7), Format: f})
	}
	var dir string
	var files []string
	var made []Request
	for _, q := range requests {
		q.Recording = r
		q.File = filepath.Join(t.TempDir(), "clip."+string(q.Format))
		if _, err := Cut(context.Background(), q); err != nil {
			if q.Format == format.MP3 {
				t.Logf("without MP3: %v", err)
				continue
			}
			t.Fatal(err)
		}
		dir = filepath.Dir(filepath.Dir(q.File)) // TempDir makes one beside the other
		rel, err := filepath.Rel(dir, q.File)
		if err != nil {
			t.Fatal(err)
		}
		files, made = append(files, rel), append(made, q)
	}
	for i, got := range browser.Play(t, dir, files...) {
		q := made[i]
		if got.Samples != q.Span.Samples {
			t.Errorf("%s of %+v: %d samples are decoded", q.Format, q.Span, got.Samples)
		}
		want := float64(q.Span.Samples) / 48000
		if q.Format == format.Opus {
			want += 312. / 48000 // Chromium counts the pre-skip of any Opus file
		}
		if math.Abs(got.Duration-want) > 2e-6 || math.Abs(got.End-want) > 2e-6 {
			t.Errorf("%s of %+v: %+v, want %f s", q.Format, q.Span, got, want)
		}
	}
}
