package ranges

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"github.com/spaces-cli/spaces/internal/publish/wire"
	"github.com/spaces-cli/spaces/internal/stream"
)

// content is what the servers of these tests have.
func content(n int) []byte {
	b := make([]byte, n)
	r := rand.NewChaCha8([32]byte{7})
	r.Read(b)
	return b
}

var modified = time.Date(2021, 6, 17, 12, 0, 0, 0, time.UTC)

// A host serves one file as http.ServeContent does, unless fault does something
// else.
type host struct {
	*httptest.Server
	b     []byte
	etag  string
	fault func(w http.ResponseWriter, r *http.Request, n int64) bool
	asked atomic.Int64
	sent  atomic.Int64
}

func serve(t *testing.T, b []byte) *host {
	h := &host{b: b, etag: `"one"`}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := h.asked.Add(1)
		if h.fault != nil && h.fault(w, r, n) {
			return
		}
		h.serve(w, r)
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *host) serve(w http.ResponseWriter, r *http.Request) {
	if h.etag != "" {
		w.Header().Set("ETag", h.etag)
	}
	w.Header().Set("Content-Type", "application/zip")
	http.ServeContent(&counted{w, &h.sent}, r, "", modified, bytes.NewReader(h.b))
}

type counted struct {
	http.ResponseWriter
	n *atomic.Int64
}

func (c *counted) Write(p []byte) (int, error) {
	n, err := c.ResponseWriter.Write(p)
	c.n.Add(int64(n))
	return n, err
}

func (h *host) source(t *testing.T) *HTTP {
	u, err := url.Parse(h.URL + "/a/S3CRETPATH/twitter.zip?sig=S3CRETQUERY")
	if err != nil {
		t.Fatal(err)
	}
	return &HTTP{h.Client(), u}
}

var quick = Options{Wire: wire.Options{Backoff: time.Millisecond}}

func open(t *testing.T, h *host) *Reader {
	t.Helper()
	r, err := Open(t.Context(), h.source(t), quick)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestReadAt(t *testing.T) {
	for _, size := range []int{0, 1, 100, headSize, headSize + 1, 3*chunkSize + 17} {
		b := content(size)
		h := serve(t, b)
		r := open(t, h)
		if r.Size() != int64(size) || r.Object().ETag != `"one"` && size > 0 {
			t.Fatalf("%d bytes: %+v", size, r.Object())
		}
		if err := iotest.TestReader(io.NewSectionReader(r, 0, r.Size()), b); err != nil {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
}

// What is read here and there costs a few kilobytes each, and what was read is
// not fetched again.
func TestReadsCostLittle(t *testing.T) {
	b := content(64 << 20)
	h := serve(t, b)
	r := open(t, h)
	p := make([]byte, 30)
	for range 3 {
		for off := int64(1 << 20); off < 60<<20; off += 1 << 20 {
			if _, err := r.ReadAt(p, off); err != nil || !bytes.Equal(p, b[off:off+30]) {
				t.Fatal(off, err)
			}
		}
	}
	if _, err := r.ReadAt(p, r.Size()-22); err != io.EOF || !bytes.Equal(p[:22], b[len(b)-22:]) {
		t.Error(err)
	}
	if got, most := r.Fetched(), int64(headSize+tailSize+59*(2*around+30)); got > most || h.sent.Load() > most {
		t.Errorf("%d bytes fetched, %d sent; want at most %d", got, h.sent.Load(), most)
	}
}

// However much is read at once, little is kept.
func TestKeepsLittle(t *testing.T) {
	b := content(40 << 20)
	r := open(t, serve(t, b))
	p := make([]byte, 30<<20)
	if _, err := r.ReadAt(p, 1<<20); err != nil || !bytes.Equal(p, b[1<<20:31<<20]) {
		t.Fatal(err)
	}
	kept := 0
	for _, s := range r.spans {
		kept += len(s.data)
	}
	if kept > maxKept {
		t.Errorf("%d bytes are kept", kept)
	}
}

// What is announced is fetched to its end and no farther, by several requests.
func TestExpect(t *testing.T) {
	b := content(20 << 20)
	h := serve(t, b)
	var at, most atomic.Int64
	h.fault = func(w http.ResponseWriter, r *http.Request, _ int64) bool {
		most.Store(max(most.Load(), at.Add(1)))
		time.Sleep(time.Millisecond)
		h.serve(w, r)
		at.Add(-1)
		return true
	}
	r := open(t, h)
	before := r.Fetched()
	const off, length = 3<<20 + 5, 9<<20 + 3
	done := r.Expect(off, length)
	got, err := io.ReadAll(io.NewSectionReader(r, off, length))
	done()
	if err != nil || !bytes.Equal(got, b[off:off+length]) {
		t.Fatalf("%d bytes, %v", len(got), err)
	}
	if n := r.Fetched() - before; n != length {
		t.Errorf("%d bytes fetched for %d", n, length)
	}
	if most.Load() < 2 {
		t.Error("one request at a time")
	}
	if len(r.chunks) != 0 || len(r.extents) != 0 {
		t.Errorf("%d chunks, %d stretches are left", len(r.chunks), len(r.extents))
	}
}

// More stretches at a time than there are places for chunks all get on.
func TestManyStretches(t *testing.T) {
	b := content(8 << 20)
	r := open(t, serve(t, b))
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			off, length := int64(i)<<16, int64(4<<20)
			defer r.Expect(off, length)()
			got, err := io.ReadAll(io.NewSectionReader(r, off, length))
			if err != nil || !bytes.Equal(got, b[off:off+length]) {
				t.Error(i, err)
			}
		})
	}
	all.Wait()
}

