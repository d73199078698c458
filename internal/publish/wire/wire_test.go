package wire

import (
	"bufio"
	"bytes"
	"context"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestTryAgain(t *testing.T) {
	o := Options{Backoff: time.Millisecond, Tries: 4}
	broken := &net.OpError{Op: "write", Err: errors.New("connection reset by peer")}
	for _, test := range []struct {
		name  string
		err   error
		calls int
	}{
		{"sound", nil, 1},
		{"broken", broken, 4},
		{"broken request", &url.Error{Op: "Put", URL: "http://h/", Err: io.EOF}, 4},
		{"broken request that will break again", Permanent(&url.Error{Op: "Put", URL: "http://h/", Err: io.EOF}), 1},
		{"500", &StatusError{Status: 500}, 4},
		{"429", fmt.Errorf("part 3: %w", &StatusError{Status: 429}), 4},
		{"403", &StatusError{Status: 403}, 1},
		{"404", &StatusError{Status: 404}, 1},
		{"501", &StatusError{Status: 501}, 1},
		{"507", &StatusError{Status: 507}, 1},
		{"denied", fmt.Errorf("x: %w", ErrDenied), 1},
		{"full", ErrFull, 1},
		{"local file", &url.Error{Op: "Put", URL: "http://h/", Err: &fs.PathError{Op: "read", Path: "f", Err: errors.New("I/O error")}}, 1},
		{"marked", &url.Error{Op: "Put", URL: "http://h/", Err: Permanent(broken)}, 1},
		{"marked the other way", Temporary(errors.New("wrong length")), 4},
		{"certificate", &url.Error{Op: "Put", URL: "https://h/", Err: x509.UnknownAuthorityError{}}, 1},
		{"redirect", &url.Error{Op: "Put", URL: "https://h/", Err: &RedirectError{"a", "b"}}, 1},
		{"no such host", &net.OpError{Op: "dial", Err: &net.DNSError{IsNotFound: true}}, 1},
		{"no network", &net.OpError{Op: "dial", Err: &net.DNSError{IsTemporary: true}}, 4},
		{"unknown", errors.New("what?"), 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			calls := 0
			err := o.Try(t.Context(), func(context.Context) error { calls++; return test.err })
			if calls != test.calls || !errors.Is(err, cause(test.err)) {
				t.Errorf("%s: %d calls, want %d; error %v", test.name, calls, test.calls, err)
			}
		})
	}
}

func TestTryEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	o := Options{Backoff: time.Hour, Retried: func(error, time.Duration) { cancel() }}
	err := o.Try(ctx, func(context.Context) error { return &StatusError{Status: 503} })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

// A server says when to come back, whichever library made the request.
func TestRetryAfter(t *testing.T) {
	var calls atomic.Int32
	answer := "1"
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if calls.Add(1) == 1 {
			w.Header().Set("Retry-After", answer)
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer srv.Close()
	var waited time.Duration
	o := Options{Backoff: time.Nanosecond, Retried: func(_ error, w time.Duration) { waited = w }}
	get := func() error {
		return o.Try(t.Context(), func(ctx context.Context) error {
			r, _ := http.NewRequestWithContext(ctx, http.MethodGet, srv.URL, nil)
			resp, err := o.Client().Do(r)
			if err != nil {
				return err
			}
			defer resp.Body.Close()
			return CheckStatus(resp)
		})
	}
	if err := get(); err != nil || waited < time.Second {
		t.Errorf("waited %s, error %v", waited, err)
	}
	// An hour is not waited: the user hears of it.
	answer = "3600"
	calls.Store(0)
	if err := get(); err == nil || !strings.Contains(err.Error(), "retry in 60 min") || calls.Load() != 1 {
		t.Errorf("error %v after %d calls", err, calls.Load())
	}
}

func TestReadRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"": 0, "0": 0, "7": 7 * time.Second, "-3": 0, "soon": 0, "999999999999999": (1 << 30) * time.Second,
		"Sat, 21 Nov 2026 12:01:30 GMT": 90 * time.Second, "Sat, 21 Nov 2026 11:00:00 GMT": 0,
	} {
		t.Run(text, func(t *testing.T) {
			if got := retryAfter(http.Header{"Retry-After": {text}}, now); got != want {
				t.Errorf("%q: %s, want %s", text, got, want)
			}
		})
	}
}

