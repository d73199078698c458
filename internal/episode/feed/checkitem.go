package feed

import (
	"fmt"
	"math"
	"mime"
	"net/mail"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/spell"
)

// finish checks what is known when the feed has been read.
func (c *checker) finish() {
	c.item = ""
	c.count()
	switch {
	case c.broken: // what is missing may stand after the fault
	case c.root == nil:
		if len(c.findings) == 0 {
			c.find(1, "rss-root", "missing rss element")
		}
	case c.root.name != "rss":
		c.find(c.root.line, "rss-root", "the root element is %s, not rss", c.root.name)
	default:
		if v, _ := c.root.attribute("version"); v != "2.0" {
			c.find(c.root.line, "rss-version", "the version is %q, not 2.0", v)
		}
		if c.channel == nil {
			c.find(c.root.line, "rss-root", "missing channel")
		} else {
			c.checkChannel(c.channel)
		}
	}
	slices.SortStableFunc(c.findings, func(a, b Finding) int { return a.Line - b.Line })
}

func (c *checker) checkChannel(n *node) {
	want := func(name, rule, what string) *node {
		k := n.child(name)
		if k.value() == "" && (k == nil || len(k.kids) == 0 && len(k.attr) == 0) {
			c.find(lineOf(k, n), rule, "the show has no %s", what)
			return nil
		}
		return k
	}
	want("title", "channel-title", "title")
	if k := want("link", "channel-link", "link"); k != nil {
		c.address(k, k.value(), "channel-link", false)
	}
	if k := want("description", "channel-description", "description"); k != nil && k.long > maxDescription {
		c.find(k.line, "channel-description-length", "the description has %d bytes; Apple takes %d", k.long, maxDescription)
	} else if tag := htmlTag().FindString(k.value()); tag != "" {
		c.find(k.line, "channel-description-html", "the description contains HTML: %s", brief(tag))
	}
	if k := want("language", "channel-language", "language"); k != nil && !languagePattern().MatchString(k.value()) {
		c.find(k.line, "channel-language", "%q is not a valid language code (try en or pt-BR)", brief(k.value()))
	}
	if k := want("itunes:image", "channel-image", "itunes:image"); k != nil {
		c.image(k, "channel-image")
	}
	c.checkCategories(n)
	if k := want("itunes:explicit", "channel-explicit", "itunes:explicit"); k != nil {
		c.explicit(k, "channel-explicit")
	}
	want("itunes:author", "channel-author", "itunes:author")
	mailed := want("itunes:owner", "channel-owner", "itunes:owner")
	if mailed != nil {
		email := mailed.child("itunes:email").value()
		if _, err := mail.ParseAddress(email); err != nil {
			c.find(mailed.line, "channel-owner", "%q is not a valid e-mail address for the owner", brief(email))
		}
	}
	if k := n.child("itunes:type"); k != nil && !slices.Contains([]string{"episodic", "serial"}, strings.ToLower(k.value())) {
		c.find(k.line, "episode-type", "itunes:type is %q, not episodic or serial", brief(k.value()))
	} else if strings.EqualFold(k.value(), Serial) && c.unnumbered > 0 {
		c.find(k.line, "number-missing", "the show is serial, and %s no itunes:episode", spell.Plural(c.unnumbered, "episode has", "episodes have"))
	}
	if k := n.child("itunes:new-feed-url"); k != nil {
		c.address(k, k.value(), "new-feed-url", false)
	}
	for _, name := range []string{"pubDate", "lastBuildDate"} {
		if k := n.child(name); k != nil {
			c.date(k)
		}
	}
	if !slices.ContainsFunc(n.children("atom:link"), func(k *node) bool {
		rel, _ := k.attribute("rel")
		return rel == "self"
	}) {
		c.find(n.line, "channel-self", "missing atom:link rel=\"self\" with the feed's own address")
	}
	c.checkChannelPodcast(n)
	if c.items == 0 {
		c.find(n.line, "channel-items", "the feed has no episodes")
	}
}

// media are the values of podcast:medium; each also exists with an L at its
// end, for lists.
var media = []string{"podcast", "music", "video", "film", "audiobook", "newsletter", "blog", "publisher", "course", "mixed"}