func partial(w http.ResponseWriter, h *host, from, to int64, body []byte) {
	w.Header().Set("ETag", h.etag)
	w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, to, len(h.b)))
	w.WriteHeader(http.StatusPartialContent)
	w.Write(body)
}

func asked(r *http.Request) (from, to int64) {
	fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-%d", &from, &to)
	return from, to
}

// A server that does all that servers do is read to the last byte.
func TestFaults(t *testing.T) {
	b := content(6 << 20)
	h := serve(t, b)
	h.fault = func(w http.ResponseWriter, r *http.Request, n int64) bool {
		from, to := asked(r)
		switch n % 29 { // with several requests at once, none may meet only faults
		case 2:
			w.WriteHeader(http.StatusServiceUnavailable)
		case 3: // breaks off
			w.Header().Set("Content-Length", fmt.Sprint(to-from+1))
			partial(w, h, from, to, b[from:(from+to)/2])
			panic(http.ErrAbortHandler)
		case 4: // lies about which part it is
			partial(w, h, from+1, to+1, b[from:to])
		case 5: // sends all
			r = r.Clone(r.Context())
			r.Header.Del("Range")
			h.serve(w, r)
		case 6: // sends less, and says so
			to = (from + to) / 2
			partial(w, h, from, to, b[from:to+1])
		case 7: // says that it is all, and ends early
			partial(w, h, from, to, b[from:to])
		case 8:
			w.WriteHeader(http.StatusTooManyRequests)
		default:
			return false
		}
		return true
	}
	r := open(t, h)
	defer r.Expect(0, r.Size())()
	got, err := io.ReadAll(io.NewSectionReader(r, 0, r.Size()))
	if err != nil || !bytes.Equal(got, b) {
		t.Fatalf("%d bytes, %v", len(got), err)
	}
}

