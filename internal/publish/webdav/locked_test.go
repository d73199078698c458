package webdav

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/publish/conform"
	"github.com/spaces-cli/spaces/internal/publish/wire"
)

// A gateway stands before a server. It loses patience with PUT (504) though the
// server stores the file, and the server locks the file for some requests more
// (423).
type gateway struct {
	server string
	puts   atomic.Int64
	locked atomic.Int64 // requests about temporary files that are still to be refused
	silent bool         // PUT is answered as the server does
	moves  bool         // only MOVE is refused
}

func (g *gateway) hook(w http.ResponseWriter, r *http.Request) bool {
	switch {
	case r.Method == http.MethodPut && g.silent:
		g.puts.Add(1)
		return false
	case r.Method == http.MethodPut:
		g.puts.Add(1)
		q, err := http.NewRequestWithContext(r.Context(), r.Method, "http://"+g.server+r.URL.EscapedPath(), r.Body)
		if err != nil {
			panic(err)
		}
		q.ContentLength, q.Header = r.ContentLength, r.Header.Clone()
		resp, err := http.DefaultTransport.RoundTrip(q)
		if err != nil {
			panic(err)
		}
		defer resp.Body.Close()
		if resp.StatusCode == http.StatusUnauthorized {
			w.Header()["Www-Authenticate"] = resp.Header["Www-Authenticate"]
			w.WriteHeader(resp.StatusCode)
			return true
		}
		io.Copy(io.Discard, resp.Body)
		w.WriteHeader(http.StatusGatewayTimeout)
		return true
	case strings.HasSuffix(r.URL.Path, ".part") && (r.Method == "MOVE" || !g.moves) && g.locked.Add(-1) >= 0:
		w.WriteHeader(http.StatusLocked)
		return true
	}
	return false
}

func (g *gateway) dial(t *testing.T, s server, w wire.Options) conform.Site {
	g.server = s.Addr
	return s.dial(t, conform.Front(t, s.Addr, false, g.hook).URL, w)
}

// A file that has arrived behind a gateway's back is not sent again: it is
// waited for until nobody locks it any more.
func TestGatewayTimeoutThenLocked(t *testing.T) {
	t.Parallel()
	for name, start := range servers("apache basic", "rclone") {
		for _, locked := range []int64{0, 1, 4} {
			t.Run(fmt.Sprint(name, " locked ", locked), func(t *testing.T) {
				g := &gateway{}
				g.locked.Store(locked)
				site := g.dial(t, start(t), wire.Options{Backoff: time.Millisecond})
				up := conform.NewSending("folder/a.m4a", []byte(strings.Repeat("sound", 40_000)))
				if _, err := site.Dial(t).Put(t.Context(), &up.Upload); err != nil {
					t.Fatal(err)
				}
				site.Holds(t, up.Name, up.Bytes)
				// Once without credentials and once with, where the server asks.
				if n := g.puts.Load(); n > 2 || n > 1 && name == "rclone" {
					t.Errorf("the file was sent %d times", n)
				}
			})
		}
	}
}

// A lock that outlasts a run costs the next one no sending.
func TestLockedUntilTheNextRun(t *testing.T) {
	t.Parallel()
	for name, start := range servers("apache basic", "rclone") {
		t.Run(name, func(t *testing.T) {
			g := &gateway{silent: true, moves: true}
			g.locked.Store(1000)
			site := g.dial(t, start(t), wire.Options{Tries: 3, Backoff: time.Millisecond})
			up := conform.NewSending("folder/a.m4a", []byte(strings.Repeat("sound", 40_000)))
			_, err := site.Dial(t).Put(t.Context(), &up.Upload)
			if err == nil || !strings.Contains(err.Error(), "423") {
				t.Fatalf("error %v, want the lock's", err)
			}
			if made := 1000 - g.locked.Load(); made != 6 {
				t.Errorf("MOVE was tried %d times, want 6: a lock is waited for twice as long as other troubles", made)
			}
			site.HoldsEither(t, up.Name, nil)
			sent := g.puts.Load()
			g.locked.Store(1)
			next := up.Next()
			if _, err := site.Dial(t).Put(t.Context(), &next.Upload); err != nil {
				t.Fatal(err)
			}
			site.Holds(t, up.Name, up.Bytes)
			if g.puts.Load() != sent {
				t.Error("what had arrived was sent again")
			}
			if l, err := site.Dial(t).Leftovers(t.Context()); err != nil || len(l) > 0 {
				t.Errorf("leftovers %v, error %v", l, err)
			}
		})
	}
}
