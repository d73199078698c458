package clip

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/recording"
)

// MayWrite refuses to write a file of the host's choice where it could take the
// place of something in the library that exists nowhere else. Below the library
// only the folders of clips and of episodes take such a file. With force, nothing
// is replaced in these but in own, which puts aside what was there. Links are
// followed.
func MayWrite(library, file, own string, force bool) error {
	file, err := filepath.Abs(file)
	if err != nil {
		return err
	}
	dir, err := resolved(filepath.Dir(file))
	if err != nil {
		return err
	}
	parts, inside, err := below(library, dir)
	if err != nil || !inside {
		return err
	}
	// recordings/YEAR/NAME/clips
	if len(parts) != 4 || parts[0] != layout.Recordings || !slices.Contains(layout.ByHost, parts[3]) {
		kind := BadRequest
		if _, err := os.Lstat(file); err == nil {
			kind = Exists
		}
		return recording.Problemf(kind, InLibrary, "%s is in the library, where files can be written only to the folders clips and episodes; nothing was written", file)
	}
	if _, err := os.Lstat(file); err != nil || !force || sameFolder(dir, own) {
		return nil
	}
	return recording.Problemf(Exists, InLibrary, "%s belongs to the library and was not replaced", file)
}

// resolved is a folder without links; some of it need not exist yet.
func resolved(dir string) (string, error) {
	rest := ""
	for {
		real, err := filepath.EvalSymlinks(dir)
		if err == nil {
			return filepath.Join(real, rest), nil
		}
		if parent := filepath.Dir(dir); errors.Is(err, fs.ErrNotExist) && parent != dir {
			dir, rest = parent, filepath.Join(filepath.Base(dir), rest)
			continue
		}
		return "", err
	}
}

// below reports whether a folder is the library or lies in it, and then by
// which names. A file system may take several spellings of a name, so that
// spellings are not compared.
func below(library, dir string) (parts []string, inside bool, err error) {
	lib, err := os.Stat(library)
	if err != nil {
		return nil, false, err
	}
	for at := dir; ; at = filepath.Dir(at) {
		if info, err := os.Stat(at); err == nil && os.SameFile(info, lib) {
			rel, err := filepath.Rel(at, dir)
			return strings.Split(rel, string(os.PathSeparator)), true, err
		}
		if at == filepath.Dir(at) {
			return nil, false, nil
		}
	}
}

func sameFolder(a, b string) bool {
	x, xerr := os.Stat(a)
	y, yerr := os.Stat(b)
	return xerr == nil && yerr == nil && os.SameFile(x, y)
}
