package library_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/layout"
)

func TestOpen(t *testing.T) {
	made := t.TempDir()
	l, err := library.OpenWrite(t.Context(), library.Options{Dir: made})
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	newer := t.TempDir()
	if err := os.WriteFile(filepath.Join(newer, layout.Marks), []byte(`{"format":99}`), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, dir string
		want      error
	}{
		{"made", made, nil},
		{"no name", "", library.ErrNoFolder},
		{"no folder", filepath.Join(t.TempDir(), "a"), library.ErrNoLibrary},
		{"empty folder", t.TempDir(), library.ErrNoLibrary},
		{"newer", newer, library.ErrNewer},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, err := library.Open(t.Context(), library.Options{Dir: tt.dir})
			if !errors.Is(err, tt.want) {
				t.Fatalf("%v, want %v", err, tt.want)
			}
			if err == nil {
				l.Close()
				return
			}
			if tt.dir != "" {
				if list, _ := os.ReadDir(tt.dir); tt.want == library.ErrNoLibrary && len(list) > 0 {
					t.Errorf("opening for reading made %v", list)
				}
			}
		})
	}
}

// One program writes at a time; others may read meanwhile.
func TestLock(t *testing.T) {
	o := library.Options{Dir: t.TempDir(), LockWait: 20 * time.Millisecond}
	w, err := library.OpenWrite(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	var locked *library.LockedError
	if _, err := library.OpenWrite(t.Context(), o); !errors.As(err, &locked) {
		t.Errorf("a second writer: %v", err)
	}
	r, err := library.Open(t.Context(), o)
	if err != nil {
		t.Fatalf("a reader: %v", err)
	}
	r.Close()
	w.Close()
	if w, err = library.OpenWrite(t.Context(), o); err != nil {
		t.Fatalf("after the first has closed it: %v", err)
	}
	w.Close()
}
