package studio

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A client asks a server for things as a browser that was let in does, unless
// a test changes a request.
type client struct {
	t      *testing.T
	origin string // http://127.0.0.1:port
	folder string // "/NAME"
	cookie *http.Cookie
}

func enter(t *testing.T, s *Server) *client {
	t.Helper()
	u, err := url.Parse(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.Get(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if len(res.Cookies()) != 1 {
		t.Fatalf("%s: %d cookies", res.Status, len(res.Cookies()))
	}
	cookie := res.Cookies()[0]
	return &client{t, "http://" + u.Host, strings.TrimSuffix(cookie.Path, "/"), cookie}
}

// ask sends a request and returns the status and what was answered.
func (c *client) ask(method, path, body string, change func(*http.Request)) (int, string, http.Header) {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.origin+c.folder+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	r.AddCookie(c.cookie)
	if method == http.MethodPost {
		r.Header.Set("Origin", c.origin)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		r.Header.Set(ownHeader, ownValue)
		r.Header.Set("Content-Type", "application/json")
	}
	if change != nil {
		change(r)
	}
	transport := &http.Transport{DisableKeepAlives: true}
	res, err := transport.RoundTrip(r)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return res.StatusCode, string(b), res.Header
}

// Every rule refuses by itself: each of these requests is right but for one
// thing.
func TestHostileRequests(t *testing.T) {
	t.Parallel()
	dir := sample(t)
	secret := filepath.Join(filepath.Dir(dir), "secret.m4a")
	if err := os.WriteFile(secret, []byte("secret bytes"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := enter(t, serveTest(t, dir))
	recording := "/api/recordings/" + sampleID
	const note = `{"note":"changed"}`
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) {
			if r.Header.Set(name, value); value == "" {
				r.Header.Del(name)
			}
		}
	}
	at := func(path string) func(*http.Request) {
		return func(r *http.Request) { r.URL.Path = path }
	}
	for _, tt := range []struct {
		name, method, path, body string
		change                   func(*http.Request)
		want                     int
	}{
		{"all is well", "GET", "/api/recordings", "", nil, 200},
		{"the page", "GET", "/", "", nil, 200},
		{"localhost", "GET", "/", "", func(r *http.Request) { r.Host = "localhost" + r.Host[strings.LastIndex(r.Host, ":"):] }, 200},
		{"no cookie", "GET", "/api/recordings", "", header("Cookie", ""), 403},
		{"no cookie, the page", "GET", "/", "", header("Cookie", ""), 403},
		{"no cookie, a script", "GET", "/main.js", "", header("Cookie", ""), 403},
		{"another cookie", "GET", "/", "", header("Cookie", c.cookie.Name+"=AAAA"), 403},
		{"a foreign name", "GET", "/", "", func(r *http.Request) { r.Host = "evil.example" + r.Host[strings.LastIndex(r.Host, ":"):] }, 421},
		{"a name that begins well", "GET", "/", "", func(r *http.Request) { r.Host = "127.0.0.1.evil.example" + r.Host[strings.LastIndex(r.Host, ":"):] }, 421},
		{"another port", "GET", "/", "", func(r *http.Request) { r.Host = "127.0.0.1:1" }, 421},
		{"another machine", "GET", "/", "", func(r *http.Request) { r.Host = "192.0.2.1" + r.Host[strings.LastIndex(r.Host, ":"):] }, 421},
		{"a foreign name at the entrance", "GET", "/?token=x", "", func(r *http.Request) { r.URL.Path, r.Host = "/enter", "evil.example" }, 421},
		{"a wrong token", "GET", "/?token=AAAA", "", at("/enter"), 403},
		{"no token", "GET", "/", "", at("/enter"), 403},
		{"a posted token", "POST", "/?token=AAAA", "", at("/enter"), 403},
		{"another folder", "GET", "/", "", at("/"), 403},
		{"another folder's list", "GET", "/", "", at("/api/recordings"), 403},
		{"out of the folder", "GET", "/", "", at(c.folder + "/../api/recordings"), 307},
		{"beside the folder", "GET", "/", "", at(c.folder), 403},
		{"a folder that begins alike", "GET", "/", "", at(c.folder + "X/api/recordings"), 403},
		{"read from another site", "GET", "/api/recordings", "", header("Sec-Fetch-Site", "cross-site"), 403},
		{"read from another port", "GET", "/api/recordings", "", header("Sec-Fetch-Site", "same-site"), 403},
		{"read from another origin", "GET", "/api/recordings", "", header("Origin", "http://evil.example"), 403},
		{"sound for another site", "GET", recording + "/audio/0", "", header("Sec-Fetch-Site", "cross-site"), 403},
		{"posted from another origin", "POST", recording, note, header("Origin", "http://evil.example"), 403},
		{"posted from a file", "POST", recording, note, header("Origin", "null"), 403},
		{"posted from another port", "POST", recording, note, header("Origin", "http://127.0.0.1:1"), 403},
		{"posted without an origin", "POST", recording, note, header("Origin", ""), 403},
		{"posted from another site", "POST", recording, note, header("Sec-Fetch-Site", "cross-site"), 403},
		{"posted by a form", "POST", recording, note, header(ownHeader, ""), 403},
		{"posted as text", "POST", recording, note, header("Content-Type", "text/plain"), 403},
		{"posted without a cookie", "POST", recording, note, header("Cookie", ""), 403},
		{"too long", "POST", recording, `{"note":"` + strings.Repeat("x", 70<<10) + `"}`, nil, 413},
		{"a long note", "POST", recording, `{"note":"` + strings.Repeat("x", 30<<10) + `"}`, nil, 400},
		{"no JSON", "POST", recording, `note=changed`, nil, 400},
		{"unknown keys", "POST", recording, `{"folder":"../x"}`, nil, 400},
		{"two documents", "POST", recording, `{} {}`, nil, 400},
		{"another method", "DELETE", recording, "", func(r *http.Request) {
			r.Header.Set("Origin", c.origin)
			r.Header.Set(ownHeader, ownValue)
			r.Header.Set("Content-Type", "application/json")
		}, 405},
		{"dots", "GET", "/../secret.m4a", "", nil, 307}, // to where there is nothing
		{"dots for an id", "GET", "/api/recordings/..%2f..%2fsecret.m4a", "", nil, 404},
		{"dots for a file", "GET", recording + "/audio/..%2f..%2f..%2f..%2fsecret.m4a", "", nil, 404},
		{"dots for a clip", "GET", recording + "/clips/..%2fspace.json", "", nil, 404},
		{"backslashes for an id", "GET", `/api/recordings/..%5c..%5csecret.m4a`, "", nil, 404},
		{"a path for an id", "GET", "/api/recordings/" + url.PathEscape(secret), "", nil, 404},
		{"a file that there is not", "GET", recording + "/audio/7", "", nil, 404},
		{"a negative file", "GET", recording + "/audio/-1", "", nil, 404},
		{"no such recording", "GET", "/api/recordings/1aaaaaaaaaaaa/audio/0", "", nil, 404},
		{"no such page", "GET", "/guard.go", "", nil, 404},
		{"too many rows", "GET", "/api/recordings?limit=100000", "", nil, 400},
		{"no number", "GET", recording + "/samples?first=x", "", nil, 400},
		{"too many samples", "GET", recording + "/samples?n=1000000000", "", nil, 400},
		{"a zoom that there is not", "GET", recording + "/peaks?zoom=60", "", nil, 409},
		{"an unknown order", "GET", "/api/recordings?sort=x%3Bdrop", "", nil, 400},
		{"a stretch that there is not", "POST", recording + "/clips", `{"start":9007199254740991,"samples":9007199254740991,"format":"m4a"}`, nil, 422},
		{"a negative stretch", "POST", recording + "/clips", `{"start":-1,"samples":100,"format":"m4a"}`, nil, 422},
		{"an unknown format", "POST", recording + "/clips", `{"start":0,"samples":48000,"format":"../../x"}`, nil, 422},
		{"no such task", "GET", "/api/tasks/x/events", "", nil, 404},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status, body, h := c.ask(tt.method, tt.path, tt.body, tt.change)
			if status != tt.want {
				t.Errorf("%s: status %d, want %d: %.200s", tt.name, status, tt.want, body)
			}
			if strings.Contains(body, "secret bytes") {
				t.Errorf("%s: handed out a file beside the library", tt.name)
			}
			if h.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'") || h.Get("Cache-Control") != "no-store" {
				t.Errorf("%s: the headers are %v", tt.name, h)
			}
			if h.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%s: lets other origins read", tt.name)
			}
		})
	}
	bare := *c
	bare.folder = ""
	for _, tt := range []struct {
		method, path, site string
		want               int
	}{
		{"GET", "/favicon.ico", "same-origin", 204}, {"GET", "/favicon.ico", "cross-site", 403}, {"GET", "/favicon.ico/", "none", 403},
		{"POST", "/favicon.ico", "none", 403}, {"GET", "/icon.svg", "same-origin", 403},
	} {
		status, body, h := bare.ask(tt.method, tt.path, "", func(r *http.Request) {
			r.Header.Del("Cookie")
			r.Header.Del(ownHeader)
			r.Header.Set("Sec-Fetch-Site", tt.site)
		})
		if status != tt.want || tt.want == 204 && body != "" || h.Get("Cache-Control") != "no-store" {
			t.Errorf("%s %s from %s, before entry: %d, %q", tt.method, tt.path, tt.site, status, body)
		}
	}
	if _, body, _ := c.ask("GET", recording, "", nil); strings.Contains(body, `"note"`) {
		t.Error("one of them changed the note")
	}
}

