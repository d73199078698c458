package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/fixture"
)

// gainOf is in the record of a file of which the gains were changed.
var gainOf = regexp.MustCompile(`"gain": ?\{`)

// removedAt is in the record of what was replaced.
var removedAt = regexp.MustCompile(`"removed_at": "[^"]*"`)

// all is what there is after a run, in the library and in the folder out. A draft
// that was killed there is the only thing that stays: the folder is the host's.
func all(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := kept(t, dir)
	for name, text := range files {
		files[name] = removedAt.ReplaceAllString(text, "")
	}
	list, err := os.ReadDir(filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		if durable.IsLeftover(e.Name()) {
			continue
		}
		b, err := os.ReadFile(filepath.Join(dir, "out", e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files["out/"+e.Name()] = string(b)
	}
	return files
}

// An export or a clip of which the gains are changed, killed at any step on the
// disk, is made by the next run: the same bytes, and nothing else is left.
func TestGainKilledAnywhere(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("programs of the tests are links here")
	}
	t.Parallel()
	ready := t.TempDir()
	if code := fixture.Main([]string{"preset", "short", filepath.Join(ready, "short.zip")}); code != 0 {
		t.Fatal(code)
	}
	if cmd, out := as(t, ready, nil, "spaces", "extract", "short.zip"); cmd.Run() != nil {
		t.Fatal(out)
	}
	if err := os.Mkdir(filepath.Join(ready, "out"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name   string
		args   []string
		before [][]string
		step   string // that has to be among the steps
	}{
		{"export", []string{"export", "latest", "--encode", "never"}, nil, "Spaces-avec-guest1.m4a.json"},
		{"export again with speakers levelled", []string{"export", "latest", "--encode", "never", "--level", "--force"},
			[][]string{{"export", "latest", "--encode", "never"}}, "removed"},
		{"export elsewhere", []string{"export", "latest", "--encode", "never", "-o", "out/", "--name", "e"}, nil, "e.m4a"},
		{"clip", []string{"clip", "latest", "--at", "2", "--length", "3", "--normalize=-21"}, nil, "clips"},
		{"clip elsewhere", []string{"clip", "latest", "--at", "2", "--length", "3", "--normalize=-21", "-o", "out/c.m4a"}, nil, "c.m4a"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			prepared := copyOf(t, ready)
			must := func(t *testing.T, dir string, environ []string, args ...string) {
				t.Helper()
				if cmd, out := as(t, dir, environ, append([]string{"spaces"}, args...)...); cmd.Run() != nil {
					t.Fatalf("%q: %s", args, out)
				}
			}
			for _, args := range test.before {
				must(t, prepared, nil, args...)
			}
			undisturbed := copyOf(t, prepared)
			must(t, undisturbed, []string{steps + "=" + filepath.Join(undisturbed, "steps")}, test.args...)
			want := all(t, undisturbed)
			gained := false
			for _, text := range want {
				gained = gained || gainOf.MatchString(text)
			}
			b, err := os.ReadFile(filepath.Join(undisturbed, "steps"))
			if err != nil {
				t.Fatal(err)
			}
			list := strings.Split(strings.TrimSpace(string(b)), "\n")
			if !gained || !strings.Contains(string(b), test.step) {
				t.Fatalf("no gain is changed (%t), or no step is about %s:\n%s", gained, test.step, b)
			}
			t.Logf("%d steps:\n%s", len(list), b)
			stride := 4
			if os.Getenv("SPACES_LONG") != "" {
				stride = 1
			}
			for at := 1; at <= len(list); at += stride {
				t.Run(fmt.Sprintf("%d %s", at, strings.ReplaceAll(list[at-1], "/", " ")), func(t *testing.T) {
					dir := copyOf(t, prepared)
					cmd, out := as(t, dir, []string{dieAt + "=" + strconv.Itoa(at)}, append([]string{"spaces"}, test.args...)...)
					err := cmd.Run()
					if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); err == nil || ok && !status.Signaled() {
						t.Fatalf("it was not killed: %v: %s", err, out)
					}
					must(t, dir, nil, test.args...)
					got := all(t, dir)
					for name := range want {
						if got[name] != want[name] {
							t.Errorf("%s is not what it would have been (%d bytes, not %d)", name, len(got[name]), len(want[name]))
						}
					}
					for name := range got {
						if _, ok := want[name]; !ok {
							t.Errorf("%s is left", name)
						}
					}
					must(t, dir, nil, "verify")
				})
			}
		})
	}
}