// A broken request goes on where it broke.
func TestGoesOnWhereItBroke(t *testing.T) {
	b := content(5 << 20)
	h := serve(t, b)
	h.fault = func(w http.ResponseWriter, r *http.Request, n int64) bool {
		from, to := asked(r)
		if to-from < 64<<10 {
			return false
		}
		w.Header().Set("Content-Length", fmt.Sprint(to-from+1))
		partial(w, h, from, to, b[from:from+64<<10])
		h.sent.Add(64 << 10)
		panic(http.ErrAbortHandler)
	}
	r := open(t, h)
	defer r.Expect(0, r.Size())()
	got, err := io.ReadAll(io.NewSectionReader(r, 0, r.Size()))
	if err != nil || !bytes.Equal(got, b) {
		t.Fatalf("%d bytes, %v", len(got), err)
	}
	if n := h.sent.Load(); n > int64(len(b))+headSize {
		t.Errorf("%d bytes sent for %d", n, len(b))
	}
}

// What is wrong is said in words, without the address, and others that read are
// told without another request.
func TestErrors(t *testing.T) {
	xml := func(code, message string) func(w http.ResponseWriter) {
		return func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/xml")
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprintf(w, "<?xml version=\"1.0\"?><Error><Code>%s</Code><Message>%s</Message><StringToSign>S3CRETQUERY</StringToSign></Error>", code, message)
		}
	}
	status := func(code int) func(w http.ResponseWriter) {
		return func(w http.ResponseWriter) { w.WriteHeader(code) }
	}
	for _, c := range []struct {
		name   string
		later  bool // the first request is answered
		answer func(w http.ResponseWriter)
		kind   Kind
		words  string
	}{
		{"missing", false, status(404), NotFound, "there is no such file: the server answered 404 Not Found"},
		{"gone", false, status(410), Expired, "the link has expired: the server answered 410 Gone"},
		{"no longer there", true, status(404), Expired, "the file could be read before and cannot be any more: the server answered 404 Not Found"},
		{"password", false, status(401), Password, "the server asks for a password"},
		{"denied", false, status(403), Denied, "the server refuses access: the server answered 403 Forbidden"},
		{"denied later", true, status(403), Expired, "the file could be read before and cannot be any more: the server answered 403 Forbidden"},
		{"presigned", false, xml("AccessDenied", "Request has expired"), Expired, "the link has expired: the server answered 403 Forbidden (Request has expired)"},
		{"presigned, later", true, xml("AccessDenied", "Request has expired"), Expired, "the link has expired: the server answered 403 Forbidden (Request has expired)"},
		{"quotes the address", false, xml("AccessDenied", "no /a/S3CRETPATH/twitter.zip here"), Denied, "the server refuses access: the server answered 403 Forbidden"},
		{"other file", true, func(w http.ResponseWriter) { w.WriteHeader(http.StatusPreconditionFailed) }, Changed, "the file changed on the server while it was being read: the server gives it another ETag now"},
		{"other ETag", true, func(w http.ResponseWriter) {
			w.Header().Set("ETag", `"two"`)
			w.Header().Set("Content-Range", "bytes 999-1998/100000")
			w.WriteHeader(http.StatusPartialContent)
		}, Changed, "the file changed on the server while it was being read: the server gives it another ETag now"},
		{"other size", true, func(w http.ResponseWriter) {
			w.Header().Set("Content-Range", "bytes 999-1998/99999")
			w.WriteHeader(http.StatusPartialContent)
		}, Changed, "the file changed on the server while it was being read: it had 100000 bytes and has 99999 now"},
		{"shorter now", true, func(w http.ResponseWriter) {
			w.Header().Set("Content-Range", "bytes */5")
			w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
		}, Changed, "the file changed on the server while it was being read: it had 100000 bytes and has 5 now"},
		{"login page", true, func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			io.WriteString(w, "<html>log in</html>")
		}, WebPage, "the server now sends a web page in the place of the file"},
		{"busy", false, status(503), Unreachable, "the server answered 503 Service Unavailable"},
		{"compresses", false, func(w http.ResponseWriter) {
			w.Header().Set("Content-Encoding", "gzip")
			io.WriteString(w, "x")
		}, Unreachable, "the server compresses the file on its way, so parts of it cannot be read"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := serve(t, content(100_000))
			h.fault = func(w http.ResponseWriter, r *http.Request, n int64) bool {
				if c.later && n == 1 {
					return false
				}
				c.answer(w)
				return true
			}
			var told []string
			o := quick
			o.Wire.Retried = func(err error, _ time.Duration) { told = append(told, err.Error()) }
			r, err := Open(t.Context(), h.source(t), o)
			if c.later {
				if err != nil {
					t.Fatal(err)
				}
				_, err = r.ReadAt(make([]byte, 10), 50_000)
				n := h.asked.Load()
				if _, again := r.ReadAt(make([]byte, 10), 20_000); again != err || h.asked.Load() != n {
					t.Errorf("asked again: %v", again)
				}
			}
			var e *Error
			if !errors.As(err, &e) || e.Kind != c.kind || e.What != c.words {
				t.Errorf("%v, want %s: %s", err, c.kind, c.words)
			}
			for _, text := range append(told, fmt.Sprintf("%v %+v", err, e.Err)) {
				if strings.Contains(text, "S3CRET") {
					t.Errorf("tells a secret: %s", text)
				}
			}
		})
	}
}

