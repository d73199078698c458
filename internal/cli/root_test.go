package cli

import (
	"testing"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/manual"
)

// A command that is made alone has the name in the list, and the same help and
// flags as among the others.
func TestCommandsAlone(t *testing.T) {
	helps := func(root *cobra.Command, name string) map[string]string {
		found, _, err := root.Find([]string{name})
		if err != nil || found.Name() != name {
			t.Errorf("%s is not found: %v", name, err)
			return nil
		}
		all := map[string]string{}
		for _, c := range append([]*cobra.Command{found}, manual.Commands(found)...) {
			all[c.CommandPath()] = manual.Help(c, 80) + manual.Man(c, "v")
		}
		return all
	}
	whole := testApp(t).rootCommand("")
	n := 0
	for _, g := range commands() {
		for _, m := range g.commands {
			n++
			if m.whole {
				if only := alone([]string{m.name}); only != "" {
					t.Errorf("%s is made alone", m.name)
				}
				continue
			}
			only := alone([]string{m.name, "--help"})
			if only != m.name {
				t.Errorf("of %s, %q is made", m.name, only)
			}
			root := testApp(t).rootCommand(only)
			if made := len(root.Commands()); made != 1 {
				t.Errorf("for %s, %d commands are made", m.name, made)
			}
			got, want := helps(root, m.name), helps(whole, m.name)
			for path, text := range want {
				if got[path] != text {
					t.Errorf("alone, the help of %s is\n%s\nwant\n%s", path, got[path], text)
				}
			}
			if len(got) != len(want) {
				t.Errorf("%s has %d commands alone, and %d among the others", m.name, len(got), len(want))
			}
		}
	}
	if n < 30 {
		t.Errorf("there are %d commands", n)
	}
	for _, args := range [][]string{nil, {"-q", "list"}, {"add"}, {"help"}, {"docs"}, {"lst"}, {cobra.ShellCompRequestCmd, "clip"}} {
		if only := alone(args); only != "" {
			t.Errorf("%q makes only %s", args, only)
		}
	}
}
