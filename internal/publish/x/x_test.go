package x_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/wire"
	"github.com/spaces-cli/spaces/internal/publish/x"
	"github.com/spaces-cli/spaces/internal/publish/x/xtest"
)

// memory keeps a token.
type memory struct {
	mu    sync.Mutex
	lock  sync.Mutex
	t     x.Token
	saved int
}

func (m *memory) Load() (x.Token, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.t.Access == "" {
		return x.Token{}, x.ErrSignedOut
	}
	return m.t, nil
}

func (m *memory) Save(t x.Token) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.t, m.saved = t, m.saved+1
	return nil
}

func (m *memory) Lock(context.Context) (func(), error) {
	m.lock.Lock()
	return m.lock.Unlock, nil
}

// A rig is a client with what it needs, and a server for it.
type rig struct {
	t       *testing.T
	x       *xtest.Server
	tokens  *memory
	library *os.Root
	dir     string
	waits   int
	p       *x.Post
}

// segment is the size of parts in these tests.
const segment = 64 << 10

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, x: xtest.New(t), tokens: new(memory), dir: t.TempDir()}
	root, err := os.OpenRoot(r.dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	r.library = root
	access, refresh := r.x.Tokens()
	r.tokens.t = x.Token{Access: access, Refresh: refresh, Expires: time.Now().Add(time.Hour), User: xtest.User, Handle: xtest.Handle}
	clip := xtest.Clip(t, 64, 64, 2*segment+segment/4) // three parts
	sum := sha256.Sum256(clip)
	r.p = &x.Post{Body: bytes.NewReader(clip), Size: int64(len(clip)), SHA256: hex.EncodeToString(sum[:]), Text: "What we said. 🎙️"}
	return r
}

func (r *rig) client() *x.Client {
	limits := x.Current()
	limits.Segment = segment
	return x.New(x.Config{
		ClientID: xtest.ClientID, Tokens: r.tokens, Limits: limits, API: r.x.URL, Site: r.x.URL, Now: time.Now, Poll: time.Millisecond,
		Wire: wire.Options{Backoff: time.Millisecond, Tries: 3}, Waiting: func(time.Time) { r.waits++ },
	})
}

// post posts as a run of the program does.
func (r *rig) post(ctx context.Context) (*publish.Receipt, error) {
	r.t.Helper()
	c := r.client()
	defer c.Close()
	a, err := c.Open(ctx, r.library, xtest.Handle, r.p, 20*time.Second)
	if err != nil {
		r.t.Fatal(err)
	}
	defer a.Close()
	return c.Post(ctx, a, r.p, publish.Receipt{File: "clip.mp4", Target: "x", Place: c.Place(xtest.Handle), Bytes: r.p.Size, SHA256: r.p.SHA256})
}

// once fails unless there is one post, with the whole video.
func (r *rig) once(got *publish.Receipt) {
	r.t.Helper()
	posts := r.x.Posts()
	if len(posts) != 1 || got == nil || got.URL != r.x.URL+"/i/web/status/"+posts[0].ID || posts[0].Text != r.p.Text || posts[0].ReplyTo != r.p.ReplyTo {
		r.t.Fatalf("posts %+v, receipt %+v", posts, got)
	}
	m := r.x.Medium(posts[0].Media[0])
	want := make([]byte, r.p.Size)
	r.p.Body.ReadAt(want, 0)
	if !bytes.Equal(m.Content(), want) || m.Type != "video/mp4" || m.Category != "tweet_video" {
		r.t.Errorf("X has %s, %s of %d bytes", m.Category, m.Type, len(m.Content()))
	}
	r.quiet()
}

// quiet fails if a secret stands in the library.
func (r *rig) quiet() {
	r.t.Helper()
	n := 0
	filepath.WalkDir(r.dir, func(name string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			b, _ := os.ReadFile(name)
			n += len(b)
			for line := range bytes.Lines(b) { // the journal's states are in base64
				var step struct{ State []byte }
				if json.Unmarshal(line, &step) == nil {
					b = append(b, step.State...)
				}
			}
			if bytes.Contains(b, []byte("SECRET")) {
				r.t.Errorf("%s: %s", name, b)
			}
		}
		return err
	})
	if n == 0 {
		r.t.Error("the library is empty")
	}
}

// at returns a Fault for the request of that number whose path ends so, the
// first if n is 1.
func at(suffix string, n int, f *xtest.Fault) func(int, *http.Request) *xtest.Fault {
	seen := 0
	return func(_ int, r *http.Request) *xtest.Fault {
		if strings.HasSuffix(r.URL.Path, suffix) {
			if seen++; seen == n {
				return f
			}
		}
		return nil
	}
}

