package hls

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A shape is what a connection to a distant server is like: so long until an
// answer begins, and so many bytes a second for each connection.
type shape struct {
	roundTrip time.Duration
	rate      float64 // bytes a second from the server
}

// proxy returns the address of a proxy that makes connections to a server as
// they are told.
func (s shape) proxy(t testing.TB, server string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go s.carry(c, server)
		}
	}()
	return l.Addr().String()
}

// carry connects a client to a server.
func (s shape) carry(client net.Conn, server string) {
	defer client.Close()
	began := time.Now()
	there, err := net.Dial("tcp", server)
	if err != nil {
		return
	}
	defer there.Close()
	ended := make(chan struct{}, 2)
	// On a real line the client could send one round trip after it asked for the
	// connection.
	go func() { s.pass(there, client, began.Add(s.roundTrip), 0); ended <- struct{}{} }()
	go func() { s.pass(client, there, time.Time{}, s.rate); ended <- struct{}{} }()
	<-ended
}

// A parcel is on its way.
type parcel struct {
	b       []byte
	arrives time.Time
}

// pass carries bytes in one direction: none before a time, each half a round
// trip late, and no more of them than the rate allows.
func (s shape) pass(to io.Writer, from io.Reader, notBefore time.Time, rate float64) {
	way := make(chan parcel, 1<<12)
	go func() {
		defer close(way)
		free := notBefore // when the line can take more
		for {
			b := make([]byte, 4<<10)
			n, err := from.Read(b)
			if n > 0 {
				if now := time.Now(); free.Before(now) {
					free = now
				}
				if rate > 0 {
					free = free.Add(time.Duration(float64(n) / rate * float64(time.Second)))
				}
				way <- parcel{b[:n], free.Add(s.roundTrip / 2)}
			}
			if err != nil {
				return
			}
		}
	}()
	for p := range way {
		time.Sleep(time.Until(p.arrives))
		if _, err := to.Write(p.b); err != nil {
			return // the reader ends when its connection is closed
		}
	}
}

// tenMinutes is a recording as X serves them: 96 kb/s in chunks of three
// seconds.
func tenMinutes() *recording {
	rng := rand.New(rand.NewPCG(1, 22))
	r := &recording{files: make(map[string][]byte), gone: make(map[string]bool)}
	var text strings.Builder
	text.WriteString("#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:3\n")
	for n := range 200 {
		var b []byte
		for range frames {
			const size = 256
			b = append(b, 0xff, 0xf1, 0x4c, 0x80, size>>3, 0x1f, 0xfc)
			b = append(b, noise(rng, size-7)...)
		}
		name := fmt.Sprintf("chunk_%d_a.aac", n)
		fmt.Fprintf(&text, "#EXTINF:%.5f,\n%s\n", frames*1024/48000., name)
		r.files["/r/"+name] = b
		r.want = append(r.want, b...)
	}
	text.WriteString("#EXT-X-ENDLIST\n")
	r.files[list] = []byte(text.String())
	return r
}

// BenchmarkShaped downloads ten minutes over a line with 50 ms a round trip and
// 300 kB/s a connection, as X throttles them: with this package, and with
// yt-dlp's own downloader and its defaults.
//
//	go test ./internal/remote/hls -run '^$' -bench Shaped -benchtime 3x
func BenchmarkShaped(b *testing.B) {
	rec := tenMinutes()
	line := shape{50 * time.Millisecond, 300e3}
	s := &server{rec: rec, asked: make(map[string]int)}
	s.Server = httptest.NewServer(s)
	defer s.Close()
	s.URL = "http://" + line.proxy(b, s.Listener.Addr().String())
	b.Run("spaces", func(b *testing.B) {
		for b.Loop() {
			f := newFolders(b)
			o := options(b, s)
			m, err := Open(b.Context(), o, s.address(b))
			if err == nil {
				_, err = Download(b.Context(), o, m, f.work, f.out, "a.aac")
			}
			if err != nil {
				b.Fatal(err)
			}
			if !bytes.Equal(f.read(b, "a.aac"), rec.want) {
				b.Fatal("the file is another")
			}
		}
	})
	b.Run("yt-dlp", func(b *testing.B) {
		program, err := exec.LookPath("yt-dlp")
		if err != nil {
			b.Skip("yt-dlp is not installed")
		}
		for b.Loop() {
			ctx, cancel := context.WithTimeout(b.Context(), 5*time.Minute)
			out, err := exec.CommandContext(ctx, program, "--ignore-config", "--hls-prefer-native", "--fixup", "never",
				"-o", filepath.Join(b.TempDir(), "a.%(ext)s"), "--", s.address(b).String()).CombinedOutput()
			cancel()
			if err != nil {
				b.Fatalf("%v\n%s", err, out)
			}
		}
	})
}

// The line is as slow as it says, or the benchmark says nothing: this is no
// measurement, as a busy machine makes it only slower.
func TestShape(t *testing.T) {
	rec := tenMinutes()
	s := serve(t, rec)
	line := shape{20 * time.Millisecond, 1e6}
	s.URL = "http://" + line.proxy(t, s.Listener.Addr().String())
	o := options(t, s)
	began := time.Now()
	resp, err := get(t.Context(), o.Client, s.address(t).JoinPath("../chunk_0_a.aac"), nil, "identity")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if first, least := time.Since(began), 2*line.roundTrip; first < least {
		t.Errorf("the answer began after %s, before %s", first, least)
	}
	n, err := io.Copy(io.Discard, resp.Body)
	if least := time.Duration(float64(n)/line.rate*1e9) + 2*line.roundTrip; err != nil || time.Since(began) < least {
		t.Errorf("%d bytes after %s, before %s: %v", n, time.Since(began), least, err)
	}
}
