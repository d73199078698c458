package archive

import (
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"strings"
)

const (
	maxFolderParents = 3       // folders between the one given and data
	maxFolders       = 10_000  // looked into in search of data
	maxFiles         = 500_000 // listed in a data folder
	maxFolderDepth   = 3       // levels below data that are listed
)

// folderContainer is an unzipped archive. All access goes through an os.Root, so
// that no symbolic link leads out of it; links inside are not followed either.
type folderContainer struct {
	root  *os.Root
	files []listed
}

// openFolder lists the data folder in or below dir, and if there is none, the
// files of dir itself.
func openFolder(dir string) (container, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	s := &folderContainer{root: root}
	data := findDataFolders(root)
	if len(data) == 0 {
		return s, nil
	}
	for _, d := range data {
		if err := s.add(d, 0); err != nil {
			root.Close()
			return nil, err
		}
	}
	return s, nil
}

// findDataFolders returns the paths of the folders that look like the data
// folder of an archive, nearest first.
func findDataFolders(root *os.Root) []string {
	var found []string
	level := []string{"."}
	visited := 0
	for depth := 0; depth <= maxFolderParents+1 && len(level) > 0; depth++ {
		var next []string
		for _, dir := range level {
			if visited++; visited > maxFolders {
				return found
			}
			entries, err := fs.ReadDir(root.FS(), dir)
			if err != nil {
				continue // what cannot be listed is not what is looked for
			}
			isData := false
			for _, e := range entries {
				name := e.Name()
				if isArchivePart(name, e.IsDir()) {
					isData = true
				}
				if e.IsDir() && !strings.HasPrefix(name, ".") && name != "__MACOSX" {
					next = append(next, path.Join(dir, name))
				}
			}
			if isData {
				found = append(found, dir)
			}
		}
		if len(found) > 0 {
			return found
		}
		level = next
	}
	return found
}

// isArchivePart reports whether a data folder is told by such an entry.
func isArchivePart(name string, dir bool) bool {
	if dir {
		return isSpacesFolder(name)
	}
	stem, _, ok := scriptName(name)
	return ok && rootWeight()[stem] > 0
}

// add lists the files of dir and of the folders in it.
func (s *folderContainer) add(dir string, depth int) error {
	entries, err := fs.ReadDir(s.root.FS(), dir)
	if err != nil {
		if depth > 0 {
			return nil
		}
		return err
	}
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		switch mode := e.Type(); {
		case mode.IsDir():
			if depth+1 < maxFolderDepth {
				if err := s.add(name, depth+1); err != nil {
					return err
				}
			}
		case mode.IsRegular() || mode&fs.ModeSymlink != 0:
			if len(s.files) >= maxFiles {
				return nil
			}
			l := listed{name: name, link: mode&fs.ModeSymlink != 0, index: len(s.files)}
			if info, err := e.Info(); err == nil {
				l.size = info.Size()
			}
			s.files = append(s.files, l)
		}
	}
	return nil
}

func (s *folderContainer) list() iter.Seq[listed] {
	return func(yield func(listed) bool) {
		for _, l := range s.files {
			if !yield(l) {
				return
			}
		}
	}
}

func (s *folderContainer) file(l listed) *file {
	f := &file{name: l.name, size: l.size}
	if info, err := s.root.Lstat(l.name); err == nil {
		f.size = info.Size()
		f.modified = info.ModTime()
	}
	f.open = func() (io.ReadCloser, error) { return openRegular(s.root, l.name) }
	return f
}

// openRegular opens a file that is nothing special: opening a named pipe would
// wait for ever.
func openRegular(root *os.Root, name string) (*os.File, error) {
	info, err := root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "open", Path: name, Err: errNotRegular}
	}
	return root.Open(name)
}

func (s *folderContainer) release() { s.files = nil }

func (s *folderContainer) Close() error { return s.root.Close() }
