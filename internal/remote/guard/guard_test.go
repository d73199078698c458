package guard

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/spaces-cli/spaces/internal/publish/wire"
)

func TestNotPublic(t *testing.T) {
	for text, want := range map[string]bool{
		"93.184.215.14": true, "8.8.8.8": true, "2606:4700::1111": true, "172.15.0.1": true, "172.32.0.1": true, "100.63.0.1": true,
		"::ffff:8.8.8.8": true, "64:ff9b::8.8.8.8": true, "2002:808:808::1": true, "223.255.255.1": true,
		"127.0.0.1": false, "127.8.8.8": false, "::1": false, "::ffff:127.0.0.1": false, "::127.0.0.1": false,
		"10.0.0.1": false, "172.16.0.1": false, "172.31.255.255": false, "192.168.1.1": false, "fc00::1": false, "fd12::1": false, "fec0::1": false,
		"169.254.169.254": false, "fe80::1": false, "fe80::1%eth0": false, "::ffff:169.254.169.254": false,
		"224.0.0.1": false, "239.1.1.1": false, "ff02::1": false, "255.255.255.255": false, "240.0.0.1": false,
		"0.0.0.0": false, "0.1.2.3": false, "::": false, "100.64.0.1": false, "100.127.255.255": false, "192.0.0.8": false, "198.18.0.1": false,
		"192.0.2.1": false, "198.51.100.1": false, "203.0.113.9": false, "2001:db8::1": false, "2001::1": false, "100::1": false,
		"64:ff9b::10.0.0.1": false, "64:ff9b::127.0.0.1": false, "64:ff9b:1::1": false, "2002:7f00:1::": false, "2002:c0a8:101::": false,
	} {
		t.Run(text, func(t *testing.T) {
			if what := notPublic(netip.MustParseAddr(text)); (what == "") != want {
				t.Errorf("it is %q, want public: %t", what, want)
			}
		})
	}
	if notPublic(netip.Addr{}) == "" {
		t.Error("no address is public")
	}
}

func parse(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func client(t *testing.T, named string, o Options) *http.Client {
	t.Helper()
	c, err := Client(parse(t, named), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

// get returns what an address answers.
func get(t *testing.T, c *http.Client, address string) (string, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Do(r)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return string(b), err
}

// wantRefused fails unless an error says that a host was refused.
func wantRefused(t *testing.T, err error) {
	t.Helper()
	var refused *RefusedError
	if !errors.As(err, &refused) {
		t.Errorf("%v, want a RefusedError", err)
	} else if wire.Retryable(err) {
		t.Errorf("%v would be tried again", err)
	}
}

// What only this computer reaches is not asked, whichever way an attacker's
// server tries to have it done.
func TestAttackersServer(t *testing.T) {
	var asked atomic.Int32
	inner := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer inner.Close()
	port := parse(t, inner.URL).Port()
	attacker := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if to := r.URL.Query().Get("to"); to != "" {
			w.Header()["Location"] = []string{to}
			w.WriteHeader(http.StatusFound)
		} else {
			io.WriteString(w, "own")
		}
	}))
	defer attacker.Close()
	own := parse(t, attacker.URL).Port()

	for _, to := range []string{
		"http://127.0.0.1:" + port, "http://127.0.0.2:" + port, "http://localhost:" + port, "http://[::1]:" + port,
		"http://[::ffff:127.0.0.1]:" + port, "http://[::ffff:7f00:1]:" + port, "http://[::127.0.0.1]:" + port,
		"http://0.0.0.0:" + port, "http://[::]:" + port, "//127.0.0.1:" + port,
		// The named machine under another name, or with another scheme.
		"http://localhost:" + own, "http://[::ffff:127.0.0.1]:" + own, "https://127.0.0.1:" + own,
		"http://169.254.169.254/latest/meta-data/", "http://[fe80::1]/", "http://10.0.0.1/", "http://192.168.0.1/", "http://[fd00::1]/",
		"http://224.0.0.1/", "http://255.255.255.255/", "http://100.100.100.200/", "http://[64:ff9b::10.0.0.1]/",
		"file:///etc/passwd", "file://localhost/etc/passwd", "FILE:///etc/passwd", "data:text/plain,x", "ftp://93.184.215.14/x", "gopher://127.0.0.1:" + port, "unix:/run/docker.sock",
	} {
		t.Run(to, func(t *testing.T) {
			c := client(t, attacker.URL, Options{})
			if got, err := get(t, c, attacker.URL); err != nil || got != "own" {
				t.Fatalf("the named server: %q, %v", got, err)
			}
			_, err := get(t, c, attacker.URL+"/?to="+url.QueryEscape(to))
			wantRefused(t, err)
			if !strings.HasPrefix(to, "//") {
				_, err = get(t, c, to) // as a playlist would have it
				wantRefused(t, err)
			}
		})
	}
	if asked.Load() != 0 {
		t.Errorf("the inner server was asked %d times", asked.Load())
	}
	t.Run("back to the named origin", func(t *testing.T) {
		c := client(t, attacker.URL, Options{})
		if got, err := get(t, c, attacker.URL+"/?to="+url.QueryEscape(attacker.URL+"/x")); err != nil || got != "own" {
			t.Errorf("%q, %v", got, err)
		}
	})
}

