package ia

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/conform"
	"github.com/spaces-cli/spaces/internal/publish/wire"
)

var quick = wire.Options{Tries: 5, Backoff: 2 * time.Millisecond}

func (a *archive) config(addr, item string) Config {
	return Config{
		URL: "ia://" + item, Access: access, Secret: secret, Wire: quick,
		API: "http://" + addr, Site: "http://" + addr,
		Wait: time.Minute, Poll: time.Millisecond, Forgive: time.Nanosecond,
	}
}

func open(t *testing.T, c Config) *Target {
	t.Helper()
	target, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { target.Close() })
	return target
}

var items atomic.Int64

func (a *archive) site(t *testing.T, addr string, w wire.Options) conform.Site {
	item := fmt.Sprintf("spaces-item_%d", items.Add(1))
	dir := filepath.Join(a.dir, item)
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return conform.Site{Dir: dir, Dial: func(t *testing.T) publish.Target {
		c := a.config(addr, item)
		c.Wire = w
		return open(t, c)
	}}
}

func TestConform(t *testing.T) {
	a := newArchive(t, 0)
	conform.Run(t, func(t *testing.T) conform.Site { return a.site(t, a.addr, quick) }, conform.Options{Public: true, Secrets: []string{secret}})
}

func TestFaults(t *testing.T) {
	a := newArchive(t, 1)
	w := quick
	w.Idle = time.Second // some faults are that nothing moves
	conform.Faults(t, func(t *testing.T, through func(string) string) conform.Site {
		return a.site(t, through(a.addr), w)
	}, conform.FaultOptions{HTTP: true, Size: 300_000, Survives: 2, Public: true, Secrets: []string{secret}})
}

func sending(name, text string) *conform.Sending {
	s := conform.NewSending(name, []byte(text))
	s.Public = true
	return s
}

