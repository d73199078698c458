package space

import (
	"net/url"
	"regexp"
	"strings"
	"sync"
)

var idPattern = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[0-9A-Za-z]{10,16}$`)
})

// ValidID reports whether id can be that of a Space.
func ValidID(id string) bool { return idPattern().MatchString(id) }

// ContentID returns the id of audio that names no Space, by its SHA-256: f and
// 12 of the hex digits. Ids of X do not begin with f.
func ContentID(sha256 string) string { return "f" + sha256[:12] }

// PageID returns the id in the address of a Space on X, as people copy it:
// https://x.com/i/spaces/ID?s=20, m.twitter.com/i/spaces/ID/peek. Other texts
// have none: "".
func PageID(text string) string {
	text = strings.TrimSpace(text)
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	host := strings.ToLower(u.Hostname())
	for _, prefix := range []string{"www.", "mobile.", "m."} {
		host = strings.TrimPrefix(host, prefix)
	}
	rest, ok := strings.CutPrefix(u.Path, "/i/spaces/")
	id, _, _ := strings.Cut(rest, "/")
	if host != "x.com" && host != "twitter.com" || !ok || !ValidID(id) {
		return ""
	}
	return id
}
