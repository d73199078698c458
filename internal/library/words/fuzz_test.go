package words

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/library/fold"
)

// odd are texts with what means something to somebody.
func odd() []string {
	return []string{"Débat : l’été", `"`, `a" OR "b`, "NEAR(a b, 2)", "text:x", "*", "^a", "-a", "AND", "NOT", "🎉", "東京の夜", "a\x00b", "\xff", "ｶﾞ",
		"ß", "مرحبا", "a\u0301", "{a b}: c", "a + b", "“a b", "a_b", "½", "ẋ\u0323", "\u1100\u1161\u11a8", "हिन्दी", "ΑΣ Σ", "İ", "ﷺ", "a*b*", "l'été*"}
}

// The words of a text are those that package fold makes of the whole of it, and
// each stands somewhere in it.
func FuzzTokens(f *testing.F) {
	for _, s := range odd() {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		// Package norm takes what follows invalid bytes as it is.
		valid := strings.ToValidUTF8(text, "\uFFFD")
		want := strings.FieldsFunc(fold.Segment(fold.Text(valid)), func(r rune) bool { return !inToken(r) })
		if got := strings.Fields(string(appendWords(nil, text))); !slices.Equal(got, want) {
			t.Fatalf("%q: words %q, want %q", text, got, want)
		}
		var located []string
		for _, tok := range tokens(text) {
			if tok.start < 0 || tok.start >= tok.end || tok.end > len(text) {
				t.Fatalf("%q: %+v", text, tok)
			}
			located = append(located, tok.word)
		}
		if !slices.Equal(located, want) {
			t.Fatalf("%q: located %q, want %q", text, located, want)
		}
	})
}

// Whatever is said and typed: no query is an error, what is said is found by
// itself as words and as a phrase, and each hit has its words marked.
func FuzzSearch(f *testing.F) {
	for _, s := range odd() {
		f.Add(s, s)
	}
	x := newIndex(f)
	if _, err := x.file.Exec("PRAGMA synchronous = OFF"); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text, words string) {
		if len(text) > 500 || len(words) > 500 {
			return
		}
		put(t, x, Transcript{ID: "a", Rate: 1, Utterances: []Utterance{{0, 1, []string{words}, text}}})
		search := func(q Query) (hits int) {
			for h, err := range x.Search(t.Context(), q) {
				if err != nil {
					t.Fatalf("%q: %v", q.Words, err)
				}
				if hits++; len(h.Matches) == 0 {
					t.Errorf("%q in %q: nothing is marked", q.Words, h.Text)
				}
			}
			return hits
		}
		said := strings.Fields(string(appendWords(nil, text)))
		for _, typing := range []bool{false, true} {
			search(Query{Words: words, Typing: typing})
			search(Query{Words: text, Speaker: words, Typing: typing})
			if n := search(Query{Words: text, Typing: typing}); n == 0 && len(said) > 0 && !strings.ContainsFunc(text, isQuote) {
				t.Errorf("%q does not find itself", text)
			}
		}
		phrase := strings.Map(func(r rune) rune {
			if isQuote(r) {
				return ' '
			}
			return r
		}, text)
		if len(said) > 0 && search(Query{Words: `"` + phrase}) == 0 {
			t.Errorf("%q is not found by the phrase %q", text, phrase)
		}
	})
}

// More words than anybody says at once are refused in words of ours, and what
// is not refused is quick.
func TestLongQueries(t *testing.T) {
	x := newIndex(t, samples()...)
	for _, c := range []struct {
		name, words string
		want        error
		hits        int
	}{
		{"a pasted book", strings.Repeat("radio ", 100_000), ErrQuery, 0},
		{"as a phrase", `"` + strings.Repeat("radio ", 100_000), ErrQuery, 0},
		{"phrases and beginnings", strings.Repeat(`"a" b* `, 10_000), ErrQuery, 0},
		{"the most words", strings.Repeat("radio ", maxWords), nil, 2},
		{"the longest phrase", `"` + strings.Repeat("radio ", maxWords), nil, 0},
		{"the most phrases", strings.Repeat(`"the radio" `, maxWords/2), nil, 2},
		{"a word of a megabyte", strings.Repeat("r", 1<<20), nil, 0},
		{"signs", strings.Repeat("(", 1<<20), nil, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			hits := 0
			for _, err := range x.Search(t.Context(), Query{Words: c.words}) {
				if c.want == nil && err != nil || !errors.Is(err, c.want) {
					t.Fatalf("%v, want %v", err, c.want)
				}
				if err == nil {
					hits++
				}
			}
			if hits != c.hits {
				t.Errorf("%d hits, want %d", hits, c.hits)
			}
		})
	}
}
