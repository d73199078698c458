package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Names of folders and files in a library. Those that mean nothing else are
// spelled nowhere but in library/layout; the others are words as well (of
// commands, of JSON), and count where they are part of a path.
var (
	onlyNames = []string{".spaces", "space.json", "library.json", "show.json", "catalog.sqlite", "words.sqlite", "made.jsonl", "feed.xml"}
	alsoWords = []string{
		"recordings", "archives", "removed", "turns", ".partial", "consent", "uploads", "made", "feed",
		"original", "earlier", "clips", "episodes", "transcript",
	}
)

// takePaths are the functions and methods whose arguments are paths.
var takePaths = []string{
	"Join", "Path", "Open", "OpenFile", "OpenRoot", "Create", "ReadFile", "WriteFile", "ReadDir", "Stat", "Lstat", "Glob", "Sub",
	"WalkDir", "Mkdir", "MkdirAll", "Remove", "RemoveAll", "Rename", "Link", "RemoveFile", "OriginalIn", "ClipIn", "EpisodeIn",
}

// Nobody but library/layout spells the name of a folder or file in a library.
func TestLayoutHasTheNames(t *testing.T) {
	for _, s := range tree(t) {
		if s.test || isFixture(s.pkg) || s.pkg == "internal/library/layout" {
			continue
		}
		spelled := make(map[string]bool)
		spellings(s.ast, func(name string) { spelled[name] = true })
		for name := range spelled {
			t.Errorf("%s spells the name %q of a file in a library; internal/library/layout has it", s.name, name)
		}
	}
}

// spellings calls found with each name of a library that stands in a file as
// (a part of) a path.
func spellings(f *ast.File, found func(name string)) {
	// look finds names among the elements of a literal. One with blanks in it is
	// prose.
	look := func(n ast.Node, isPath bool) {
		lit, ok := n.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			return
		}
		text, err := strconv.Unquote(lit.Value)
		if err != nil || strings.ContainsAny(text, " \t\n:<>`") {
			return
		}
		for _, part := range strings.Split(text, "/") {
			if slices.Contains(onlyNames, part) || slices.Contains(alsoWords, part) && isPath {
				found(part)
			}
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.Field: // of a struct, with a tag
			if n.Tag != nil {
				return false
			}
		case *ast.BasicLit:
			look(n, false)
		case *ast.CallExpr:
			of, ok := n.Fun.(*ast.SelectorExpr)
			if ok && isWords(of) { // strings.HasPrefix(name, "feed/")
				for _, arg := range n.Args {
					if lit, ok := arg.(*ast.BasicLit); ok && strings.Contains(lit.Value, "/") {
						look(lit, true)
					}
				}
			}
			if ok && slices.Contains(takePaths, of.Sel.Name) && !isWords(of) {
				for _, arg := range n.Args {
					ast.Inspect(arg, func(n ast.Node) bool {
						look(n, true)
						sum, ok := n.(*ast.BinaryExpr)
						return !ok || sum.Op != token.ADD // name+".partial": see below
					})
				}
			}
		case *ast.BinaryExpr:
			// Parts of a path are added ("/clips/"), or compared (parts[0] == "clips").
			for _, side := range [][2]ast.Expr{{n.X, n.Y}, {n.Y, n.X}} {
				lit, ok := side[0].(*ast.BasicLit)
				_, part := side[1].(*ast.IndexExpr)
				if ok && (part && n.Op != token.ADD || n.Op == token.ADD && strings.Contains(lit.Value, "/")) {
					look(lit, true)
				}
			}
		case *ast.ValueSpec: // const clipsDir = "clips"
			for i, name := range n.Names {
				if i < len(n.Values) && isPathName(name.Name) {
					look(n.Values[i], true)
				}
			}
		}
		return true
	})
}

// isWords reports whether a function of that name is about words and no paths.
func isWords(of *ast.SelectorExpr) bool {
	x, ok := of.X.(*ast.Ident)
	return ok && x.Name == "strings"
}

func isPathName(name string) bool {
	for _, end := range []string{"Dir", "Folder", "File", "Path"} {
		if strings.HasSuffix(strings.ToLower(name), strings.ToLower(end)) {
			return true
		}
	}
	return false
}

// The test of the names finds what it is to find, and no words of commands.
func TestSpellingsAreFound(t *testing.T) {
	for code, want := range map[string]string{
		`var _ = path.Join(folder, "clips", name)`:           "clips",
		`var _ = lib.Path("feed")`:                           "feed",
		`var _ = "see" + show("feed/feed.xml")`:              "feed.xml",
		`var _ = id + "/original/" + name`:                   "original",
		`var _ = parts[0] == "removed"`:                      "removed",
		`const uploadsDir = "uploads"`:                       "uploads",
		`var _ = f("space.json")`:                            "space.json",
		`var _ = cmd.Flags().Bool("clips", false, "clips")`:  "",
		`var _ = strings.Join(words, "feed")`:                "",
		`var _ = kind == "episodes"`:                         "",
		"type T struct { Made string `json:\"made\"` }":      "",
		`var _ = hint("look into the folder feed/feed.xml")`: "",
		`import _ "github.com/spaces-cli/spaces/internal/x"`: "",
	} {
		got := ""
		f, err := parser.ParseFile(token.NewFileSet(), "p.go", "package p\n"+code, 0)
		if err != nil {
			t.Fatal(err)
		}
		spellings(f, func(name string) { got = name })
		if got != want {
			t.Errorf("%s: found %q, want %q", code, got, want)
		}
	}
}
