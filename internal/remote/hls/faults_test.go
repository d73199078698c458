package hls

import (
	"bytes"
	"compress/gzip"
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/playlist"
	"github.com/spaces-cli/spaces/internal/publish/wire"
	"github.com/spaces-cli/spaces/internal/remote/guard"
)

// frames is how many a chunk of X has in about three seconds.
const frames = 140

// audio makes a chunk as X's are: ADTS at 48 kHz with ID3 tags between the
// frames.
func audio(rng *rand.Rand, frames int) []byte {
	var b []byte
	for n := range frames {
		if n%70 == 0 {
			size := 20 + rng.IntN(200)
			b = append(b, 'I', 'D', '3', 4, 0, 0, 0, 0, byte(size>>7), byte(size&0x7f))
			b = append(b, noise(rng, size)...)
		}
		size := 7 + 10 + rng.IntN(60)
		b = append(b, 0xff, 0xf1, 0x4c, 0x80|byte(size>>11), byte(size>>3), byte(size<<5)|0x1f, 0xfc)
		b = append(b, noise(rng, size-7)...)
	}
	return b
}

func noise(rng *rand.Rand, size int) []byte {
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	return b
}

// A recording is what a server holds, and what is to come of it.
type recording struct {
	text  string            // of the playlist
	files map[string][]byte // by path
	want  []byte
	plain [][]byte // chunks
	gone  map[string]bool
}

const list = "/r/list.m3u8"

// record makes a recording of so many chunks in one of the ways of packing.
func record(rng *rand.Rand, way string, chunks int) *recording {
	r := &recording{files: make(map[string][]byte), gone: make(map[string]bool)}
	var text, whole strings.Builder
	text.WriteString("#EXTM3U\n#EXT-X-VERSION:4\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:17\n#EXT-X-PROGRAM-DATE-TIME:2022-03-22T19:26:24Z\n")
	encrypted := strings.HasPrefix(way, "aes")
	ranges := strings.HasSuffix(way, "ranges")
	var key []byte
	for n := range chunks {
		plain := audio(rng, frames)
		r.plain = append(r.plain, plain)
		r.want = append(r.want, plain...)
		sent := plain
		if encrypted && n%5 == 0 { // the key changes, and once nothing is encrypted
			if key = noise(rng, 16); n%15 == 10 {
				key = nil
				text.WriteString("#EXT-X-KEY:METHOD=NONE\n")
			} else {
				name := fmt.Sprintf("/r/key%d", n)
				r.files[name] = key
				fmt.Fprintf(&text, "#EXT-X-KEY:METHOD=AES-128,URI=%q", name+"?token=s3cret")
				if way == "aes-iv" {
					fmt.Fprintf(&text, ",IV=0x%032x", n)
				}
				text.WriteString("\n")
			}
		}
		if key != nil {
			var iv [16]byte
			binary.BigEndian.PutUint64(iv[8:], uint64(n+17))
			if way == "aes-iv" {
				binary.BigEndian.PutUint64(iv[8:], uint64(n/5*5))
			}
			sent = encrypt(plain, key, iv)
		}
		fmt.Fprintf(&text, "#EXTINF:%.5f,\n", frames*1024/48000.)
		if ranges {
			fmt.Fprintf(&text, "#EXT-X-BYTERANGE:%d@%d\nall.aac?token=s3cret\n", len(sent), whole.Len())
			whole.Write(sent)
			continue
		}
		name := fmt.Sprintf("chunk_%d_a.aac", n)
		fmt.Fprintf(&text, "%s?type=replay&token=s3cret\n", name)
		r.files["/r/"+name] = sent
	}
	if ranges {
		r.files["/r/all.aac"] = []byte(whole.String())
	}
	text.WriteString("#EXT-X-ENDLIST\n")
	r.text = text.String()
	r.files[list] = []byte(r.text)
	return r
}

func encrypt(plain, key []byte, iv [16]byte) []byte {
	n := aes.BlockSize - len(plain)%aes.BlockSize
	b := append(bytes.Clone(plain), bytes.Repeat([]byte{byte(n)}, n)...)
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err)
	}
	cipher.NewCBCEncrypter(block, iv[:]).CryptBlocks(b, b)
	return b
}

// A server serves a recording. With a rate it does something wrong with that
// share of the requests, which the seed decides.
type server struct {
	*httptest.Server
	rec  *recording
	seed uint64
	rate float64
	only string        // the one thing that it does wrong; empty: any
	live func() []byte // the playlist as it is now; nil: as it was recorded

	mu     sync.Mutex
	asked  map[string]int // by path and range
	header []http.Header
}

