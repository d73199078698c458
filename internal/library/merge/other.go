package merge

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/layout"
)

var (
	// ErrSame means that both libraries are one.
	ErrSame = errors.New("this is the library itself")
	// ErrInside means that one library lies in the other.
	ErrInside = errors.New("one library lies inside the other")
)

// Is reports whether a folder is a library, though it may have lost its marks: a
// copy of its recordings alone is one.
func Is(dir string) bool {
	if info, err := os.Stat(filepath.Join(dir, layout.Marks)); err == nil && info.Mode().IsRegular() {
		return true
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return false
	}
	defer root.Close()
	found, err := fs.Glob(root.FS(), layout.SidecarIn(layout.Recordings+"/*/*"))
	return err == nil && len(found) > 0
}

// Open opens a library for Merge to read. The error is library.ErrNewer if a newer
// program has made it.
func Open(dir string, warn func(string)) (*library.Library, error) {
	l, err := library.OpenOther(library.Options{Dir: dir, Warn: warn})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	return l, nil
}

// Apart fails if two folders are one, by whatever names, or one lies in the other.
func Apart(lib, other string) error {
	a, err := os.Stat(lib)
	if errors.Is(err, os.ErrNotExist) {
		return nil // still to be made
	}
	if err != nil {
		return err
	}
	b, err := os.Stat(other)
	if err != nil {
		return err
	}
	if os.SameFile(a, b) || sameMarks(lib, other) {
		return fmt.Errorf("%s: %w", other, ErrSame)
	}
	x, err := real(lib)
	if err != nil {
		return err
	}
	y, err := real(other)
	if err != nil {
		return err
	}
	if within(x, y) || within(y, x) {
		return fmt.Errorf("%s: %w", other, ErrInside)
	}
	return nil
}

// sameMarks reports whether a folder is seen twice, as a mount shows it.
func sameMarks(lib, other string) bool {
	a, err := os.Stat(filepath.Join(lib, layout.Marks))
	if err != nil {
		return false
	}
	b, err := os.Stat(filepath.Join(other, layout.Marks))
	return err == nil && os.SameFile(a, b)
}

func real(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(dir)
}

func within(dir, of string) bool {
	rel, err := filepath.Rel(of, dir)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}
