// Package house has tests of how the program is put together, and nothing
// else: docs/architecture.md tells the rules, these tests hold the tree
// against them.
package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// module is the path of the module, root its folder as seen from this one.
const (
	module = "github.com/spaces-cli/spaces"
	root   = "../.."
)

// order lists the packages below internal from the roof down. A line is a
// floor: packages on it may import those on lower floors only. A name that
// ends in /... stands for every package below it that has no line of its own;
// those may not import each other either.
var order = [][]string{
	{"cli"},
	{"cli/publishing"}, // the commands that send
	{"cli/app"},        // what every command stands on
	{"studio"},
	{"terminal", "clipboard"}, // knows nothing of Spaces
	{"extract"},               // brings what people give into a library, for both roofs
	{"publish/named"},         // what the user set of targets, and the targets
	{"settings", "manual"},    // what the user set: the flags of the roof go through it too
	{"publish/items", "publish/withdrawal", "publish/post"}, // say what the gate is to be asked of
	{"consent/gate"}, // asked by both roofs
	{"proof"},
	{"forget"},
	{"publish/all"},
	{"backup"},
	{"library/status", "library/merge"}, // look at receipts too, merge at episodes
	{"publish/..."},
	{"publish"},
	{"transcript/engine/..."},       // one of them sends
	{"remote/replay"},               // from an address to what a library takes in
	{"remote"},                      // what an address is
	{"remote/ytdlp"},                // asks another program about Spaces
	{"remote/hls", "remote/ranges"}, // fetch through the guard
	{"remote/folder"},               // answers like a server
	{"remote/guard"},                // connections to addresses that strangers name
	{"publish/wire"},                // connections: time-outs, bandwidth, what is tried again
	{"episode/site"},                // pages beside the feed
	{"episode/feed"},
	{"episode"},
	{"episode/..."}, // what an episode is made with: chapters, artwork
	{"bag"},
	{"clip/..."},
	{"clip", "transcribe"},
	{"recording/passage"},
	{"recording"},
	{"consent"},
	{"library/intake"},
	{"library/sound", "library/quoted"},
	{"library/said"},
	{"library/find", "library/transcripts"},
	{"library"},
	{"library/catalog", "library/words"},
	{"library/database"}, // what both indexes stand on
	{"library/playable", "library/title"},
	{"library/made", "library/removed", "library/backups"},
	{"library/forgotten"},
	{"library/erase"},
	{"durable/ledger", "durable/faults"},
	{"durable"},
	{"durable/flock", "durable/disk"},
	{"archive"},
	{"archive/series"}, // asks the clock in the sound whether files belong together
	{"archive/hydra"},
	{"archive/ytd"},
	{"library/layout"}, // an archive's neighbours may be those of a library
	{"library/space"},
	{"transcript/engine"},   // what turns sound into words
	{"program"},             // runs other programs
	{"transcript/glossary"}, // what the host calls things
	{"transcript", "transcript/speakers", "transcript/align", "transcript/quote"}, // what was said, in the time of any sound, and by whom
	{"library/fold"}, // what is the same to people
	{"stream", "spell", "languages", "suggest", "charset", "playlist/saved", "playlist/manifest"},
	{"playlist"},
	{"media"},
	{"media/format"},
	{"media/encode"},
	{"media/peaks/draw"},
	{"media/gain"},       // its parts follow from what loudness measures
	{"media/h264/blank"}, // films for tests
	{"media/aac", "media/mp3/encode", "media/mp3/judge", "media/loudness", "media/silence", "media/peaks", "media/resample", "media/h264", "media/lettering", "media/colour"},
	{"media/pcm", "media/unithash"},
	{"media/mpegts"}, // its units are ADTS, its timed metadata ID3
	// Containers: what they say of their sound is AAC, MP3, FLAC, PCM or Opus.
	{"media/mp4", "media/matroska", "media/ogg", "media/aiff", "media/flv", "media/caf", "media/au", "media/w64", "media/avi"},
	{"media/recode"}, // units that no file of ours holds, as FLAC
	{"media/within"}, // pieces of a file
	{"media/layer2"}, // its files have the tags of MP3
	{"media/linear"},
	{"media/adts", "media/mp3", "media/wav", "media/flac"},
	{"media/track/readertest"}, // of their tests
	{"media/tags"},             // what files say of themselves, in ID3 too
	{"media/id3", "media/timeline", "media/aac/syntax"},
	{"media/opus", "media/alac", "media/vorbis"}, // of its headers a track's configuration is made
	{"media/track", "media/sinc", "media/polyphase", "media/window"},
	{"docs"}, // the pages, which the program holds
}

