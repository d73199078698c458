package clip

import (
	"io"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/recording"
)

// What is left out stands in no unit that is copied, even where an edit list
// would hide it.
func TestOmissionBeside(t *testing.T) {
	r := preset(t, "two-pieces")
	asked := span(48000, 48000)
	for _, test := range []struct {
		name  string
		omit  recording.Span
		plain bool // the units are copied
	}{
		{"in the unit before", span(48000-100, 100), false},
		{"in the unit of the end", span(96000, 10), false},
		{"far before", span(1000, 2000), true},
		{"far behind", span(110000, 2000), true},
	} {
		t.Run(test.name, func(t *testing.T) {
			q := Request{Recording: r, Span: asked, Format: format.M4A, Omit: recording.Omission{Spans: []recording.Span{test.omit}}, Writer: io.Discard}
			res, err := Cut(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			if res.Lossless != test.plain {
				t.Errorf("copied: %v, want %v", res.Lossless, test.plain)
			}
		})
	}
	held, err := Held(Request{Recording: r, Span: asked})
	if err != nil {
		t.Fatal(err)
	}
	if held.Start >= asked.Start || held.Start < asked.Start-2*1024 || held.End() < asked.End() || held.End() > asked.End()+1024 {
		t.Errorf("a lossless clip of %v holds %v", asked, held)
	}
	if held, err := Held(Request{Recording: r, Span: asked, Strict: true}); err != nil || held != asked {
		t.Errorf("a clip that is encoded anew holds %v, %v", held, err)
	}
}
