package catalog

import (
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/library/fold"
	"github.com/spaces-cli/spaces/internal/library/space"
)

// Whatever a title is and whatever is typed: no query is an error, a Space is
// found by its whole title, and a listing by words has all that a search has.
func FuzzWords(f *testing.F) {
	for _, s := range []string{"Débat : l’été", `"`, `a" OR "b`, "NEAR(a b, 2)", "title:x", "*", "^a", "-a", "AND", "🎉", "東京の夜", "a\x00b", "\xff", "ｶﾞ", "ß", "مرحبا", "a\u0301", "{a b}: c", "a + b"} {
		f.Add(s, s)
	}
	c := newCatalog(f, &space.Recording{ID: "\x01b", Title: "another"})
	f.Fuzz(func(t *testing.T, title, words string) {
		if len(title) > 200 || len(words) > 200 || strings.Contains(title, "\x01") {
			return // the last would be the beginning of an id
		}
		put(t, c, &space.Recording{ID: "\x01a", Title: title})
		found, err := c.Find(t.Context(), title)
		if err != nil {
			t.Fatal(err)
		}
		if fold.Text(title) != "" && strings.TrimSpace(title) != "latest" && (len(found) == 0 || found[0].ID != "\x01a" && fold.Text(title) != "another") {
			t.Errorf("the title %q finds %v", title, found)
		}
		listed := ids(t, c.List(t.Context(), Query{Words: words}))
		for _, id := range strings.Fields(ids(t, c.Search(t.Context(), Query{Words: words}))) {
			if !strings.Contains(listed, id) {
				t.Errorf("%q: search finds %q, the listing only %q", words, id, listed)
			}
		}
		ids(t, c.List(t.Context(), Query{Tag: words, Speaker: words, Host: words, Account: words, State: space.State(words)}))
		if _, err := c.Find(t.Context(), words); err != nil {
			t.Error(err)
		}
	})
}