func TestAddressThatServesOnce(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{guard: newGuard(l.Addr(), false)}
	server := &httptest.Server{Listener: l, Config: &http.Server{Handler: s.guard.wrap(http.NotFoundHandler())}}
	server.Start()
	t.Cleanup(server.Close)
	once := s.URLOnce()
	for i, tt := range []struct {
		method string
		want   int
	}{{"HEAD", 403}, {"POST", 403}, {"OPTIONS", 403}, {"GET", 200}, {"GET", 403}, {"GET", 403}} {
		t.Run(tt.method, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), tt.method, once, nil)
			if err != nil {
				t.Fatal(err)
			}
			res, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode != tt.want {
				t.Errorf("time %d, %s: status %d, want %d", i+1, tt.method, res.StatusCode, tt.want)
			}
			if tt.want == 403 && len(res.Cookies()) > 0 {
				t.Errorf("time %d, %s: refused, with a cookie", i+1, tt.method)
			}
		})
	}
	if a, b := s.URLOnce(), s.URLOnce(); a == b || a == s.URL() {
		t.Error("an address is given twice")
	}
	c := enter(t, s)
	if len(c.folder) < 27 || !c.cookie.HttpOnly || c.cookie.SameSite != http.SameSiteStrictMode || len(c.cookie.Value) < 26 {
		t.Errorf("the cookie is %+v", c.cookie)
	}
}

