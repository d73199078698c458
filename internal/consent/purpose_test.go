package consent

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/languages"
	"time"

	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
)

// What a ledger says to each purpose, whichever program wrote it: a grant
// without a list is for the purposes of its time, a no without one is for all.
func TestPurposes(t *testing.T) {
	const head = `{"schema":1,"kind":"consent","at":"2026-01-0%dT00:00:00.000Z","handle":"bob",%s}` + "\n"
	for _, test := range []struct {
		name    string
		entries []string
		want    string // clip episode upload transcribe
	}{
		{"an old grant", []string{`"answer":"granted"`}, "granted granted granted unknown"},
		{"an empty list", []string{`"answer":"granted","for":[]`}, "granted granted granted unknown"},
		{"an old grant for one recording", []string{`"answer":"granted","recording":"r1"`}, "granted granted granted unknown"},
		{"a grant of today", []string{`"answer":"granted","for":["clip","episode","upload","transcribe"]`}, "granted granted granted granted"},
		{"a grant for this alone", []string{`"answer":"granted","for":["transcribe"]`}, "unknown unknown unknown granted"},
		{"a grant of a later program", []string{`"answer":"granted","for":["clip","dance"]`}, "granted unknown unknown unknown"},
		{"an old refusal", []string{`"answer":"declined"`}, "declined declined declined declined"},
		{"a withdrawal", []string{`"answer":"granted","for":["transcribe"]`, `"answer":"withdrawn"`}, "withdrawn withdrawn withdrawn withdrawn"},
		{"a withdrawal and an old grant after it", []string{`"answer":"withdrawn"`, `"answer":"granted"`}, "granted granted granted withdrawn"},
		{"a withdrawal in general of a grant for the recording", []string{`"answer":"granted","recording":"r1","for":["transcribe","clip"]`, `"answer":"withdrawn"`}, "withdrawn withdrawn withdrawn withdrawn"},
		{"a withdrawal of this alone", []string{`"answer":"granted","for":["clip","transcribe"]`, `"answer":"withdrawn","for":["transcribe"]`}, "granted unknown unknown withdrawn"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			name := filepath.Join(dir, filepath.FromSlash(layout.Answers))
			if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
				t.Fatal(err)
			}
			var text strings.Builder
			for i, e := range test.entries {
				fmt.Fprintf(&text, head, i+1, e)
			}
			if err := os.WriteFile(name, []byte(text.String()), 0o644); err != nil {
				t.Fatal(err)
			}
			got := standings(t, dir)
			if got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
			// Taking somebody else out of the ledger changes none of it.
			l, err := Open(dir, time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			l.must(t, Entry{Kind: Override, Missing: []string{"eve"}, Note: "asked @eve"})
			if _, err := l.Forget(t.Context(), "eve"); err != nil {
				t.Fatal(err)
			}
			l.Close()
			if got := standings(t, dir); got != test.want {
				t.Errorf("after another was forgotten: %s, want %s", got, test.want)
			}
			// Who is forgotten themselves has withdrawn all of it.
			if l, err = Open(dir, time.Minute); err != nil {
				t.Fatal(err)
			}
			if _, err := l.Forget(t.Context(), "bob"); err != nil {
				t.Fatal(err)
			}
			l.Close()
			if got := standings(t, dir); got != "withdrawn withdrawn withdrawn withdrawn" {
				t.Errorf("after they were forgotten: %s", got)
			}
		})
	}
}

// standings is how bob stands to each purpose.
func standings(t *testing.T, dir string) string {
	t.Helper()
	l, err := Open(dir, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var list []string
	for _, p := range Purposes {
		list = append(list, string(l.Standing(Who{Handle: "Bob"}, &space.Recording{ID: "r1"}, p, day(31)).Answer))
	}
	return strings.Join(list, " ")
}

// Who comes back after they were forgotten, and agrees to one thing, has agreed
// to nothing else.
func TestForgottenAgreesToOne(t *testing.T) {
	l := openLedger(t)
	at := func(n int) space.Time { return space.Time{Time: day(n)} }
	l.must(t, Entry{Handle: "bob", At: at(1), Answer: Granted, For: Covers(Granted, nil)})
	if _, err := l.Forget(t.Context(), "bob"); err != nil {
		t.Fatal(err)
	}
	l.must(t, Entry{Handle: "bob", At: at(2), Answer: Granted, For: []Purpose{Clip}})
	for _, p := range Purposes {
		if got := l.Standing(Who{Handle: "bob"}, &space.Recording{ID: "r1"}, p, day(3)).Answer.Agreed(); got != (p == Clip) {
			t.Errorf("%s: agreed: %v", p, got)
		}
	}
}

// A grant without a list is kept with the purposes that there are; a no stays
// one to all that may come.
func TestCovers(t *testing.T) {
	for _, test := range []struct {
		answer Answer
		list   []Purpose
		want   string
	}{
		{Granted, nil, "[clip episode upload transcribe]"},
		{Granted, []Purpose{Upload}, "[upload]"},
		{Declined, nil, "[]"},
		{Withdrawn, nil, "[]"},
		{Withdrawn, []Purpose{Transcribe}, "[transcribe]"},
	} {
		t.Run(string(test.answer)+fmt.Sprint(test.list), func(t *testing.T) {
			if got := fmt.Sprint(Covers(test.answer, test.list)); got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
		})
	}
}

// All languages name every purpose, and say of a recognizer what it is.
func TestRequestNamesPurposes(t *testing.T) {
	for language, want := range map[string]string{
		"en": "- send the recording to a service on the internet that turns speech into text\n",
		"fr": "- envoyer l’enregistrement à un service en ligne qui transforme la parole en texte\n",
	} {
		t.Run(language, func(t *testing.T) {
			l, ok := languages.For(language)
			if !ok {
				t.Fatal("the language has no words")
			}
			text := (&Request{Handle: "bob", Title: "T"}).Message(l)
			if !strings.Contains(text, want) || strings.Count(text, "\n- ") != len(Purposes) || strings.Contains(text, "\n- \n") || strings.ContainsAny(text, "{}") {
				t.Errorf("%s", text)
			}
			if text = (&Request{Handle: "bob", Title: "T", For: []Purpose{Clip}}).Message(l); strings.Contains(text, want) {
				t.Errorf("%s", text)
			}
		})
	}
}
