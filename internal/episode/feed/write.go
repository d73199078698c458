package feed

import (
	"bytes"
	"errors"
	"io/fs"
	"os"

	"github.com/spaces-cli/spaces/internal/durable"
)

// writeFile puts content under a name at once: to a name of its own, flushed
// to the medium, renamed. A file that holds the same already is left alone;
// changed is false then.
func writeFile(root *os.Root, name string, content []byte) (changed bool, err error) {
	if old, err := root.ReadFile(name); err == nil && bytes.Equal(old, content) {
		return false, nil
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	if err := durable.WriteFile(root, name, content); err != nil {
		return false, err
	}
	return true, nil
}
