package clip

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/removed"
	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/recording"
)

// maxRenamed is how long a name that a host gives may be, in UTF-16 units and
// without the extension.
const maxRenamed = 80

// Rename gives a clip in a folder of a library another name; the files that
// belong to it follow. The name may have the extension, which stays. It returns
// the name that the clip's file has then.
func Rename(library *os.Root, folder, file, name string) (string, error) {
	renamed, err := Renamed(file, name, func(stem string) string { return layout.SafeName(stem, maxRenamed) })
	if err != nil {
		return "", err
	}
	return renamed, Move(library, folder, file, renamed, func() ([]string, error) { return Files(library, folder, file), nil })
}

// Renamed returns the name of a file that a host gives another one. fit returns
// what a name without its extension has to become to be that of a file.
func Renamed(file, name string, fit func(stem string) string) (string, error) {
	ext := path.Ext(file)
	if f, ok := format.Of(name, format.All()); ok && path.Ext(name) != ext {
		p := recording.Problemf(BadRequest, ExtensionStays, "the extension must stay %s: renaming does not convert a file to %s", ext, f)
		p.Known = []string{string(f)}
		return "", p
	}
	stem := strings.TrimSuffix(name, ext)
	if fits := fit(stem); stem != fits || stem == "" {
		p := recording.Problemf(BadRequest, UnfitName, "%q is not a valid file name", name)
		if stem != "" && fits != "" {
			p.Known = []string{fits + ext}
		}
		return "", p
	}
	return stem + ext, nil
}

// Move gives the files of a clip or an episode the names that follow from a new
// one for its sound, all or none. files lists them once nothing else moves them.
func Move(library *os.Root, folder, file, renamed string, files func() ([]string, error)) error {
	if renamed == file {
		return nil
	}
	store := removed.Store{Root: library}
	if _, err := store.Finish(false); err != nil {
		return err
	}
	if _, err := library.Lstat(path.Join(folder, file)); err != nil {
		return err
	}
	list, err := files()
	if err != nil {
		return err
	}
	err = store.Rename(folder, file, renamed, list)
	if errors.Is(err, fs.ErrExist) {
		return recording.Problemf(Exists, RenameTaken, "a file named %s exists already", renamed)
	}
	return err
}