// A server that takes a request and never answers, or stops reading.
func TestStandingStill(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	o := Options{Idle: 100 * time.Millisecond}
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodPut, "http://"+l.Addr().String(), bytes.NewReader(make([]byte, 64<<20)))
	_, err = o.Client().Do(r)
	var idle *IdleError
	if !errors.As(err, &idle) || !Retryable(err) {
		t.Errorf("got %v, want an IdleError that may be tried again", err)
	}
}

// What is sent slowly is not standing still, though no answer comes meanwhile.
// The clock is made up: on a slow machine a real one would stand still too.
func TestSlowIsNotStill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		go func() {
			in := bufio.NewReader(far)
			r, err := http.ReadRequest(in)
			if err != nil {
				t.Error(err)
				return
			}
			n, _ := io.Copy(io.Discard, r.Body)
			fmt.Fprintf(far, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n%d", n)
			far.Close()
		}()
		transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
			return Options{Idle: 400 * time.Millisecond, Limit: NewLimiter(40_000)}.watch(near), nil
		}}
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodPut, "http://host", bytes.NewReader(make([]byte, 48_000)))
		start := time.Now()
		resp, err := transport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if text, _ := io.ReadAll(resp.Body); string(text) != "48000" {
			t.Errorf("the server got %s bytes", text)
		}
		if took := time.Since(start); took < 1000*time.Millisecond || took > 1300*time.Millisecond {
			t.Errorf("48 kB at 40 kB/s in %s", took)
		}
	})
}

func TestRedirects(t *testing.T) {
	var there http.Header
	var body []byte
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		there = r.Header.Clone()
		body, _ = io.ReadAll(r.Body)
	}))
	defer other.Close()
	var target string
	status := http.StatusTemporaryRedirect
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/here" {
			there = r.Header.Clone()
			body, _ = io.ReadAll(r.Body)
			return
		}
		w.Header().Set("Location", target)
		w.WriteHeader(status)
	}))
	defer srv.Close()
	do := func(method string) error {
		there, body = nil, nil
		r, _ := http.NewRequestWithContext(t.Context(), method, srv.URL, strings.NewReader("sound"))
		r.Header.Set("Authorization", "Basic secret")
		r.Header.Set("X-Amz-Security-Token", "secret")
		r.Header.Set("Range", "bytes=0-4")
		resp, err := Options{}.Client().Do(r)
		if err == nil {
			resp.Body.Close()
		}
		return err
	}
	target = other.URL + "/there"
	var redirect *RedirectError
	if err := do(http.MethodPut); !errors.As(err, &redirect) || there != nil || Retryable(err) {
		t.Errorf("PUT to another host: %v, headers there %v", err, there)
	}
	if err := do(http.MethodGet); err != nil || there.Get("Authorization")+there.Get("X-Amz-Security-Token") != "" || there.Get("Range") == "" {
		t.Errorf("GET from another host: %v, headers there %v", err, there)
	}
	target = "/here"
	if err := do(http.MethodPut); err != nil || there.Get("Authorization") == "" || string(body) != "sound" {
		t.Errorf("PUT to the same host: %v, headers %v, body %q", err, there, body)
	}
	status = http.StatusFound
	if err := do(http.MethodPut); err == nil || there != nil || Retryable(err) {
		t.Errorf("PUT that would become GET: %v, headers %v", err, there)
	}
}

