package intake

import (
	"context"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/spaces-cli/spaces/internal/fixture"
	"github.com/spaces-cli/spaces/internal/library"
)

// counted is a stream.Progress that adds up.
type counted struct{ expected, done, most atomic.Int64 }

func (c *counted) Expect(n int64) { c.expected.Add(n) }
func (c *counted) Add(n int64)    { c.most.Store(max(c.most.Load(), c.done.Add(n))) }

// Whatever becomes of an import, what was expected has been done in the end: a
// bar that stops short, or waits at its end, says something false.
func TestProgressIsWhole(t *testing.T) {
	for _, preset := range []string{"one", "two-pieces", "mpegts", "folder", "no-audio", "no-record", "gap-inside", "parameters", "empty"} {
		t.Run(preset, func(t *testing.T) {
			from := filepath.Join(t.TempDir(), "archive")
			all := fixture.Presets()
			i := slices.IndexFunc(all, func(p fixture.Preset) bool { return p.Name == preset })
			if i < 0 {
				t.Fatal("no such preset")
			}
			if err := all[i].Write(from); err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			for _, run := range []string{"first", "again"} {
				lib, err := library.OpenWrite(context.Background(), library.Options{Dir: dir})
				if err != nil {
					t.Fatal(err)
				}
				var c counted
				_, err = Import(t.Context(), lib, []string{from}, Options{Jobs: 2, Progress: &c}, func(Event) {})
				lib.Close()
				if err != nil {
					t.Fatal(err)
				}
				if c.expected.Load() == 0 || c.done.Load() != c.expected.Load() || c.most.Load() > c.expected.Load() {
					t.Errorf("%s: %d of %d bytes done, %d at most", run, c.done.Load(), c.expected.Load(), c.most.Load())
				}
			}
		})
	}
}
