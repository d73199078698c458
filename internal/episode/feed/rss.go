package feed

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"fmt"
	"html"
	"math"
	"mime"
	"path"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/languages"
	"github.com/spaces-cli/spaces/internal/media/format"
	said "github.com/spaces-cli/spaces/internal/transcript"
)

// The namespaces of a podcast's feed.
const (
	itunesNS  = "http://www.itunes.com/dtds/podcast-1.0.dtd"
	podcastNS = "https://podcastindex.org/namespace/1.0"
	atomNS    = "http://www.w3.org/2005/Atom"
)

// generator names the program in a feed.
const generator = "spaces"

// The bounds that Apple and the podcast namespace set.
const (
	maxDescription = 4000  // bytes, of a show
	maxNotes       = 10000 // bytes, of an episode
	maxName        = 128   // characters of a person's name or a soundbite's title
	minSoundbite   = 15    // seconds
	maxSoundbite   = 120
)

// encoding/xml writes a prefix with a namespace declaration of its own on each
// element that has one. Names with the colon in them are written as they
// stand, and the root declares the prefixes.
type rss struct {
	XMLName xml.Name `xml:"rss"`
	Version string   `xml:"version,attr"`
	ITunes  string   `xml:"xmlns:itunes,attr"`
	Podcast string   `xml:"xmlns:podcast,attr"`
	Atom    string   `xml:"xmlns:atom,attr"`
	Channel channel  `xml:"channel"`
}

type channel struct {
	Title         string     `xml:"title"`
	Link          string     `xml:"link"`
	Self          atomLink   `xml:"atom:link"`
	Description   cdata      `xml:"description"`
	Language      string     `xml:"language,omitempty"`
	Copyright     string     `xml:"copyright,omitempty"`
	LastBuildDate string     `xml:"lastBuildDate,omitempty"` // of a feed without episodes nothing tells it
	Generator     string     `xml:"generator"`
	Author        string     `xml:"itunes:author,omitempty"`
	Owner         *owner     `xml:"itunes:owner"`
	Image         *href      `xml:"itunes:image"`
	Categories    []category `xml:"itunes:category"`
	Explicit      bool       `xml:"itunes:explicit"`
	Type          string     `xml:"itunes:type"`
	NewFeedURL    string     `xml:"itunes:new-feed-url,omitempty"`
	GUID          string     `xml:"podcast:guid"`
	Locked        *locked    `xml:"podcast:locked"`
	Medium        string     `xml:"podcast:medium"`
	Persons       []person   `xml:"podcast:person"`
	Items         []item     `xml:"item"`
}

type item struct {
	Title       string       `xml:"title"`
	Link        string       `xml:"link,omitempty"`
	Description *cdata       `xml:"description"`
	Enclosure   enclosure    `xml:"enclosure"`
	GUID        guid         `xml:"guid"`
	PubDate     string       `xml:"pubDate"`
	Duration    int64        `xml:"itunes:duration"`
	Explicit    bool         `xml:"itunes:explicit"`
	EpisodeType string       `xml:"itunes:episodeType"`
	Season      int          `xml:"itunes:season,omitempty"`
	Number      int          `xml:"itunes:episode,omitempty"`
	Image       *href        `xml:"itunes:image"`
	SeasonToo   int          `xml:"podcast:season,omitempty"` // for apps that read one namespace only
	NumberToo   int          `xml:"podcast:episode,omitempty"`
	Chapters    *resource    `xml:"podcast:chapters"`
	Transcripts []transcript `xml:"podcast:transcript"`
	Persons     []person     `xml:"podcast:person"`
	Soundbites  []soundbite  `xml:"podcast:soundbite"`
}

