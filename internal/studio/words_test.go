package studio

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/clip/moments"
	"github.com/spaces-cli/spaces/internal/languages"
	"github.com/spaces-cli/spaces/internal/library/space"
)

// The page uses words that there are, and all of them. What each language has is
// tested in package languages.
func TestWords(t *testing.T) {
	english := languages.All()[0]
	en := english.Section("studio")
	if len(en) < 100 {
		t.Fatalf("%d English words are found", len(en))
	}
	for _, state := range space.States {
		if en["state."+string(state)] == nil {
			t.Errorf("the state %s has no words", state)
		}
	}
	for _, kind := range []moments.ReasonKind{moments.Laughter, moments.Applause, moments.Raised, moments.Exchange, moments.Opening} {
		if en["why."+string(kind)] == nil {
			t.Errorf("moments of the kind %s have no words", kind)
		}
	}

	used := make(map[string]bool)
	keys := regexp.MustCompile(`\bt\("([\w.-]+)"|data-t(?:-label|-placeholder|-title)?="([\w.-]+)"|"(key\.\w+)"|t\(.*? \? "(\w+)" : "(\w+)"`)
	files, err := fs.Glob(web, "web/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if name == "web/words.js" {
			continue
		}
		b, err := fs.ReadFile(web, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range keys.FindAllStringSubmatch(string(b), -1) {
			for _, key := range m[1:] {
				if used[key] = true; key != "" && en[key] == nil && !strings.HasSuffix(key, ".") {
					t.Errorf("%s uses %q, which has no words", name, key)
				}
			}
		}
	}
	for key := range en {
		kind, _, dotted := strings.Cut(key, ".")
		if !used[key] && !(dotted && used[kind+"."]) && kind != "error" { // words.js looks up errors by their kinds
			t.Errorf("nothing uses %q", key)
		}
	}
}
