// Package ia sends files to items of the Internet Archive, in its dialect of
// S3 (https://archive.org/developers/ias3.html). It was written after that
// page and tested against a server of our own that holds requests against it;
// it was never run against the live service.
//
// What makes it another thing than S3: nothing is signed, the key and its
// secret stand in each request; an item is described by headers of the request
// that makes it; all of it is public; and a file that was taken shows only when
// tasks have moved it to where items live, minutes later or, on bad days,
// hours. A PUT is given an MD5 to be refused by, so that what was taken is what
// was sent; whether it shows is asked of the item's metadata.
package ia

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/wire"
)

// ErrPending means that the Internet Archive has taken a file, all of it, and
// does not show it yet, or is to remove one and still shows it. The next run
// looks again.
var ErrPending = errors.New("accepted, but not finished yet")

// Config says which item to send to, and as whom.
type Config struct {
	URL    string // ia://item, or ia://item/folder
	Access string // the access key of https://archive.org/account/s3.php
	Secret string

	// What a new item is, beside what an upload says of itself. One that is
	// there keeps what it has.
	Collection string // "": opensource_audio, which is open to all
	MediaType  string // "": audio
	Size       int64  // what the item is going to hold in all, in bytes; 0: not known
	NoDerive   bool   // the Archive is to make no other formats of what is sent

	Wait    time.Duration // how long Put waits for a file to show; 0: 5 min
	Poll    time.Duration // how long between two looks at first; 0: 5 s
	Forgive time.Duration // how long a later run believes that a file is going to show, before it sends it again; 0: 6 h

	API  string // "": https://s3.us.archive.org
	Site string // "": https://archive.org
	Wire wire.Options
}

// A Target is an item, or a folder of one.
type Target struct {
	c      Config
	item   string
	folder string // "" or with a slash at its end
	client *http.Client
}

