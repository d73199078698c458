package feed

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Items are told apart by their guids; what is said of a change is what changed.
func TestCompare(t *testing.T) {
	feed := func(items ...string) []byte {
		return []byte(`<?xml version="1.0"?><rss><channel><title>x</title>` + strings.Join(items, "") + `</channel></rss>`)
	}
	item := func(guid, title, url, text string) string {
		return `<item><title>` + title + `</title><guid> ` + guid + `</guid><pubDate>Mon, 14 Jun 2021 18:00:00 +0000</pubDate><description>` + text + `</description><enclosure url="` + url + `" length="1" type="audio/mpeg"/></item>`
	}
	a := item("a", "A", "https://h/a.mp3", "x")
	for _, c := range []struct {
		name    string
		was, is []byte
		want    string
	}{
		{"nothing there", nil, feed(a), "+a"},
		{"the same", feed(a), feed(a), ""},
		{"one more", feed(a), feed(item("b", "B", "https://h/b.mp3", "x"), a), "+b"},
		{"one less", feed(a, item("b", "B", "https://h/b.mp3", "x")), feed(a), "-b"},
		{"all gone", feed(a), feed(), "-a"},
		{"title", feed(a), feed(item("a", "AA", "https://h/a.mp3", "x")), "~a title"},
		{"audio", feed(a), feed(item("a", "A", "https://h/a.m4a", "x")), "~a audio"},
		{"text", feed(a), feed(item("a", "A", "https://h/a.mp3", "y")), "~a text"},
		{"another guid", feed(a), feed(item("c", "A", "https://h/a.mp3", "x")), "+c -a"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Compare(c.was, c.is)
			if err != nil {
				t.Fatal(err)
			}
			var list []string
			for _, x := range got.Added {
				list = append(list, "+"+x.GUID)
			}
			for _, x := range got.Changed {
				list = append(list, "~"+x.GUID, strings.Join(x.What, ","))
			}
			for _, x := range got.Removed {
				list = append(list, "-"+x.GUID)
			}
			if text := strings.Join(list, " "); text != c.want || got.None() != (c.want == "") {
				t.Errorf("changes %q, want %q", text, c.want)
			}
		})
	}
	if _, err := Compare([]byte("<rss><item>"), feed(a)); err == nil {
		t.Error("a feed that is cut off is taken")
	}
}

// Only what is published stands in a feed; a record that says nothing of it
// counts as published.
func TestPublished(t *testing.T) {
	root := testLibrary(t)
	list, _, err := List(t.Context(), root)
	if err != nil || len(list) != 1 || !list[0].IsPublished() {
		t.Fatalf("list %v, error %v", list, err)
	}
	no, yes := false, true
	for _, c := range []struct {
		published *bool
		want      error
	}{{&no, ErrNonePublished}, {&yes, nil}, {nil, nil}} {
		t.Run(fmt.Sprint(c.want), func(t *testing.T) {
			list[0].Published = c.published
			writeJSON(t, root, list[0].Sidecar, list[0].Record)
			if got, err := new(Show).Choose(t.Context(), root, (*Episode).IsPublished); err != c.want || err == nil && len(got) != 1 {
				t.Errorf("published %v: %d episodes, error %v, want %v", c.published, len(got), err, c.want)
			}
		})
	}
	if !slices.Contains(list[0].Files(), list[0].File) {
		t.Error("the files of an episode lack its audio")
	}
}
