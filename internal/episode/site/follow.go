package site

import (
	"cmp"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"github.com/spaces-cli/spaces/internal/episode/feed"
)

// A place is where listeners follow the show.
type place struct {
	name, href string
	icon       markup
}

// appleID finds the number of a show in its address at Apple Podcasts.
var appleID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^https?://podcasts\.apple\.com/.*/?id(\d+)`) })

// places are those that are known: the feed, and the addresses that the show's
// owner has given. Overcast and Pocket Casts know shows by their number at Apple
// (overcast.fm/podcasterinfo, support.pocketcasts.com), or open a feed in their
// app by a scheme of theirs; AntennaPod has a page that opens any feed
// (antennapod.org, "Add on AntennaPod").
func places(s *feed.Show, feedFile string) []place {
	address := s.URL(feedFile)
	bare := strings.TrimPrefix(strings.TrimPrefix(address, "https://"), "http://")
	list := []place{{"RSS", feedFile, iconFeed}}
	add := func(name, href string) {
		if href != "" {
			list = append(list, place{name, href, iconApp})
		}
	}
	overcast, pocket := s.Overcast, s.PocketCasts
	if m := appleID().FindStringSubmatch(s.Apple); m != nil {
		overcast = cmp.Or(overcast, "https://overcast.fm/itunes"+m[1])
		pocket = cmp.Or(pocket, "https://pca.st/itunes/"+m[1])
	}
	add("Apple Podcasts", s.Apple)
	add("Spotify", s.Spotify)
	add("Overcast", cmp.Or(overcast, "overcast://x-callback-url/add?url="+url.QueryEscape(address)))
	add("Pocket Casts", cmp.Or(pocket, "pktc://subscribe/"+bare))
	add("AntennaPod", cmp.Or(s.AntennaPod, "https://antennapod.org/deeplink/subscribe?url="+url.QueryEscape(address)+"&title="+url.QueryEscape(s.Title)))
	return list
}

// The pictures of buttons, drawn for these pages.
const (
	iconFeed markup = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M5 3a16 16 0 0 1 16 16h-3.2A12.8 12.8 0 0 0 5 6.2zM5 9.4A9.6 9.6 0 0 1 14.6 19h-3.2A6.4 6.4 0 0 0 5 12.6z"/><circle cx="7.2" cy="16.8" r="2.3"/></svg>`
	iconApp  markup = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M12 2a10 10 0 0 0-6 18l1.3-1.6a8 8 0 1 1 9.4 0L18 20A10 10 0 0 0 12 2zm0 4.5a5.5 5.5 0 0 0-3.6 9.6l1.3-1.6a3.5 3.5 0 1 1 4.6 0l1.3 1.6A5.5 5.5 0 0 0 12 6.5z"/><circle cx="12" cy="12" r="2"/><path d="M10.3 15.4h3.4L13 21.5h-2z"/></svg>`
	iconPlay markup = `<svg class="one" viewBox="0 0 24 24" aria-hidden="true"><path d="M8 5.2v13.6a.8.8 0 0 0 1.2.700l11-6.8a.8.8 0 0 0 0-1.4l-11-6.8A.8.8 0 0 0 8 5.2z"/></svg>`
	iconStop markup = `<svg class="two" viewBox="0 0 24 24" aria-hidden="true"><path d="M7 5h3.5v14H7zM13.5 5H17v14h-3.5z"/></svg>`
	iconLink markup = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M10.6 13.4a1 1 0 0 0 1.4 0 1 1 0 0 0 0-1.4 3 3 0 0 1 0-4.2l3-3a3 3 0 0 1 4.2 4.2l-1.3 1.3a1 1 0 0 0 1.4 1.4l1.3-1.3a5 5 0 0 0-7-7l-3 3a5 5 0 0 0 0 7zm2.8-2.8a1 1 0 0 0-1.4 1.4 3 3 0 0 1 0 4.2l-3 3A3 3 0 0 1 4.8 15l1.3-1.3a1 1 0 1 0-1.4-1.4l-1.3 1.3a5 5 0 0 0 7 7l3-3a5 5 0 0 0 0-7z"/></svg>`
	iconSave markup = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M11 3h2v9.2l3.3-3.3 1.4 1.4L12 16l-5.7-5.7 1.4-1.4 3.3 3.3zM4 19h16v2H4z"/></svg>`
)
