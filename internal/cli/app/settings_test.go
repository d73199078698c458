package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Paths in messages are relative to the folder that they lie in, and other texts
// stay as they are.
func TestShortenIn(t *testing.T) {
	root := t.TempDir()
	for _, dir := range []string{"here", "lib"} {
		if err := os.Mkdir(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(filepath.Join(root, "here"))
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	root = filepath.Dir(here)
	a := &App{Home: root}
	a.Settings.Library = filepath.Join(root, "lib")
	for text, want := range map[string]string{
		"ROOT/here/a.m4a: no audio found in it":          "a.m4a: no audio found in it",
		"open ROOT/here/x/a b.m4a: permission denied":    "open x/a b.m4a: permission denied",
		`cannot read "ROOT/lib/recordings/x/space.json"`: `cannot read "recordings/x/space.json"`,
		"ROOT/other/a.zip: the ZIP is damaged":           "~/other/a.zip: the ZIP is damaged",
		"ROOT/lib is neither a library nor empty":        "~/lib is neither a library nor empty",
		"file://ROOT/here/a.m4a":                         "file://ROOT/here/a.m4a",
		"xROOT/here/a.m4a":                               "xROOT/here/a.m4a",
		"ROOT/here/: not a file":                         "~/here/: not a file",
		"ROOT/here/a is ROOT/lib/b (ROOT/here/c)":        "a is b (c)",
		"ROOT/here/":          "~/here/",
		"nothing of the kind": "nothing of the kind",
	} {
		text, want = strings.ReplaceAll(text, "ROOT", root), strings.ReplaceAll(want, "ROOT", root)
		if got := a.ShortenIn(filepath.FromSlash(text)); got != filepath.FromSlash(want) {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	a = &App{Home: here} // and nothing is known of the library
	if got := a.ShortenIn(filepath.Join(here, "a")); got != filepath.FromSlash("~/a") {
		t.Error(got)
	}
}