func TestNamedMustBeOfTheWeb(t *testing.T) {
	for _, named := range []string{"file:///etc/passwd", "ftp://host.example/x", "http:///x", "", "list.m3u8"} {
		_, err := Client(parse(t, named), Options{})
		wantRefused(t, err)
	}
}

// A names server whose answers change: each question gets the next list of
// addresses, the last one again and again.
type names struct {
	mu      sync.Mutex
	answers map[string][][]string
}

func (n *names) next(name string) []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	list := n.answers[name]
	if len(list) == 0 {
		return nil
	}
	if len(list) > 1 {
		n.answers[name] = list[1:]
	}
	return list[0]
}

// resolver starts the names server. Questions of both kinds that are asked at
// once are one: only those for IPv4 addresses count.
func (n *names) resolver(t *testing.T) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	go func() {
		buf := make([]byte, 1500)
		for {
			k, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buf[:k]) != nil || len(m.Questions) != 1 {
				continue
			}
			q := m.Questions[0]
			m.Response, m.Authoritative, m.RecursionAvailable, m.Additionals = true, true, true, nil
			if q.Type == dnsmessage.TypeA {
				for _, a := range n.next(strings.TrimSuffix(q.Name.String(), ".")) {
					h := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class}
					m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AResource{A: netip.MustParseAddr(a).As4()}})
				}
			}
			b, err := m.Pack()
			if err == nil {
				conn.WriteTo(b, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

// Who owns a name can have it mean another address at every question.
func TestRebinding(t *testing.T) {
	var asked atomic.Int32
	inner := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.Header().Set("Connection", "close")
		io.WriteString(w, "inner")
	}))
	defer inner.Close()
	port := parse(t, inner.URL).Port()
	const public, loop = "93.184.215.14", "127.0.0.1"
	for name, c := range map[string]struct {
		answers [][]string
		named   string // "": the name itself
		works   int    // so many requests are answered, the next is refused
	}{
		"public, then loopback":            {answers: [][]string{{public}, {loop}}},
		"both kinds, then loopback":        {answers: [][]string{{loop, public}, {loop}}},
		"a stranger's name":                {answers: [][]string{{loop}}, named: "http://named.test"},
		"loopback from the beginning":      {answers: [][]string{{loop}, {loop}, {loop}, {loop}, {"127.0.0.9"}}, works: 3},
		"loopback, then a private address": {answers: [][]string{{loop}, {loop}, {"10.9.8.7"}}, works: 1},
	} {
		t.Run(name, func(t *testing.T) {
			asked.Store(0)
			n := names{answers: map[string][][]string{"rebind.test": c.answers, "named.test": {{public}}}}
			target := "http://rebind.test:" + port
			if c.named == "" {
				c.named = target
			}
			cl := client(t, c.named, Options{Wire: wire.Options{Resolver: n.resolver(t), Connect: 10 * time.Second}})
			for range c.works {
				if got, err := get(t, cl, target); err != nil || got != "inner" {
					t.Fatalf("%q, %v", got, err)
				}
			}
			_, err := get(t, cl, target)
			wantRefused(t, err)
			if int(asked.Load()) != c.works {
				t.Errorf("the inner server was asked %d times, want %d", asked.Load(), c.works)
			}
		})
	}
}

