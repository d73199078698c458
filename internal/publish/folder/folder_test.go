package folder

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/conform"
)

func TestConforms(t *testing.T) {
	conform.Run(t, func(t *testing.T) conform.Site {
		dir := filepath.Join(t.TempDir(), "to send")
		return conform.Site{Dial: func(t *testing.T) publish.Target { return New(dir) }, Dir: dir}
	}, conform.Options{Leaves: true})
}

// Where a disk is not mounted, its folder is not made on another.
func TestMissingDisk(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "media", "disk")
	up := conform.NewSending("a.m4a", []byte("sound"))
	_, err := New(dir).Put(t.Context(), &up.Upload)
	if _, there := os.Stat(filepath.Dir(dir)); !errors.Is(err, publish.ErrNotExist) || !errors.Is(there, fs.ErrNotExist) {
		t.Errorf("error %v; the folder above: %v", err, there)
	}
}

// Links do not lead out of the folder.
func TestLinksStayInside(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	if err := os.Symlink(outside, filepath.Join(dir, "out")); err != nil {
		t.Skip(err)
	}
	up := conform.NewSending("out/a.m4a", []byte("sound"))
	if _, err := New(dir).Put(t.Context(), &up.Upload); err == nil {
		t.Error("written through a link")
	}
	if l, _ := os.ReadDir(outside); len(l) != 0 {
		t.Errorf("outside there is %v", l)
	}
}

func TestNames(t *testing.T) {
	for _, name := range []string{"", ".", "..", "../a", "a/../b", "/a", "a//b", "a/", "a\x00b"} {
		up := conform.NewSending(name, []byte("sound"))
		if _, err := New(t.TempDir()).Put(t.Context(), &up.Upload); err == nil {
			t.Errorf("%q was taken for a name", name)
		}
	}
}
