package feed

import "sync"

// A Severity says how bad a finding is. The words appear in JSON.
type Severity string

const (
	// Error is what a directory refuses the feed or the episode for, or what
	// players get wrong.
	Error Severity = "error"
	// Warning is what works, but not everywhere or not well.
	Warning Severity = "warning"
)

// A Rule is what a feed is held against. Ids never change their meaning.
type Rule struct {
	ID       string
	Severity Severity
	From     string // whose rule it is: "XML", "RSS", "Apple", "Spotify" or "podcast" (the podcast namespace)
	About    string
}

// rules are all rules, in the order in which docs/publishing-a-podcast.md
// explains them.
var rules = []Rule{
	{"xml-syntax", Error, "XML", "the file is well-formed XML without its own entities"},
	{"xml-encoding", Error, "Apple", "the text is UTF-8"},
	{"xml-doctype", Error, "XML", "the file has no DOCTYPE, which apps reject"},
	{"xml-too-large", Error, "XML", "at most 32 MiB, 64 levels of elements, 100,000 episodes, 20,000 elements in an episode, 64 KiB in a tag"},
	{"xml-namespace", Error, "Apple", "prefixes are declared with the exact namespaces"},

	{"rss-root", Error, "RSS", "the root element is rss and contains one channel"},
	{"rss-version", Error, "RSS", "the version of RSS is 2.0"},

	{"channel-title", Error, "RSS", "the show has a title"},
	{"channel-link", Error, "RSS", "the show has a link, an absolute web address"},
	{"channel-description", Error, "RSS", "the show has a description"},
	{"channel-description-length", Warning, "Apple", "the show's description has at most 4000 bytes"},
	{"channel-description-html", Warning, "Apple", "the show's description is plain text (apps show HTML tags literally)"},
	{"channel-language", Error, "Apple", "the show has a language (for example en or pt-BR)"},
	{"channel-image", Error, "Apple", "the show has an itunes:image with an absolute address"},
	{"image-type", Warning, "Apple", "an image is a .jpg or .png"},
	{"channel-category", Error, "Apple", "the show has an itunes:category"},
	{"category-unknown", Warning, "Apple", "the category is one of Apple's, spelled as Apple spells it"},
	{"channel-explicit", Error, "Apple", "the show has itunes:explicit"},
	{"explicit-old", Warning, "Apple", "itunes:explicit is true or false, not yes, no or clean"},
	{"channel-author", Warning, "Apple", "the show has an itunes:author"},
	{"channel-owner", Warning, "Spotify", "the show has an itunes:owner with an itunes:email, for claiming it in directories"},
	{"channel-self", Warning, "podcast", "an atom:link rel=\"self\" has the feed's own address"},
	{"channel-guid", Warning, "podcast", "the show has a podcast:guid"},
	{"channel-guid-format", Error, "podcast", "the podcast:guid is a UUID"},
	{"channel-locked", Warning, "podcast", "podcast:locked says whether other hosts may import the feed"},
	{"channel-locked-value", Error, "podcast", "podcast:locked is yes or no"},
	{"channel-medium", Warning, "podcast", "podcast:medium has a defined value"},
	{"new-feed-url", Error, "Apple", "itunes:new-feed-url is an absolute web address"},
	{"channel-items", Warning, "Apple", "the show has at least one episode"},

	{"item-title", Error, "Apple", "the episode has a title"},
	{"item-description", Warning, "Spotify", "the episode has a description"},
	{"item-description-length", Warning, "Apple", "the episode's description has at most 10,000 bytes"},
	{"item-enclosure", Error, "Apple", "the episode has exactly one enclosure (apps play only one)"},
	{"enclosure-url", Error, "Apple", "the enclosure has an absolute web address without a user name"},
	{"enclosure-ascii", Error, "Apple", "the enclosure's address is ASCII, other characters percent-encoded"},
	{"enclosure-duplicate", Error, "Apple", "no two episodes have the same enclosure"},
	{"enclosure-length", Error, "RSS", "the enclosure's length is a number of bytes above 0"},
	{"enclosure-length-seconds", Error, "RSS", "the length is in bytes, not in seconds"},
	{"enclosure-type", Error, "RSS", "the enclosure has a MIME type"},
	{"enclosure-type-apple", Warning, "Apple", "the type is supported by Apple"},
	{"enclosure-extension", Warning, "Apple", "the file extension in the address matches the type"},
	{"guid-missing", Error, "Apple", "the episode has a guid"},
	{"guid-duplicate", Error, "Apple", "no two episodes have the same guid"},
	{"guid-permalink", Warning, "RSS", "a guid that is not a URL has isPermaLink=\"false\""},
	{"date-missing", Error, "Spotify", "the episode has a pubDate"},
	{"date-format", Error, "RSS", "dates follow RFC 2822: Mon, 14 Jun 2021 18:00:00 +0000"},
	{"date-weekday", Error, "RSS", "the day of the week matches the date"},
	{"date-future", Warning, "RSS", "dates are not in the future"},
	{"duration-missing", Warning, "Apple", "the episode has an itunes:duration"},
	{"duration-format", Error, "Apple", "the duration is in seconds, MM:SS or HH:MM:SS"},
	{"explicit-value", Error, "Apple", "itunes:explicit of an episode is true or false"},
	{"episode-type", Error, "Apple", "itunes:type is episodic or serial; itunes:episodeType is full, trailer or bonus"},
	{"number-format", Error, "Apple", "itunes:season and itunes:episode are whole numbers above 0"},
	{"number-duplicate", Warning, "Apple", "no two full episodes of a season have the same number"},
	{"number-missing", Error, "Apple", "each full episode of a serial show has an itunes:episode"},
	{"trailer-number", Warning, "Apple", "a trailer has no number"},
	{"trailer-duplicate", Warning, "Apple", "the show has one trailer, and so has a season"},
	{"item-image", Error, "Apple", "itunes:image of an episode has an absolute address"},

	{"transcript-url", Error, "podcast", "podcast:transcript has an absolute address"},
	{"transcript-type", Error, "podcast", "podcast:transcript has a MIME type"},
	{"transcript-rel", Warning, "podcast", "rel of podcast:transcript is captions, or absent"},
	{"transcript-captions", Warning, "podcast", "podcast:transcript that is captions has times"},
	{"transcript-language", Warning, "podcast", "language of podcast:transcript is a language code"},
	{"transcript-type-unknown", Warning, "Apple", "transcripts are text/vtt, application/x-subrip, application/srt, text/html, text/plain or application/json"},
	{"chapters-url", Error, "podcast", "podcast:chapters has an absolute address"},
	{"chapters-type", Error, "podcast", "podcast:chapters has the type application/json+chapters (or application/json)"},
	{"soundbite-time", Error, "podcast", "podcast:soundbite has a startTime and a duration in seconds"},
	{"soundbite-range", Error, "podcast", "the soundbite is within the episode"},
	{"soundbite-length", Warning, "podcast", "a soundbite lasts 15 to 120 seconds"},
	{"person-name", Error, "podcast", "podcast:person has a name of at most 128 characters"},
	{"podcast-text", Error, "podcast", "titles of soundbites, funding and locations have at most 128 characters"},
	{"podcast-number", Error, "podcast", "podcast:season and podcast:episode are numbers"},
	{"podcast-unknown", Warning, "podcast", "elements of the podcast namespace are defined"},
	{"url-https", Warning, "Apple", "the feed's files have https addresses"},
}

// severityOf finds the severity of a rule.
var severityOf = sync.OnceValue(func() map[string]Severity {
	m := make(map[string]Severity, len(rules))
	for _, r := range rules {
		m[r.ID] = r.Severity
	}
	return m
})
