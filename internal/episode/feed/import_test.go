package feed

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/library/space"
)

// other is the feed of another host, in its own way of writing things.
const other = `<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:podcast="https://podcastindex.org/namespace/1.0">
<channel>
<title>Old &amp; good</title><link>https://old.example/</link><description><![CDATA[<p>All about it</p>]]></description>
<itunes:author>Ann</itunes:author><itunes:owner><itunes:name>Ann</itunes:name><itunes:email>ann@example.com</itunes:email></itunes:owner>
<itunes:image href="https://old.example/art.jpg"/><itunes:category text="News"><itunes:category text="Politics"/></itunes:category>
<itunes:explicit>yes</itunes:explicit><itunes:type>Serial</itunes:type><language>fr</language>
<podcast:guid>917393E3-1b1e-5cef-ace4-edaa54e1f810</podcast:guid><podcast:locked owner="ann@example.com">yes</podcast:locked>
%s</channel></rss>`

func oldItem(guid, title, date, duration, file string) string {
	return fmt.Sprintf(`<item><title>%s</title><itunes:title>Short</itunes:title><guid isPermaLink="false"> %s </guid><pubDate>%s</pubDate>
<itunes:duration>%s</itunes:duration><enclosure url="https://cdn.example/x/%s?tok=1" length="1" type="audio/mpeg"/><itunes:season>2</itunes:season><itunes:episode>4</itunes:episode></item>
`, title, guid, date, duration, file)
}