func TestConnectionErrors(t *testing.T) {
	h := serve(t, content(10))
	s := h.source(t)
	h.Close()
	_, err := Open(t.Context(), s, Options{Wire: wire.Options{Tries: 1}})
	var e *Error
	if !errors.As(err, &e) || e.Kind != Unreachable || !strings.Contains(e.What, "connection refused") || strings.Contains(e.What, "S3CRET") {
		t.Error(err)
	}
	u, _ := url.Parse("http://no-such-host.invalid/S3CRETPATH")
	_, err = Open(t.Context(), &HTTP{http.DefaultClient, u}, Options{Wire: wire.Options{Tries: 1}})
	if !errors.As(err, &e) || e.Kind != Unreachable || strings.Contains(e.What, "S3CRET") {
		t.Error(err)
	}
}

func TestEndsWithItsContext(t *testing.T) {
	h := serve(t, content(8<<20))
	stop := make(chan struct{})
	h.fault = func(w http.ResponseWriter, r *http.Request, n int64) bool {
		if n == 1 {
			return false
		}
		select {
		case <-r.Context().Done():
		case <-stop:
		}
		return true
	}
	defer close(stop)
	ctx, cancel := context.WithCancel(t.Context())
	r, err := Open(ctx, h.source(t), quick)
	if err != nil {
		t.Fatal(err)
	}
	done := r.Expect(1<<20, 5<<20)
	time.AfterFunc(10*time.Millisecond, cancel)
	if _, err := r.ReadAt(make([]byte, 100), 1<<20); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	done()
}

func without(h *host) {
	h.fault = func(w http.ResponseWriter, r *http.Request, _ int64) bool {
		r = r.Clone(r.Context())
		r.Header.Del("Range")
		h.serve(w, r)
		return true
	}
}

func TestNoRanges(t *testing.T) {
	b := content(100_000)
	h := serve(t, b)
	without(h)
	_, err := Open(t.Context(), h.source(t), quick)
	var none *NoRangesError
	if !errors.As(err, &none) || none.Size != int64(len(b)) || !bytes.Equal(none.Head, b[:headSize]) {
		t.Fatal(err)
	}
	t.Run("a file as short as what is asked for first", func(t *testing.T) {
		h := serve(t, b[:50])
		without(h)
		if r := open(t, h); !bytes.Equal(r.Head(), b[:50]) {
			t.Error(r.Head())
		}
	})
}