// A stub answers without a connection, as public servers would.
type stub func(r *http.Request) *http.Response

func (s stub) RoundTrip(r *http.Request) (*http.Response, error) {
	resp := s(r)
	resp.Request = r
	return resp, nil
}

func answer(status int, location string) *http.Response {
	h := http.Header{}
	if location != "" {
		h.Set("Location", location)
	}
	return &http.Response{StatusCode: status, Header: h, Body: http.NoBody}
}

// Credentials stay on their origin, on the way there and back.
func TestSecretsStay(t *testing.T) {
	var seen []string
	n := names{answers: map[string][][]string{"own.test": {{"93.184.215.14"}}}}
	route := map[string]string{
		"https://own.test/1":         "https://other.test/2",
		"https://other.test/2":       "https://own.test/3",
		"https://own.test/3":         "https://own.test:8443/4",
		"https://own.test:8443/4":    "https://sub.own.test/5",
		"https://sub.own.test/5":     "https://own.test/6",
		"https://own.test/plain":     "http://own.test/7",
		"https://own.test/relative":  "6",
		"https://own.test:443/port":  "https://OWN.test/6",
		"https://other.test/user":    "https://own.test/6",
		"https://other.test/1?q=key": "https://third.test/2",
	}
	for start, want := range map[string]string{
		"https://own.test/1":                 "own.test+ other.test- own.test+ own.test:8443- sub.own.test- own.test+",
		"https://own.test/relative":          "own.test+ own.test+",
		"https://own.test:443/port":          "own.test:443+ OWN.test+",
		"https://other.test/1?q=key":         "other.test- third.test-",
		"https://user:word@other.test/user":  "other.test- own.test+",
		"http://own.test/cleartext":          "own.test-",
		"https://own.test/plain":             "own.test+", // and no further
		"https://user:word@own.test/nothing": "own.test+",
	} {
		t.Run(start, func(t *testing.T) {
			seen = nil
			c := client(t, "https://own.test/list.m3u8", Options{
				Wire:   wire.Options{Resolver: n.resolver(t)},
				Header: http.Header{"Authorization": {"Bearer s3cret"}, "Cookie": {"a=s3cret"}, "X-Key": {"s3cret"}},
			})
			c.Transport.(*guard).base = stub(func(r *http.Request) *http.Response {
				has := 0
				for _, h := range []string{"Authorization", "Cookie", "X-Key"} {
					if strings.Contains(r.Header.Get(h), "s3cret") {
						has++
					} else if r.Header.Get(h) != "" {
						t.Errorf("%s gets %s: %s", r.URL, h, r.Header.Get(h))
					}
				}
				if r.Header.Get("Range") != "bytes=0-9" {
					t.Errorf("%s: the range is lost", r.URL)
				}
				if has == 0 && r.Header.Get("Referer") != "" {
					t.Errorf("%s learns of %s", r.URL, r.Header.Get("Referer"))
				}
				seen = append(seen, r.URL.Host+map[int]string{0: "-", 3: "+"}[has])
				if to := route[r.URL.String()]; to != "" {
					return answer(http.StatusFound, to)
				}
				return answer(http.StatusOK, "")
			})
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, start, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Range", "bytes=0-9")
			resp, err := c.Do(r)
			if err == nil {
				resp.Body.Close()
			} else if !strings.HasSuffix(start, "/plain") {
				t.Error(err)
			}
			if got := strings.Join(seen, " "); got != want {
				t.Errorf("asked %s\nwant  %s", got, want)
			}
		})
	}
}

