package house

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Pages are laid out for languages that run from the right, too: their style
// names no left and no right.
func TestPagesHaveNoSides(t *testing.T) {
	sides := regexp.MustCompile(`(?:^|[\s;{-])(?:left|right)\b|\bfloat:|translateX`)
	four := regexp.MustCompile(`\b(?:margin|padding|inset|border-width|border-style|border-color|scroll-margin|scroll-padding):\s*([^;}]+)`)
	value := regexp.MustCompile(`[\w.-]*\((?:[^()]|\([^()]*\))*\)|[^\s()]+`)
	checked := 0
	for _, dir := range []string{"studio/web", "episode/site/files"} {
		names, err := filepath.Glob(filepath.Join(root, "internal", filepath.FromSlash(dir), "*.css"))
		if err != nil || len(names) == 0 {
			t.Fatalf("%s: %v %v", dir, names, err)
		}
		for _, name := range names {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for i, line := range strings.Split(regexp.MustCompile(`(?s)/\*.*?\*/`).ReplaceAllStringFunc(string(b), func(s string) string { return strings.Repeat("\n", strings.Count(s, "\n")) }), "\n") {
				checked++
				for _, m := range four.FindAllStringSubmatch(line, -1) {
					if list := value.FindAllString(m[1], -1); len(list) == 4 && list[1] != list[3] {
						t.Errorf("%s:%d: %s has a left and a right; write -block and -inline", filepath.Base(name), i+1, m[0])
					}
				}
				if found := sides.FindString(line); found != "" {
					t.Errorf("%s:%d: %q; write inline-start, inline-end, start or end", filepath.Base(name), i+1, strings.TrimSpace(line))
				}
			}
		}
	}
	if checked < 100 {
		t.Errorf("%d lines are checked", checked)
	}
}