func serve(t *testing.T, rec *recording) *server {
	s := &server{rec: rec, asked: make(map[string]int)}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

// wrongs are what a server does wrong.
var wrongs = []string{
	"403", "404", "416", "429", "500", "503", "later", "delay", "reset before", "reset", "cut", "cut chunked", "short", "empty", "page", "gzip", "br", "other part", "no ranges",
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	what := r.URL.Path + " " + r.Header.Get("Range")
	s.mu.Lock()
	s.asked[what]++
	n := s.asked[what]
	s.header = append(s.header, r.Header)
	s.mu.Unlock()
	h := fnv.New64a()
	fmt.Fprintf(h, "%s %d", what, n)
	rng := rand.New(rand.NewPCG(s.seed, h.Sum64()))

	b, ok := s.rec.files[r.URL.Path]
	if s.live != nil && r.URL.Path == list {
		b, ok = s.live(), true
	}
	if !ok || s.rec.gone[r.URL.Path] {
		http.NotFound(w, r)
		return
	}
	part, status := b, http.StatusOK
	if text, ok := strings.CutPrefix(r.Header.Get("Range"), "bytes="); ok {
		from, to, _ := strings.Cut(text, "-")
		a, _ := strconv.Atoi(from)
		z, _ := strconv.Atoi(to)
		part, status = b[a:z+1], http.StatusPartialContent
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", a, z, len(b)))
	}
	wrong := ""
	if rng.Float64() < s.rate {
		if wrong = s.only; wrong == "" {
			wrong = wrongs[rng.IntN(len(wrongs))]
		}
	}
	cut := rng.IntN(len(part))
	switch wrong {
	case "403", "404", "416", "429", "500", "503":
		code, _ := strconv.Atoi(wrong)
		http.Error(w, "token=s3cret", code)
	case "later":
		w.Header().Set("Retry-After", "0")
		w.WriteHeader(http.StatusServiceUnavailable)
	case "reset before":
		hijack(w, nil, true)
	case "reset":
		hijack(w, raw(w.Header(), status, len(part), part[:cut]), true)
	case "cut":
		hijack(w, raw(w.Header(), status, len(part), part[:cut]), false)
	case "cut chunked":
		w.Header().Del("Content-Length")
		hijack(w, []byte(fmt.Sprintf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n", len(part[:cut])+1, part[:cut])), false)
	case "short": // the length is that of what is sent, and not of the chunk
		hijack(w, raw(w.Header(), status, cut, part[:cut]), false)
	case "empty":
		w.WriteHeader(status)
	case "page":
		w.Header().Del("Content-Range")
		io.WriteString(w, "<!DOCTYPE html><title>Sign in</title>")
	case "gzip", "br":
		// The whole resource, since a part would be one of the compressed bytes.
		w.Header().Del("Content-Range")
		w.Header().Set("Content-Encoding", wrong)
		z := gzip.NewWriter(w)
		z.Write(b)
		z.Close()
	case "other part":
		w.Header().Set("Content-Range", fmt.Sprintf("bytes 1-%d/%d", len(part), len(b)))
		w.WriteHeader(http.StatusPartialContent)
		w.Write(part)
	case "no ranges":
		w.Header().Del("Content-Range")
		w.Write(b)
	default:
		if wrong == "delay" {
			time.Sleep(time.Duration(rng.IntN(3)) * time.Millisecond)
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(part)))
		w.WriteHeader(status)
		w.Write(part)
	}
}

func raw(h http.Header, status, length int, body []byte) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "HTTP/1.1 %d %s\r\nContent-Length: %d\r\n", status, http.StatusText(status), length)
	h.Write(&b)
	b.WriteString("\r\n")
	b.Write(body)
	return b.Bytes()
}

// hijack sends bytes as they are and ends the connection.
func hijack(w http.ResponseWriter, b []byte, reset bool) {
	c, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(err)
	}
	c.Write(b)
	if tcp, ok := c.(*net.TCPConn); ok && reset {
		tcp.SetLinger(0)
	}
	c.Close()
}

func (s *server) count() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range s.asked {
		n += k
	}
	return n
}

// folders are where a download works and writes.
type folders struct{ work, out *os.Root }

func newFolders(t testing.TB) folders {
	t.Helper()
	var f folders
	for _, root := range []**os.Root{&f.work, &f.out} {
		r, err := os.OpenRoot(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { r.Close() })
		*root = r
	}
	return f
}

func (f folders) read(t testing.TB, name string) []byte {
	t.Helper()
	b, err := f.out.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// options are those of tests: nothing is waited for, and much is tried.
func options(t testing.TB, s *server) Options {
	t.Helper()
	o := Options{Wire: wire.Options{Backoff: time.Nanosecond, Tries: 16}}
	c, err := guard.Client(s.address(t), guard.Options{Wire: o.Wire})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	o.Client = c
	return o
}

func (s *server) address(t testing.TB) *url.URL {
	t.Helper()
	u, err := url.Parse(s.URL + list + "?type=replay&token=s3cret")
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func (s *server) open(t *testing.T, o Options) *playlist.Media {
	t.Helper()
	m, err := Open(t.Context(), o, s.address(t))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// leftovers are the files of a folder that are no longer of use.
func leftovers(t *testing.T, f folders) (list []string) {
	t.Helper()
	for _, root := range []*os.Root{f.work, f.out} {
		entries, err := os.ReadDir(root.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if strings.Contains(path.Ext(e.Name()), "part") {
				list = append(list, e.Name())
			}
		}
	}
	return list
}