// The password of a named address is sent to its origin, also where a playlist
// gives the whole address of a chunk.
func TestPasswordOfAddress(t *testing.T) {
	var last string
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		user, word, _ := r.BasicAuth()
		last = user + ":" + word
	}))
	defer srv.Close()
	c := client(t, strings.Replace(srv.URL, "//", "//anna:s3cret@", 1)+"/list.m3u8", Options{})
	if _, err := get(t, c, srv.URL+"/chunk.aac"); err != nil || last != "anna:s3cret" {
		t.Errorf("the server was told %q, %v", last, err)
	}
}

func TestRedirectsAreBounded(t *testing.T) {
	var asked atomic.Int32
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		http.Redirect(w, r, "/again", http.StatusFound)
	}))
	defer srv.Close()
	_, err := get(t, client(t, srv.URL, Options{}), srv.URL)
	if err == nil || !strings.Contains(err.Error(), "more than 5 redirects") || wire.Retryable(err) || asked.Load() != 6 {
		t.Errorf("%v after %d requests", err, asked.Load())
	}
}

// A proxy that the user has set may be on this computer. It would connect for
// us to what it can reach, so private addresses are refused before.
func TestThroughProxy(t *testing.T) {
	if os.Getenv("GUARD_PROXY") == "" {
		var asked atomic.Int32
		proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked.Add(1)
			io.WriteString(w, "through "+r.Host)
		}))
		defer proxy.Close()
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestThroughProxy$", "-test.v")
		// The environment is read once by a program.
		cmd.Env = append(os.Environ(), "GUARD_PROXY="+proxy.URL, "HTTP_PROXY="+proxy.URL, "http_proxy="+proxy.URL, "NO_PROXY=", "no_proxy=")
		if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS") {
			t.Errorf("%v\n%s", err, out)
		}
		if asked.Load() != 2 {
			t.Errorf("the proxy was asked %d times, want 2", asked.Load())
		}
		return
	}
	n := names{answers: map[string][][]string{"named.test": {{"93.184.215.14"}}, "inside.test": {{"10.1.2.3"}}, "outside.test": {{"93.184.215.14"}}}}
	c := client(t, "http://named.test/", Options{Wire: wire.Options{Resolver: n.resolver(t)}})
	for _, host := range []string{"named.test", "outside.test"} {
		if got, err := get(t, c, "http://"+host+"/"); err != nil || got != "through "+host {
			t.Errorf("%s: %q, %v", host, got, err)
		}
	}
	for _, to := range []string{"http://inside.test/", "http://10.1.2.3/", "http://[::ffff:169.254.169.254]/",
		"http://127.1/", "http://2130706433/", "http://0x7f000001/", "http://0177.0.0.1./", "http://LocalHost./", "http://a.localhost:8080/", os.Getenv("GUARD_PROXY")} {
		_, err := get(t, c, to)
		wantRefused(t, err)
	}
}

// An address that the user did not name may not be private, and neither may one
// that is made to look like it.
func TestPublicOnly(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it was asked") }))
	defer s.Close()
	c := client(t, s.URL, Options{Public: true, Wire: wire.Options{Tries: 1}})
	_, err := get(t, c, s.URL)
	wantRefused(t, err)

	n := names{answers: map[string][][]string{"nobody.invalid": {{"127.0.0.1"}}}} // as a router answers for all names
	strangers, err := Strangers(Options{Wire: wire.Options{Tries: 1, Resolver: n.resolver(t)}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = get(t, strangers, "https://nobody.invalid/")
	wantRefused(t, err)
}
