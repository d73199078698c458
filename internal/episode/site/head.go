package site

import (
	"encoding/json"
	"fmt"
	"strings"
)

// A sound or a film that cards can play: og:audio, og:video.
type playable struct {
	kind          string // audio or video
	file, mime    string
	width, height int // of a video
}

// A meta is what a page says of itself to those who list it or link to it.
type meta struct {
	name        string // of the page's file, "" for the front page
	title       string // of the page
	description string
	card        string // picture of cardWidth by cardHeight
	alt         string // what it shows
	kind        string // og:type
	sound       *playable
	data        any // JSON-LD
}

// The size of the pictures of links (developers.facebook.com/docs/sharing/webmasters/images,
// developer.x.com, summary_large_image).
const cardWidth, cardHeight = 1200, 630

// head writes all up to the page's own header. Nothing is loaded from elsewhere,
// and no script runs but the page's own.
func (p *page) head(m meta) {
	s := p.show
	policy := []string{"default-src 'none'", "img-src 'self'", "media-src 'self'", "connect-src 'self'", "style-src " + p.styleHash}
	if p.script != "" {
		policy = append(policy, "script-src "+p.scriptHash)
	}
	policy = append(policy, "base-uri 'none'", "form-action 'none'")
	address := s.URL(m.name)
	p.put("<!DOCTYPE html>\n<html", lang("lang", s.Language), ` dir="`, text(p.direction), "\">\n<head>\n",
		"<meta charset=\"utf-8\">\n",
		`<meta http-equiv="Content-Security-Policy" content="`, text(strings.Join(policy, "; ")), "\">\n",
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1, viewport-fit=cover\">\n",
		"<title>", text(m.title), "</title>\n")
	named := func(name, content string) {
		if content != "" {
			p.put(`<meta name="`, text(name), `" content="`, text(content), "\">\n")
		}
	}
	property := func(name, content string) {
		if content != "" {
			p.put(`<meta property="`, text(name), `" content="`, text(content), "\">\n")
		}
	}
	named("description", m.description)
	named("author", s.Author)
	p.put(`<link rel="canonical" href="`, link(address), "\">\n",
		`<link rel="alternate" type="application/rss+xml" title="`, text(s.Title), `" href="`, link(p.feed), "\">\n")
	if p.icon != "" {
		p.put(`<link rel="icon" type="image/png" sizes="64x64" href="`, link(p.icon), "\">\n", `<link rel="apple-touch-icon" href="`, link(p.touch), "\">\n")
	}
	named("color-scheme", "light dark")
	p.put(`<meta name="theme-color" media="(prefers-color-scheme: light)" content="`, text(p.tone.tint), "\">\n",
		`<meta name="theme-color" media="(prefers-color-scheme: dark)" content="`, text(p.tone.darkTint), "\">\n")
	named("referrer", "strict-origin-when-cross-origin")
	property("og:site_name", s.Title)
	property("og:title", strings.TrimSuffix(m.title, " – "+s.Title))
	property("og:description", m.description)
	property("og:type", m.kind)
	property("og:url", address)
	property("og:locale", locale(s.Language))
	if m.card != "" {
		property("og:image", s.URL(m.card))
		property("og:image:type", "image/jpeg")
		property("og:image:width", fmt.Sprint(cardWidth))
		property("og:image:height", fmt.Sprint(cardHeight))
		property("og:image:alt", m.alt)
	}
	if v := m.sound; v != nil {
		property("og:"+v.kind, s.URL(v.file))
		property("og:"+v.kind+":type", v.mime)
		if v.width > 0 {
			property("og:"+v.kind+":width", fmt.Sprint(v.width))
			property("og:"+v.kind+":height", fmt.Sprint(v.height))
		}
	}
	if m.card != "" {
		named("twitter:card", "summary_large_image")
		named("twitter:image:alt", m.alt)
	} else {
		named("twitter:card", "summary")
	}
	if m.data != nil {
		if b, err := json.Marshal(m.data); err == nil { // it writes < as \u003c: no text ends the element
			p.put(`<script type="application/ld+json">`, markup(b), "</script>\n")
		}
	}
	p.put("<style>", markup(p.style), "</style>\n</head>\n<body>\n",
		`<a class="skip" href="#main">`, p.words("skip"), "</a>\n")
}

// locale is a language as OpenGraph writes it: en_GB. One without a region has
// none.
func locale(language string) string {
	parts := strings.Split(language, "-")
	if last := parts[len(parts)-1]; len(parts) > 1 && len(last) == 2 {
		return strings.ToLower(parts[0]) + "_" + strings.ToUpper(last)
	}
	return ""
}

// foot ends a page.
func (p *page) foot() {
	p.put("<footer class=\"wrap\"><div class=\"foot\">\n")
	if p.show.Copyright != "" {
		p.put("<p>", text(p.show.Copyright), "</p>\n")
	}
	p.put(`<p><a href="`, link(p.feed), `">`, p.words("feed"), "</a></p>\n</div></footer>\n")
	if p.script != "" {
		p.put("<script>", markup(p.script), "</script>\n")
	}
	p.put("</body>\n</html>\n")
}

// top is the bar with the show's name that leads to its page.
func (p *page) top() {
	p.put(`<nav class="wrap top" aria-label="`, p.say("show"), `"><a href="index.html">`)
	p.picture(p.showCover, inBar)
	p.put(`<span dir="auto">`, text(p.show.Title), "</span></a></nav>\n")
}
