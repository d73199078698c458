package hls

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/playlist"
	"github.com/spaces-cli/spaces/internal/publish/wire"
	"github.com/spaces-cli/spaces/internal/remote/guard"
)

var ways = []string{"plain", "plain-ranges", "aes", "aes-iv", "aes-ranges"}

// check fails unless a file is what it should be, and its manifest says where
// everything in it is.
func check(t *testing.T, f folders, rec *recording, m *Manifest) {
	t.Helper()
	got := f.read(t, "a.aac")
	if !bytes.Equal(got, rec.want) {
		t.Fatalf("the file has %d bytes, SHA-256 %x; want %d, %x", len(got), sha256.Sum256(got), len(rec.want), sha256.Sum256(rec.want))
	}
	if h := sha256.Sum256(got); m.SHA256 != hex.EncodeToString(h[:]) || m.Length != int64(len(got)) || !m.Ended || len(m.Gaps) != 0 {
		t.Errorf("the manifest says %s, %d bytes, ended: %t, %d gaps", m.SHA256, m.Length, m.Ended, len(m.Gaps))
	}
	text := f.read(t, "a.aac.json")
	for _, secret := range []string{"s3cret", "token", "http:", "?", "127.0.0.1"} {
		if bytes.Contains(text, []byte(secret)) {
			t.Errorf("the manifest contains %q", secret)
		}
	}
	var read Manifest
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	if len(read.Chunks) != len(rec.plain) {
		t.Fatalf("the manifest lists %d chunks, want %d", len(read.Chunks), len(rec.plain))
	}
	for n, c := range read.Chunks {
		part := got[c.Offset : c.Offset+c.Length]
		if h := sha256.Sum256(part); !bytes.Equal(part, rec.plain[n]) || c.SHA256 != hex.EncodeToString(h[:]) || c.Sequence != int64(n+17) {
			t.Errorf("chunk %d: %+v", n, c)
		}
		if sent, ok := rec.files["/r/"+c.Name]; ok && c.Source != nil {
			if r := c.Range; r != nil {
				sent = sent[r.Offset : r.Offset+r.Length]
			}
			if h := sha256.Sum256(sent); c.Source.SHA256 != hex.EncodeToString(h[:]) || c.Source.Length != int64(len(sent)) {
				t.Errorf("chunk %d as it was sent: %+v", n, c.Source)
			}
		}
	}
	if left := leftovers(t, f); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestDownload(t *testing.T) {
	for _, way := range ways {
		t.Run(way, func(t *testing.T) {
			rec := record(rand.New(rand.NewPCG(1, 2)), way, 17)
			s, f := serve(t, rec), newFolders(t)
			o := options(t, s)
			last := 0
			o.Fetched = func(done, of int) { last = done*1000 + of }
			m, err := Download(t.Context(), o, s.open(t, o), f.work, f.out, "a.aac")
			if err != nil {
				t.Fatal(err)
			}
			check(t, f, rec, m)
			if last != 17017 {
				t.Errorf("told %d", last)
			}
			if n := s.count(); n > 17+1+4 {
				t.Errorf("%d requests", n)
			}
		})
	}
}

// Servers that do everything wrong now and then, and in the end what there is
// is the same. SPACES_LONG makes 200 seeds with ten minutes each of it.
func TestFaults(t *testing.T) {
	seeds, chunks := 20, 12
	if os.Getenv("SPACES_LONG") != "" && !testing.Short() {
		seeds, chunks = 200, 200
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			throughFaults(t, uint64(seed), chunks)
		})
	}
}

// Ten hours of a server that does everything wrong.
func TestTenHours(t *testing.T) {
	if os.Getenv("SPACES_LONG") == "" || testing.Short() {
		t.Skip("takes minutes: set SPACES_LONG")
	}
	throughFaults(t, 1000, 12_000)
}

// throughFaults fails unless a recording arrives byte by byte.
func throughFaults(t *testing.T, seed uint64, chunks int) {
	t.Helper()
	rec := record(rand.New(rand.NewPCG(seed, 3)), ways[seed%uint64(len(ways))], chunks)
	s, f := serve(t, rec), newFolders(t)
	s.seed, s.rate = seed, 0.3
	o := options(t, s)
	for run := 0; ; run++ { // a run that ends with gaps is made again
		m, err := Download(t.Context(), o, s.open(t, o), f.work, f.out, "a.aac")
		if err != nil {
			t.Fatal(err)
		}
		if len(m.Gaps) == 0 {
			check(t, f, rec, m)
			return
		}
		if run == 3 {
			t.Fatalf("gaps: %+v", m.Gaps)
		}
	}
}

