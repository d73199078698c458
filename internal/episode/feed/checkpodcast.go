package feed

import (
	"mime"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spaces-cli/spaces/internal/spell"
)

// podcastElements are those of the podcast namespace.
var podcastElements = []string{"alternateEnclosure", "block", "chapters", "chat", "contentLink", "episode", "funding", "guid", "image",
	"images", "integrity", "license", "liveItem", "location", "locked", "medium", "person", "podping", "podroll", "publisher",
	"remoteItem", "season", "socialInteract", "soundbite", "source", "trailer", "transcript", "txt", "updateFrequency", "value",
	"valueRecipient", "valueTimeSplit"}

// checkPodcast checks the elements of the podcast namespace of an item that
// lasts so many seconds (or NaN), or of the channel.
func (c *checker) checkPodcast(n *node, seconds float64) {
	for _, k := range n.kids {
		name, ok := strings.CutPrefix(k.name, "podcast:")
		if !ok {
			continue
		}
		address, _ := k.attribute("url")
		kind, _ := k.attribute("type")
		switch name {
		case "transcript":
			c.address(k, address, "transcript-url", true)
			known := []string{"text/vtt", "application/x-subrip", "application/srt", "text/srt", "text/html", "text/plain", "application/json"}
			if t, _, err := mime.ParseMediaType(kind); err != nil {
				c.find(k.line, "transcript-type", "%q is not a MIME type", brief(kind))
			} else if !slices.Contains(known, t) {
				c.find(k.line, "transcript-type-unknown", "apps do not support transcripts of type %s", brief(t))
			} else if rel, _ := k.attribute("rel"); rel == "captions" && (t == "text/plain" || t == "text/html") {
				c.find(k.line, "transcript-captions", "captions have times, and %s has none", brief(t))
			} else if rel != "" && rel != "captions" {
				c.find(k.line, "transcript-rel", "rel is %q, not captions", brief(rel))
			}
			if tag, ok := k.attribute("language"); ok && !languagePattern().MatchString(tag) {
				c.find(k.line, "transcript-language", "%q is not a valid language code (try en or pt-BR)", brief(tag))
			}
		case "chapters":
			c.address(k, address, "chapters-url", true)
			if kind != "application/json+chapters" && kind != "application/json" {
				c.find(k.line, "chapters-type", "the type is %q, not application/json+chapters", brief(kind))
			}
		case "soundbite":
			c.checkSoundbite(k, seconds)
		case "person":
			if v := k.value(); v == "" || utf8.RuneCountInString(v) > maxName {
				c.find(k.line, "person-name", "a person's name must have 1 to %d characters, not %d", maxName, utf8.RuneCountInString(v))
			}
		case "funding", "location":
			c.atMost(k)
		case "season", "episode":
			if _, ok := number(k.value()); !ok {
				c.find(k.line, "podcast-number", "%s is %q, not a number", k.name, brief(k.value()))
			}
		default:
			if !slices.Contains(podcastElements, name) {
				c.find(k.line, "podcast-unknown", "the podcast namespace has no element %s", brief(name))
			}
		}
	}
}

func (c *checker) checkSoundbite(k *node, seconds float64) {
	from, _ := k.attribute("startTime")
	long, _ := k.attribute("duration")
	start, ok := number(from)
	length, ok2 := number(long)
	if !ok || !ok2 || length == 0 {
		c.find(k.line, "soundbite-time", "startTime is %q and duration %q: both must be in seconds", brief(from), brief(long))
		return
	}
	if start+length > seconds+1 { // durations are often whole seconds
		c.find(k.line, "soundbite-range", "the soundbite ends at %s, after the episode at %s", spell.Moment(start+length), spell.Moment(seconds))
	}
	if length < minSoundbite || length > maxSoundbite {
		c.find(k.line, "soundbite-length", "the soundbite lasts %s s; %d to %d s is recommended", decimal(length), minSoundbite, maxSoundbite)
	}
	c.atMost(k)
}

// atMost holds a text against the length that the namespace sets.
func (c *checker) atMost(k *node) {
	if n := utf8.RuneCountInString(k.value()); n > maxName {
		c.find(k.line, "podcast-text", "the text of %s has %d characters, more than %d", k.name, n, maxName)
	}
}
