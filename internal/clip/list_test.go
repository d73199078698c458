package clip

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/library/layout"
)

func TestList(t *testing.T) {
	r := preset(t, "one")
	root, err := os.OpenRoot(r.Library)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if list, _, err := List(root, r.Space.Folder); err != nil || len(list) != 0 {
		t.Fatalf("without clips: %v, %v", list, err)
	}
	for _, start := range []int64{96000, 48000} {
		if _, err := Cut(context.Background(), Request{Recording: r, Span: span(start, 48000), Name: "{at}"}); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"mine.json", "broken.json", "cut off.m4a.json"} {
		if err := os.WriteFile(filepath.Join(r.Dir, layout.Clips, name), []byte(`{"x":1`+name[:1]), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	list, broken, err := List(root, r.Space.Folder)
	if len(broken) != 1 || broken[0].File != "cut off.m4a" || !strings.HasSuffix(broken[0].Error(), "clips/cut off.m4a.json: cannot read the record: invalid character 'c' after object key:value pair") {
		t.Errorf("broken are %v", broken)
	}
	if err != nil || len(list) != 2 || list[0].Start != 48000 || list[1].At != 2 || list[1].Length != 1 {
		t.Errorf("%+v, %v", list, err)
	}
}
