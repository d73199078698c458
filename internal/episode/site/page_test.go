package site

import (
	"html/template"
	"strings"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/episode/feed"
	"github.com/spaces-cli/spaces/internal/spell"
)

// A templated page is what the templates show: html/template escapes by what it
// finds around a value, and takes the style and the script as they are.
type templated struct {
	*page
	Style  template.CSS
	Script template.JS
}

// The pages are, to the byte, what html/template makes of the same data.
func TestPagesAreThoseOfTheTemplates(t *testing.T) {
	pages := template.Must(template.New("").Funcs(template.FuncMap{
		"wave": waveFile, "clock": spell.Position, "length": spell.Length, "seconds": decimal, "text": func(s string) template.HTML { return template.HTML(paragraphs(s)) },
		"day":     func(t time.Time) string { return t.UTC().Format("2 January 2006") },
		"machine": func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
	}).ParseGlob("testdata/templates/*.html"))
	const odd = "a <b> & \"c\" 'd' + `e` \x00 é\u2028 </title></script><script>alert(1)</script> {{.}} -->"
	made := func(title, file string) *feed.Episode {
		e := &feed.Episode{}
		e.ID, e.Title, e.File, e.Description, e.Duration = "1abcdefghijkl", title, file, title+"\n\n"+title, 3725.5
		e.Date.Time = time.Date(2026, 12, 1, 23, 59, 58, 0, time.FixedZone("", 3600))
		return e
	}
	full := made(odd, "2021 été 'a' (b).mp3")
	full.Chapters = []episode.Chapter{{Start: 0, Title: "First"}, {Start: 75.5, Title: odd}}
	full.Clips = []feed.Clip{{Start: 10.25, Seconds: 30, Title: odd}, {Start: 3600, Seconds: 1}}
	show := &feed.Show{Title: odd, Author: odd, Description: odd, Copyright: odd, Language: "en-GB"}
	plain := &feed.Show{Title: "A show"}
	for name, p := range map[string]page{
		"full": {Show: show, Feed: "feed é?.xml", Episode: full, Waveform: true, Captions: "a 'b'.vtt", Language: "f\"r", Estimated: true,
			Persons:    []feed.Credit{{Name: odd, Role: "guest", URL: "https://example.com/a b?q='x'&y=%41%zz#é"}, {Name: "N", Role: odd}},
			Transcript: []passage{{1.5, odd, []saidAt{{1.5, odd}, {2.0004, "word "}}}, {3602, "", []saidAt{{3602, "Łódź"}}}}},
		"plain":    {Show: plain, Feed: "feed.xml", Episode: made("A title", "a.m4a")},
		"estimate": {Show: plain, Feed: "feed.xml", Episode: made("A title", "a.m4a"), Transcript: []passage{{0, "@a", nil}}, Captions: "a.vtt"},
		"show":     {Show: show, Feed: "feed.xml", Episodes: []*feed.Episode{full, made("B", "b.mp3")}},
		"empty":    {Show: plain, Feed: "feed.xml"},
	} {
		t.Run(name, func(t *testing.T) {
			p.Style, p.Script = "a { color: red } /* > */\n", "if (1 < 2 && 'x') { run() }\n"
			file, write := "show.html", p.showPage
			if p.Episode != nil {
				file, write = "episode.html", p.episodePage
			}
			var want strings.Builder
			if err := pages.ExecuteTemplate(&want, file, templated{&p, template.CSS(p.Style), template.JS(p.Script)}); err != nil {
				t.Fatal(err)
			}
			got := strings.Split(string(write()), "\n")
			for i, line := range strings.Split(want.String(), "\n") {
				if i >= len(got) || got[i] != line {
					t.Fatalf("line %d is\n%s\nwant\n%s", i+1, append(got, make([]string, i+1)...)[i], line)
				}
			}
		})
	}
}

// A link that would run a script goes nowhere.
func TestLinksRunNothing(t *testing.T) {
	for in, want := range map[string]markup{
		"javascript:alert(1)":      "#",
		"JavaScript:alert(1)":      "#",
		" javascript:alert(1)":     "#",
		"java\nscript:alert(1)":    "#",
		"data:text/html,<b>":       "#",
		"https://example.com/a?b":  "https://example.com/a?b",
		"HTTP://example.com":       "HTTP://example.com",
		"mailto:a@example.com":     "mailto:a@example.com",
		"folder/a:b.html":          "folder/a:b.html",
		`a.html" onclick="x`:       "a.html%22%20onclick=%22x",
		"//example.com/javascript": "//example.com/javascript",
	} {
		if got := link(in); got != want {
			t.Errorf("link(%q) = %q, want %q", in, got, want)
		}
	}
}
