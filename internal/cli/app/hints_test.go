package app

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/spaces-cli/spaces/internal/recording"
)

// A cause that a package below declares has a hint.
func TestCausesHaveHints(t *testing.T) {
	declared := regexp.MustCompile(`(?m)^\t\w+ +Cause = "([a-z0-9-]+)"`)
	known := make(map[string]bool)
	for _, pkg := range []string{"recording", "clip", "episode"} {
		b, err := os.ReadFile(filepath.Join("..", "..", pkg, "problem.go"))
		if err != nil {
			t.Fatal(err)
		}
		list := declared.FindAllStringSubmatch(string(b), -1)
		if len(list) == 0 {
			t.Errorf("package %s declares no cause", pkg)
		}
		for _, m := range list {
			if known[m[1]] {
				t.Errorf("two causes are %q", m[1])
			}
			known[m[1]] = true
			if ProblemHint(&recording.Problem{Cause: recording.Cause(m[1])}) == "" {
				t.Errorf("%s: the cause %q has no hint", pkg, m[1])
			}
		}
	}
	if hint := ProblemHint(&recording.Problem{}); hint != "" {
		t.Errorf("no cause, but the hint %q", hint)
	}
}
