package wire

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Transport returns what makes HTTP requests over connections of these
// options. It speaks HTTP/1.1: parts that are sent side by side are faster over
// several connections than over one.
func (o Options) Transport() http.RoundTripper {
	return &transport{o, &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           o.Dial,
		TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.RootCAs},
		TLSHandshakeTimeout:   o.connect(),
		ExpectContinueTimeout: 2 * time.Second,
		IdleConnTimeout:       time.Minute,
		MaxIdleConnsPerHost:   64,
		WriteBufferSize:       64 << 10,
		ReadBufferSize:        32 << 10,
		DisableCompression:    true, // sizes and ranges are those of the object
	}}
}

// Client returns an HTTP client with the transport. It follows redirects on the
// same host, and those to Trusted ones. To other hosts it goes only to fetch
// something, without any header that says who asks; all else ends there with a
// *RedirectError.
func (o Options) Client() *http.Client {
	return &http.Client{Transport: o.Transport(), CheckRedirect: o.checkRedirect}
}

type transport struct {
	o    Options
	base *http.Transport
}

func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if t.o.UserAgent != "" && r.Header.Get("User-Agent") == "" {
		r = r.Clone(r.Context())
		r.Header.Set("User-Agent", t.o.UserAgent)
	}
	resp, err := t.base.RoundTrip(r)
	if err == nil && resp.StatusCode >= 400 {
		noteRetryAfter(r.Context(), retryAfter(resp.Header, time.Now()))
	}
	return resp, err
}

// CloseIdleConnections is what http.Client looks for.
func (t *transport) CloseIdleConnections() { t.base.CloseIdleConnections() }

// A RedirectError means that a server sends us to another host, where neither
// the credentials nor the file are meant to go.
type RedirectError struct{ From, To string } // scheme and host

func (e *RedirectError) Error() string {
	return fmt.Sprintf("%s redirects to another host, %s; nothing was sent there", e.From, e.To)
}

func (o Options) checkRedirect(next *http.Request, via []*http.Request) error {
	if len(via) >= 10 {
		return Permanent(errors.New("too many redirects"))
	}
	from, to := via[0].URL, next.URL
	if via[0].Method != next.Method {
		// After 301 and 302 clients fetch instead of sending (RFC 9110, 15.4),
		// and would take that for success.
		return Permanent(fmt.Errorf("the server redirected %s %s to %s", via[0].Method, RedactURL(from), RedactURL(to)))
	}
	if sameHost(from, to) || to.Scheme == "https" && o.trusts(to.Hostname()) {
		if auth := via[0].Header.Get("Authorization"); auth != "" {
			next.Header.Set("Authorization", auth)
		}
		return nil
	}
	if next.Method != http.MethodGet && next.Method != http.MethodHead || from.Scheme == "https" && to.Scheme != "https" {
		return &RedirectError{from.Scheme + "://" + from.Host, to.Scheme + "://" + to.Host}
	}
	keep := http.Header{}
	for _, name := range []string{"Accept", "Range", "User-Agent"} {
		if v := next.Header.Get(name); v != "" {
			keep.Set(name, v)
		}
	}
	next.Header = keep
	return nil
}

// sameHost reports whether a redirect stays where it was. From HTTP to HTTPS
// the port may change to HTTPS's own.
func sameHost(from, to *url.URL) bool {
	if !strings.EqualFold(from.Hostname(), to.Hostname()) {
		return false
	}
	if from.Scheme == to.Scheme {
		return port(from) == port(to)
	}
	return from.Scheme == "http" && to.Scheme == "https" && port(from) == "80" && port(to) == "443"
}

func port(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	if u.Scheme == "https" {
		return "443"
	}
	return "80"
}

func (o Options) trusts(host string) bool {
	host = strings.ToLower(host)
	for _, domain := range o.Trusted {
		if host == domain || strings.HasSuffix(host, "."+domain) {
			return true
		}
	}
	return false
}

// A StatusError is an HTTP answer that is no success. It wraps ErrDenied,
// ErrNotExist or ErrFull if it means that.
type StatusError struct {
	Method  string
	URL     string // without secrets
	Status  int
	Code    string // the server's word for it, if it gives one: "NoSuchBucket"
	Message string // the beginning of what the server says, if it is plain text
}

func (e *StatusError) Error() string {
	text := fmt.Sprintf("%s %s: the server answered %d %s", e.Method, e.URL, e.Status, http.StatusText(e.Status))
	if e.Code != "" {
		text += " (" + e.Code + ")"
	}
	if e.Message != "" {
		text += ": " + e.Message
	}
	return text
}

// Unwrap returns the error that the status stands for, or nil.
func (e *StatusError) Unwrap() error {
	switch e.Status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusProxyAuthRequired:
		return ErrDenied
	case http.StatusNotFound, http.StatusGone:
		return ErrNotExist
	case http.StatusInsufficientStorage:
		return ErrFull
	}
	return nil
}

// CheckStatus returns nil for an answer whose status is one of those wanted (or
// any 2xx, if none is named), else a *StatusError, and reads and closes the
// answer's body then.
func CheckStatus(r *http.Response, want ...int) error {
	if len(want) == 0 && r.StatusCode/100 == 2 {
		return nil
	}
	for _, w := range want {
		if r.StatusCode == w {
			return nil
		}
	}
	const most = 1 << 10
	text, _ := io.ReadAll(io.LimitReader(r.Body, most))
	io.CopyN(io.Discard, r.Body, 64<<10) // a connection whose answer was read can be used again
	r.Body.Close()
	e := &StatusError{Method: r.Request.Method, URL: RedactURL(r.Request.URL), Status: r.StatusCode}
	if ct := r.Header.Get("Content-Type"); strings.HasPrefix(ct, "text/plain") {
		e.Message = Plain(string(text), 200)
	}
	return e
}

// cut stands at the end of a text that was longer.
const cut = "…"

// Plain makes a server's words fit for one line of a message, of so many bytes
// at most and a mark that there were more.
func Plain(s string, most int) string {
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r == 0xfffd }), " ")
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + cut
	}
	return strings.TrimSpace(s)
}

// retryAfter reads the header of that name (RFC 9110, 10.2.3): seconds or a
// date. It is 0 if there is none.
func retryAfter(h http.Header, now time.Time) time.Duration {
	text := h.Get("Retry-After")
	if text == "" {
		return 0
	}
	if n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64); err == nil {
		return time.Duration(max(0, min(n, 1<<30))) * time.Second
	}
	if t, err := http.ParseTime(text); err == nil {
		return max(0, t.Sub(now))
	}
	return 0
}
