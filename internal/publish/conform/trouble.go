package conform

import (
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/wire"
)

// A Hook answers a request in a server's stead, or says that it did not.
type Hook func(w http.ResponseWriter, r *http.Request) bool

// Front starts an HTTP server before another one, with TLS or without. What the
// hook does not answer goes on to the server as it came.
func Front(t *testing.T, addr string, tls bool, hook Hook) *httptest.Server {
	t.Helper()
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: "http", Host: addr})
			r.Out.Host = r.In.Host // it is signed
		},
		ErrorLog:     slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) { panic(http.ErrAbortHandler) },
		Transport:    &http.Transport{DisableCompression: true},
	}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if hook == nil || !hook(w, r) {
			proxy.ServeHTTP(w, r)
		}
	}))
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError) // what is aborted is meant to be
	if tls {
		s.StartTLS()
	} else {
		s.Start()
	}
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	return s
}

// A Dialer makes an empty site whose targets connect to a server with the
// options given; base is http://host:port or https://host:port.
type Dialer func(t *testing.T, base string, w wire.Options) Site

// tries is how often targets may try in Troubles.
const tries = 3

// patient are options with which a slow machine is not taken for one that
// stands still.
func patient() wire.Options {
	return wire.Options{Tries: tries, Backoff: time.Millisecond}
}

// Troubles has an HTTP target meet what can be wrong at the other end. Server is
// the address of the one that sites are on.
func Troubles(t *testing.T, server string, dial Dialer, o Options) {
	s := &suite{o: o}
	carries := func(r *http.Request) bool { return r.Method == http.MethodPut }
	status := func(code int) Hook {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if carries(r) {
				w.WriteHeader(code)
			}
			return carries(r)
		}
	}
	elsewhere := NewElsewhere(t)
	for _, c := range []struct {
		name string
		hook Hook   // nil: no answer to a file
		want error  // nil: any
		text string // the error says this
		puts int64  // how many requests carry the file, if not 0
	}{
		{"500 for ever", status(500), nil, "500", tries},
		{"503 for ever", status(503), nil, "503", tries},
		{"401", status(401), publish.ErrDenied, "401", 0},
		{"403", status(403), publish.ErrDenied, "403", 1},
		{"404", status(404), publish.ErrNotExist, "404", 1},
		{"413", status(413), nil, "413", 1},
		{"507", status(507), publish.ErrFull, "507", 1},
		{"it closes half way", func(w http.ResponseWriter, r *http.Request) bool {
			if carries(r) {
				io.CopyN(io.Discard, r.Body, 1000)
				panic(http.ErrAbortHandler)
			}
			return false
		}, nil, "", tries},
		{"it takes half and never answers", nil, nil, "no data to or from", tries},
		{"it redirects to another host", func(w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, elsewhere.URL+r.URL.RequestURI(), http.StatusTemporaryRedirect)
			return true
		}, nil, "", 0},
		{"it says 200 and stores nothing", func(w http.ResponseWriter, r *http.Request) bool {
			if carries(r) {
				io.Copy(io.Discard, r.Body)
				w.Header().Set("ETag", `"0123456789abcdef0123456789abcdef"`)
			}
			return carries(r)
		}, nil, "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var puts atomic.Int64
			ended := make(chan struct{})
			defer close(ended)
			front := Front(t, server, false, func(w http.ResponseWriter, r *http.Request) bool {
				if carries(r) {
					puts.Add(1)
				}
				if c.hook == nil && carries(r) {
					io.CopyN(io.Discard, r.Body, 1000)
					<-ended
					panic(http.ErrAbortHandler)
				}
				return c.hook != nil && c.hook(w, r)
			})
			options := patient()
			if c.hook == nil {
				options.Idle = time.Second
			}
			site := dial(t, front.URL, options)
			up := s.sending("folder/épisode 1.m4a", noise(1, 100_000))
			within(t, "Put", func() {
				_, err := s.dial(t, site).Put(t.Context(), &up.Upload)
				if err == nil {
					t.Error("no error")
					return
				}
				if c.want != nil {
					s.wantErr(t, "Put", err, c.want)
				}
				if !strings.Contains(err.Error(), c.text) {
					t.Errorf("the error says nothing of %q: %v", c.text, err)
				}
				s.clean(t, "Put", err.Error())
			})
			site.HoldsEither(t, up.Name, nil)
			if c.puts != 0 && puts.Load() != c.puts {
				t.Errorf("the file was sent %d times, want %d", puts.Load(), c.puts)
			}
		})
	}
	t.Run("reading back is cut off", func(t *testing.T) { s.cutOff(t, server, dial) })
	t.Run("a certificate that nobody knows", func(t *testing.T) { s.untrusted(t, server, dial) })
	t.Run("no network", func(t *testing.T) { s.noNetwork(t, dial) })
}

