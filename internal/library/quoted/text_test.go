package quoted

import (
	"fmt"
	"strings"
	"testing"
)

func TestWordsOf(t *testing.T) {
	for text, want := range map[string]string{
		"Don’t — WAIT, Élise!":              "don t wait elise",
		"0:01  @guest1\nSo 12 of them, 4th": "so of them 4th",
		"日本語 text":                          "日* 本* 語* text",
		"":                                  "",
	} {
		t.Run(text, func(t *testing.T) {
			var list []string
			for _, w := range wordsOf(text) {
				if w.unspaced {
					w.text += "*"
				}
				list = append(list, w.text)
			}
			if got := strings.Join(list, " "); got != want {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
}

func TestReadings(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"prose", "Just words", `["Just words"]`},
		{"a page", "<p>It&#39;s <b>bold</b></p>", `["<p>It&#39;s <b>bold</b></p>" " It's  bold  "]`},
		{"JSON, an object for each word", `{"w":[{"t":"one","s":1},{"t":"two","s":2}],"id":"x"}`, `["one\ntwo\n" "x\n"]`},
		{"JSON Lines", "{\"t\":\"one\"}\n{\"t\":\"two\"}\n", `["one\ntwo\n"]`},
		{"a list of strings", `["one", ["two"]]`, `["one\ntwo\n"]`},
		{"JSON that breaks off", `{"t":"one","u":[{"t":"two"},{"t":`, `["one\ntwo\n" "{\"t\":\"one\",\"u\":[{\"t\":\"two\"},{\"t\":"]`},
		{"JSON that breaks off after a value", `["one",`, `["one\n" "[\"one\","]`},
		{"JSON that breaks off in a string", `["one", "two`, `["one\n" "[\"one\", \"two"]`},
		{"JSON and prose", "{\"t\":\"one\"}\n\nA <b>quote</b>", `["one\n" "{\"t\":\"one\"}\n\nA <b>quote</b>" "{\"t\":\"one\"}\n\nA  quote "]`},
		{"a list and prose", `["a"] quote`, `["a\n" "[\"a\"] quote"]`},
		{"JSON with a mark of its byte order", "\ufeff" + `["one","two"]`, `["one\ntwo\n"]`},
		{"JSON without strings", `[1, 2]`, `["[1, 2]"]`},
		{"a brace and prose", "{no JSON", `["{no JSON"]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := fmt.Sprintf("%q", readings([]byte(c.text))); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

// Whatever a text is, it can be looked through, and contains itself.
func FuzzQuery(f *testing.F) {
	for _, s := range []string{"", "one two three four five six seven eight nine", `{"a":["b"]}]`, "WEBVTT\n\n00:01.000 --> 00:02.000\nhello <c>you\n", "1\n00:00:01,000 --> 00:00:02,000\n日本語日本語日本語日本語日本語日本語\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		q := newQuery([]byte(s))
		for n, list := range q.streams {
			eachRun(list, func(at, length int, key uint64) bool {
				for _, p := range q.places[key] {
					if p == (place{n, at}) {
						return true
					}
				}
				t.Fatalf("%q: the run at %d is not known", s, at)
				return false
			})
		}
		q.rest()
	})
}
