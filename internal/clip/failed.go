package clip

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/recording"
)

// FailedLines is a file of the lines of a batch that failed, to be run again.
// It is made when the first one fails. A nil *FailedLines keeps none.
type FailedLines struct {
	name   string
	header string
	force  bool
	f      *os.File
}

// NewFailedLines returns the file of this name for a batch, or nil for no name.
// batch is the file that the batch is read from, or nil. As with clips, another
// file is replaced only with force, and never one that the library keeps; nor the
// batch itself, which is still being read.
func NewFailedLines(library, name string, b *Batch, batch *os.File, force bool) (*FailedLines, error) {
	if name == "" {
		return nil, nil
	}
	// It is written where a link leads.
	if real, err := filepath.EvalSymlinks(name); err == nil {
		name = real
	}
	if batch != nil {
		is, err := batch.Stat()
		if err != nil {
			return nil, err
		}
		if there, err := os.Stat(name); err == nil && os.SameFile(is, there) {
			return nil, recording.Problemf(BadRequest, FailedBatch, "%s is the batch itself", name)
		}
	}
	if err := errors.Join(MayWrite(library, name, "", force), durable.MayWrite(name, force)); err != nil {
		return nil, err
	}
	return &FailedLines{name: name, header: b.Header, force: force}, nil
}

// Add keeps a line that failed.
func (w *FailedLines) Add(l Line) error {
	if w == nil || l.Raw == "" {
		return nil
	}
	text := l.Raw
	if w.f == nil {
		how := os.O_EXCL
		if w.force {
			how = os.O_TRUNC
		}
		f, err := os.OpenFile(w.name, os.O_WRONLY|os.O_CREATE|how, 0o666)
		if errors.Is(err, fs.ErrExist) {
			return &durable.TakenError{Name: w.name} // made meanwhile, by a clip perhaps
		}
		if err != nil {
			return err
		}
		w.f, text = f, w.header+text
	}
	_, err := io.WriteString(w.f, text)
	return err
}

// Close closes the file, if there is one.
func (w *FailedLines) Close() error {
	if w == nil || w.f == nil {
		return nil
	}
	err := w.f.Close()
	w.f = nil
	return err
}