// Each wrong alone, with half of the requests.
func TestEachFault(t *testing.T) {
	for _, wrong := range wrongs {
		for _, way := range []string{"plain", "aes-ranges"} {
			t.Run(wrong+" "+way, func(t *testing.T) {
				rec := record(rand.New(rand.NewPCG(8, 3)), way, 12)
				s, f := serve(t, rec), newFolders(t)
				o := options(t, s)
				o.Wire.Tries = 40
				list := s.open(t, o)
				s.seed, s.rate, s.only = 5, 0.5, wrong
				m, err := Download(t.Context(), o, list, f.work, f.out, "a.aac")
				if err != nil {
					t.Fatal(err)
				}
				check(t, f, rec, m)
				if s.count() == 13 && wrong != "delay" && wrong != "gzip" && wrong != "no ranges" && wrong != "other part" {
					t.Error("nothing was asked for again")
				}
			})
		}
	}
}

// What is missing for good is a gap with its time, and asked for again by the
// next run.
func TestGaps(t *testing.T) {
	rec := record(rand.New(rand.NewPCG(4, 4)), "plain", 9)
	rec.files[list] = []byte(strings.Replace(rec.text, "#EXTINF", "#EXT-X-GAP\n#EXTINF", 1))
	rec.gone["/r/chunk_4_a.aac"] = true
	s, f := serve(t, rec), newFolders(t)
	o := options(t, s)
	o.Wire.Tries = 3
	m, err := Download(t.Context(), o, s.open(t, o), f.work, f.out, "a.aac")
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Gaps) != 2 || m.Gaps[0].Reason != "marked" {
		t.Fatalf("%+v", m.Gaps)
	}
	g := m.Gaps[1]
	at := int64(0)
	for _, c := range rec.plain[1:4] {
		at += int64(len(c))
	}
	began := time.Date(2022, 3, 22, 19, 26, 24, 0, time.UTC)
	if g.Name != "chunk_4_a.aac" || g.Sequence != 21 || g.Reason != "not-found" || g.Offset != at || g.Start != 4*2.98667 || g.Seconds != 2.98667 ||
		g.Time == nil || !g.Time.Equal(began.Add(4*2986670*time.Microsecond)) {
		t.Errorf("%+v", g)
	}
	if want := "tried 3 times: GET chunk_4_a.aac: the server answered 404 Not Found"; g.Detail != want {
		t.Errorf("%s, want %s", g.Detail, want)
	}
	if n := s.asked["/r/chunk_4_a.aac "]; n != 3 {
		t.Errorf("asked for %d times", n)
	}
	if s.asked["/r/chunk_0_a.aac "] != 0 {
		t.Error("what the playlist says is missing was asked for")
	}

	rec.gone = nil
	rec.files[list] = []byte(rec.text)
	before := s.count()
	if m, err = Download(t.Context(), o, s.open(t, o), f.work, f.out, "a.aac"); err != nil {
		t.Fatal(err)
	}
	check(t, f, rec, m)
	if n := s.count() - before; n != 3 {
		t.Errorf("%d requests, want one for the playlist and one for each of two chunks", n)
	}
}

// An address that has expired is told at once, and what there was is kept.
func TestExpired(t *testing.T) {
	rec := record(rand.New(rand.NewPCG(4, 5)), "plain", 200)
	s, f := serve(t, rec), newFolders(t)
	o := options(t, s)
	o.Wire.Tries = 3
	o.Connections = 1
	m := s.open(t, o)
	s.rate, s.only = 1, "403"
	_, err := Download(t.Context(), o, m, f.work, f.out, "a.aac")
	if !errors.Is(err, wire.ErrDenied) {
		t.Fatal(err)
	}
	if strings.Contains(err.Error(), "s3cret") {
		t.Error(err)
	}
	if n := s.count(); n != 1+givesUp*3+hopeless-givesUp {
		t.Errorf("%d requests", n)
	}
}

