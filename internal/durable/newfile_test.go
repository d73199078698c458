package durable

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// A file gets its name when it is whole; what fails leaves nothing.
func TestWriteNew(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "x.png")
	write := func(text string) func(io.Writer) error {
		return func(w io.Writer) error { _, err := io.WriteString(w, text); return err }
	}
	if n, err := WriteNew(name, false, write("first")); n != 5 || err != nil {
		t.Fatal(n, err)
	}
	if _, err := WriteNew(name, false, write("second")); !errors.As(err, new(*TakenError)) || !errors.Is(err, fs.ErrExist) {
		t.Errorf("writing over a file is answered with %v", err)
	}
	if b, _ := os.ReadFile(name); string(b) != "first" {
		t.Errorf("the file holds %q", b)
	}
	if n, err := WriteNew(name, true, write("second")); n != 6 || err != nil {
		t.Error(n, err)
	}
	if b, _ := os.ReadFile(name); string(b) != "second" {
		t.Errorf("the file holds %q", b)
	}
	if _, err := WriteNew(name, true, func(io.Writer) error { return io.ErrUnexpectedEOF }); err == nil {
		t.Error("an error was lost")
	}
	if _, err := WriteNew(dir, true, write("x")); err == nil {
		t.Error("a folder was replaced")
	}
	list, err := os.ReadDir(dir)
	if err != nil || len(list) != 1 {
		t.Errorf("left in the folder: %v, %v", list, err)
	}
}