// onlyIn lists what few packages import: flags are those of the roof, the
// settings lay them over the environment and the config file, and terminals are
// known to their room.
var onlyIn = map[string][]string{
	"github.com/spf13/cobra":               {"internal/cli", "internal/cli/app", "internal/cli/publishing", "internal/manual"},
	"github.com/spf13/pflag":               {"internal/cli/app", "internal/cli/publishing", "internal/manual", "internal/settings"},
	"github.com/spf13/viper":               {"internal/settings"},
	"github.com/inconshreveable/mousetrap": {"internal/terminal"},
	"github.com/schollz/progressbar/v3":    {"internal/terminal"},
	"golang.org/x/term":                    {"internal/terminal"},
	"log":                                  {},
}

// A source is one Go file of the tree.
type source struct {
	name    string // from the root, with slashes
	pkg     string // folder, likewise
	test    bool
	ast     *ast.File
	lines   int
	imports []string
}

// tree parses all Go files below cmd and internal, whatever the system they
// are for.
func tree(t *testing.T) []source {
	t.Helper()
	list, err := parsed()
	if err != nil {
		t.Fatal(err)
	}
	if len(list) == 0 {
		t.Fatal("no Go files found")
	}
	return list
}

// parsed is the tree, parsed once for all tests.
var parsed = sync.OnceValues(func() ([]source, error) {
	var list []source
	fset := token.NewFileSet()
	for _, top := range []string{"cmd", "internal"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(p string, e fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if e.IsDir() {
				if e.Name() == "testdata" {
					return fs.SkipDir
				}
				return nil
			}
			if filepath.Ext(p) != ".go" {
				return nil
			}
			f, err := parser.ParseFile(fset, p, nil, parser.ParseComments)
			if err != nil {
				return err
			}
			rel, err := filepath.Rel(root, p)
			if err != nil {
				return err
			}
			s := source{name: filepath.ToSlash(rel), test: strings.HasSuffix(p, "_test.go"), ast: f}
			s.pkg = path.Dir(s.name)
			s.lines = fset.File(f.Pos()).LineCount()
			for _, i := range f.Imports {
				s.imports = append(s.imports, strings.Trim(i.Path.Value, "`\""))
			}
			list = append(list, s)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return list, nil
})

// ours returns the folder of an imported package of this module.
func ours(imported string) (pkg string, ok bool) {
	pkg, ok = strings.CutPrefix(imported, module+"/")
	return pkg, ok
}

// floor returns the line of order that a package stands on, or -1.
func floor(pkg string) int {
	pkg = strings.TrimPrefix(pkg, "internal/")
	for i, line := range order {
		if slices.Contains(line, pkg) {
			return i
		}
	}
	for i, line := range order {
		for _, name := range line {
			if above, wild := strings.CutSuffix(name, "/..."); wild && strings.HasPrefix(pkg, above+"/") {
				return i
			}
		}
	}
	return -1
}

// isCLI reports whether a package is a part of the command line.
func isCLI(pkg string) bool {
	return pkg == "internal/cli" || strings.HasPrefix(pkg, "internal/cli/")
}

func isFixture(pkg string) bool {
	return pkg == "internal/fixture" || strings.HasPrefix(pkg, "internal/fixture/")
}

func TestImportsPointDownwards(t *testing.T) {
	for _, s := range tree(t) {
		if s.test || isFixture(s.pkg) || !strings.HasPrefix(s.pkg, "internal/") {
			continue
		}
		from := floor(s.pkg)
		if from < 0 {
			t.Errorf("%s: package %s has no floor in the order of this test and docs/architecture.md", s.name, s.pkg)
			continue
		}
		for _, i := range s.imports {
			if to, ok := ours(i); ok && to != "docs" && !isFixture(to) && floor(to) <= from {
				t.Errorf("%s: %s must not import %s, which does not stand below it", s.name, s.pkg, to)
			}
		}
	}
}

// Tests may look sideways and down, but a package of the media core is tested
// without what stands above the core, and no test reaches into the roof.
func TestTestsStayInTheirFloorsToo(t *testing.T) {
	core := floor("internal/media")
	for _, s := range tree(t) {
		if !s.test {
			continue
		}
		for _, i := range s.imports {
			to, ok := ours(i)
			if !ok || isFixture(to) {
				continue
			}
			if from := floor(s.pkg); from >= core && floor(to) < core {
				t.Errorf("%s: the tests of %s import %s from above the media core", s.name, s.pkg, to)
			}
			if isCLI(to) && !isCLI(s.pkg) && s.pkg != "cmd/spaces" {
				t.Errorf("%s: only cmd/spaces imports %s", s.name, to)
			}
		}
	}
}

func TestFixtureIsForTests(t *testing.T) {
	for _, s := range tree(t) {
		for _, i := range s.imports {
			to, ok := ours(i)
			switch {
			case !ok:
			case isFixture(to) && !s.test && !isFixture(s.pkg):
				t.Errorf("%s imports %s, which is for tests", s.name, to)
			case isFixture(s.pkg) && !s.test && !isFixture(to):
				t.Errorf("%s: fixtures must not be made with the code that they test, and %s imports %s", s.name, s.pkg, to)
			}
		}
	}
}

func TestCommandIsEmpty(t *testing.T) {
	for _, s := range tree(t) {
		if s.test || !strings.HasPrefix(s.pkg, "cmd/") {
			continue
		}
		for _, i := range s.imports {
			if to, ok := ours(i); ok && to != "internal/cli" {
				t.Errorf("%s imports %s; it may import internal/cli", s.name, to)
			}
		}
	}
}

func TestOnlyCLITalks(t *testing.T) {
	for _, s := range tree(t) {
		if s.test || isFixture(s.pkg) {
			continue
		}
		for _, i := range s.imports {
			if rooms, few := onlyIn[i]; few && !slices.Contains(rooms, s.pkg) {
				t.Errorf("%s imports %s, which is for %v", s.name, i, rooms)
			}
		}
		if s.pkg != "internal/cli" && s.pkg != "internal/cli/app" && strings.HasPrefix(s.pkg, "internal/") {
			prints(t, s)
		}
	}
}

// prints complains of uses of what writes to the terminal or ends the
// program.
func prints(t *testing.T, s source) {
	talk := map[string][]string{
		"fmt": {"Print", "Println", "Printf", "Scan", "Scanln", "Scanf"},
		"os":  {"Stdout", "Stderr", "Stdin", "Exit"},
	}
	ast.Inspect(s.ast, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			// Obj is nil for names of the file's imports, not for variables.
			if x, ok := n.X.(*ast.Ident); ok && x.Obj == nil && slices.Contains(talk[x.Name], n.Sel.Name) {
				t.Errorf("%s uses %s.%s; output goes through internal/cli/app", s.name, x.Name, n.Sel.Name)
			}
		case *ast.CallExpr:
			if x, ok := n.Fun.(*ast.Ident); ok && x.Obj == nil && (x.Name == "print" || x.Name == "println") {
				t.Errorf("%s calls the built-in %s", s.name, x.Name)
			}
		}
		return true
	})
}

