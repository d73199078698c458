package feed

import (
	"os"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/durable/faults"
)

// A file in the site's folder is the one before, or the new one with its time.
func TestPlaceFailing(t *testing.T) {
	then := time.Date(2021, 6, 14, 18, 0, 0, 0, time.UTC)
	faults.Each(t, func(t *testing.T, trace durable.Trace) error {
		library, out := testLibrary(t), testLibrary(t)
		for root, text := range map[*os.Root]string{library: "after", out: "before"} {
			if err := root.WriteFile("a.mp3", []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if err := library.Chtimes("a.mp3", then, then); err != nil {
			t.Fatal(err)
		}
		entries, err := os.ReadDir(out.Name())
		if err != nil {
			t.Fatal(err)
		}
		written := place(t.Context(), library, out, Asset{Path: "a.mp3", Name: "a.mp3"}, trace, nil)
		got, err := out.ReadFile("a.mp3")
		if err != nil || string(got) != "after" && (written == nil || string(got) != "before") {
			t.Errorf("%q, %v after %v", got, err, written)
		}
		if info, err := out.Stat("a.mp3"); string(got) == "after" && (err != nil || !info.ModTime().Equal(then)) {
			t.Errorf("%v, %v after %v", info.ModTime(), err, written)
		}
		if now, err := os.ReadDir(out.Name()); err != nil || len(now) != len(entries) {
			t.Errorf("%v, %v after %v", now, err, written)
		}
		return written
	})
}