func (c *checker) checkChannelPodcast(n *node) {
	if k := n.child("podcast:guid"); k == nil {
		c.find(n.line, "channel-guid", "the show has no podcast:guid")
	} else if !guidPattern().MatchString(strings.ToLower(k.value())) {
		c.find(k.line, "channel-guid-format", "%q is not a UUID", brief(k.value()))
	}
	if k := n.child("podcast:locked"); k == nil {
		c.find(n.line, "channel-locked", "missing podcast:locked (whether other hosts may import the feed)")
	} else if v := k.value(); v != "yes" && v != "no" {
		c.find(k.line, "channel-locked-value", "podcast:locked is %q, not yes or no", brief(v))
	}
	if k := n.child("podcast:medium"); k != nil && !slices.Contains(media, strings.TrimSuffix(k.value(), "L")) {
		c.find(k.line, "channel-medium", "%q is not a valid podcast:medium", brief(k.value()))
	}
	c.checkPodcast(n, math.NaN())
}

func (c *checker) checkCategories(n *node) {
	list := n.children("itunes:category")
	if len(list) == 0 {
		c.find(n.line, "channel-category", "the show has no itunes:category")
	}
	for _, k := range list {
		text, _ := k.attribute("text")
		if text == "" {
			c.find(k.line, "channel-category", "the category has no text")
			continue
		}
		if sub := k.child("itunes:category"); sub != nil {
			part, _ := sub.attribute("text")
			text += " > " + part
		}
		if err := checkCategory(text); err != nil {
			c.find(k.line, "category-unknown", "%s", brief(err.Error()))
		}
	}
}

// checkItem checks an item when it ends.
func (c *checker) checkItem(n *node) {
	c.items++
	title := n.child("title").value()
	if title == "" {
		title = n.child("itunes:title").value()
	}
	c.item = brief(title)
	if c.item == "" {
		c.item = brief(n.child("guid").value())
	}
	defer func() { c.item = "" }()
	if title == "" {
		c.find(n.line, "item-title", "the episode has no title")
	}
	description := n.child("description")
	for _, name := range []string{"itunes:summary", "?encoded"} {
		if description.value() == "" && n.child(name) != nil {
			description = n.child(name)
		}
	}
	if description.value() == "" {
		c.find(lineOf(description, n), "item-description", "the episode has no description")
	} else if description.long > maxNotes {
		c.find(description.line, "item-description-length", "the description has %d bytes; Apple takes %d", description.long, maxNotes)
	}
	c.checkGUID(n)
	if k := n.child("pubDate"); k.value() == "" {
		c.find(lineOf(k, n), "date-missing", "the episode has no pubDate")
	} else {
		c.date(k)
	}
	seconds := c.duration(n)
	c.checkEnclosure(n, seconds)
	if k := n.child("itunes:explicit"); k != nil {
		c.explicit(k, "explicit-value")
	}
	if k := n.child("itunes:episodeType"); k != nil && !slices.Contains([]string{"full", "trailer", "bonus"}, strings.ToLower(k.value())) {
		c.find(k.line, "episode-type", "itunes:episodeType is %q, not full, trailer or bonus", brief(k.value()))
	}
	c.checkNumbers(n)
	if k := n.child("itunes:image"); k != nil {
		c.image(k, "item-image")
	}
	c.checkPodcast(n, seconds)
}

// checkNumbers checks season and number of an item.
func (c *checker) checkNumbers(n *node) {
	read := func(name string) (*node, int) {
		k := n.child("itunes:" + name)
		if k == nil {
			k = n.child("podcast:" + name)
		}
		if k == nil {
			return nil, 0
		}
		v, err := strconv.Atoi(k.value())
		if strings.HasPrefix(k.name, "itunes:") && (err != nil || v < 1) {
			c.find(k.line, "number-format", "%s is %q, not a whole number above 0", k.name, brief(k.value()))
		}
		return k, max(v, 0)
	}
	_, season := read("season")
	k, number := read("episode")
	kind := strings.ToLower(n.child("itunes:episodeType").value())
	switch {
	case kind == episode.Trailer:
		if number > 0 {
			c.find(k.line, "trailer-number", "the trailer has the episode number %d", number)
		}
		if first, again := c.trailers[season]; again {
			of := "show"
			if season > 0 {
				of = fmt.Sprintf("season %d", season)
			}
			c.find(n.line, "trailer-duplicate", "the %s has a trailer in line %d already", of, first)
		} else {
			c.trailers[season] = n.line
		}
	case kind == episode.Bonus: // it may have the number of the episode that it goes with
	case number == 0:
		c.unnumbered++
	default:
		at := [2]int{season, number}
		if first, again := c.numbers[at]; again {
			c.find(k.line, "number-duplicate", "the number %d is used in line %d already, in the same season", number, first)
		} else {
			c.numbers[at] = k.line
		}
	}
}