type (
	atomLink struct {
		Href string `xml:"href,attr"`
		Rel  string `xml:"rel,attr"`
		Type string `xml:"type,attr"`
	}
	cdata struct {
		Text string `xml:",cdata"`
	}
	owner struct {
		Name  string `xml:"itunes:name,omitempty"`
		Email string `xml:"itunes:email"`
	}
	href struct {
		Href string `xml:"href,attr"`
	}
	category struct {
		Text string    `xml:"text,attr"`
		Sub  *category `xml:"itunes:category"`
	}
	locked struct {
		Owner string `xml:"owner,attr"`
		Text  string `xml:",chardata"`
	}
	enclosure struct {
		URL    string `xml:"url,attr"`
		Length int64  `xml:"length,attr"`
		Type   string `xml:"type,attr"`
	}
	guid struct {
		IsPermaLink bool   `xml:"isPermaLink,attr"`
		Text        string `xml:",chardata"`
	}
	resource struct {
		URL  string `xml:"url,attr"`
		Type string `xml:"type,attr"`
	}
	transcript struct {
		URL      string `xml:"url,attr"`
		Type     string `xml:"type,attr"`
		Language string `xml:"language,attr,omitempty"`
		Rel      string `xml:"rel,attr,omitempty"`
	}
	person struct {
		Role string `xml:"role,attr,omitempty"`
		Href string `xml:"href,attr,omitempty"`
		Name string `xml:",chardata"`
	}
	soundbite struct {
		Start    string `xml:"startTime,attr"`
		Duration string `xml:"duration,attr"`
		Title    string `xml:",chardata"`
	}
)

