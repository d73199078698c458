package cli

import (
	"bytes"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// cmdTraces fails if any byte of the library, the names of its files included,
// has a word in it, in UTF-8 or UTF-16, but for files with a part of a name
// that is given.
func cmdTraces(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: traces word [part of a name]...")
	}
	word := regexp.MustCompile(`(?i)` + regexp.QuoteMeta(args[0]) + `([^0-9]|$)`)
	root := ts.MkAbs("lib")
	err := filepath.WalkDir(root, func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel := filepath.ToSlash(strings.TrimPrefix(name, root))
		for _, part := range args[1:] {
			if strings.Contains(rel, part) {
				return nil
			}
		}
		if word.MatchString(rel) {
			ts.Fatalf("%s names it", rel)
		}
		if e.IsDir() {
			return nil
		}
		b := []byte(ts.ReadFile(name))
		if word.Match(b) || word.Match(bytes.ReplaceAll(b, []byte{0}, nil)) {
			ts.Fatalf("%s holds it", rel)
		}
		return nil
	})
	ts.Check(err)
}
