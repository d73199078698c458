package house

import (
	"go/ast"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// odd are the turns of phrase that readers had to parse twice, with what to
// write instead. The list is short on purpose: it keeps them from coming back
// unnoticed, and taste does the rest.
var odd = []struct {
	pattern *regexp.Regexp
	instead string
}{
	{regexp.MustCompile(`(?i)\b(?:is|are) no (?:[a-z]+|%[a-z])\b`), "is not a valid …"},
	{regexp.MustCompile(`(?i)\bthere is no \S+(?: \S+)? (?:to|that|which)\b`), "cannot …: … is not installed"},
	{regexp.MustCompile(`(?i)\bnothing (?:tells|is known|bears out|fits|stands out)\b`), "… is unknown; no … found"},
	{regexp.MustCompile(`(?i)\bnobody (?:can be asked|can tell|is known|wanted)\b`), "cannot ask: …; … is unknown"},
	{regexp.MustCompile(`(?i)\bsomebody unknown\b`), "an unknown speaker"},
	{regexp.MustCompile(`(?i)\bwants\b`), "must be …"},
	{regexp.MustCompile(`(?i)\banew\b`), "again; re-encoded"},
	{regexp.MustCompile(`(?i)\b(?:is|are) none (?:of|that)\b`), "unsupported … (use …)"},
	{regexp.MustCompile(`(?i)\b(?:go|goes|gone|going) on with\b`), "resume, continue"},
	{regexp.MustCompile(`(?i)\bwhat (?:becomes of|lies there|stands there)\b`), "name the thing"},
	{regexp.MustCompile(`(?i)\bno \w+ such as\b`), "not a valid … (try …)"},
	{regexp.MustCompile(`(?i)\bthat there (?:is|are) not\b`), "unsupported …"},
	{regexp.MustCompile(`(?i)\bwho says so\b`), "name the source"},
	{regexp.MustCompile(`(?i)\b(?:stands|lies) (?:beside|there)\b`), "is written beside; is there"},
	{regexp.MustCompile(`(?i)\b(?:is|are) gone\b`), "is missing, has been deleted"},
	{regexp.MustCompile(`(?i)\b(?:is|are|was|were) there already\b`), "exists already"},
	{regexp.MustCompile(`(?i)\bwhat there is\b`), "list the …"},
	{regexp.MustCompile(`(?i)\bwhoever\b`), "anybody who"},
	{regexp.MustCompile(`(?i)\b(?:as it came|as they came)\b`), "unchanged"},
	{regexp.MustCompile(`(?i)\btaken in\b`), "extract, add"},
	{regexp.MustCompile(`(?i)\bfiles? to play\b`), "the playable file"},
	{regexp.MustCompile(`(?i)\bin all(?:$|[,.;:)])`), "in total"},
	{regexp.MustCompile(`(?i)\bby (?:the|its|their) (?:receipts|settings|audio levels|metadata)\b`), "according to the …"},
	{regexp.MustCompile(`(?i)\bwith commas between\b`), "separated by commas"},
	{regexp.MustCompile(`(?i)\bhalf done\b`), "unfinished"},
	{regexp.MustCompile(", `[A-Z]+`(?:$|;| \\()"), "a value before its text: \"`T`: length of the clip\""},
}

// plain are matches of odd that are plain English.
var plain = regexp.MustCompile(`(?i)\bthere (?:is|are) no \S+$|\b(?:is|are) no (?:longer|more|less|later|better|fewer|different|other)$`)

// ofTests are packages whose strings only tests print.
var ofTests = []string{"internal/media/mp3/judge", "internal/media/track/readertest", "internal/publish/conform", "internal/transcript/engine/conform"}

// oddIn returns the odd turns of phrase in a text.
func oddIn(text string) (found []string) {
	for _, o := range odd {
		for _, at := range o.pattern.FindAllStringIndex(text, -1) {
			from := max(0, at[0]-len("there "))
			if !plain.MatchString(text[from:at[1]]) {
				found = append(found, text[at[0]:at[1]]+" (write: "+o.instead+")")
			}
		}
	}
	return found
}

// What users read is in the voice of the program: strings in Go, the pages of
// docs, the page of the studio and the site of a feed.
func TestVoice(t *testing.T) {
	for _, s := range tree(t) {
		if s.test || isFixture(s.pkg) || slices.Contains(ofTests, s.pkg) {
			continue
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			if text, ok := literal(n); ok {
				for _, phrase := range oddIn(text) {
					t.Errorf("%s: %s", s.name, phrase)
				}
			}
			return true
		})
	}
	words := 0
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := d.Name()
		if d.IsDir() && (base == "testdata" || name != root && strings.HasPrefix(base, ".")) {
			return fs.SkipDir
		}
		if d.IsDir() || !slices.Contains([]string{".md", ".html"}, filepath.Ext(base)) && !(filepath.Base(filepath.Dir(name)) == "words" && base == "en.json") {
			return nil
		}
		words++
		b, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		for i, line := range strings.Split(string(b), "\n") {
			for _, phrase := range oddIn(line) {
				if !strings.HasPrefix(strings.TrimSpace(line), "//") {
					t.Errorf("%s:%d: %s", name, i+1, phrase)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if words < 20 {
		t.Errorf("%d pages are read", words)
	}
}

// The patterns find what they are for, and no plain English.
func TestOddPhrasesAreFound(t *testing.T) {
	for text, want := range map[string]bool{
		`"abc" is no time`:                          true,
		"there is no xdg-open to open it with":      true,
		"nothing stands out in it":                  true,
		"it wants off, warn or require":             true,
		"the shape is none of wide, square, tall":   true,
		"what was interrupted is gone on with":      true,
		"%q is no language such as en":              true,
		"a picture stands beside the file":          true,
		"there is no library yet":                   false,
		"the file is no longer there":               false,
		"there are no targets":                      false,
		"the length is no more than 30 s":           false,
		"not a valid time (try 75)":                 false,
		"a duration such as 90s":                    false,
		"cannot open it: xdg-open is not installed": false,
	} {
		t.Run(text, func(t *testing.T) {
			if got := oddIn(text); (len(got) > 0) != want {
				t.Errorf("found %q, want some: %t", got, want)
			}
		})
	}
}
