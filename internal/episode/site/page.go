package site

import (
	"bytes"
	"fmt"
	"html"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/episode/feed"
	"github.com/spaces-cli/spaces/internal/spell"
)

// Pages are written here and not by html/template, because that looks methods
// up by name: the linker then keeps every exported method of every type, a
// seventh of the program. A test compares the pages with what html/template
// makes of the same data.

// markup is HTML. A constant is markup as it stands; the compiler takes no
// other string for it, so that whatever comes from data passes text, link or
// paragraphs.
type markup string

// A page is what is shown.
type page struct {
	Show       *feed.Show
	Feed       string // name of the feed
	Style      string
	Script     string          // of the page of an episode
	Episodes   []*feed.Episode // on the page of the show
	Episode    *feed.Episode   // on that of an episode
	Persons    []feed.Credit
	Waveform   bool
	Transcript []passage
	Captions   string // the file of the transcript that players can show
	Language   string // of the transcript
	Estimated  bool   // the speakers of the transcript

	html bytes.Buffer
}

func (p *page) put(parts ...markup) {
	for _, part := range parts {
		p.html.WriteString(string(part))
	}
}

// text is text of an element or of an attribute in double quotes.
func text(s string) markup {
	var b strings.Builder
	for _, r := range s {
		switch r {
		case 0:
			r = '\uFFFD' // no document has it (HTML §13.2.3.5)
		case '"', '&', '\'', '+', '<', '>':
			b.WriteString(escapes[r])
			continue
		}
		b.WriteRune(r)
	}
	return markup(b.String())
}

var escapes = [...]string{'"': "&#34;", '&': "&amp;", '\'': "&#39;", '+': "&#43;", '<': "&lt;", '>': "&gt;"}

// link is a URL in an attribute in double quotes: what runs a script is none,
// and what no URL may have is written as %XX (RFC 3986 §2.1).
func link(s string) markup {
	if scheme, _, ok := strings.Cut(s, ":"); ok && !strings.Contains(scheme, "/") {
		switch strings.ToLower(scheme) {
		case "http", "https", "mailto":
		default:
			return "#"
		}
	}
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-._~!#$&*+,/:;=?@[]", c) >= 0,
			c == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02x", c)
		}
	}
	return text(b.String())
}

func isHex(c byte) bool { return strings.IndexByte("0123456789abcdefABCDEF", c) >= 0 }

// lang is the attribute for a language, if one is known.
func lang(name markup, language string) markup {
	if language == "" {
		return ""
	}
	return " " + name + `="` + text(language) + `"`
}

func (p *page) head(title markup) {
	p.put("<!DOCTYPE html>\n<html", lang("lang", p.Show.Language), ">\n<head>\n",
		"<meta charset=\"utf-8\">\n",
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
		"<meta name=\"color-scheme\" content=\"light dark\">\n",
		"<meta name=\"referrer\" content=\"no-referrer\">\n",
		"<style>\n", markup(p.Style), "</style>\n",
		"<title>", title, "</title>\n",
		`<link rel="alternate" type="application/rss+xml" title="`, text(p.Show.Title), `" href="`, link(p.Feed), "\">\n</head>\n<body>\n")
}

// by is the line below an episode's title.
func (p *page) by(e *feed.Episode) {
	date := e.Date.UTC()
	p.put(`<p class="by"><time datetime="`, text(date.Format(time.RFC3339)), `">`, text(date.Format("2 January 2006")), "</time> · ",
		text(spell.Length(e.Duration)), "</p>\n")
}

// showPage is the page of a show.
func (p *page) showPage() []byte {
	s := p.Show
	p.head(text(s.Title))
	p.put("<header>\n<h1>", text(s.Title), "</h1>\n")
	if s.Author != "" {
		p.put(`<p class="by">`, text(s.Author), "</p>\n")
	}
	p.put("</header>\n<main>\n", markup(paragraphs(s.Description)), "\n<p><a href=\"", link(p.Feed), "\">Podcast feed</a></p>\n",
		"<h2 id=\"episodes\">Episodes</h2>\n<ol class=\"episodes\" reversed aria-labelledby=\"episodes\">\n")
	for _, e := range p.Episodes {
		p.put("<li>\n<h3><a href=\"", link(e.Page()), `">`, text(e.Title), "</a></h3>\n")
		p.by(e)
		p.put("</li>\n")
	}
	p.put("</ol>\n</main>\n")
	if s.Copyright != "" {
		p.put("<footer><p>", text(s.Copyright), "</p></footer>\n")
	}
	p.put("</body>\n</html>\n")
	return p.html.Bytes()
}