// Render returns the feed of a show, with its episodes in the order given, as
// it goes to file below the show's base URL. With pages each item links its
// page of the site. It holds no time but the episodes' own: a feed that is
// made again after a new episode differs by that item and lastBuildDate.
func (s *Show) Render(episodes []*Episode, file string, pages bool) ([]byte, error) {
	c := channel{
		Title: s.Title, Link: s.page(), Self: atomLink{s.URL(file), "self", "application/rss+xml"},
		Description: cdata{plain(s.Description)}, Language: s.Language, Copyright: s.Copyright,
		Generator: generator, Author: s.Author, Explicit: s.Explicit, Type: cmp.Or(s.Type, Episodic), NewFeedURL: s.NewFeedURL,
		GUID: s.GUID, Medium: "podcast", Persons: s.persons(),
	}
	if s.Description == "" {
		c.Description.Text = plain(s.Title)
	}
	if image := s.ImageURL(); image != "" {
		c.Image = &href{image}
	}
	if s.Email != "" { // podcast:locked needs it: it is whom to ask
		c.Owner = &owner{s.Author, s.Email}
		c.Locked = &locked{s.Email, map[bool]string{false: "yes", true: "no"}[s.Unlocked]}
	}
	for _, text := range s.Category {
		top, sub := splitCategory(text)
		cat := category{Text: top}
		if sub != "" {
			cat.Sub = &category{Text: sub}
		}
		c.Categories = append(c.Categories, cat)
	}
	var newest time.Time
	for _, e := range episodes {
		if at := s.Date(e); at.After(newest) {
			newest = at
		}
		c.Items = append(c.Items, s.item(e, pages))
	}
	if len(episodes) > 0 {
		c.LastBuildDate = rfc2822(newest)
	}

	var b bytes.Buffer
	b.WriteString(xml.Header)
	enc := xml.NewEncoder(&b)
	enc.Indent("", "  ")
	if err := enc.Encode(&rss{Version: "2.0", ITunes: itunesNS, Podcast: podcastNS, Atom: atomNS, Channel: c}); err != nil {
		return nil, err
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

func (s *Show) item(e *Episode, pages bool) item {
	l := s.Listing(e)
	it := item{
		Title:     clean(s.TitleOf(e)),
		Enclosure: enclosure{s.URL(e.File), e.Bytes, e.mime()},
		GUID:      guid{false, cmp.Or(l.GUID, "x-space:"+e.ID)},
		PubDate:   rfc2822(s.Date(e)),
		Duration:  int64(math.Round(e.Duration)), Explicit: s.Explicit, EpisodeType: cmp.Or(l.EpisodeType, episode.Full),
		Season: l.Season, Number: l.Number, SeasonToo: l.Season, NumberToo: l.Number,
		Persons: s.personsOf(e),
	}
	if l.Explicit != nil {
		it.Explicit = *l.Explicit
	}
	if it.Title == "" {
		words, _ := languages.For(s.Language)
		it.Title = words.Say("feed.untitled", "date", words.Date(e.Date.UTC()))
	}
	if pages {
		it.Link = s.URL(e.Page())
	}
	if e.Description != "" {
		it.Description = &cdata{paragraphs(e.Description)}
	}
	if e.Cover != "" {
		it.Image = &href{s.URL(e.Cover)}
	}
	if e.ChapterFile != "" {
		it.Chapters = &resource{s.URL(e.ChapterFile), "application/json+chapters"}
	}
	for _, file := range e.Transcripts {
		t := transcript{URL: s.URL(file), Type: transcriptType(file), Language: cmp.Or(e.TranscriptLanguage, s.Language)}
		if t.Type == said.VTTType || t.Type == said.SRTType {
			t.Rel = "captions"
		}
		it.Transcripts = append(it.Transcripts, t)
	}
	for _, c := range e.Clips {
		if c.Seconds < minSoundbite || c.Seconds > maxSoundbite {
			continue // pages list it all the same
		}
		it.Soundbites = append(it.Soundbites, soundbite{decimal(c.Start), decimal(c.Seconds), cut(clean(c.Title), maxName)})
	}
	return it
}

// mime returns the type of the audio. Apple knows M4A by its old name only.
func (e *Episode) mime() string {
	if t, _, err := mime.ParseMediaType(e.Type); err == nil && strings.HasPrefix(t, "audio/") {
		return t
	}
	return format.MediaType(path.Ext(e.File))
}

func transcriptType(file string) string {
	switch strings.ToLower(path.Ext(file)) {
	case ".vtt":
		return said.VTTType
	case ".srt":
		return said.SRTType
	case ".json":
		return said.JSONType
	case ".html":
		return "text/html"
	}
	return said.TextType
}

// persons are the people of the whole show: those who take part in every
// episode, and its hosts.
func (s *Show) persons() []person {
	var list []person
	for i := range s.People {
		p := &s.People[i]
		if p.Handle == "" || p.Role == "host" || p.Role == "co-host" {
			list = append(list, p.as("host"))
		}
	}
	return list
}

// personsOf are the people of an episode: the host, the speakers whom the
// show's owner has named, and those who take part in every episode, since an
// item's list replaces that of the channel. Nobody else is named, and no ids.
func (s *Show) personsOf(e *Episode) []person {
	var list []person
	host := ""
	if e.Host != nil && e.Host.Handle != "" {
		host = e.Host.Handle
		if p := s.named(host); p != nil {
			list = append(list, p.as("host"))
		} else {
			list = append(list, person{Role: "host", Name: cut(clean("@"+host), maxName)})
		}
	}
	for _, sp := range e.Speakers {
		p := s.named(sp.Handle)
		if p == nil || strings.EqualFold(sp.Handle, host) {
			continue
		}
		role := "guest"
		if sp.Role == "co-host" {
			role = "co-host"
		}
		list = append(list, p.as(role))
	}
	for i := range s.People {
		if p := &s.People[i]; p.Handle == "" {
			list = append(list, p.as("host"))
		}
	}
	return list
}

// as returns the element for a person with a role, unless the owner has said
// another one.
func (p *Person) as(role string) person {
	if p.Role != "" {
		role = p.Role
	}
	return person{Role: role, Href: p.URL, Name: p.Name}
}

// rfc2822 writes a time as RFC 2822 §3.3 has it, in UTC: the offset is right
// wherever the program runs.
func rfc2822(t time.Time) string { return t.UTC().Format("Mon, 02 Jan 2006 15:04:05 -0700") }

// decimal writes seconds to the millisecond.
func decimal(seconds float64) string {
	return strconv.FormatFloat(math.Round(seconds*1000)/1000, 'f', -1, 64)
}

// paragraphs makes HTML of plain text, on one line.
func paragraphs(text string) string {
	var b strings.Builder
	text = strings.ReplaceAll(clean(text), "\r\n", "\n")
	for block := range strings.SplitSeq(text, "\n\n") {
		if block = strings.Trim(block, "\n "); block != "" {
			fmt.Fprintf(&b, "<p>%s</p>", strings.ReplaceAll(html.EscapeString(block), "\n", "<br>"))
		}
	}
	return b.String()
}

// plain is a text as XML carries it, without what is HTML in it: apps show the
// description of a show as it stands there.
func plain(text string) string {
	return strings.TrimSpace(htmlTag().ReplaceAllString(strings.ReplaceAll(clean(text), "\r\n", "\n"), ""))
}

// inXML reports whether XML 1.0 §2.2 allows a character.
func inXML(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || r >= ' ' && r <= 0xD7FF || r >= 0xE000 && r <= 0xFFFD || r >= 0x10000
}

// clean leaves out what XML cannot carry.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if !inXML(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// cut shortens a text to so many characters.
func cut(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return strings.TrimSpace(string([]rune(s)[:most-1])) + "…"
}
