package settings

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A saved key changes one line, and what was saved is what is read.
func TestSave(t *testing.T) {
	for _, c := range []struct{ name, before, key, text, after string }{
		{"no file", "", "jobs", "3", "jobs: 3\n"},
		{"comments stay", "# mine\njobs: 1 # one\nquiet: true\n", "jobs", "3", "# mine\njobs: 3 # one\nquiet: true\n"},
		{"capitals", "Jobs: 1\n", "jobs", "3", "Jobs: 3\n"},
		{"new section", "quiet: true\n", "consent.clip", "off", "quiet: true\nconsent:\n    clip: off\n"},
		{"known section", "consent:\n    feed: warn # mine\n", "consent.clip", "off", "consent:\n    feed: warn # mine\n    clip: off\n"},
		{"empty section", "consent:\nquiet: true\n", "consent.clip", "off", "consent:\n    clip: off\nquiet: true\n"},
		{"comments alone", "# mine\n\n# jobs: 1\n", "jobs", "3", "# mine\n\n# jobs: 1\njobs: 3\n"},
		{"dotted key", "consent.clip: warn\n", "consent.clip", "off", "consent.clip: off\n"},
		{"number as text", "", "x.client_id", "007", "x:\n    client_id: \"007\"\n"},
		{"targets stay", "targets:\n    show:\n        url: file:///show\n", "me", "@ann", "targets:\n    show:\n        url: file:///show\nme: '@ann'\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := folder(t, c.before)
			key, ok := Lookup(c.key)
			if !ok {
				t.Fatal("no such key")
			}
			if text, err := f.Save(key, c.text); err != nil || text != c.text {
				t.Fatal(text, err)
			}
			b, err := os.ReadFile(f.File())
			if err != nil {
				t.Fatal(err)
			}
			// Which quotes the YAML package chooses is its own affair.
			if got, want := strings.ReplaceAll(string(b), "'", `"`), strings.ReplaceAll(c.after, "'", `"`); got != want {
				t.Errorf("the file is\n%s\nwant\n%s", got, want)
			}
			all, err := f.Resolve(nil)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := all.ByKey[c.key], (Value{c.text, Source{File, f.File()}}); got != want {
				t.Errorf("read back: %+v, want %+v", got, want)
			}
		})
	}
}

// A config file that is a link stays one.
func TestSaveThroughLink(t *testing.T) {
	f := folder(t, "jobs: 1\n")
	real := filepath.Join(t.TempDir(), "mine.yaml")
	if err := os.Rename(f.File(), real); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(real, f.File()); err != nil {
		t.Skip(err)
	}
	key, _ := Lookup("jobs")
	if _, err := f.Save(key, "3"); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(real); err != nil || string(b) != "jobs: 3\n" {
		t.Errorf("the file holds %q, %v", b, err)
	}
	if _, err := os.Readlink(f.File()); err != nil {
		t.Error(err)
	}
}

// What could not be read again is not written.
func TestSaveUnreadable(t *testing.T) {
	const before = "jobs: 1\nquiet: true\nquiet: true\n"
	f := folder(t, before)
	key, _ := Lookup("jobs")
	var wrong *FileError
	if _, err := f.Save(key, "3"); !errors.As(err, &wrong) {
		t.Errorf("got %v", err)
	}
	if b, _ := os.ReadFile(f.File()); string(b) != before {
		t.Errorf("the file was changed:\n%s", b)
	}
}

func TestSaveRefuses(t *testing.T) {
	f := folder(t, "")
	key, _ := Lookup("jobs")
	var wrong *ValueError
	if _, err := f.Save(key, "many"); !errors.As(err, &wrong) || wrong.Source != (Source{}) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(f.Dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder was made: %v", err)
	}
}

// A library is saved as the folder that is meant from here.
func TestSaveLibrary(t *testing.T) {
	f := folder(t, "")
	t.Chdir(f.Home)
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	key, _ := Lookup("library")
	for text, want := range map[string]string{"mine": filepath.Join(here, "mine"), "~/mine": "~/mine"} {
		t.Run(text, func(t *testing.T) {
			if got, err := f.Save(key, text); err != nil || got != want {
				t.Errorf("got %q, %v, want %q", got, err, want)
			}
		})
	}
}

func TestHome(t *testing.T) {
	f := Folder{Home: filepath.FromSlash("/home/ann")}
	for path, short := range map[string]string{
		"/home/ann": "~", "/home/ann/Spaces": "~/Spaces", "/home/anna": "/home/anna", "/": "/",
	} {
		t.Run(path, func(t *testing.T) {
			path, short := filepath.FromSlash(path), filepath.FromSlash(short)
			if got := f.Shorten(path); got != short {
				t.Errorf("Shorten: got %s, want %s", got, short)
			}
			if got := f.Expand(short); got != path {
				t.Errorf("Expand: got %s, want %s", got, path)
			}
		})
	}
	if got := (Folder{}).Shorten("/a"); got != "/a" {
		t.Errorf("without a home: %s", got)
	}
	for path, short := range map[string]string{"/here/a/b.m4a": "a/b.m4a", "/lib/x": "x", "/lib": "/lib", "/here2/a": "/here2/a", "a.m4a": "a.m4a"} {
		if got := f.Shorten(filepath.FromSlash(path), "", filepath.FromSlash("/here"), filepath.FromSlash("/lib")); got != filepath.FromSlash(short) {
			t.Errorf("Shorten: %s is %s, want %s", path, got, short)
		}
	}
	if got := f.Expand("~ann/x"); got != "~ann/x" {
		t.Errorf("the home of somebody else: %s", got)
	}
}
