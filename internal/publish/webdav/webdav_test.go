package webdav

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/conform"
	"github.com/spaces-cli/spaces/internal/publish/wire"
)

// quick waits little, so that tests with faults are soon done.
var quick = wire.Options{Tries: 9, Backoff: 2 * time.Millisecond}

// open makes a target or fails the test.
func open(t *testing.T, c Config) *Target {
	t.Helper()
	target, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { target.Close() })
	return target
}

// A server is one of those that these tests start.
type server struct {
	conform.Server
	prefix string // of paths, and of folders in Dir
}

var sites atomic.Int64

// site makes an empty site on a server, reached at an address.
func (s server) site(t *testing.T, addr string) conform.Site {
	t.Helper()
	name := filepath.Join(s.prefix, fmt.Sprintf("site é %d", sites.Add(1)))
	dir := s.Sub(t, name)
	return conform.Site{
		Dir: dir,
		Dial: func(t *testing.T) publish.Target {
			return open(t, s.config(addr, filepath.Base(name)))
		},
	}
}

func (s server) config(addr, site string) Config {
	c := Config{URL: "webdav://" + addr + "/", User: conform.User, Password: conform.Secret, Wire: quick}
	if s.prefix != "" {
		c.URL += s.prefix + "/"
	}
	c.URL += strings.ReplaceAll(site, " ", "%20")
	return c
}

// own knows files that servers make for themselves: mod_dav's while they are
// sent to it.
func own(path string) bool {
	return strings.HasPrefix(filepath.Base(path), ".davfs.tmp") || filepath.Base(path) == ".DAV"
}

// long says that there is time.
var long = os.Getenv("SPACES_LONG") == "1"

// servers start those that targets are tested with: all, or those named if
// there is little time.
func servers(some ...string) map[string]func(t *testing.T) server {
	all := map[string]func(t *testing.T) server{
		"apache basic":  func(t *testing.T) server { return server{conform.Apache(t), "basic"} },
		"apache digest": func(t *testing.T) server { return server{conform.Apache(t), "digest"} },
		"rclone":        func(t *testing.T) server { return server{conform.Rclone(t), ""} },
	}
	maps.DeleteFunc(all, func(name string, _ func(t *testing.T) server) bool { return !long && !slices.Contains(some, name) })
	return all
}

func TestConform(t *testing.T) {
	t.Parallel()
	for name, start := range servers("apache basic", "apache digest", "rclone") {
		t.Run(name, func(t *testing.T) {
			s := start(t)
			conform.Run(t, func(t *testing.T) conform.Site { return s.site(t, s.Addr) }, conform.Options{
				Secrets: []string{conform.Secret},
				Own:     own,
				Denied: func(t *testing.T, site conform.Site) publish.Target {
					c := s.config(s.Addr, filepath.Base(site.Dir))
					c.Password = "wrong"
					return open(t, c)
				},
			})
		})
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for name, start := range servers("apache basic", "rclone") {
		t.Run(name, func(t *testing.T) {
			s := start(t)
			conform.Faults(t, func(t *testing.T, through func(string) string) conform.Site {
				w := quick
				w.Idle = time.Second // some faults are that nothing moves
				return s.dial(t, "http://"+through(s.Addr), w)
			}, conform.FaultOptions{
				HTTP:     true,
				Size:     300_000,
				Survives: 2,
				Secrets:  []string{conform.Secret},
				Own:      own,
			})
		})
	}
}

// dial makes a site that is reached over what stands before the server.
func (s server) dial(t *testing.T, base string, w wire.Options) conform.Site {
	dir := s.Sub(t, filepath.Join(s.prefix, fmt.Sprintf("trouble %d", sites.Add(1))))
	c := s.config("", filepath.Base(dir))
	c.URL = strings.Replace(c.URL, "webdav://", strings.Replace(base, "http", "webdav", 1), 1)
	c.Wire = w
	return conform.Site{Dir: dir, Dial: func(t *testing.T) publish.Target { return open(t, c) }}
}

func TestTroubles(t *testing.T) {
	t.Parallel()
	for name, start := range servers("apache digest") {
		t.Run(name, func(t *testing.T) {
			s := start(t)
			conform.Troubles(t, s.Addr, s.dial, conform.Options{Secrets: []string{conform.Secret}, Own: own})
		})
	}
}

func TestPlan(t *testing.T) {
	t.Parallel()
	s := server{conform.Apache(t), "open"}
	conform.Plans(t, s.Addr, s.dial, conform.Options{})
}