func TestSave(t *testing.T) {
	b := content(7 << 20)
	for _, ranged := range []bool{true, false} {
		t.Run(fmt.Sprintf("ranges=%t", ranged), func(t *testing.T) {
			h := serve(t, b)
			if !ranged {
				without(h)
			}
			dir := t.TempDir()
			save(t, h, dir)
			if got, err := os.ReadFile(dir + "/twitter.zip"); err != nil || !bytes.Equal(got, b) {
				t.Fatalf("%d bytes, %v", len(got), err)
			}
			before := h.sent.Load()
			save(t, h, dir) // what is there is not fetched again
			if n := h.sent.Load() - before; n > 2*int64(len(b)) || ranged && n > headSize {
				t.Errorf("%d bytes sent again", n)
			}
		})
	}
}

func save(t *testing.T, h *host, dir string) {
	t.Helper()
	if err := trySave(t.Context(), t, h, dir, nil); err != nil {
		t.Fatal(err)
	}
}

func trySave(ctx context.Context, t *testing.T, h *host, dir string, p stream.Progress) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	r, err := Open(ctx, h.source(t), quick)
	object := Object{}
	var none *NoRangesError
	switch {
	case errors.As(err, &none):
		object = none.Object
	case err != nil:
		return err
	default:
		object = r.Object()
	}
	return Save(ctx, h.source(t), quick, object, r, root, "twitter.zip", p)
}

// An ending cancels when so many bytes have come.
type ending struct {
	left   int64
	cancel func()
}

func (*ending) Expect(int64) {}
func (e *ending) Add(n int64) {
	if e.left -= n; e.left <= 0 {
		e.cancel()
	}
}

// A server that sends parts after all is asked for the rest, and one that has
// another file by now begins anew.
func TestSaveGoesOn(t *testing.T) {
	b := content(3 << 20)
	h := serve(t, b)
	dir := t.TempDir()
	h.fault = func(w http.ResponseWriter, r *http.Request, n int64) bool {
		if n > 2 {
			return false
		}
		w.Header().Set("ETag", h.etag)
		w.Header().Set("Content-Length", fmt.Sprint(len(b)))
		w.Write(b[:2<<20])
		panic(http.ErrAbortHandler)
	}
	save(t, h, dir)
	if got, _ := os.ReadFile(dir + "/twitter.zip"); !bytes.Equal(got, b) {
		t.Fatal("other bytes")
	}
	if n := h.sent.Load(); n > 1<<20 {
		t.Errorf("%d bytes sent, want what was missing", n)
	}

	ctx, cancel := context.WithCancel(t.Context())
	dir = t.TempDir()
	h.fault = nil
	if err := trySave(ctx, t, h, dir, &ending{2 << 20, cancel}); err == nil {
		t.Fatal("it was not interrupted")
	}
	before := h.sent.Load()
	save(t, h, dir)
	if n := h.sent.Load() - before; n > 1<<20+headSize {
		t.Errorf("%d bytes sent again", n)
	}
	h.b, h.etag = content(2<<20), `"two"`
	save(t, h, dir)
	if got, _ := os.ReadFile(dir + "/twitter.zip"); !bytes.Equal(got, h.b) {
		t.Error("the other file was not fetched")
	}
}

// An ETag that is weak at first and strong then is the same (RFC 9110, 8.8.3.2).
func TestWeakETag(t *testing.T) {
	b := content(100_000)
	h := serve(t, b)
	h.etag = `W/"one"`
	r := open(t, h)
	h.etag = `"one"`
	p := make([]byte, 100)
	if _, err := r.ReadAt(p, 50_000); err != nil || !bytes.Equal(p, b[50_000:50_100]) {
		t.Error(err)
	}
}

func TestContentRange(t *testing.T) {
	for text, want := range map[string]string{
		"bytes 0-99/1234": "0 100 1234", "bytes 5-5/*": "5 1 -1", "bytes 0-99/50": "", "bytes 9-5/100": "", "bytes */100": "", "": "", "items 0-1/2": "", "bytes -5-9/100": "",
	} {
		a, n, size, err := contentRange(text)
		got := fmt.Sprintf("%d %d %d", a, n, size)
		if err != nil {
			got = ""
		}
		if got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}
