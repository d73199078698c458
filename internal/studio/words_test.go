package studio

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/clip/moments"
	"github.com/spaces-cli/spaces/internal/library/space"
)

// Every word that the page uses stands in every language, and no other.
func TestWords(t *testing.T) {
	b, err := fs.ReadFile(web, "web/words.js")
	if err != nil {
		t.Fatal(err)
	}
	english, rest, _ := strings.Cut(string(b), "const fr = {")
	french, _, _ := strings.Cut(rest, "\n};")
	entry := regexp.MustCompile(`(?:"([a-z][\w.-]*)"|\b([a-z]\w*)): "((?:[^"\\]|\\.)*)"`)
	value := regexp.MustCompile(`\{\w+\}`)
	words := func(text string) map[string]string {
		list := make(map[string]string)
		for _, m := range entry.FindAllStringSubmatch(text, -1) {
			list[m[1]+m[2]] = m[3]
		}
		return list
	}
	en, fr := words(english), words(french)
	if len(en) < 100 {
		t.Fatalf("%d English words are found", len(en))
	}
	for key, text := range en {
		translated, ok := fr[key]
		if !ok {
			t.Errorf("%s has no French", key)
		}
		want := value.FindAllString(text, -1)
		for _, v := range want {
			if !strings.Contains(translated, v) {
				t.Errorf("%s: the French leaves out %s", key, v)
			}
		}
		if got := value.FindAllString(translated, -1); len(got) != len(want) {
			t.Errorf("%s: the French has %q, the English %q", key, got, want)
		}
	}
	for key := range fr {
		// Errors have the server's English.
		if _, ok := en[key]; !ok && !strings.HasPrefix(key, "error.") {
			t.Errorf("%s has no English", key)
		}
	}

	for _, state := range space.States {
		if en["state."+string(state)] == "" {
			t.Errorf("the state %s has no words", state)
		}
	}
	for _, kind := range []moments.ReasonKind{moments.Laughter, moments.Applause, moments.Raised, moments.Exchange, moments.Opening} {
		if en["why."+string(kind)] == "" {
			t.Errorf("moments of the kind %s have no words", kind)
		}
	}

	used := make(map[string]bool)
	keys := regexp.MustCompile(`\bt\("([\w.-]+)"|data-t(?:-label|-placeholder)?="([\w.-]+)"|"(key\.\w+)"|t\(.*? \? "(\w+)" : "(\w+)"`)
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
				if used[key] = true; key != "" && en[key] == "" && !strings.HasSuffix(key, ".") {
					t.Errorf("%s uses %q, which has no words", name, key)
				}
			}
		}
	}
	for key := range en {
		if !used[key] && !strings.Contains(key, ".") {
			t.Errorf("nothing uses %q", key)
		}
	}
}
