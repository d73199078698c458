package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// ours is what all packages of this module begin with.
const ours = "github.com/spaces-cli/spaces"

// Before main a package of ours may only set aside what it will make on first
// use: sync.OnceValue takes 72 bytes for each of its functions. A regular
// expression takes thousands, and so do maps of more than a few words.
const (
	mostOfOurs    = 1 << 10 // bytes of a package
	mostOfOurMost = 24      // allocations of a package
	mostOfAllOurs = 12 << 10
	// mostOfOthers is what a library takes that the list need not name.
	mostOfOthers = 6 << 10
)

// libraries take more before main than others, each in bytes; only not linking
// them avoids it. A new line here is paid for by every start of the program.
var libraries = map[string]int{
	"github.com/dhowden/tag":                       28 << 10, // names of genres, patterns
	"github.com/dustin/go-humanize":                12 << 10, // of modernc.org/libc
	"github.com/go-text/typesetting/harfbuzz":      12 << 10, // how Arabic letters join
	"github.com/hajimehoshi/go-mp3/internal/frame": 80 << 10, // powers, of which it uses a part
	"github.com/klauspost/compress/flate":          30 << 10,
	"github.com/mitchellh/colorstring":             9 << 10, // of the progress bar
	"github.com/schollz/progressbar/v3":            19 << 10,
	"github.com/spf13/cast":                        8 << 10,
	"github.com/subosito/gotenv":                   33 << 10, // patterns, of viper
	"github.com/tphakala/go-aac/internal/tables":   36 << 10,
	"github.com/tphakala/go-aac/internal/vlc":      150 << 10, // trees of the Huffman codes
	"github.com/tphakala/go-aac/internal/window":   28 << 10,
	"go.yaml.in/yaml/v3":                           30 << 10, // patterns
	"golang.org/x/crypto/ssh":                      19 << 10,
	"golang.org/x/text/encoding/htmlindex":         16 << 10,
	"golang.org/x/text/encoding/ianaindex":         60 << 10,
}

// initLine is a line of GODEBUG=inittrace=1 (package runtime).
var initLine = regexp.MustCompile(`(?m)^init (\S+) @.* (\d+) bytes, (\d+) allocs$`)

// What happens before main is counted in bytes and allocations, which are the
// same on each run, and not in time.
func TestWorkBeforeMain(t *testing.T) {
	bin := filepath.Join(t.TempDir(), "spaces.exe")
	build := exec.Command("go", "build", "-trimpath", "-o", bin, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	cmd := exec.Command(bin, "version")
	cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1", "HOME="+t.TempDir())
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	all, packages := 0, 0
	listed := map[string]bool{}
	for _, m := range initLine.FindAllStringSubmatch(said.String(), -1) {
		name := strings.ReplaceAll(m[1], "%2e", ".")
		size, _ := strconv.Atoi(m[2])
		allocations, _ := strconv.Atoi(m[3])
		first, _, _ := strings.Cut(name, "/")
		switch most, ok := libraries[name]; {
		case strings.HasPrefix(name, ours):
			packages++
			all += size
			if size > mostOfOurs || allocations > mostOfOurMost {
				t.Errorf("%s takes %d bytes in %d allocations before main: make its tables and patterns on first use (sync.OnceValue)", name, size, allocations)
			}
		case !strings.Contains(first, "."), first == "vendor": // of Go itself
		case !ok && size > mostOfOthers:
			t.Errorf("%s takes %d bytes in %d allocations before main, and no line here says why it has to be linked", name, size, allocations)
		case ok:
			listed[name] = true
			if size > most {
				t.Errorf("%s takes %d bytes before main; it was %d at most", name, size, most)
			}
			if size <= mostOfOthers {
				t.Errorf("%s takes %d bytes before main: its line here is needless", name, size)
			}
		}
	}
	if packages < 10 {
		t.Fatalf("%d packages of ours are initialised:\n%s", packages, &said)
	}
	if all > mostOfAllOurs {
		t.Errorf("all packages of ours take %d bytes before main", all)
	}
	for name := range libraries {
		if !listed[name] {
			t.Errorf("%s is not linked any more, or does nothing before main: its line here is needless", name)
		}
	}
}

// A package that looks up methods by names that are not constants makes the
// linker keep all exported methods of all types that are reached: millions of
// bytes (cmd/link, deadcode). text/template does, and with it html/template.
func TestNoMethodIsFoundByName(t *testing.T) {
	build := exec.Command("go", "build", "-trimpath", "-ldflags=-dumpdep", "-o", filepath.Join(t.TempDir(), "spaces.exe"), ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := build.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%.2000s", err, out)
	}
	edges := 0
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, " -> ") {
			edges++
		}
		if from, _, ok := strings.Cut(line, " -> "); ok && strings.HasSuffix(from, "<ReflectMethod>") {
			t.Errorf("methods are found by name: %s", line)
			break
		}
	}
	if edges < 10_000 {
		t.Errorf("the linker named %d edges", edges)
	}
}
