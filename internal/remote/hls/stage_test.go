package hls

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/publish/wire"
)

const (
	every = 3 * time.Second // a live server lists a chunk
	named = "http://live.example" + list + "?token=s3cret"
)

// pipes is a network of connections in memory, for time that is made up.
type pipes struct {
	net.Listener
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.done) })
	return nil
}

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case p.conns <- there:
		return here, nil
	case <-p.done:
		return nil, errors.New("connection refused")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// A stage is a live server in made-up time, and who follows it.
type stage struct {
	*server
	folders
	Options
	began  time.Time
	window int // chunks that are listed at most; 0: all
	chunks int
	ends   bool // with ENDLIST
	down   func(time.Duration) bool
	route  func(at time.Duration, path string) (instead, text string) // nil: nothing has moved
	asked  []time.Duration                                            // when the playlist was
	events []Event
}

// live prepares a stage inside a bubble. Nothing is heard of it after stop.
func live(t *testing.T, rec *recording) (s *stage, stop func()) {
	s = &stage{server: &server{rec: rec, asked: make(map[string]int)}, folders: newFolders(t), began: time.Now(), chunks: len(rec.plain), ends: true}
	s.server.live = s.text
	p := &pipes{conns: make(chan net.Conn), done: make(chan struct{})}
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		at := time.Since(s.began)
		if s.down != nil && s.down(at) {
			hijack(w, nil, true)
			return
		}
		if s.route != nil {
			text := ""
			if r.URL.Path, text = s.route(at, r.URL.Path); text != "" {
				io.WriteString(w, text)
				return
			}
		}
		if r.URL.Path == list {
			s.mu.Lock()
			s.asked = append(s.asked, at)
			s.mu.Unlock()
		}
		s.server.ServeHTTP(w, r)
	})}
	go srv.Serve(p)
	transport := &http.Transport{DialContext: p.dial}
	s.Options = Options{Client: &http.Client{Transport: transport}, Wire: wire.Options{Backoff: 100 * time.Millisecond, Tries: 16}}
	return s, func() {
		srv.Close()
		transport.CloseIdleConnections()
	}
}

// text is the playlist as it is now.
func (s *stage) text() []byte {
	n := min(int(time.Since(s.began)/every)+1, s.chunks)
	parts := strings.SplitAfter(strings.TrimSuffix(s.rec.text, "#EXT-X-ENDLIST\n"), "s3cret\n")
	head, rest, _ := strings.Cut(parts[0], "#EXT-X-PROGRAM")
	parts[0] = "#EXT-X-PROGRAM" + rest
	first := 0
	if s.window > 0 {
		first = max(n-s.window, 0)
		head = strings.Replace(head, "SEQUENCE:17", "SEQUENCE:"+strconv.Itoa(17+first), 1)
		if first > 0 {
			head += recorded(first).Format("#EXT-X-PROGRAM-DATE-TIME:2006-01-02T15:04:05.000000Z\n")
		}
	} else {
		head = strings.Replace(head, "#EXTM3U\n", "#EXTM3U\n#EXT-X-PLAYLIST-TYPE:EVENT\n", 1)
	}
	text := head + strings.Join(parts[first:n], "")
	if n == s.chunks && s.ends {
		text += "#EXT-X-ENDLIST\n"
	}
	return []byte(text)
}

// recorded is when a chunk was.
func recorded(n int) time.Time {
	return time.Date(2022, 3, 22, 19, 26, 24, 0, time.UTC).Add(time.Duration(n) * 2986670 * time.Microsecond)
}

func (s *stage) follow(ctx context.Context, t *testing.T) (*Manifest, error) {
	t.Helper()
	u, err := url.Parse(named)
	if err != nil {
		t.Fatal(err)
	}
	if s.route != nil {
		u.Path = "/r/master.m3u8"
	}
	return Follow(ctx, s.Options, Following{Told: func(e Event) { s.events = append(s.events, e) }}, u, s.work, s.out, "a.aac")
}
