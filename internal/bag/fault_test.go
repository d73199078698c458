package bag

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/durable/faults"
)

// A bag whose last step, the flush of its parent, failed may be there: whole. At all
// other times there is none, and nothing else.
func TestBagFailing(t *testing.T) {
	faults.Each(t, func(t *testing.T, trace durable.Trace) error {
		parent := t.TempDir()
		w, err := Create(filepath.Join(parent, "bag"))
		if err != nil {
			t.Fatal(err)
		}
		w.trace = trace
		if _, err = w.Add(t.Context(), "a.txt", strings.NewReader("a")); err == nil {
			err = w.Commit(t.Context(), nil)
		}
		w.Discard()
		list, rerr := os.ReadDir(parent)
		if rerr != nil || len(list) > 1 || err == nil && len(list) != 1 {
			t.Errorf("%v, %v after %v", list, rerr, err)
		}
		if len(list) == 1 {
			if _, err := os.Stat(filepath.Join(parent, "bag", "tagmanifest-sha256.txt")); err != nil {
				t.Error(err)
			}
		}
		return err
	})
}