// Names that the server goes by, on this computer only and on a network.
func TestNames(t *testing.T) {
	addr := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080}
	everywhere := &net.TCPAddr{IP: net.IPv6unspecified, Port: 8080}
	for _, tt := range []struct {
		addr    net.Addr
		network bool
		host    string
		want    bool
	}{
		{addr, false, "127.0.0.1:8080", true},
		{addr, false, "LocalHost:8080", true},
		{addr, false, "[::1]:8080", true},
		{addr, false, "127.0.0.1", false},
		{addr, false, "127.0.0.1:80", false},
		{addr, false, "localhost.:8080", false},
		{addr, false, "evil.example:8080", false},
		{addr, false, "192.0.2.1:8080", false},
		{addr, false, "", false},
		{addr, false, ":8080", false},
		{addr, false, "127.0.0.1:8080:8080", false},
		{everywhere, true, "192.0.2.1:8080", true},
		{everywhere, true, "[2001:db8::1]:8080", true},
		{everywhere, true, "evil.example:8080", false},
		{everywhere, true, "192.0.2.1:80", false},
		{&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80}, false, "127.0.0.1", true}, // browsers leave it out
		{&net.TCPAddr{IP: net.IPv6loopback, Port: 80}, false, "[::1]", true},
	} {
		t.Run(tt.host, func(t *testing.T) {
			if got := newGuard(tt.addr, tt.network).knows(tt.host); got != tt.want {
				t.Errorf("at %v, network %v: %q is %v, want %v", tt.addr, tt.network, tt.host, got, tt.want)
			}
		})
	}
	if u := newGuard(everywhere, true).enter("T"); strings.Contains(u, "[::]") || !strings.HasSuffix(u, ":8080/enter?token=T") {
		t.Errorf("the address to open is %s", u)
	}
}
