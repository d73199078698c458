package consent

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/durable/faults"
	"github.com/spaces-cli/spaces/internal/library/layout"
)

// Evidence is whole or not there.
func TestKeepFailing(t *testing.T) {
	faults.Each(t, func(t *testing.T, trace durable.Trace) error {
		dir := t.TempDir()
		l, err := Open(dir, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		l.trace = trace
		_, err = l.Keep(t.Context(), strings.NewReader("Bob says yes"), ".txt")
		files, _ := filepath.Glob(filepath.Join(dir, layout.Evidence, "*"))
		drafts, _ := filepath.Glob(filepath.Join(dir, layout.Evidence, ".*.partial"))
		if len(drafts) > 0 || len(files) > 1 || err == nil && len(files) != 1 {
			t.Errorf("%q and %q after %v", files, drafts, err)
		}
		for _, name := range files {
			if b, err := os.ReadFile(name); string(b) != "Bob says yes" {
				t.Errorf("%s holds %q, %v", name, b, err)
			}
		}
		return err
	})
}
