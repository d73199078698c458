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

// Why a chunk is missing that was not asked for.
var (
	errMarked = errors.New("the playlist says that the chunk is missing")
	errMissed = errors.New("the playlist stopped listing it before it was downloaded")
)

// missedName is the name of chunks whose own was never seen.
const missedName = "unnamed"

// An item is something to be fetched: a chunk, or a map that chunks need.
type item struct {
	id        string          // of its file in the folder
	name      string          // without the query
	uri       *url.URL        // nil: no longer known
	part      *playlist.Range // nil: all of it
	key       *playlist.Key   // nil: not encrypted, or no longer known
	iv        [16]byte
	encrypted bool
	sequence  int64
	isMap     bool
	run       int
	start     time.Duration
	duration  time.Duration
	time      time.Time
	marked    bool  // missing, says the playlist
	missed    bool  // stands for chunks that were never seen
	count     int64 // how many these are; 0: not known

	of     *item // the same map earlier: it is fetched once, and joined as often as it is needed
	kept   *kept // or nil
	err    error // why it cannot be had
	rounds int   // how often it was tried, each time with several requests
	tried  time.Time
	busy   bool // it is being fetched, or waits for that
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

// plan lists what a listing needs in the order in which it is joined. A map
// comes before the first chunk to which it applies, and again when another one
// applied meanwhile; either starts a run, as a discontinuity does. What was
// fetched or tried for an item of before is taken over.
func (d *download) plan(l *listing) {
	d.mu.Lock()
	defer d.mu.Unlock()
	before := d.byID
	d.items, d.byID, d.all, d.missed = nil, make(map[string]*item, len(l.entries)), 0, 0
	var current string // ID of the map
	var start time.Duration
	run := 0
	for i, e := range l.entries {
		changed := e.Map != nil && e.Map.ID != current
		if i > 0 && (e.Breaks || changed) {
			run++
		}
		if i > 0 {
			last := l.entries[i-1]
			if chunks, long := l.missing(last, e); chunks > 0 || long > 0 {
				it := &item{name: missedName, missed: true, sequence: last.Sequence + 1, count: chunks, run: run, start: start, duration: long, err: errMissed}
				if !last.Time.IsZero() {
					it.time = last.Time.Add(last.Duration)
				}
				d.items = append(d.items, it)
				d.missed += long
				start += long
			}
		}
		at := item{sequence: e.Sequence, run: run, start: start, time: e.Time}
		if changed {
			current = e.Map.ID
			it := at
			it.isMap = true
			d.add(before, e.Map, it)
		}
		it := at
		it.duration, it.marked = e.Duration, e.Marked
		d.add(before, &e.Chunk, it)
		start += e.Duration
	}
}

// add appends an item for a resource, or the one that it has already with
// another place.
func (d *download) add(before map[string]*item, r *resource, it item) {
	it.id, it.name, it.uri, it.part, it.key, it.encrypted = r.ID, r.Name, r.uri, r.Range, r.key, r.Encrypted
	if it.key != nil {
		n := it.sequence
		if it.isMap {
			n = 0 // package playlist refuses one without its own
		}
		it.iv = it.key.InitVector(n)
	}
	if of := d.byID[it.id]; of != nil {
		it.of = of
		d.items = append(d.items, &it)
		return
	}
	have := before[it.id]
	if have == nil {
		have = &item{kept: findKept(d.work, it.id, it.encrypted)}
		if have.kept != nil {
			d.done++
			d.stored.Add(have.kept.Length)
		}
	}
	it.kept, it.err, it.rounds, it.tried, it.busy = have.kept, have.err, have.rounds, have.tried, have.busy
	switch {
	case it.kept != nil || it.busy:
	case it.marked:
		it.err = errMarked
	case it.uri == nil:
		it.err = errMissed
	case errors.Is(it.err, errMarked), errors.Is(it.err, errMissed):
		it.err = nil
	}
	*have = it
	d.byID[it.id] = have
	d.items = append(d.items, have)
	d.all++
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
