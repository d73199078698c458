package recording

import (
	"os"
	"sync"

	"github.com/spaces-cli/spaces/internal/durable"
)

// A folder is that of the recording: os.Root sees to it that no name reaches
// outside.
type folder struct {
	dir   string
	open  sync.Once
	root  *os.Root
	err   error
	swept sync.Map // folders below it
}

// Tidy removes the drafts that killed programs have left in a folder of the
// recording's. Only the first call for a folder does.
func (r *Recording) Tidy(dir string) {
	root, err := r.Root()
	if err != nil {
		return
	}
	if _, done := r.folder.swept.LoadOrStore(dir, true); !done {
		durable.SweepDir(root, dir)
	}
}

// Root is the recording's folder. It is open until the recording is closed.
func (r *Recording) Root() (*os.Root, error) {
	f := &r.folder
	f.open.Do(func() { f.root, f.err = os.OpenRoot(f.dir) })
	return f.root, f.err
}

func (f *folder) close() error {
	f.open.Do(func() {})
	if f.root == nil {
		return nil
	}
	return f.root.Close()
}
