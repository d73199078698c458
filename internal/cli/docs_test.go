package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/terminal"
)

// docs/cli.md is what the program says of itself.
func TestDocsAreUpToDate(t *testing.T) {
	got := manual.Reference(testApp(t).rootCommand(""))
	name := filepath.Join("..", "..", "docs", "cli.md")
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if got != strings.ReplaceAll(string(want), "\r\n", "\n") {
		t.Errorf("%s is not what spaces docs writes; run: go run ./cmd/spaces docs > docs/cli.md", name)
	}
}

// Every help has all its parts and shows every flag of its command; the help of
// the program fits a screen.
func TestHelp(t *testing.T) {
	root := testApp(t).rootCommand("")
	for _, cmd := range append(manual.Commands(root), root) {
		t.Run(cmd.CommandPath(), func(t *testing.T) {
			for _, columns := range []int{60, 80, 120} {
				text := manual.Help(cmd, columns)
				prose, _, _ := strings.Cut(text, "\nExamples:")
				for line := range strings.Lines(prose) {
					if n := terminal.Width(strings.TrimSuffix(line, "\n")); n > min(columns, manual.Widest) && !strings.HasPrefix(line, " ") {
						t.Errorf("in %d columns: a line of %d: %s", columns, n, line)
					}
				}
			}
			text := manual.Help(cmd, 0)
			if cmd.Long == "" || cmd.Short == "" {
				t.Error("no description")
			}
			for line := range strings.Lines(cmd.Example) {
				if n := terminal.Width(strings.TrimSuffix(line, "\n")); n > manual.Widest {
					t.Errorf("an example of %d columns: %s", n, line)
				}
			}
			if cmd == root {
				if n := strings.Count(text, "\n"); n > 65 {
					t.Errorf("%d lines", n)
				}
				for _, c := range manual.Commands(root) {
					if c.Parent() == root && !strings.Contains(text, "\n  "+c.Name()) {
						t.Errorf("no line for %s", c.Name())
					}
				}
				return
			}
			for _, part := range []string{"Usage:", "Examples:", "Exit status:", "130", "2", "wrong usage"} {
				if !strings.Contains(text, part) {
					t.Errorf("no %q", part)
				}
			}
			cmd.Flags().VisitAll(func(f *pflag.Flag) {
				if f.Hidden || !strings.Contains(text, "--"+f.Name) {
					t.Errorf("--%s is not shown", f.Name)
				}
			})
		})
	}
	global := manual.GlobalFlags(root, 0)
	for _, meaning := range app.ExitCodes() {
		if !strings.Contains(global, meaning) {
			t.Errorf("the help of the global flags does not list %q", meaning)
		}
	}
}