// An identifier is what the Archive calls an item by.
var identifier = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{2,99}$`)
})

// New makes a target. It asks the server nothing yet.
func New(c Config) (*Target, error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Scheme != "ia" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("%q is not an Internet Archive item (try ia://my-item)", wire.Redactor{}.Text(c.URL))
	}
	if !identifier().MatchString(u.Host) {
		return nil, fmt.Errorf("%q is not a valid item name (3 to 100 characters of A-Z a-z 0-9 . _ -)", u.Host)
	}
	c.Collection = cmp.Or(c.Collection, "opensource_audio")
	c.MediaType = cmp.Or(c.MediaType, "audio")
	c.API = strings.TrimSuffix(cmp.Or(c.API, "https://s3.us.archive.org"), "/")
	c.Site = strings.TrimSuffix(cmp.Or(c.Site, "https://archive.org"), "/")
	c.Wait = cmp.Or(c.Wait, 5*time.Minute)
	c.Poll = cmp.Or(c.Poll, 5*time.Second)
	c.Forgive = cmp.Or(c.Forgive, 6*time.Hour)
	// It says "slow down" for minutes rather than for moments.
	c.Wire.Backoff = cmp.Or(c.Wire.Backoff, 5*time.Second)
	// Uploads are sent on to the machine that is to keep them, and are no good
	// there without the key.
	c.Wire.Trusted = append(c.Wire.Trusted[:len(c.Wire.Trusted):len(c.Wire.Trusted)], "us.archive.org")
	c.Wire.Redact = wire.NewRedactor(c.Secret)
	t := &Target{c: c, item: u.Host, client: c.Wire.Client()}
	if f := strings.Trim(u.Path, "/"); f != "" {
		if err := publish.CheckName(f); err != nil {
			return nil, err
		}
		t.folder = f + "/"
	}
	return t, nil
}

// Place implements publish.Target.
func (t *Target) Place() string {
	u := url.URL{Scheme: "ia", Host: t.item, Path: "/" + strings.TrimSuffix(t.folder, "/")}
	return strings.TrimSuffix(u.String(), "/")
}

// Close implements publish.Target.
func (t *Target) Close() error {
	t.client.CloseIdleConnections()
	return nil
}

// join makes the URL of something below a server's.
func join(server, name string) string {
	return server + (&url.URL{Path: "/" + name}).EscapedPath()
}

func (t *Target) download(name string) string {
	return join(t.c.Site, path.Join("download", t.item, t.folder+name))
}

// Stat implements publish.Target.
func (t *Target) Stat(ctx context.Context, name string) (publish.Remote, error) {
	if err := publish.CheckName(name); err != nil {
		return publish.Remote{}, err
	}
	f, _, err := t.look(ctx, name)
	if err != nil {
		return publish.Remote{}, err
	}
	if f == nil {
		return publish.Remote{}, fmt.Errorf("%s in the item %s: %w", t.folder+name, t.item, publish.ErrNotExist)
	}
	return f.remote(t.download(name)), nil
}

// A file is one of an item, as its metadata tells of it.
type file struct {
	Name  string
	Size  int64
	MTime time.Time
	MD5   string
	SHA1  string
}

func (f *file) remote(url string) publish.Remote {
	return publish.Remote{Size: f.Size, Modified: f.MTime, URL: url}
}

// look asks for an object's file, nil if it does not show, and whether its item
// is there.
func (t *Target) look(ctx context.Context, name string) (f *file, item bool, err error) {
	err = t.c.Wire.Try(ctx, func(ctx context.Context) error {
		r, err := t.get(ctx, join(t.c.Site, "metadata/"+t.item))
		if err != nil {
			return err
		}
		defer r.Body.Close()
		f, item, err = parseMetadata(r.Body, t.folder+name)
		if err != nil {
			return fmt.Errorf("the metadata of the item %s: %w", t.item, err)
		}
		return nil
	})
	return f, item, err
}

// get fetches something that everybody may.
func (t *Target) get(ctx context.Context, url string) (*http.Response, error) {
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	r, err := t.client.Do(q)
	if err != nil {
		return nil, err
	}
	return r, wire.CheckStatus(r, http.StatusOK)
}

// mostMetadata is how long an item's metadata may be: an item of 10,000 files
// has some megabytes.
const mostMetadata = 64 << 20

// parseMetadata finds a file in the metadata of an item. Of one that is not
// there the metadata is an empty object.
func parseMetadata(r io.Reader, name string) (f *file, item bool, err error) {
	var m struct {
		Dark  bool `json:"is_dark"`
		Files []struct {
			Name  string `json:"name"`
			Size  string `json:"size"`
			MTime string `json:"mtime"`
			MD5   string `json:"md5"`
			SHA1  string `json:"sha1"`
		} `json:"files"`
	}
	limited := &io.LimitedReader{R: r, N: mostMetadata}
	if err := json.NewDecoder(limited).Decode(&m); err != nil {
		if limited.N <= 0 {
			return nil, false, wire.Permanent(errors.New("it is longer than expected"))
		}
		return nil, false, wire.Temporary(err) // most likely it was cut off
	}
	if m.Dark {
		return nil, true, fmt.Errorf("%w: the item was hidden", publish.ErrDenied)
	}
	for _, e := range m.Files {
		if e.Name != name {
			continue
		}
		f = &file{Name: e.Name, Size: -1, MD5: strings.ToLower(e.MD5), SHA1: strings.ToLower(e.SHA1)}
		if n, err := strconv.ParseInt(e.Size, 10, 64); err == nil && n >= 0 {
			f.Size = n
		}
		if s, err := strconv.ParseInt(e.MTime, 10, 64); err == nil && s > 0 {
			f.MTime = time.Unix(s, 0).UTC()
		}
	}
	return f, len(m.Files) > 0, nil
}

// Open implements publish.Target.
func (t *Target) Open(ctx context.Context, name string) (body io.ReadCloser, err error) {
	if err := publish.CheckName(name); err != nil {
		return nil, err
	}
	// A folder would be answered with a page of what is in it.
	if _, err := t.Stat(ctx, name); err != nil {
		return nil, err
	}
	err = t.c.Wire.Try(ctx, func(ctx context.Context) error {
		r, err := t.get(ctx, t.download(name))
		if err == nil {
			body = r.Body
		}
		return err
	})
	return body, err
}

// Leftovers implements publish.Target. There are none: what does not arrive
// whole is not kept.
func (t *Target) Leftovers(ctx context.Context) ([]publish.Leftover, error) { return nil, ctx.Err() }
