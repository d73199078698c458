package intake

import (
	"sync/atomic"

	"github.com/spaces-cli/spaces/internal/stream"
)

// A work is what there is to be done for one item, in bytes: its originals are
// read once, and once more when the file to play is made. It tells no more than
// was announced, and in the end all of it, whatever the item turned out to need.
type work struct {
	progress stream.Progress
	left     atomic.Int64
}

func newWork(p stream.Progress, bytes int64) *work {
	w := &work{progress: p}
	w.left.Store(bytes)
	p.Expect(bytes)
	return w
}

// Expect is not for what is announced at once.
func (w *work) Expect(int64) {}

// Add says that so many bytes more have been done.
func (w *work) Add(n int64) {
	for {
		left := w.left.Load()
		n := min(n, left)
		if w.left.CompareAndSwap(left, left-n) {
			w.progress.Add(n)
			return
		}
	}
}

// end says that nothing is left to be done.
func (w *work) end() { w.Add(w.left.Load()) }
