package hls

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"path"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/spaces-cli/spaces/internal/playlist"
)

// errMarked is why a chunk is missing that the playlist itself says is.
var errMarked = errors.New("the playlist says that the chunk is missing")

// An item is something to be fetched: a chunk, or a map that chunks need.
type item struct {
	id       string // of its file in the folder
	name     string // without the query
	uri      *url.URL
	part     *playlist.Range // nil: all of it
	key      *playlist.Key   // nil: not encrypted
	iv       [16]byte
	sequence int64
	isMap    bool
	run      int
	start    time.Duration
	duration time.Duration
	time     time.Time

	of   *item // the same map earlier: it is fetched once, and joined as often as it is needed
	kept *kept // or nil
	err  error // why it cannot be had
}

// source is the item that is fetched.
func (it *item) source() *item {
	if it.of != nil {
		return it.of
	}
	return it
}

// Folder is a name for the folder of a playlist's chunks: the same for an
// address with a new signature, another for another playlist. Nothing can be
// read from it.
func Folder(address *url.URL) string { return identity("playlist", address, nil, nil) }

// plan lists what a playlist needs in the order in which it is joined. A map
// comes before the first chunk to which it applies, and again when another one
// applied meanwhile; either starts a run, as a discontinuity does.
func plan(m *playlist.Media) ([]*item, error) {
	var items []*item
	var current *playlist.Map
	maps := make(map[string]*item)
	run := 0
	for i := range m.Segments {
		s := &m.Segments[i]
		for _, k := range []*playlist.Key{s.Key, mapKey(s.Map)} {
			if k != nil && !k.Supported() {
				return nil, &UnsupportedError{k.Method, k.Format}
			}
		}
		changed := s.Map != nil && (current == nil || identity("", s.Map.URI, s.Map.Range, s.Map.Key) != identity("", current.URI, current.Range, current.Key))
		if i > 0 && (s.Discontinuity || changed) {
			run++
		}
		if changed {
			current = s.Map
			it := &item{uri: s.Map.URI, part: s.Map.Range, key: s.Map.Key, isMap: true, sequence: s.Sequence, run: run, start: s.Start, time: s.Time}
			it.id = identity("map", it.uri, it.part, it.key)
			if it.key != nil {
				it.iv = it.key.InitVector(0) // package playlist refuses one without
			}
			it.name = baseName(it.uri)
			if it.of = maps[it.id]; it.of == nil {
				maps[it.id] = it
			}
			items = append(items, it)
		}
		it := &item{
			uri: s.URI, part: s.Range, key: s.Key, sequence: s.Sequence, run: run,
			start: s.Start, duration: s.Duration, time: s.Time, name: baseName(s.URI),
		}
		it.id = identity(fmt.Sprint(s.Sequence), it.uri, it.part, it.key)
		if it.key != nil {
			it.iv = it.key.InitVector(it.sequence)
		}
		if s.Gap {
			it.err = errMarked
		}
		items = append(items, it)
	}
	return items, nil
}

func mapKey(m *playlist.Map) *playlist.Key {
	if m == nil {
		return nil
	}
	return m.Key
}

// expiring are parameters of addresses that are new with each visit: when they
// end, and who has signed them (CloudFront, Akamai, Fastly, S3, Azure).
var expiring = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^(x-amz-.*|x-goog-.*|awsaccesskeyid|signature|sig|policy|key-pair-id|expires?|exp|st|se|sv|sp|sr|hdn(ea|ts|tl)|hmac|tokens?|access_token|auth|secret|password)$`)
})

// identity is the same for what is the same in another run: neither the
// signature of an address nor its time of expiry counts. Nothing can be read
// from it.
func identity(what string, u *url.URL, part *playlist.Range, key *playlist.Key) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%s\n", what, lasting(u))
	if part != nil {
		fmt.Fprintf(h, "%d %d\n", part.Offset, part.Length)
	}
	if key != nil {
		fmt.Fprintf(h, "key %s\n", lasting(key.URI))
		if key.IV != nil {
			fmt.Fprintf(h, "%x\n", *key.IV)
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// lasting is an address without what expires.
func lasting(u *url.URL) string {
	c := *u
	c.User, c.Fragment, c.RawFragment = nil, "", ""
	q := c.Query()
	for name := range q {
		if expiring().MatchString(name) {
			q.Del(name)
		}
	}
	c.RawQuery = q.Encode()
	return c.String()
}

// baseName is the last part of an address's path, escaped as there. It is a
// name for people, and no file gets it.
func baseName(u *url.URL) string {
	const most = 200
	name := path.Base(u.EscapedPath())
	if name == "." || name == "/" {
		return "unnamed"
	}
	if len(name) > most {
		name = strings.ToValidUTF8(name[:most], "")
	}
	return name
}
