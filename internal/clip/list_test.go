package clip

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/spaces-cli/spaces/internal/library/layout"
)

func TestList(t *testing.T) {
	r := preset(t, "one")
	if list, err := List(r.Dir); err != nil || len(list) != 0 {
		t.Fatalf("without clips: %v, %v", list, err)
	}
	for _, start := range []int64{96000, 48000} {
		if _, err := Cut(context.Background(), Request{Recording: r, Span: span(start, 48000), Name: "{at}"}); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"mine.json", "broken.json"} {
		if err := os.WriteFile(filepath.Join(r.Dir, layout.Clips, name), []byte(`{"x":1`+name[:1]), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	list, err := List(r.Dir)
	if err != nil || len(list) != 2 || list[0].Start != 48000 || list[1].At != 2 || list[1].Length != 1 {
		t.Errorf("%+v, %v", list, err)
	}
}
