package extract

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What is sent lies in the library until it is taken in; of what does not arrive
// whole, and of a program that has ended, nothing stays.
func TestUpload(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	u, err := NewUpload(dir, 5)
	if err != nil {
		t.Fatal(err)
	}
	if err := u.Receive(t.Context(), "../A b.ZIP", 5, strings.NewReader("hello")); err != nil {
		t.Fatal(err)
	}
	for _, body := range []string{"hell", "hello!"} {
		if err := u.Receive(t.Context(), "b.zip", 5, strings.NewReader(body)); !errors.Is(err, ErrNotWhole) {
			t.Errorf("%q as 5 bytes: %v", body, err)
		}
	}
	if err := u.Receive(t.Context(), "elsewhere/A b.ZIP", 5, strings.NewReader("other")); err != nil { // of the same name
		t.Fatal(err)
	}
	paths := u.Paths()
	if len(paths) == 2 {
		if b, err := os.ReadFile(paths[1]); err != nil || string(b) != "other" || filepath.Base(paths[1]) != filepath.Base(paths[0]) {
			t.Errorf("%s: %q, %v", paths[1], b, err)
		}
	}
	if len(paths) != 2 || filepath.Dir(filepath.Dir(paths[0])) != filepath.Join(dir, ".downloads") {
		t.Fatalf("the files are %q", paths)
	}
	if b, err := os.ReadFile(paths[0]); err != nil || string(b) != "hello" {
		t.Errorf("%q, %v", b, err)
	}
	if err := SweepUploads(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(paths[0]); err != nil {
		t.Errorf("a sweep removed an upload that is under way: %v", err)
	}
	u.lock.Close() // as when the program ends
	if err := SweepUploads(dir); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("an abandoned upload leaves %v", left)
	}
	full := new(FullError)
	if _, err := NewUpload(dir, math.MaxInt64); !errors.As(err, &full) || full.Needs != math.MaxInt64 {
		t.Errorf("room for everything: %v", err)
	}
}
