package said

import (
	"errors"
	"os"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/words"
)

// Where the index cannot be changed, it is deleted with the words; where it
// cannot be deleted either, that is an error.
func TestEraseRefused(t *testing.T) {
	lib := newLibrary(t)
	keep(t, lib, two, "a badger")
	setVersion(t, lib, 200)
	if err := Erase(t.Context(), lib, two); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"", "-wal"} {
		if b, err := os.ReadFile(lib.Path(layout.Words) + suffix); err == nil && strings.Contains(string(b), "badger") {
			t.Errorf("badger is in %s%s", layout.Words, suffix)
		}
	}
	expect(t, lib, "badger", two) // it was not deleted

	if err := words.Remove(lib.Path(layout.Words)); err != nil {
		t.Fatal(err)
	}
	if err := lib.Root().MkdirAll(layout.Words+"/in the way", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := Erase(t.Context(), lib, two); err == nil {
		t.Error("no error from an index that cannot be opened or deleted")
	}
}

// A transcript that cannot be replaced stays, or the error says where it is.
func TestReplaceFails(t *testing.T) {
	full := errors.New("the disk is full")
	for _, refused := range []bool{false, true} {
		for _, file := range []string{layout.TranscriptIn("."), layout.CaptionsIn(".")} {
			t.Run(file, func(t *testing.T) {
				lib := newLibrary(t)
				s := load(t, lib, one)
				lib.Close()
				begun, failed := false, false
				trace := func(step, name string) error {
					if begun && (!failed && step == "rename" && name == path.Join(s.Folder, file) || failed && refused) {
						failed = true
						return full
					}
					return nil
				}
				lib, err := library.OpenWrite(t.Context(), library.Options{Dir: lib.Dir(), Trace: trace})
				if err != nil {
					t.Fatal(err)
				}
				defer lib.Close()
				durable.Watch(trace)
				defer durable.Watch(nil)
				begun = true
				it, err := Replace(t.Context(), lib, s, of(s, "a white rabbit"), "test", time.Now())
				begun = false
				if !errors.Is(err, full) || it != nil {
					t.Fatalf("replaced: %+v, %v", it, err)
				}
				var aside *AsideError
				if errors.As(err, &aside) != refused {
					t.Fatalf("%v, want an AsideError: %v", err, refused)
				}
				list, err := lib.Removed()
				if err != nil {
					t.Fatal(err)
				}
				if refused {
					if len(list) != 1 || list[0].Name != aside.Name || !strings.Contains(aside.Error(), aside.Name) {
						t.Fatalf("removed: %+v, %v", list, aside)
					}
					if _, err := Restore(t.Context(), lib, &list[0]); err != nil {
						t.Fatal(err)
					}
				} else if len(list) != 0 {
					t.Errorf("removed: %+v", list)
				}
				expect(t, lib, "quick", one)
				expect(t, lib, "rabbit", "")
			})
		}
	}
}