func TestPackagesAreIdeas(t *testing.T) {
	empty := []string{"util", "utils", "helper", "helpers", "common", "misc", "shared", "base", "lib"}
	for _, s := range tree(t) {
		if name := strings.TrimSuffix(s.ast.Name.Name, "_test"); slices.Contains(empty, name) {
			t.Errorf("%s: a package called %s says nothing of what is in it", s.name, name)
		}
	}
}

func TestFilesAreShort(t *testing.T) {
	const most = 600
	for _, s := range tree(t) {
		if s.lines > most && !ast.IsGenerated(s.ast) {
			t.Errorf("%s has %d lines; more than %d are hard to see whole", s.name, s.lines, most)
		}
	}
}

func TestPackagesSayWhatTheyAre(t *testing.T) {
	told := make(map[string]bool)
	for _, s := range tree(t) {
		told[s.pkg] = told[s.pkg] || s.ast.Doc != nil
	}
	for pkg, ok := range told {
		if !ok {
			t.Errorf("%s: no file has a comment that says what the package is", pkg)
		}
	}
}

// The page that tells how the program is built names the packages that there
// are.
func TestArchitectureNamesEveryPackage(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(root, "docs", "architecture.md"))
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]bool)
	for _, s := range tree(t) {
		if pkg := s.pkg; !seen[pkg] {
			seen[pkg] = true
			if name := strings.TrimPrefix(pkg, "internal/"); !strings.Contains(string(page), "`"+name+"`") {
				t.Errorf("docs/architecture.md does not name `%s`", name)
			}
		}
	}
}
