package clip

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spaces-cli/spaces/internal/recording"
)

// Inside returns where a clip of a batch goes: below the folder dir, or the
// current one. Who wrote the batch may be another than who runs it: no output
// leads out of that folder, unless anywhere allows it. Without either the clip
// goes to the library, and Inside returns "".
func Inside(dir, output string, anywhere bool) (string, error) {
	switch {
	case output == "" && dir == "":
		return "", nil
	case output == "":
		return dir + string(os.PathSeparator), nil
	case anywhere && (filepath.IsAbs(output) || dir == ""):
		return output, nil
	case anywhere:
		return filepath.Join(dir, output), nil
	}
	outside := func(why string) error {
		return recording.Problemf(BadLine, Outside, "the output %s is outside the folder for the clips%s", output, why)
	}
	if !filepath.IsLocal(output) {
		return "", outside("")
	}
	if dir == "" {
		dir = "."
	} else if err := os.MkdirAll(dir, 0o777); err != nil {
		return "", err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return "", err
	}
	defer root.Close()
	// Links that stay inside are followed, those that lead out are not.
	for name := filepath.Clean(output); name != "."; name = filepath.Dir(name) {
		if _, err := root.Lstat(name); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if _, err := root.Stat(name); err != nil {
			return "", outside(" (through a link)")
		}
	}
	file := filepath.Join(dir, output)
	if os.IsPathSeparator(output[len(output)-1]) {
		file += string(os.PathSeparator)
	}
	return file, nil
}

// FailedLines is a file of the lines of a batch that failed, to be run again.
// It is made when the first one fails. A nil *FailedLines keeps none.
type FailedLines struct {
	name   string
	header string
	f      *os.File
}

// NewFailedLines returns the file of this name for a batch, or nil for no name.
func NewFailedLines(name string, b *Batch) *FailedLines {
	if name == "" {
		return nil
	}
	return &FailedLines{name: name, header: b.Header}
}

// Add keeps a line that failed.
func (w *FailedLines) Add(l Line) error {
	if w == nil || l.Raw == "" {
		return nil
	}
	text := l.Raw
	if w.f == nil {
		f, err := os.Create(w.name)
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