// Who asks for an hour is not waited for.
func TestRetryAfter(t *testing.T) {
	rec := record(rand.New(rand.NewPCG(4, 6)), "plain", 3)
	for seconds, want := range map[string]string{"1": "", "3600": "retry in 60 min"} {
		t.Run(seconds, func(t *testing.T) {
			s, f := serve(t, rec), newFolders(t)
			first := true
			inner := s.Config.Handler
			s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.URL.Path, ".aac") && first {
					first = false
					w.Header().Set("Retry-After", seconds)
					w.WriteHeader(http.StatusServiceUnavailable)
					return
				}
				inner.ServeHTTP(w, r)
			})
			o := options(t, s)
			o.Connections = 1
			var waited time.Duration
			o.Wire.Retried = func(_ error, wait time.Duration) { waited = wait }
			m, err := Download(t.Context(), o, s.open(t, o), f.work, f.out, "a.aac")
			if want != "" {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("%v, want %q", err, want)
				}
				return
			}
			if err != nil || waited < time.Second {
				t.Fatalf("waited %s, %v", waited, err)
			}
			check(t, f, rec, m)
		})
	}
}

// A chunk that really ends in the middle of a frame is what the server has.
// After some of them none is fetched twice.
func TestReallyCut(t *testing.T) {
	rec := record(rand.New(rand.NewPCG(4, 7)), "plain", 30)
	rec.want = nil
	for n, c := range rec.plain {
		rec.plain[n] = c[:len(c)-9]
		rec.files[fmt.Sprintf("/r/chunk_%d_a.aac", n)] = rec.plain[n]
		rec.want = append(rec.want, rec.plain[n]...)
	}
	s, f := serve(t, rec), newFolders(t)
	o := options(t, s)
	o.Connections = 1
	m, err := Download(t.Context(), o, s.open(t, o), f.work, f.out, "a.aac")
	if err != nil {
		t.Fatal(err)
	}
	check(t, f, rec, m)
	if n := s.count(); n != 1+30+convinced {
		t.Errorf("%d requests", n)
	}
}