func imported(t *testing.T, items ...string) *Imported {
	t.Helper()
	in, err := Import(strings.NewReader(fmt.Sprintf(other, strings.Join(items, ""))))
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func TestImportShow(t *testing.T) {
	in := imported(t, oldItem("a1", "One", "Tue, 15 Jun 2021 08:00:00 +0200", "59:50", "one.mp3"))
	s := &Show{BaseURL: "https://example.com/new/", Author: "Mine"}
	s.Complete()
	s.Take(in)
	if _, err := s.Check(); err != nil {
		t.Fatal(err)
	}
	if s.Title != "Old & good" || s.Description != "All about it" || s.Author != "Mine" || s.Email != "ann@example.com" || s.Language != "fr" || !s.Explicit ||
		s.Type != Serial || s.GUID != "917393e3-1b1e-5cef-ace4-edaa54e1f810" || len(s.Category) != 1 || s.Category[0] != "News > Politics" || s.Image != "https://old.example/art.jpg" || !in.Locked {
		t.Errorf("%+v", s)
	}
	it := in.Items[0]
	if it.GUID != "a1" || it.Title != "One" || it.Seconds != 3590 || it.File != "one.mp3" || !it.Date.Equal(time.Date(2021, 6, 15, 6, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v", it)
	}
}

// What is sure is matched; what may be several things is left to people.
func TestMatch(t *testing.T) {
	ep := func(id, file, title string, day int, seconds float64) *Episode {
		return &Episode{Record: episode.Record{ID: id, File: file, Title: title, Duration: seconds, Date: space.Time{Time: time.Date(2021, 6, day, 18, 0, 0, 0, time.UTC)}}}
	}
	here := []*Episode{
		ep("1aaaaaaaaaaaa", "a.m4a", "Debate", 1, 3600), ep("1aaaaaaaaaaaa", "a.mp3", "Debate", 1, 3600),
		ep("1bbbbbbbbbbbb", "b.m4a", "Weekly", 8, 1800), ep("1cccccccccccc", "c.m4a", "Weekly", 15, 1800),
	}
	day := func(n int) string {
		return time.Date(2021, 6, n, 20, 0, 0, 0, time.UTC).Format("Mon, 02 Jan 2006 15:04:05 -0700")
	}
	for _, c := range []struct {
		name                          string
		items                         []string
		matched, ambiguous, unmatched string
	}{
		{"title and date", []string{oldItem("g", "debate", day(1), "10:00", "x.mp3")}, "1aaaaaaaaaaaa", "", ""},
		{"file and duration", []string{oldItem("g", "Other", day(28), "60:10", "A.MP3")}, "1aaaaaaaaaaaa", "", ""},
		{"date and duration", []string{oldItem("g", "Other", day(2), "1:00:00", "x.mp3")}, "1aaaaaaaaaaaa", "", ""},
		{"title alone", []string{oldItem("g", "Debate", day(28), "10:00", "x.mp3")}, "", "", "g"},
		{"a weekly title, and its date", []string{oldItem("g", "Weekly", day(15), "30:00", "x.mp3")}, "1cccccccccccc", "", ""},
		{"a weekly title, no date", []string{oldItem("g", "Weekly", "", "30:00", "x.mp3")}, "", "g: b.m4a c.m4a", ""},
		{"two items for one", []string{oldItem("g", "Debate", day(1), "60:00", "x.mp3"), oldItem("h", "Debate", day(1), "60:00", "y.mp3")}, "", "g: a.m4a, h: a.m4a", ""},
		{"its guid is ours", []string{oldItem("x-space:1aaaaaaaaaaaa", "?", "", "", ""), oldItem("h", "Debate", day(1), "60:00", "y.mp3")}, "1aaaaaaaaaaaa", "", "h"},
		{"nothing", []string{oldItem("g", "Cooking", day(25), "5:00", "z.mp3")}, "", "", "g"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := imported(t, c.items...).Match(here)
			var matched, ambiguous, unmatched []string
			for _, x := range m.Matched {
				matched = append(matched, x.Episodes[0].ID)
			}
			for _, x := range m.Ambiguous {
				text := x.Item.GUID + ":"
				for _, e := range x.Episodes {
					text += " " + e.File
				}
				ambiguous = append(ambiguous, text)
			}
			for _, x := range m.Unmatched {
				unmatched = append(unmatched, x.GUID)
			}
			got := [3]string{strings.Join(matched, ", "), strings.Join(ambiguous, ", "), strings.Join(unmatched, ", ")}
			if want := [3]string{c.matched, c.ambiguous, c.unmatched}; got != want {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
}

// A feed that moves keeps the guids and dates of its items, so that apps see
// nothing new: what gofeed reads before and after is the same.
func TestImportKeepsItems(t *testing.T) {
	lib, s := testLibrary(t), testShow()
	in := imported(t, oldItem("https://old.example/?p=7", "x", "Tue, 15 Jun 2021 08:00:00 +0200", "59:58", "x.mp3"))
	all, _, err := List(t.Context(), lib)
	if err != nil {
		t.Fatal(err)
	}
	m := in.Match(all)
	if len(m.Matched) != 1 {
		t.Fatalf("%+v", m)
	}
	relist(t, lib, "", m.Matched[0].Item.Relisting(m.Matched[0].Episodes[0], s))
	s.NewFeedURL = "https://new.example/feed.xml"
	_, _, text := build(t, lib, s, Options{})
	for _, want := range []string{`<guid isPermaLink="false">https://old.example/?p=7</guid>`, "<pubDate>Tue, 15 Jun 2021 06:00:00 +0000</pubDate>",
		"<itunes:season>2</itunes:season>", "<itunes:new-feed-url>https://new.example/feed.xml</itunes:new-feed-url>"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in:\n%s", want, text)
		}
	}
	back, err := Import(strings.NewReader(text))
	if err != nil || len(back.Items) != 1 || back.Items[0].GUID != in.Items[0].GUID || !back.Items[0].Date.Equal(in.Items[0].Date) {
		t.Errorf("%+v, %v", back, err)
	}
}

func TestImportRefuses(t *testing.T) {
	for _, c := range []struct {
		name string
		in   io.Reader
		want error
	}{
		{"a page", strings.NewReader("<html><body>404</body></html>"), ErrNoFeed},
		{"nothing", strings.NewReader(""), ErrNoFeed},
		{"no end", io.MultiReader(strings.NewReader("<rss><channel>"), strings.NewReader(strings.Repeat("<item>x</item>", maxFeed/14+1))), errTooLarge},
		{"many elements in an item", strings.NewReader("<rss><channel><item>" + strings.Repeat("<a/>", maxNodes+1) + "</item></channel></rss>"), errTooLarge},
		{"many elements in the channel", strings.NewReader("<rss><channel>" + strings.Repeat("<a/><item/>", maxNodes+1) + "</channel></rss>"), errTooLarge},
		{"deep elements", strings.NewReader("<rss><channel>" + strings.Repeat("<a>", maxDepth+1) + "</channel></rss>"), errTooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := Import(c.in); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
}
