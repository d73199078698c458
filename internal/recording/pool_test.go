package recording

import (
	"errors"
	"testing"

	"github.com/spaces-cli/spaces/internal/library"
)

// A Pool opens a recording once, closes what is not used for longest, and
// never what is in use.
func TestPool(t *testing.T) {
	l, id := importPreset(t, "one")
	opened := 0
	pool := NewPool(2, func(string) (*Recording, error) {
		opened++
		return Open(l, id, "test")
	})
	a, doneA, err := pool.Get("a")
	if err != nil {
		t.Fatal(err)
	}
	if again, done, _ := pool.Get("a"); again != a {
		t.Error("opened twice")
	} else {
		done()
	}
	for _, other := range []string{"b", "c", "b"} {
		_, done, err := pool.Get(other)
		if err != nil {
			t.Fatal(err)
		}
		done()
	}
	if opened != 3 {
		t.Errorf("opened %d times", opened)
	}
	if _, err := a.Files[0].Stat(); err != nil {
		t.Errorf("closed while in use: %v", err)
	}
	doneA()
	if _, err := a.Files[0].Stat(); err == nil {
		t.Error("not closed when no longer used")
	}
	pool.Close()
	fails := NewPool(2, func(string) (*Recording, error) { return nil, library.ErrNotFound })
	for range 2 {
		_, done, err := fails.Get("x")
		done()
		if !errors.Is(err, library.ErrNotFound) {
			t.Error(err)
		}
	}
}