func TestDescription(t *testing.T) {
	a := newArchive(t, 0)
	c := a.config(a.addr, "debat-2021_06.14")
	c.URL += "/talks"
	c.Size = 5 << 30
	target := open(t, c)
	if got := target.Place(); got != "ia://debat-2021_06.14/talks" {
		t.Errorf("Place %s", got)
	}
	up := sending("épisode 1.m4a", "sound")
	up.Meta = publish.Meta{
		Title: "Débat : l’été", Creator: "hostess", Description: "One & <two>\nthree é", Language: "fra",
		Date: time.Date(2021, 6, 14, 23, 30, 0, 0, time.FixedZone("", -7200)), Subjects: []string{"spaces", "médias", "uri(odd)"},
	}
	r, err := target.Put(t.Context(), &up.Upload)
	if err != nil {
		t.Fatal(err)
	}
	if want := "http://" + a.addr + "/download/debat-2021_06.14/talks/%C3%A9pisode%201.m4a"; r.URL != want {
		t.Errorf("URL %s, want %s", r.URL, want)
	}
	// As md5sum and sha1sum say.
	if r.Checks["md5"] != "0b8263d341de01f741e4deadfb18f9eb" || r.Checks["sha1"] != "5e2e97c3c7ba3035c6e6fc3a17e1bc22029c0c3e" {
		t.Errorf("checks %v", r.Checks)
	}
	for name, want := range map[string]string{
		"Authorization":             "LOW " + access + ":" + secret,
		"X-Amz-Auto-Make-Bucket":    "1",
		"X-Archive-Queue-Derive":    "1",
		"X-Archive-Size-Hint":       "5368709120",
		"Content-Type":              "audio/mp4",
		"X-Archive-Meta-Mediatype":  "audio",
		"X-Archive-Meta-Collection": "opensource_audio",
		"X-Archive-Meta-Title":      "uri(D%C3%A9bat%20%3A%20l%E2%80%99%C3%A9t%C3%A9)",
		"X-Archive-Meta-Creator":    "hostess",
		"X-Archive-Meta-Date":       "2021-06-15",
		"X-Archive-Meta-Language":   "fra",
		// One &amp; &lt;two&gt;<br />three é
		"X-Archive-Meta-Description": "uri(One%20%26amp%3B%20%26lt%3Btwo%26gt%3B%3Cbr%20%2F%3Ethree%20%C3%A9)",
		"X-Archive-Meta01-Subject":   "spaces",
		"X-Archive-Meta02-Subject":   "uri(m%C3%A9dias)",
		"X-Archive-Meta03-Subject":   "uri(uri%28odd%29)",
	} {
		t.Run(name, func(t *testing.T) {
			if got := a.made["debat-2021_06.14"].Get(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		})
	}

	// An item that is there is not described again.
	h := target.header(&up.Upload, true)
	for name := range h {
		if strings.HasPrefix(name, "X-Archive-Meta") || name == "X-Amz-Auto-Make-Bucket" {
			t.Errorf("%s is sent to an item that is there", name)
		}
	}
	c.NoDerive = true
	if got := open(t, c).header(&up.Upload, true).Get("X-Archive-Queue-Derive"); got != "0" {
		t.Errorf("queue-derive %q", got)
	}
}

// A file that was taken shows later; it is not sent again by a run that only
// has to wait.
func TestPending(t *testing.T) {
	a := newArchive(t, 1<<30)
	c := a.config(a.addr, "slow-item")
	c.Wait, c.Forgive = 20*time.Millisecond, time.Hour
	up := sending("a.m4a", "sound")
	var saved []byte
	up.Save = func(b []byte) error { saved = bytes.Clone(b); return nil }
	_, err := open(t, c).Put(t.Context(), &up.Upload)
	if !errors.Is(err, ErrPending) {
		t.Fatalf("error %v, want %v", err, ErrPending)
	}
	if wire.Retryable(err) {
		t.Error("it would be tried again at once")
	}
	up.State = saved
	if _, err = open(t, c).Put(t.Context(), &up.Upload); !errors.Is(err, ErrPending) || a.puts != 1 {
		t.Errorf("second run: error %v, %d PUTs", err, a.puts)
	}
	a.mu.Lock()
	a.hidden["slow-item"] = 1
	a.mu.Unlock()
	if _, err = open(t, c).Put(t.Context(), &up.Upload); err != nil || a.puts != 1 {
		t.Errorf("third run: error %v, %d PUTs", err, a.puts)
	}

	// What never shows is sent again in the end.
	lost := sending("b.m4a", "other sound")
	lost.State, _ = json.Marshal(state{time.Now().Add(-2 * time.Hour), "8b8a2b8a"})
	a.lag = 0
	if _, err = open(t, c).Put(t.Context(), &lost.Upload); err != nil || a.puts != 2 {
		t.Errorf("a lost one: error %v, %d PUTs", err, a.puts)
	}
}

func TestAnswers(t *testing.T) {
	say := func(status int, code string) func(w http.ResponseWriter) {
		return func(w http.ResponseWriter) { refuse(w, status, code, "because\nof "+code) }
	}
	for _, c := range []struct {
		name    string
		answers []func(w http.ResponseWriter)
		want    error
		puts    int
	}{
		{"slow down twice", []func(w http.ResponseWriter){say(503, "SlowDown"), say(503, "SlowDown")}, nil, 3},
		{"slow down for ever", []func(w http.ResponseWriter){say(503, "SlowDown"), say(503, "SlowDown"), say(503, "SlowDown"), say(503, "SlowDown"), say(503, "SlowDown")}, errors.ErrUnsupported, 5},
		{"500 twice", []func(w http.ResponseWriter){say(500, "InternalError"), say(500, "InternalError")}, nil, 3},
		{"another MD5 arrived", []func(w http.ResponseWriter){say(400, "BadDigest")}, nil, 2},
		{"it closed half way", []func(w http.ResponseWriter){say(400, "IncompleteBody")}, nil, 2},
		{"no such key", []func(w http.ResponseWriter){say(403, "InvalidAccessKeyId")}, publish.ErrDenied, 1},
		{"expired", []func(w http.ResponseWriter){say(401, "ExpiredToken")}, publish.ErrDenied, 1},
		{"somebody else's item", []func(w http.ResponseWriter){say(403, "AccessDenied")}, publish.ErrDenied, 1},
		{"full", []func(w http.ResponseWriter){say(507, "")}, publish.ErrFull, 1},
		{"no item", []func(w http.ResponseWriter){say(404, "NoSuchBucket")}, publish.ErrNotExist, 1},
		{"too large", []func(w http.ResponseWriter){say(400, "EntityTooLarge")}, errors.ErrUnsupported, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := newArchive(t, 0)
			a.answers = c.answers
			up := sending("a.m4a", "sound")
			_, err := open(t, a.config(a.addr, "an-item")).Put(t.Context(), &up.Upload)
			switch {
			case c.want == errors.ErrUnsupported: // of none of the kinds
				if err == nil || errors.Is(err, publish.ErrDenied) {
					t.Errorf("error %v", err)
				}
			case !errors.Is(err, c.want):
				t.Errorf("error %v, want %v", err, c.want)
			}
			if err != nil && strings.ContainsAny(err.Error(), "\r\n") {
				t.Errorf("an error of several lines: %q", err)
			}
			if a.puts != c.puts {
				t.Errorf("%d PUTs, want %d", a.puts, c.puts)
			}
		})
	}
}