// cutOff has objects come back shorter than their length.
func (s *suite) cutOff(t *testing.T, server string, dial Dialer) {
	var name string
	front := Front(t, server, false, func(w http.ResponseWriter, r *http.Request) bool {
		// Only the object itself, not what is asked about it.
		if r.Method != http.MethodGet || r.Header.Get("Authorization") == "" && strings.Contains(r.URL.Path, "/metadata/") || !strings.HasSuffix(r.URL.Path, name) {
			return false
		}
		w.Header().Set("Content-Length", "1000")
		w.Header().Set("ETag", `"0"`)
		w.Header().Set("Last-Modified", "Mon, 14 Jun 2021 18:00:00 GMT")
		w.Write(make([]byte, 500))
		panic(http.ErrAbortHandler)
	})
	site := dial(t, front.URL, patient())
	up := s.sending("cut.m4a", noise(1, 1000))
	name = up.Name
	target := s.dial(t, site)
	s.put(t, target, site, up)
	r, err := target.Open(t.Context(), up.Name)
	if err == nil {
		var b []byte
		b, err = io.ReadAll(r)
		r.Close()
		if err == nil {
			t.Errorf("%d bytes of 1000 were read without an error", len(b))
		}
	}
}

// untrusted has a server show a certificate that nobody signed, and then one
// that is trusted.
func (s *suite) untrusted(t *testing.T, server string, dial Dialer) {
	var asked atomic.Int64
	front := Front(t, server, true, func(w http.ResponseWriter, r *http.Request) bool {
		asked.Add(1)
		return false
	})
	up := s.sending("a.m4a", noise(1, 1000))
	site := dial(t, front.URL, patient())
	_, err := s.dial(t, site).Put(t.Context(), &up.Upload)
	s.wantErr(t, "Put", err, publish.ErrUntrusted)
	_, err = s.dial(t, site).Stat(t.Context(), up.Name)
	s.wantErr(t, "Stat", err, publish.ErrUntrusted)
	if asked.Load() != 0 {
		t.Errorf("%d requests were made of a server that is not trusted", asked.Load())
	}

	w := patient()
	w.RootCAs = x509.NewCertPool()
	w.RootCAs.AddCert(front.Certificate())
	site = dial(t, front.URL, w)
	s.put(t, s.dial(t, site), site, s.sending("a.m4a", noise(1, 1000)))
	if asked.Load() == 0 {
		t.Error("no request was made of the server that is trusted")
	}
}

// noNetwork has nobody listen.
func (s *suite) noNetwork(t *testing.T, dial Dialer) {
	for _, base := range []string{"http://127.0.0.1:" + freePort(t), "http://no-such-host.invalid"} {
		site := dial(t, base, patient())
		up := s.sending("a.m4a", noise(1, 1000))
		_, err := s.dial(t, site).Put(t.Context(), &up.Upload)
		switch host := strings.TrimPrefix(base, "http://"); {
		case err == nil:
			t.Errorf("%s: no error", base)
		case errors.Is(err, publish.ErrNotExist), errors.Is(err, publish.ErrDenied):
			t.Errorf("%s: the error is that of an answer: %v", base, err)
		case !strings.Contains(err.Error(), host):
			t.Errorf("%s: the error does not name the host: %v", base, err)
		}
	}
}
