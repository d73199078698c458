package durable

import (
	"errors"
	"io/fs"
	"os"
	"testing"
)

func names(t *testing.T, root *os.Root) (list []string) {
	t.Helper()
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

func write(t *testing.T, root *os.Root, name, content string) *File {
	t.Helper()
	d, err := Create(root, name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.WriteString(content); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDraft(t *testing.T) {
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()

	// Until it is committed nobody sees it under its name.
	d := write(t, root, "a", "one")
	if list := names(t, root); len(list) != 1 || !IsDraft(list[0]) {
		t.Fatalf("before the commit: %q", list)
	}
	if err := d.Commit(false); err != nil {
		t.Fatal(err)
	}
	d.Discard()

	// What is there is not replaced, unless that is meant.
	d = write(t, root, "a", "two")
	if d.Same("a") {
		t.Error(`"two" is not the same as "one"`)
	}
	if err := d.Commit(false); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second file of the same name: %v", err)
	}
	d.Discard()
	if b, err := root.ReadFile("a"); err != nil || string(b) != "one" {
		t.Errorf("it was replaced by %q, %v", b, err)
	}
	d = write(t, root, "a", "one")
	if !d.Same("a") || d.Same("b") {
		t.Error("the same is not found to be the same")
	}
	d.Discard()
	if err := write(t, root, "a", "three").Commit(true); err != nil {
		t.Fatal(err)
	}
	if b, err := root.ReadFile("a"); err != nil || string(b) != "three" {
		t.Errorf("it was not replaced: %q, %v", b, err)
	}
	if list := names(t, root); len(list) != 1 || list[0] != "a" {
		t.Errorf("left behind: %q", list)
	}
	if err := SyncDir(root, "."); err != nil {
		t.Error(err)
	}
}

func TestIsName(t *testing.T) {
	for name, want := range map[string]bool{
		".ABCDEFGH27.partial": true, "ABCDEFGH27.partial": false, ".mine.partial": false,
		".ABCDEFGH27.partial.m4a": false, ".ABCDEFGH2.partial": false, ".ABCDEFGH21.partial": false,
	} {
		t.Run(name, func(t *testing.T) {
			if IsDraft(name) != want {
				t.Errorf("%s: %v", name, !want)
			}
		})
	}
}