func (c *checker) checkGUID(n *node) {
	k := n.child("guid")
	id := k.value()
	if id == "" {
		c.find(lineOf(k, n), "guid-missing", "the episode has no guid, so apps cannot recognize it")
		return
	}
	if first, again := c.guids[id]; again {
		c.find(k.line, "guid-duplicate", "the guid %q is already used in line %d", brief(id), first)
	} else {
		c.guids[id] = k.line
	}
	if v, _ := k.attribute("isPermaLink"); v != "false" {
		if _, err := webURL(id); err != nil {
			c.find(k.line, "guid-permalink", "the guid %q is not a URL and needs isPermaLink=\"false\"", brief(id))
		}
	}
}

// appleTypes are the types of audio and video that Apple takes, with the
// extensions that go with them.
var appleTypes = sync.OnceValue(func() map[string][]string {
	return map[string][]string{
		"audio/mpeg":      {".mp3"},
		"audio/x-m4a":     {".m4a"},
		"audio/mp4":       {".m4a", ".mp4"},
		"video/mp4":       {".mp4", ".m4v"},
		"video/x-m4v":     {".m4v"},
		"video/quicktime": {".mov"},
		"application/pdf": {".pdf"},
	}
})

// lowestBitRate is the least that podcasts are encoded with, in bits per
// second. A length below it is no length in bytes.
const lowestBitRate = 6000

func (c *checker) checkEnclosure(n *node, seconds float64) {
	list := n.children("enclosure")
	if len(list) == 0 {
		c.find(n.line, "item-enclosure", "the episode has no enclosure (no audio file)")
		return
	}
	if len(list) > 1 {
		c.find(list[1].line, "item-enclosure", "the episode has %d enclosures; apps play only one", len(list))
	}
	k := list[0]
	address, _ := k.attribute("url")
	if first, again := c.enclosures[address]; again && address != "" {
		c.find(k.line, "enclosure-duplicate", "%s is already used in line %d", brief(address), first)
	} else {
		c.enclosures[address] = k.line
	}
	ok := c.address(k, address, "enclosure-url", true)
	if strings.ContainsFunc(address, func(r rune) bool { return r > '~' || r <= ' ' }) {
		c.find(k.line, "enclosure-ascii", "%s has characters that must be percent-encoded", brief(address))
	}

	text, _ := k.attribute("length")
	if length, err := strconv.ParseInt(text, 10, 64); err != nil || length <= 0 {
		c.find(k.line, "enclosure-length", "the length is %q, not a number of bytes", brief(text))
	} else if float64(length) < seconds*lowestBitRate/8 {
		c.find(k.line, "enclosure-length-seconds", "%d bytes is too short for %s of audio; length is the file size in bytes", length, spell.Length(seconds))
	}
	t, _ := k.attribute("type")
	kind, _, err := mime.ParseMediaType(t)
	if err != nil || !strings.Contains(kind, "/") {
		c.find(k.line, "enclosure-type", "%q is not a MIME type (try audio/mpeg)", brief(t))
		return
	}
	extensions, plays := appleTypes()[kind]
	if !plays {
		c.find(k.line, "enclosure-type-apple", "Apple does not play %s", brief(kind))
	} else if u, err := webURL(address); ok && err == nil && !slices.Contains(extensions, strings.ToLower(path.Ext(u.Path))) {
		c.find(k.line, "enclosure-extension", "%s ends in %q, which does not match %s", brief(address), path.Ext(u.Path), kind)
	}
}

// duration returns the length of an episode in seconds, or NaN.
func (c *checker) duration(n *node) float64 {
	k := n.child("itunes:duration")
	text := k.value()
	if text == "" {
		c.find(lineOf(k, n), "duration-missing", "the episode has no itunes:duration")
		return math.NaN()
	}
	parts := strings.Split(text, ":")
	total := 0.0
	for i, p := range parts {
		v, ok := number(p)
		if !ok || len(parts) > 3 || i > 0 && v >= 60 {
			c.find(k.line, "duration-format", "%q is not a valid duration (try 3895, 64:55 or 1:04:55)", brief(text))
			return math.NaN()
		}
		total = float64(total*60) + v
	}
	return total
}

