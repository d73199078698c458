package backup

import (
	"slices"
	"testing"
)

// What the host has put into the library is in the backup, whatever it is called;
// what only running programs need is not.
func TestLeftOut(t *testing.T) {
	p := newPlace(t)
	ours := []string{".restore.lock", "consent/ledger.jsonl.lock", "uploads/.0123456789abcdef.lock", "catalog.sqlite.partial", "words.sqlite", "words.sqlite-wal", "words.sqlite.partial",
		"feed/.ABCDEFGHIJ.partial", "peaks.partial-ABCDEFGHIJ", "recordings/one/.spaces/peaks.partial"}
	theirs := []string{"clips/yarn.lock", "mine.partial", "clips/mine.partial", "clips/.hidden.lock"}
	for _, name := range slices.Concat(ours, theirs) {
		p.write(name, "x", 0o644)
	}
	s, err := p.backup(nil).walk(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	held := func(name string) bool {
		return slices.ContainsFunc(s.files, func(f File) bool { return f.Path == name })
	}
	for _, name := range ours {
		if held(name) {
			t.Errorf("%s is in the backup", name)
		}
	}
	for _, name := range theirs {
		if !held(name) {
			t.Errorf("%s is not in the backup", name)
		}
	}
}
