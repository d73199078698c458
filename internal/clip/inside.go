package clip

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spaces-cli/spaces/internal/recording"
)

// Inside returns where a clip of a batch goes: below the folder dir, or the
// current one. Who wrote the batch may be another than who runs it: no output
// leads out of that folder, unless anywhere allows it. Without either the clip
// goes to the library, and Inside returns "". It makes the folder, unless that
// would lie among the library's own.
func Inside(library, dir, output string, anywhere bool) (string, error) {
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
	} else if err := MayWrite(library, filepath.Join(dir, output), "", false); err != nil {
		return "", err
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