func TestWrongKey(t *testing.T) {
	a := newArchive(t, 0)
	for _, wrong := range []func(c *Config){
		func(c *Config) { c.Secret = "other-secret" },
		func(c *Config) { c.Access = "other-access" },
	} {
		c := a.config(a.addr, "an-item")
		wrong(&c)
		up := sending("a.m4a", "sound")
		_, err := open(t, c).Put(t.Context(), &up.Upload)
		if !errors.Is(err, publish.ErrDenied) {
			t.Errorf("error %v", err)
		}
		if err != nil && strings.Contains(err.Error(), c.Secret) {
			t.Errorf("the secret is in the error %v", err)
		}
	}
	private := conform.NewSending("a.m4a", []byte("sound"))
	if _, err := open(t, a.config(a.addr, "an-item")).Put(t.Context(), &private.Upload); err == nil {
		t.Error("what is not to be public was sent")
	}
	if a.puts != 2 {
		t.Errorf("%d PUTs", a.puts)
	}
}

func TestURLs(t *testing.T) {
	for _, u := range []string{"", "ia://", "ia:item", "ia://a", "ia://it em", "ia://item%2Fx", "ia://key:secret@item", "s3://item", "ia://item/../x", "ia://-item", "ia://item?x"} {
		if _, err := New(Config{URL: u}); err == nil {
			t.Errorf("%q is taken", u)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: a secret in %v", u, err)
		}
	}
}

func FuzzMetadata(f *testing.F) {
	f.Add([]byte(`{"files":[{"name":"a","size":"5","mtime":"1623693600","md5":"AB","sha1":"cd"}]}`))
	f.Add([]byte(`{}`))
	f.Add([]byte(`{"is_dark":true}`))
	f.Add([]byte(`{"files":[{"name":"a","size":"-5","mtime":"x"}]}`))
	f.Add([]byte(`{"files":{"a":1}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, item, err := parseMetadata(bytes.NewReader(b), "a")
		if got != nil && (err != nil || !item || got.Name != "a" || got.Size < -1) {
			t.Errorf("%+v, item %v, error %v", got, item, err)
		}
	})
}

// dial makes an item that is reached over what stands before the server.
func (a *archive) dial(t *testing.T, base string, w wire.Options) conform.Site {
	item := fmt.Sprintf("trouble-item_%d", items.Add(1))
	c := a.config("", item)
	c.API, c.Site, c.Wire, c.Wait = base, base, w, 50*time.Millisecond
	return conform.Site{
		Dir:  filepath.Join(a.dir, item),
		Dial: func(t *testing.T) publish.Target { return open(t, c) },
	}
}

func TestTroubles(t *testing.T) {
	a := newArchive(t, 0)
	conform.Troubles(t, a.addr, a.dial, conform.Options{Public: true, Secrets: []string{secret}})
}

func TestPlan(t *testing.T) {
	a := newArchive(t, 0)
	conform.Plans(t, a.addr, a.dial, conform.Options{Public: true})
}

// What is removed goes when the Archive's tasks have run: it is waited for, and
// told if that takes too long.
func TestRemoveTakesTime(t *testing.T) {
	a := newArchive(t, 3)
	c := a.config(a.addr, "an-item")
	up := sending("a.m4a", "sound")
	target := open(t, c)
	if _, err := target.Put(t.Context(), &up.Upload); err != nil {
		t.Fatal(err)
	}
	was, err := target.Stat(t.Context(), up.Name)
	if err != nil {
		t.Fatal(err)
	}
	a.lag = 1000
	hasty := c
	hasty.Wait = 10 * time.Millisecond
	if err := open(t, hasty).Remove(t.Context(), up.Name, was); !errors.Is(err, ErrPending) {
		t.Errorf("error %v, want %v", err, ErrPending)
	}
	a.lag = 2
	if err := target.Remove(t.Context(), up.Name, was); err != nil {
		t.Errorf("error %v", err)
	}
	if _, err := target.Stat(t.Context(), up.Name); !errors.Is(err, publish.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}
