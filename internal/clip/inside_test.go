package clip

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/spaces-cli/spaces/internal/recording"
)

// No name in a batch leads out of the folder that its clips go to.
func TestInside(t *testing.T) {
	library := t.TempDir()
	t.Chdir(t.TempDir())
	slash := string(os.PathSeparator)
	if err := os.MkdirAll("out/in", 0o777); err != nil {
		t.Fatal(err)
	}
	links := os.Symlink("in", "out/link") == nil && os.Symlink("..", "out/up") == nil
	for _, tt := range []struct {
		name, dir, output string
		anywhere          bool
		want              string // "" with an output: refused
	}{
		{"into the library", "", "", false, ""},
		{"a folder alone", "out", "", false, "out" + slash},
		{"below it", "out", "a/b.m4a", false, "out/a/b.m4a"},
		{"a folder below it", "out", "a" + slash, false, "out/a" + slash},
		{"in the current folder", "", "a.m4a", false, "a.m4a"},
		{"above it", "out", "../a.m4a", false, ""},
		{"elsewhere", "out", filepath.Join(t.TempDir(), "a.m4a"), false, ""},
		{"above it, where that is allowed", "out", "../a.m4a", true, "a.m4a"},
		{"by a link that stays inside", "out", "link/a.m4a", false, "out/link/a.m4a"},
		{"by a link that leads out", "out", "up/a.m4a", false, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Inside(library, tt.dir, tt.output, tt.anywhere)
			p := new(recording.Problem)
			switch refused := tt.output != "" && tt.want == ""; {
			case !links && filepath.Dir(tt.output) == "link":
				t.Skip("no links here")
			case refused && (!errors.As(err, &p) || p.Cause != Outside):
				t.Errorf("%q, %v", got, err)
			case !refused && (err != nil || got != filepath.FromSlash(tt.want)):
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}

// The file for lines that failed takes no other file's place.
func TestFailedLines(t *testing.T) {
	dir := t.TempDir()
	library := filepath.Join(dir, "lib")
	for _, name := range []string{"lib/recordings/2021/one/original/a.ts", "lib/recordings/2021/one/clips/a.m4a", "photo.jpg", "list.csv"} {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o777), os.WriteFile(name, []byte("mine"), 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	links := errors.Join(os.Symlink(filepath.Join(dir, "list.csv"), filepath.Join(dir, "link.csv")),
		os.Symlink(filepath.Join(library, "recordings/2021/one/original/a.ts"), filepath.Join(dir, "original"))) == nil
	list, err := os.Open(filepath.Join(dir, "list.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer list.Close()
	for _, tt := range []struct {
		name          string
		taken, forced bool // whether it can be written without force, and with
	}{
		{"again.csv", true, true},
		{"photo.jpg", false, true},
		{"list.csv", false, false},
		{"link.csv", false, false},
		{"original", false, false},
		{"lib", false, false},
		{"lib/again.csv", false, false},
		{"lib/recordings/2021/one/original/a.ts", false, false},
		{"lib/recordings/2021/one/clips/a.m4a", false, false},
	} {
		for _, force := range []bool{false, true} {
			t.Run(tt.name, func(t *testing.T) {
				if !links && (tt.name == "link.csv" || tt.name == "original") {
					t.Skip("no links here")
				}
				name := filepath.Join(dir, filepath.FromSlash(tt.name))
				before, _ := os.ReadFile(name)
				w, err := NewFailedLines(library, name, new(Batch), list, force)
				if ok := err == nil; ok != (tt.taken || force && tt.forced) {
					t.Fatalf("force %t: %v", force, err)
				}
				if err == nil {
					err = errors.Join(w.Add(Line{Raw: "failed"}), w.Close())
				}
				after, _ := os.ReadFile(name)
				if err != nil && string(after) != string(before) || err == nil && string(after) != "failed" {
					t.Errorf("force %t: %q, was %q; %v", force, after, before, err)
				}
				if tt.name == "again.csv" {
					os.Remove(name)
				}
			})
		}
	}
}

// A refused folder in the library is not made.
func TestInsideLibrary(t *testing.T) {
	library := t.TempDir()
	var p *Problem
	if _, err := Inside(library, filepath.Join(library, "new"), "a.m4a", false); !errors.As(err, &p) || p.Cause != InLibrary {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(filepath.Join(library, "new")); err == nil {
		t.Error("the folder was made")
	}
}