func TestTrustedHosts(t *testing.T) {
	o := Options{Trusted: []string{"us.archive.org"}}
	for host, want := range map[string]bool{
		"us.archive.org": true, "IA601.us.archive.org": true, "archive.org": false, "evilus.archive.org": false, "us.archive.org.evil.com": false,
	} {
		t.Run(host, func(t *testing.T) {
			if o.trusts(host) != want {
				t.Errorf("%s: trusted %v, want %v", host, !want, want)
			}
		})
	}
}

func TestCertificate(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.NotFoundHandler())
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	defer srv.Close()
	_, err := Options{}.Client().Get(srv.URL)
	if err = Explain(err); !errors.Is(err, ErrUntrusted) || Retryable(err) {
		t.Errorf("a certificate that nobody vouches for: %v", err)
	}
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	if _, err = (Options{}).Client().Get(strings.Replace(plain.URL, "http:", "https:", 1)); err == nil || Retryable(err) {
		t.Errorf("TLS to an HTTP port: %v", err)
	}
}

func TestSecretsStayHidden(t *testing.T) {
	const secret = "s3cr+t/Key with space"
	r := NewRedactor(secret, "")
	err := fmt.Errorf("GET https://user:hunter2@h/?k=%s failed: %q: %w", url.QueryEscape(secret), secret, ErrDenied)
	got := r.Error(err)
	if strings.Contains(got.Error(), "s3cr") || strings.Contains(got.Error(), "hunter2") || !errors.Is(got, ErrDenied) {
		t.Errorf("got %v", got)
	}
	o := Options{Tries: 2, Backoff: time.Millisecond, Redact: r, Retried: func(err error, _ time.Duration) {
		if strings.Contains(err.Error(), "s3cr") {
			t.Errorf("of what is tried again it is told %v", err)
		}
	}}
	if err := o.Try(t.Context(), func(context.Context) error { return Temporary(errors.New("not with " + secret)) }); strings.Contains(err.Error(), "s3cr") {
		t.Errorf("the end of trying is %v", err)
	}
	for _, text := range []string{
		"you said {Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(secret)) + "}",
		"you said authorization=AWS4-HMAC-SHA256 Credential=AK/20261121/us-east-1/s3/aws4_request, Signature=" + strings.Repeat("5ec4e7", 11),
		"Signature=" + strings.Repeat("5ec4e7", 11) + " is wrong",
		Plain("a long message, so long that it is cut, of "+secret, 50),
	} {
		if got := r.Text(text); !strings.Contains(got, hidden) || strings.Contains(got, "s3cr") || strings.Contains(got, "5ec4e7") || strings.Contains(got, base64.StdEncoding.EncodeToString([]byte(secret))) {
			t.Errorf("got %s", got)
		}
	}
	u, _ := url.Parse("https://user:hunter2@h/a?X-Amz-Signature=abcdef&partNumber=3")
	if got := RedactURL(u); strings.Contains(got, "hunter2") || strings.Contains(got, "abcdef") || !strings.Contains(got, "partNumber=3") {
		t.Errorf("got %s", got)
	}
}

func TestStatus(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var code int
		fmt.Sscanf(r.URL.Path, "/%d", &code)
		w.Header().Set("Content-Type", "text/plain")
		w.WriteHeader(code)
		io.WriteString(w, "no\x1b[31m\nway "+strings.Repeat("x", 1000))
	}))
	defer srv.Close()
	for code, want := range map[int]error{401: ErrDenied, 403: ErrDenied, 404: ErrNotExist, 507: ErrFull, 500: nil} {
		resp, err := Options{}.Client().Get(fmt.Sprintf("%s/%d", srv.URL, code))
		if err != nil {
			t.Fatal(err)
		}
		err = CheckStatus(resp)
		if err == nil || want != nil && !errors.Is(err, want) || strings.ContainsAny(err.Error(), "\n\x1b") || len(err.Error()) > 400 {
			t.Errorf("%d: %v", code, err)
		}
	}
}