func TestPost(t *testing.T) {
	r := newRig(t)
	r.x.Polls = 2
	r.p.Alt, r.p.ReplyTo, r.p.Captions, r.p.Language = "Two people talk.", "99", []byte("1\n00:00:00,000 --> 00:00:01,000\nHello\n"), "en"
	got, err := r.post(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r.once(got)
	m := r.x.Medium(r.x.Posts()[0].Media[0])
	if m.Alt != r.p.Alt || m.Language != "EN" || !bytes.Equal(r.x.Medium(m.Captions).Content(), r.p.Captions) || len(m.Parts) != 3 {
		t.Errorf("%+v", m)
	}
	if got.Place != r.x.URL+"/"+xtest.Handle || got.Kind != publish.Clip || !slices.Equal(got.Verified, []string{"size"}) || got.Post.Text != r.p.Text || got.Post.ReplyTo != "99" {
		t.Errorf("%+v", got)
	}
	c := r.client()
	a, err := c.Open(t.Context(), r.library, xtest.Handle, r.p, 0)
	if err != nil || a.Earlier() == nil || a.Earlier().Post.ID != got.Post.ID {
		t.Fatalf("%+v, %v", a, err)
	}
	a.Close()
	// The plan names what was asked, and nothing else.
	var asked []string
	for _, l := range r.x.Lines() {
		if len(asked) == 0 || asked[len(asked)-1] != l || strings.HasSuffix(l, "/append") {
			asked = append(asked, l)
		}
	}
	plan := slices.DeleteFunc(c.Plan(r.p), func(l string) bool { // captions were ready at once
		return strings.Contains(l, "media_id=CAPTIONS")
	})
	if len(plan) != len(asked) {
		t.Fatalf("plan %q, asked %q", plan, asked)
	}
	for i, l := range plan {
		l = strings.NewReplacer("VIDEO", r.x.Posts()[0].Media[0], "CAPTIONS", m.Captions, r.x.URL, "").Replace(l)
		if !strings.HasPrefix(l, asked[i]) {
			t.Errorf("planned %s, asked %s", l, asked[i])
		}
	}
}

// Faults that trying again mends: at each request, before and after X has done
// the work.
func TestFaultsThatPass(t *testing.T) {
	faults := map[string]xtest.Fault{
		"500":        {Status: 500, Body: `{"title":"Internal Server Error"}`},
		"503 late":   {Status: 503, Late: true},
		"broken":     {},
		"broken out": {Late: true},
		"garbage":    {Status: 200, Late: true, Body: "<html>"},
		"429":        {Status: 429, Header: http.Header{"X-Rate-Limit-Reset": {fmt.Sprint(time.Now().Unix())}}, Body: `{"title":"Too Many Requests"}`},
	}
	steps := []struct {
		suffix string
		n      int
	}{{"/initialize", 1}, {"/append", 1}, {"/append", 3}, {"/finalize", 1}, {"/2/media/upload", 2}, {"/metadata", 1}}
	for name, f := range faults {
		for _, s := range steps {
			if name == "garbage" && s.suffix != "/initialize" && s.suffix != "/2/media/upload" {
				continue
			}
			t.Run(name+s.suffix, func(t *testing.T) {
				t.Parallel()
				r := newRig(t)
				r.x.Polls, r.p.Alt = 3, "alt"
				r.x.Fault = at(s.suffix, s.n, &f)
				got, err := r.post(t.Context())
				if name == "garbage" {
					if err == nil || len(r.x.Posts()) != 0 {
						t.Fatalf("%v; %v", err, r.x.Posts())
					}
					r.x.Do(func() { r.x.Fault = nil })
					got, err = r.post(t.Context())
				}
				if err != nil {
					t.Fatal(err)
				}
				r.once(got)
				if (name == "429") != (r.waits == 1) {
					t.Errorf("%d waits", r.waits)
				}
			})
		}
	}
}

// What may have made a post is never done again until somebody says what became
// of it.
func TestUnknownOutcome(t *testing.T) {
	for name, f := range map[string]xtest.Fault{
		"500 after":     {Late: true, Status: 500, Body: `{"title":"Internal Server Error","detail":"Bearer access-SECRET"}`},
		"500 before":    {Status: 500},
		"503":           {Status: 503, Header: http.Header{"Retry-After": {"1"}}},
		"408":           {Status: 408},
		"broken after":  {Late: true},
		"broken before": {},
		"garbage":       {Late: true, Status: 201, Body: "{"},
		"no id":         {Late: true, Status: 201, Body: `{"data":{}}`},
		"no data":       {Late: true, Status: 200, Body: `{"errors":[{"message":"what?"}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.x.Fault = at("/2/tweets", 1, &f)
			var unknown *x.UnknownError
			for range 3 {
				_, err := r.post(t.Context())
				if !errors.As(err, &unknown) {
					t.Fatal(err)
				}
				if strings.Contains(err.Error(), r.tokens.t.Access) {
					t.Error(err)
				}
			}
			made := len(r.x.Posts())
			if late := f.Late; made > 1 || late != (made == 1) || count(r.x.Lines(), "POST /2/tweets") != 1 {
				t.Fatalf("%d posts, %q", made, r.x.Lines())
			}
			c := r.client()
			a, err := c.Open(t.Context(), r.library, xtest.Handle, r.p, 0)
			if err != nil || a.Unknown() == nil || a.Unknown().Text != r.p.Text {
				t.Fatalf("%v, %v", a, err)
			}
			if made == 1 {
				got, err := c.Settle(a, r.x.Posts()[0].ID, publish.Receipt{Place: c.Place(xtest.Handle), Bytes: r.p.Size, SHA256: r.p.SHA256})
				a.Close()
				if err != nil {
					t.Fatal(err)
				}
				r.once(got)
				if got, err = r.post(t.Context()); err != nil {
					t.Fatal(err)
				}
				r.once(got)
				return
			}
			if err := a.Forget(); err != nil {
				t.Fatal(err)
			}
			a.Close()
			got, err := r.post(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			r.once(got)
			if n := count(r.x.Lines(), "POST /2/media/upload/initialize"); n != 1 {
				t.Errorf("uploaded %d times", n)
			}
		})
	}
}

func count(list []string, want string) (n int) {
	for _, l := range list {
		if l == want {
			n++
		}
	}
	return n
}

// What X refuses is final, and is no attempt in doubt.
func TestRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		suffix string
		f      xtest.Fault
		want   string
	}{
		"too long, post":     {"/2/tweets", xtest.Fault{Status: 403, Body: `{"title":"Forbidden","detail":"You are not allowed to post a video longer than 2 minutes.","status":403}`}, "longer than 2 minutes"},
		"too long, finalize": {"/finalize", xtest.Fault{Status: 403, Body: `{"errors":[{"message":"This user is not allowed to post a video longer than 2 minutes."}]}`}, "longer than 2 minutes"},
		"no money":           {"/initialize", xtest.Fault{Status: 402, Body: `{"title":"CreditsDepleted","detail":"Your enrolled account does not have any credits."}`}, "any credits"},
		"duplicate":          {"/2/tweets", xtest.Fault{Status: 403, Body: `{"detail":"You are not allowed to create a Tweet with duplicate content."}`}, "duplicate"},
		"rate, far":          {"/2/tweets", xtest.Fault{Status: 429, Header: http.Header{"X-Rate-Limit-Reset": {fmt.Sprint(time.Now().Add(24 * time.Hour).Unix())}}}, "429"},
		"repeats the token":  {"/2/tweets", xtest.Fault{Status: 403, Body: `{"detail":"Authorization: Bearer access-SECRET-whatever"}`}, "•••"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.x.Fault = func(_ int, q *http.Request) *xtest.Fault {
				if strings.HasSuffix(q.URL.Path, c.suffix) {
					return &c.f
				}
				return nil
			}
			_, err := r.post(t.Context())
			if err == nil || !strings.Contains(err.Error(), c.want) || errors.As(err, new(*x.UnknownError)) || strings.Contains(err.Error(), "SECRET") {
				t.Fatal(err)
			}
			n := 0
			for _, l := range r.x.Lines() {
				if strings.HasSuffix(l, c.suffix) {
					n++
				}
			}
			if n != 1 || len(r.x.Posts()) != 0 {
				t.Errorf("asked %d times, %d posts", n, len(r.x.Posts()))
			}
			r.x.Do(func() { r.x.Fault = nil })
			got, err := r.post(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			r.once(got)
		})
	}
}

func TestFailedProcessing(t *testing.T) {
	r := newRig(t)
	r.x.Polls, r.x.Fails = 2, true
	if _, err := r.post(t.Context()); !errors.Is(err, x.ErrProcessing) {
		t.Fatal(err)
	}
	r.x.Do(func() { r.x.Fails = false })
	got, err := r.post(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r.once(got)
	if n := count(r.x.Lines(), "POST /2/media/upload/initialize"); n != 2 {
		t.Errorf("what failed was used again: uploaded %d times", n)
	}
}

// What an earlier run has sent is used while X keeps it, and not after.
func TestResume(t *testing.T) {
	t.Run("media", func(t *testing.T) {
		r := newRig(t)
		ctx, cancel := context.WithCancel(t.Context())
		r.x.Fault = func(n int, q *http.Request) *xtest.Fault {
			if n == 3 { // the second part
				cancel()
			}
			return nil
		}
		if _, err := r.post(ctx); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		r.x.Do(func() { r.x.Fault = nil })
		got, err := r.post(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		r.once(got)
		if n := count(r.x.Lines(), "POST /2/media/upload/initialize"); n != 1 {
			t.Errorf("uploaded %d times", n)
		}
	})
	t.Run("expired", func(t *testing.T) {
		r := newRig(t)
		r.x.Life = time.Minute // less than what is left for margins
		r.x.Fault = at("/2/tweets", 1, &xtest.Fault{Status: 403, Body: `{"detail":"no"}`})
		if _, err := r.post(t.Context()); err == nil {
			t.Fatal("posted")
		}
		got, err := r.post(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		r.once(got)
		if n := count(r.x.Lines(), "POST /2/media/upload/initialize"); n != 2 {
			t.Errorf("uploaded %d times", n)
		}
	})
	t.Run("thrown away", func(t *testing.T) {
		r := newRig(t)
		r.x.Fault = at("/2/tweets", 1, &xtest.Fault{Status: 403, Body: `{"detail":"no"}`})
		if _, err := r.post(t.Context()); err == nil {
			t.Fatal("posted")
		}
		r.x.Do(func() {
			r.x.Fault = at("/2/tweets", 1, &xtest.Fault{Status: 400, Body: `{"detail":"Your media IDs are invalid."}`})
		})
		got, err := r.post(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		r.once(got)
	})
}

// A file that changes while it is sent is in no post.
func TestChangedFile(t *testing.T) {
	r := newRig(t)
	clip := xtest.Clip(t, 64, 64, 2*segment+segment/4+1)
	r.p.Body = bytes.NewReader(clip)
	if _, err := r.post(t.Context()); !errors.Is(err, publish.ErrChanged) || len(r.x.Posts()) != 0 {
		t.Error(err)
	}
}

// Who stops the program while X takes the post still learns its id.
func TestStoppedAtThePost(t *testing.T) {
	r := newRig(t)
	ctx, cancel := context.WithCancel(t.Context())
	r.x.Fault = func(_ int, q *http.Request) *xtest.Fault {
		if q.URL.Path == "/2/tweets" {
			cancel()
		}
		return nil
	}
	got, err := r.post(ctx)
	if err != nil {
		t.Fatal(err)
	}
	r.once(got)
}

// Programs that post the same at the same time make one post.
func TestSamePostAtOnce(t *testing.T) {
	r := newRig(t)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if _, err := r.post(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	got, err := r.post(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r.once(got)
	if r.tokens.saved != 0 {
		t.Error("a token was renewed")
	}
}

// A run that was killed after it had learnt the id of its post, and before it
// had kept the receipt, is followed by one that does.
func TestKilledBeforeTheReceipt(t *testing.T) {
	for _, text := range []string{"", "something else"} {
		r := newRig(t)
		receipts := filepath.Join(r.dir, layout.Uploads, "receipts.jsonl")
		r.x.Fault = func(_ int, q *http.Request) *xtest.Fault {
			if q.URL.Path == "/2/tweets" {
				os.Mkdir(receipts, 0o755)
			}
			return nil
		}
		if _, err := r.post(t.Context()); err == nil || !strings.Contains(err.Error(), "it was posted, "+r.x.URL) {
			t.Fatal(err)
		}
		if err := os.RemoveAll(receipts); err != nil {
			t.Fatal(err)
		}
		first := *r.p
		if text != "" {
			r.p.Text = text
			if got, err := r.post(t.Context()); err != nil || got.Post.Text != text {
				t.Fatal(got, err)
			}
			if n := len(r.x.Posts()); n != 2 {
				t.Errorf("%d posts", n)
			}
		}
		r.p = &first
		got, err := r.post(t.Context())
		if err != nil || got.Post.Text != first.Text || got.Post.ID != r.x.Posts()[0].ID {
			t.Errorf("%+v, %v", got, err)
		}
	}
}
