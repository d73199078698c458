package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/terminal"
)

// documentedKeys reads docs/json.md: for each heading the keys that its table
// lists, as paths ("pieces[].name"). A key with a question mark may be
// missing; "Also: X" takes in another section.
func documentedKeys() (map[string]map[string]bool, error) {
	content, err := os.ReadFile(filepath.Join("..", "..", "docs", "json.md"))
	if err != nil {
		return nil, err
	}
	sections := make(map[string]map[string]bool)
	var current map[string]bool
	for line := range strings.Lines(string(content)) {
		line = strings.TrimSpace(line)
		if heading, ok := strings.CutPrefix(line, "## "); ok {
			current = make(map[string]bool)
			sections[strings.Trim(heading, "`")] = current
		}
		if other, ok := strings.CutPrefix(line, "Also: all keys of "); ok {
			for key, optional := range sections[strings.Trim(other, "`.")] {
				current[key] = optional
			}
		}
		if cells := strings.Split(line, "|"); len(cells) > 3 && strings.Contains(cells[1], "`") {
			key := strings.TrimSpace(cells[1])
			optional := strings.HasSuffix(key, "?")
			current[strings.Trim(strings.TrimSuffix(key, "?"), "`")] = optional
		}
	}
	return sections, nil
}

// checkKeys holds JSON documents against a section of docs/json.md: no key
// that is not documented, none missing that is.
func checkKeys(text, section string) error {
	sections, err := documentedKeys()
	if err != nil {
		return err
	}
	want, ok := sections[section]
	if !ok {
		return fmt.Errorf("docs/json.md has no section %q", section)
	}
	d := json.NewDecoder(strings.NewReader(text))
	n := 0
	for ; ; n++ {
		var v map[string]any
		if err := d.Decode(&v); err == io.EOF {
			break
		} else if err != nil {
			return fmt.Errorf("document %d: %w\n%s", n+1, err, text)
		}
		if v["schema"] != 1.0 {
			return fmt.Errorf("document %d: \"schema\" is %v", n+1, v["schema"])
		}
		if err := keysOf(v, "", want); err != nil {
			return fmt.Errorf("document %d: %w", n+1, err)
		}
		for key, optional := range want {
			key = strings.TrimSuffix(key, "{}")
			if _, there := v[key]; !optional && !strings.ContainsAny(key, ".[") && !there {
				return fmt.Errorf("document %d: documented, but missing: %s\n%v", n+1, key, v)
			}
		}
	}
	if n == 0 {
		return fmt.Errorf("there is no JSON in %q", text)
	}
	return nil
}

// keysOf holds the keys of v, which stands at a path, against those wanted. An
// object that is documented as a whole ("sources{}") is not looked into. A documented key inside an object
// that is there must be there too.
func keysOf(v any, at string, want map[string]bool) error {
	switch v := v.(type) {
	case map[string]any:
		prefix := at
		if prefix != "" {
			prefix += "."
		}
		for key, inner := range v {
			path := prefix + key
			if _, ok := want[path+"{}"]; ok {
				continue
			}
			if _, ok := want[path]; !ok {
				return fmt.Errorf("not documented: %s", path)
			}
			if err := keysOf(inner, path, want); err != nil {
				return err
			}
		}
		for path, optional := range want {
			rest, inside := strings.CutPrefix(path, prefix)
			if _, there := v[rest]; inside && at != "" && !optional && !strings.ContainsAny(rest, ".[{") && !there {
				return fmt.Errorf("documented, but missing: %s", path)
			}
		}
	case []any:
		if _, ok := want[at+"[]{}"]; ok {
			return nil
		}
		for _, inner := range v {
			if err := keysOf(inner, at+"[]", want); err != nil {
				return err
			}
		}
	}
	return nil
}

// docs/cli.md is what the program says of itself.
func TestDocsAreUpToDate(t *testing.T) {
	got := manual.Reference(testApp(t).rootCommand())
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
	root := testApp(t).rootCommand()
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