// Files that hold what they should not are not resumed from.
func TestDamagedWork(t *testing.T) {
	rec := record(rand.New(rand.NewPCG(4, 8)), "aes", 12)
	s, f := serve(t, rec), newFolders(t)
	o := options(t, s)
	list := s.open(t, o)
	if _, err := Download(t.Context(), o, list, f.work, f.out, "a.aac"); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(f.work.Name())
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), keptSuffix) {
			continue
		}
		b, err := f.work.ReadFile(e.Name())
		if err != nil {
			t.Fatal(err)
		}
		switch n++; n {
		case 1:
			b[len(b)/2] ^= 1
		case 2:
			b = b[:len(b)-1]
		case 3:
			b = b[:100]
		case 4:
			b = nil
		case 5:
			b = append(b, 0)
		case 6:
			b[10] ^= 1
		case 7:
			clear(b[headSize:])
		}
		if err := f.work.WriteFile(e.Name(), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.work.WriteFile("x"+partSuffix, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	before := s.count()
	// The two whose length is right are found one after the other.
	m, err := Download(t.Context(), o, list, f.work, f.out, "a.aac")
	if err != nil {
		t.Fatal(err)
	}
	check(t, f, rec, m)
	if got := s.count() - before; got < 7 || got > 7+3 { // and the keys
		t.Errorf("%d requests for 7 damaged chunks", got)
	}
}

func TestLimits(t *testing.T) {
	rec := record(rand.New(rand.NewPCG(4, 9)), "aes", 12)
	for name, c := range map[string]struct {
		limits Limits
		want   string
	}{
		"chunk": {Limits{Chunk: 1000}, "of one chunk"},
		"total": {Limits{Total: 40000}, "of all chunks"},
		"keys":  {Limits{Keys: 1}, "1 keys"},
	} {
		t.Run(name, func(t *testing.T) {
			s, f := serve(t, rec), newFolders(t)
			o := options(t, s)
			o.Limits = c.limits
			_, err := Download(t.Context(), o, s.open(t, o), f.work, f.out, "a.aac")
			var large *TooLargeError
			if !errors.As(err, &large) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
			if left := leftovers(t, f); len(left) != 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// A page of zeros that is small when it is compressed does not fill the disk.
func TestGzipBomb(t *testing.T) {
	rec := record(rand.New(rand.NewPCG(4, 9)), "plain", 1)
	rec.files["/r/chunk_0_a.aac"] = make([]byte, 4<<20)
	s, f := serve(t, rec), newFolders(t)
	o := options(t, s)
	o.Limits.Chunk = 1 << 20
	list := s.open(t, o)
	s.rate, s.only = 1, "gzip"
	var large *TooLargeError
	if _, err := Download(t.Context(), o, list, f.work, f.out, "a.aac"); !errors.As(err, &large) {
		t.Error(err)
	}
}

func TestBusy(t *testing.T) {
	rec := record(rand.New(rand.NewPCG(4, 9)), "plain", 2)
	s, f := serve(t, rec), newFolders(t)
	o := options(t, s)
	list := s.open(t, o)
	var inside error
	o.Fetched = func(int, int) {
		other := o
		other.Fetched = nil
		_, inside = Download(t.Context(), other, list, f.work, f.out, "b.aac")
	}
	if _, err := Download(t.Context(), o, list, f.work, f.out, "a.aac"); err != nil || !errors.Is(inside, ErrBusy) {
		t.Errorf("%v, and the other %v", err, inside)
	}
}

// Maps come before the chunks that need them, also those of before.
func TestMaps(t *testing.T) {
	rec := &recording{files: map[string][]byte{
		"/r/one": []byte("ONE"), "/r/two": []byte("(TWO)"), "/r/a": []byte("aaaa"), "/r/b": []byte("bbb"), "/r/c": []byte("cc"), "/r/d": []byte("d"),
		list: []byte(`#EXTM3U
#EXT-X-MAP:URI="one"
#EXTINF:1,
a
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="one"
#EXTINF:1,
b
#EXT-X-MAP:URI="two",BYTERANGE="3@1"
#EXTINF:1,
c
#EXT-X-MAP:URI="one"
#EXTINF:1,
d
`)}}
	s, f := serve(t, rec), newFolders(t)
	o := options(t, s)
	m, err := Download(t.Context(), o, s.open(t, o), f.work, f.out, "a.mp4")
	if err != nil {
		t.Fatal(err)
	}
	if got := string(f.read(t, "a.mp4")); got != "ONEaaaabbbTWOccONEd" {
		t.Errorf("joined: %s", got)
	}
	var got []string
	for _, c := range m.Chunks {
		got = append(got, fmt.Sprintf("%d%s", c.Run, c.Name))
	}
	if want := "0one 0a 1b 2two 2c 3one 3d"; strings.Join(got, " ") != want {
		t.Errorf("runs: %s, want %s", got, want)
	}
	if m.Ended || s.asked["/r/one "] < 1 || s.asked["/r/one "] > 2 { // short ones are asked for twice
		t.Errorf("ended: %t, the first map was asked for %d times", m.Ended, s.asked["/r/one "])
	}
}

// The signature of an address is new every day; the chunks are the same.
func TestNewSignature(t *testing.T) {
	rec := record(rand.New(rand.NewPCG(4, 9)), "aes", 6)
	s, f := serve(t, rec), newFolders(t)
	o := options(t, s)
	if _, err := Download(t.Context(), o, s.open(t, o), f.work, f.out, "a.aac"); err != nil {
		t.Fatal(err)
	}
	before := s.count()
	rec.files[list] = []byte(strings.ReplaceAll(rec.text, "s3cret", "s3cret2"))
	m, err := Download(t.Context(), o, s.open(t, o), f.work, f.out, "a.aac")
	if err != nil {
		t.Fatal(err)
	}
	check(t, f, rec, m)
	if n := s.count() - before; n != 1 {
		t.Errorf("%d requests, want that of the playlist", n)
	}
	u := s.address(t)
	v := *u
	v.RawQuery = "type=replay&token=other"
	w := *u
	w.RawQuery = "type=live&token=s3cret"
	if Folder(u) != Folder(&v) || Folder(u) == Folder(&w) {
		t.Error("a folder is of what an address means")
	}
}

func TestUnsupported(t *testing.T) {
	rec := record(rand.New(rand.NewPCG(4, 9)), "aes", 2)
	rec.files[list] = []byte(strings.Replace(rec.text, "METHOD=AES-128", "METHOD=SAMPLE-AES", 1))
	s, f := serve(t, rec), newFolders(t)
	o := options(t, s)
	var no *UnsupportedError
	if _, err := Download(t.Context(), o, s.open(t, o), f.work, f.out, "a.aac"); !errors.As(err, &no) {
		t.Error(err)
	}
	if _, err := Download(t.Context(), o, &playlist.Media{}, f.work, f.out, "a.aac"); !errors.Is(err, ErrNoChunks) {
		t.Error(err)
	}
}

func TestWrongKey(t *testing.T) {
	for name, key := range map[string]string{"other": "0123456789abcdef", "page": "<!DOCTYPE html>", "long": strings.Repeat("k", 100)} {
		t.Run(name, func(t *testing.T) {
			rec := record(rand.New(rand.NewPCG(4, 9)), "aes", 12)
			rec.files["/r/key5"] = []byte(key)
			s, f := serve(t, rec), newFolders(t)
			o := options(t, s)
			o.Wire.Tries = 2
			m, err := Download(t.Context(), o, s.open(t, o), f.work, f.out, "a.aac")
			if err != nil {
				t.Fatal(err)
			}
			// A wrong key can end in a padding by chance: then the chunk is noise.
			if len(m.Gaps) < 4 || m.Gaps[0].Reason != "encrypted" || len(m.Chunks)+len(m.Gaps) != 12 {
				t.Errorf("%+v", m.Gaps)
			}
		})
	}
}

// A playlist cannot have this computer ask what only it reaches, and one that
// tries is not downloaded.
func TestStrangersPlaylist(t *testing.T) {
	asked := false
	inner := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer inner.Close()
	for _, line := range []string{
		"#EXTINF:1,\n" + inner.URL + "/admin?reboot=1&token=s3cret", "#EXTINF:1,\nfile:///etc/passwd", "#EXTINF:1,\nhttp://169.254.169.254/latest/",
		"#EXT-X-KEY:METHOD=AES-128,URI=\"" + inner.URL + "\"\n#EXTINF:1,\nchunk_0_a.aac", "#EXT-X-MAP:URI=\"" + inner.URL + "\"\n#EXTINF:1,\nchunk_0_a.aac",
	} {
		rec := record(rand.New(rand.NewPCG(4, 9)), "plain", 2)
		rec.files[list] = []byte(rec.text[:strings.Index(rec.text, "#EXTINF")] + line + "\n")
		s, f := serve(t, rec), newFolders(t)
		o := options(t, s)
		_, err := Download(t.Context(), o, s.open(t, o), f.work, f.out, "a.aac")
		var refused *guard.RefusedError
		if !errors.As(err, &refused) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", line, err)
		}
	}
	if asked {
		t.Error("the inner server was asked")
	}
}

// A server that begins to answer and then stands still is asked again.
func TestStandingStill(t *testing.T) {
	rec := record(rand.New(rand.NewPCG(4, 9)), "plain", 3)
	s, f := serve(t, rec), newFolders(t)
	inner := s.Config.Handler
	stood := 0
	s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "chunk_1_a.aac") && stood < 2 {
			stood++
			w.Header().Set("Content-Length", "100")
			w.Write([]byte("ID3"))
			w.(http.Flusher).Flush()
			<-r.Context().Done()
			return
		}
		inner.ServeHTTP(w, r)
	})
	c, err := guard.Client(s.address(t), guard.Options{Wire: wire.Options{Idle: 300 * time.Millisecond}})
	if err != nil {
		t.Fatal(err)
	}
	o := options(t, s)
	list := s.open(t, o)
	o.Client, o.Connections = c, 1
	m, err := Download(t.Context(), o, list, f.work, f.out, "a.aac")
	if err != nil {
		t.Fatal(err)
	}
	check(t, f, rec, m)
	if stood != 2 {
		t.Errorf("it stood still %d times", stood)
	}
}

func TestCancelled(t *testing.T) {
	rec := record(rand.New(rand.NewPCG(4, 9)), "plain", 5)
	s, f := serve(t, rec), newFolders(t)
	o := options(t, s)
	list := s.open(t, o)
	ctx, cancel := context.WithCancel(t.Context())
	o.Fetched = func(int, int) { cancel() }
	o.Connections = 1
	if _, err := Download(ctx, o, list, f.work, f.out, "a.aac"); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