// episodePage is the page of an episode.
func (p *page) episodePage() []byte {
	s, e := p.Show, p.Episode
	p.head(text(e.Title) + " – " + text(s.Title))
	p.put("<nav aria-label=\"Show\"><a href=\"index.html\">", text(s.Title), "</a></nav>\n<main>\n<h1>", text(e.Title), "</h1>\n")
	p.by(e)
	if p.Waveform {
		p.put("<picture>\n<source media=\"(prefers-color-scheme: dark)\" srcset=\"", link(waveFile(e, true)), "\">\n",
			`<img class="wave" src="`, link(waveFile(e, false)), "\" width=\"960\" height=\"160\" alt=\"Waveform of the episode\">\n</picture>\n")
	}
	p.put(`<audio controls preload="metadata" src="`, link(e.File), `" aria-label="`, text(e.Title), `">`, "\n")
	if p.Captions != "" {
		p.put(`<track kind="captions" src="`, link(p.Captions), `"`, lang("srclang", p.Language), " label=\"Transcript\">\n")
	}
	p.put("</audio>\n<p><a href=\"", link(e.File), "\" download>Download</a></p>\n", markup(paragraphs(e.Description)), "\n")
	p.people()
	if len(e.Chapters) > 0 {
		p.put("<h2 id=\"chapters\">Chapters</h2>\n<ol class=\"times\" aria-labelledby=\"chapters\">\n")
		for _, c := range e.Chapters {
			p.put("<li>", p.at(c.Start), " ", text(c.Title), "</li>\n")
		}
		p.put("</ol>\n")
	}
	if len(e.Clips) > 0 {
		p.put("<h2 id=\"clips\">Clips</h2>\n<ol class=\"times\" aria-labelledby=\"clips\">\n")
		for _, c := range e.Clips {
			p.put("<li>", p.at(c.Start), " ")
			if c.Title != "" {
				p.put(text(c.Title), ", ")
			}
			p.put(text(spell.Length(c.Seconds)), "</li>\n")
		}
		p.put("</ol>\n")
	}
	p.transcript()
	p.put("</main>\n<script>\n", markup(p.Script), "</script>\n</body>\n</html>\n")
	return p.html.Bytes()
}

func (p *page) people() {
	if len(p.Persons) == 0 {
		return
	}
	p.put("<h2 id=\"people\">People</h2>\n<ul aria-labelledby=\"people\">\n")
	for _, who := range p.Persons {
		p.put("<li>")
		if who.URL != "" {
			p.put(`<a href="`, link(who.URL), `" rel="noopener">`, text(who.Name), "</a>")
		} else {
			p.put(text(who.Name))
		}
		p.put(", ", text(who.Role), "</li>\n")
	}
	p.put("</ul>\n")
}

// at is a link to a time of the audio.
func (p *page) at(seconds float64) markup {
	at := text(decimal(seconds))
	return `<a href="` + link(p.Episode.File) + "#t=" + at + `" data-at="` + at + `">` + text(spell.Position(seconds)) + "</a>"
}

func (p *page) transcript() {
	if len(p.Transcript) == 0 {
		return
	}
	p.put("<section class=\"said\">\n<h2 id=\"transcript\">Transcript</h2>\n")
	if p.Estimated {
		p.put("<p class=\"by\">Speakers are estimates, made from audio levels.</p>\n")
	}
	p.put("<form role=\"search\" hidden>\n<label>Search the transcript <input type=\"search\" autocomplete=\"off\" spellcheck=\"false\"></label>\n<output></output>\n</form>\n",
		`<ol aria-labelledby="transcript"`, lang("lang", p.Language), ">\n")
	for _, said := range p.Transcript {
		p.put("<li>", p.at(said.Start))
		if said.Speaker != "" {
			p.put(" <b>", text(said.Speaker), "</b>")
		}
		p.put(" <p>")
		for _, w := range said.Words {
			p.put(`<span data-at="`, text(decimal(w.Start)), `">`, text(w.Text), "</span>")
		}
		p.put("</p></li>\n")
	}
	p.put("</ol>\n</section>\n")
}

// decimal writes seconds to the millisecond.
func decimal(seconds float64) string {
	return strconv.FormatFloat(math.Round(seconds*1000)/1000, 'f', -1, 64)
}

// paragraphs makes HTML of plain text, on one line.
func paragraphs(text string) string {
	var b strings.Builder
	text = strings.ReplaceAll(text, "\r\n", "\n")
	for block := range strings.SplitSeq(text, "\n\n") {
		if block = strings.Trim(block, "\n "); block != "" {
			fmt.Fprintf(&b, "<p>%s</p>", strings.ReplaceAll(html.EscapeString(block), "\n", "<br>"))
		}
	}
	return b.String()
}
