package house

import (
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// flag matches a flag of a command line in a text.
var flag = regexp.MustCompile(`(?:^|[^-\w])--[a-z]`)

// Errors and notes below the roofs have a cause and facts: what a user types
// or clicks next is for the roof to say that they look at. Package manual
// writes the help of the command line.
func TestOnlyRoofsNameFlags(t *testing.T) {
	all := tree(t)
	names := commands(t, all)
	command := regexp.MustCompile(`\bspaces (?:` + strings.Join(names, "|") + `)\b`)
	runs := make(map[string]bool) // packages that run other programs
	for _, s := range all {
		runs[s.pkg] = runs[s.pkg] || slices.Contains(s.imports, "os/exec") || slices.Contains(s.imports, module+"/internal/transcript/engine")
	}
	for _, s := range all {
		if s.test || isFixture(s.pkg) || isCLI(s.pkg) || s.pkg == "internal/manual" || !strings.HasPrefix(s.pkg, "internal/") {
			continue
		}
		if s.pkg == "internal/manual" { // help is about flags
			continue
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			text, ok := literal(n)
			switch {
			case !ok:
			case runs[s.pkg] && strings.HasPrefix(text, "--") && !strings.Contains(text, " "): // an argument of one
			case flag.MatchString(text):
				t.Errorf("%s: %q names a flag", s.name, text)
			case s.pkg != "internal/studio" && command.MatchString(text):
				t.Errorf("%s: %q names a command", s.name, text)
			}
			return true
		})
	}
}

// literal is the text of a node that is one.
func literal(n ast.Node) (text string, ok bool) {
	lit, ok := n.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(lit.Value)
	return text, err == nil
}

// commands returns the names of the program's commands, as package cli
// declares them.
func commands(t *testing.T, all []source) []string {
	t.Helper()
	names := []string{"add"} // another name of extract
	for _, s := range all {
		if !isCLI(s.pkg) || s.test {
			continue
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			kv, ok := n.(*ast.KeyValueExpr)
			if !ok {
				return true
			}
			if key, ok := kv.Key.(*ast.Ident); ok && key.Name == "Use" {
				if use, ok := literal(kv.Value); ok {
					name, _, _ := strings.Cut(use, " ")
					names = append(names, regexp.QuoteMeta(name))
				}
			}
			return true
		})
	}
	if len(names) < 30 {
		t.Fatalf("%d commands are found", len(names))
	}
	return names
}