// address checks an address. Those of files should be https.
func (c *checker) address(k *node, text, rule string, file bool) bool {
	u, err := webURL(text)
	if err != nil {
		c.find(k.line, rule, "%s of %s must be an absolute web address without a user name, not %q", attributeOf(file), k.name, brief(text))
		return false
	}
	if file && u.Scheme != "https" {
		c.find(k.line, "url-https", "%s is not https", brief(u.String()))
	}
	return true
}

func attributeOf(file bool) string {
	if file {
		return "the url"
	}
	return "the text"
}

func (c *checker) image(k *node, rule string) {
	text, _ := k.attribute("href")
	u, err := webURL(text)
	if err != nil {
		c.find(k.line, rule, "the href of itunes:image must be an absolute web address, not %q", brief(text))
		return
	}
	if u.Scheme != "https" {
		c.find(k.line, "url-https", "%s is not https", brief(text))
	}
	if ext := strings.ToLower(path.Ext(u.Path)); ext != ".jpg" && ext != ".jpeg" && ext != ".png" {
		c.find(k.line, "image-type", "%s must end in .jpg or .png", brief(text))
	}
}

func (c *checker) explicit(k *node, rule string) {
	switch v := k.value(); strings.ToLower(v) {
	case "true", "false":
	case "yes", "no", "clean", "explicit": // what Apple's page named before
		c.find(k.line, "explicit-old", "itunes:explicit is %q; use true or false", v)
	default:
		c.find(k.line, rule, "itunes:explicit is %q, not true or false", brief(v))
	}
}

// clockSkew is how much later than here it may be where a feed was made.
const clockSkew = 10 * time.Minute

func (c *checker) date(k *node) {
	t, err := parseDate(k.value())
	if err != nil {
		c.find(k.line, "date-format", "%q is not a valid date (try Mon, 14 Jun 2021 18:00:00 +0000)", brief(k.value()))
		return
	}
	if day, _, ok := strings.Cut(k.value(), ","); ok && !strings.EqualFold(strings.TrimSpace(day), t.Format("Mon")) {
		c.find(k.line, "date-weekday", "%s was a %s, not a %s", t.Format("2 January 2006"), t.Format("Monday"), brief(strings.TrimSpace(day)))
	}
	if !c.now.IsZero() && t.After(c.now.Add(clockSkew)) {
		c.find(k.line, "date-future", "%s is in the future: apps may hide the episode until then, or keep it on top", k.value())
	}
}

// oldZones are the zones by name that RFC 2822 §4.3 still lets one read.
var oldZones = sync.OnceValue(func() map[string]string {
	return map[string]string{
		"UT": "+0000", "GMT": "+0000", "Z": "+0000", "EST": "-0500", "EDT": "-0400", "CST": "-0600", "CDT": "-0500",
		"MST": "-0700", "MDT": "-0600", "PST": "-0800", "PDT": "-0700",
	}
})

// parseDate reads a date of RFC 2822 §3.3: the day's name and the seconds may
// be missing, and the zone may be one of the old names (§4.3).
func parseDate(text string) (time.Time, error) {
	if i := strings.LastIndexByte(text, ' '); i > 0 {
		if offset, ok := oldZones()[text[i+1:]]; ok {
			text = text[:i+1] + offset
		}
	}
	return mail.ParseDate(text)
}

// htmlTag finds a tag of HTML.
var htmlTag = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)</?(?:p|br|a|b|i|u|em|strong|div|span|ul|ol|li|h[1-6]|img|hr|blockquote)(?:\s[^<>]*|/)?>`)
})

// number reads a decimal from 0 on, as XML Schema writes it: no exponents, no
// infinities.
func number(s string) (float64, bool) {
	s = strings.TrimSpace(s)
	if s == "" || len(s) > 20 || strings.Trim(s, "0123456789.") != "" {
		return 0, false
	}
	v, err := strconv.ParseFloat(s, 64)
	return v, err == nil
}

// lineOf is the line of an element, or of where it should be.
func lineOf(k, parent *node) int {
	if k != nil {
		return k.line
	}
	return parent.line
}

// brief shortens what a feed says for a message.
func brief(s string) string { return cut(s, 200) }
