package house

import (
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

// pages returns the texts for people, by their path from the root.
func pages(t *testing.T) map[string]string {
	t.Helper()
	list := make(map[string]string)
	for _, pattern := range []string{"*.md", "docs/*.md", "changelog/*.md", "changelog/unreleased/*.md", "testdata/*.md"} {
		names, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			rel, err := filepath.Rel(root, name)
			if err != nil {
				t.Fatal(err)
			}
			list[filepath.ToSlash(rel)] = string(b)
		}
	}
	if list["README.md"] == "" {
		t.Fatal("no README.md found")
	}
	return list
}

var (
	fence   = regexp.MustCompile("(?ms)^```.*?^```$")
	link    = regexp.MustCompile(`\]\(([^()\s]+)\)`)
	code    = regexp.MustCompile("`([^`\n]+)`")
	heading = regexp.MustCompile(`(?m)^#+ +(.+?) *$`)
)

func TestLinksLeadSomewhere(t *testing.T) {
	list := pages(t)
	for page, text := range list {
		for _, m := range link.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
			u, err := url.Parse(m[1])
			if err != nil {
				t.Errorf("%s: link to %s: %v", page, m[1], err)
				continue
			}
			if u.Scheme != "" {
				continue // the world outside is not looked at
			}
			to := page
			if u.Path != "" {
				to = filepath.ToSlash(filepath.Join(filepath.Dir(page), filepath.FromSlash(u.Path)))
				if _, err := os.Stat(filepath.Join(root, to)); err != nil {
					t.Errorf("%s: link to %s: there is no %s", page, m[1], to)
					continue
				}
			}
			if target, ok := list[to]; ok && u.Fragment != "" && !hasAnchor(target, u.Fragment) {
				t.Errorf("%s: link to %s: %s has no such heading", page, m[1], to)
			}
		}
	}
}

// hasAnchor reports whether a page has the heading that forges make the
// anchor of.
func hasAnchor(text, anchor string) bool {
	for _, m := range heading.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
		name := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r):
				return unicode.ToLower(r)
			}
			return -1
		}, m[1])
		if name == anchor {
			return true
		}
	}
	return false
}

// ofTheTree matches names that can only mean files of this tree.
var ofTheTree = regexp.MustCompile(`^(?:\./)?((?:internal|cmd|docs|testdata|changelog|\.ci)/[\w./*-]*)(?:\.\.\.)?$`)

// What a page calls internal/x, and a comment of the code a page of docs, is
// there.
func TestNamedFilesExist(t *testing.T) {
	exists := func(name string) bool {
		name = strings.TrimSuffix(strings.TrimRight(name, "."), "/")
		found, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(name)))
		return err == nil && len(found) > 0
	}
	for page, text := range pages(t) {
		for _, m := range code.FindAllStringSubmatch(text, -1) {
			for _, word := range strings.Fields(m[1]) {
				if f := ofTheTree.FindStringSubmatch(word); f != nil && !exists(f[1]) {
					t.Errorf("%s names %s, which is not there", page, word)
				}
			}
		}
	}
	doc := regexp.MustCompile(`\bdocs/[\w-]+\.md\b`)
	for _, s := range tree(t) {
		for _, g := range s.ast.Comments {
			for _, name := range doc.FindAllString(g.Text(), -1) {
				if !exists(name) {
					t.Errorf("%s: a comment names %s, which is not there", s.name, name)
				}
			}
		}
	}
}

// changelog/README.md has the rule.
func TestChangelogFragments(t *testing.T) {
	kind := regexp.MustCompile(`^(?:\*\*Breaking:\*\* )?(?:Added|Changed|Fixed|Removed|Security): \S`)
	for page, text := range pages(t) {
		if strings.HasPrefix(page, "changelog/unreleased/") && !kind.MatchString(text) {
			t.Errorf("%s does not begin as changelog/README.md says", page)
		}
	}
}
