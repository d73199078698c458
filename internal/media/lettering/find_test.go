package lettering

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// folder has fonts of the program and files that only look like fonts.
func folder(t *testing.T) string {
	dir := t.TempDir()
	for name, data := range map[string][]byte{
		"Inter-Regular.otf": interRegular, "Inter-Bold.otf": interBold,
		"cut.otf": interRegular[:5000], "text.ttf": []byte("not a font, but long enough"), "empty.ttf": nil,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestFindFont(t *testing.T) {
	dir := folder(t)
	for _, font := range []string{"Inter", "inter", filepath.Join(dir, "Inter-Regular.otf"), filepath.Join(dir, "Inter-Bold.otf")} {
		s, err := Find(Options{Font: font, Folders: []string{dir}})
		if err != nil {
			t.Errorf("%s: %v", font, err)
			continue
		}
		for w := range Bold + 1 {
			if got, want := s.Line("words", 20, w).Width, Embedded().Line("words", 20, w).Width; got != want {
				t.Errorf("%s in weight %d is %g wide, want %g", font, w, got, want)
			}
		}
	}
	for font, reason := range map[string]string{
		"Intr Sans":                      "no family of that name",
		filepath.Join(dir, "none.ttf"):   "does not exist",
		filepath.Join(dir, "cut.otf"):    "cannot be read",
		filepath.Join(dir, "text.ttf"):   "cannot be read",
		filepath.Join(dir, "empty.ttf"):  "cannot be read",
		dir + string(filepath.Separator): "not a regular file",
	} {
		_, err := Find(Options{Font: font, Folders: []string{dir}})
		var e *FontError
		if !errors.As(err, &e) || !strings.Contains(err.Error(), reason) {
			t.Errorf("%s: %v, want %q", font, err, reason)
		}
	}
	_, err := Find(Options{Font: "Inter Sans", Folders: []string{dir}})
	if e := new(FontError); !errors.As(err, &e) || len(e.Near) != 1 || e.Near[0] != "Inter" {
		t.Errorf("%#v", err)
	}
}

// Folders that are not there, loops of links and damaged fonts are passed over.
func TestSystemWithoutFonts(t *testing.T) {
	dir := folder(t)
	if err := os.Symlink(dir, filepath.Join(dir, "loop")); err != nil {
		t.Log(err) // on Windows it takes a privilege
	}
	s, err := Find(Options{System: true, Folders: []string{filepath.Join(dir, "none"), dir}})
	if err != nil {
		t.Fatal(err)
	}
	if got := string(s.Missing("שלום 日 a")); got != "שלום日" {
		t.Errorf("%q", got)
	}
	if l := s.Line("日本", 20, Bold); !(l.Width > 10) {
		t.Errorf("two boxes are %g wide", l.Width)
	}
}
