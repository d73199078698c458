package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/fixture/jsondoc"
	"github.com/spaces-cli/spaces/internal/publish/x/xtest"
)

// secretOfX is part of every secret that a server that plays X gives.
var secretOfX = secretsIn{"SECRET"}

// newPosting returns the program with a server that plays X.
func newPosting(t *testing.T) (*realSpaces, *xtest.Server) {
	s := xtest.New(t)
	l, err := net.Listen("tcp", "127.0.0.1:0") // a port that is free
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	port := l.Addr().(*net.TCPAddr).Port
	return newRealSpaces(t, "SPACES_CONSENT_POST=off", "SPACES_X_API="+s.URL, "SPACES_X_CLIENT_ID="+xtest.ClientID, "SPACES_X_REDIRECT_PORT="+strconv.Itoa(port)), s
}

// signIn signs in as a browser on this computer would, or, if paste is set,
// one on another.
func signIn(t *testing.T, p *realSpaces, paste bool) {
	t.Helper()
	args := []string{"target", "login", "x", "--json"}
	if paste {
		args = append(args, "--paste")
	}
	cmd := p.command(args...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer in.Close()
	lines := bufio.NewReader(out)
	first, err := lines.ReadString('\n')
	if err != nil {
		t.Fatal(err, said.String())
	}
	if err := jsondoc.Check(first, "target login x"); err != nil {
		t.Error(err)
	}
	var page struct{ URL string }
	if err := json.Unmarshal([]byte(first), &page); err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(page.URL)
	if err != nil {
		t.Fatal(err)
	}
	redirect := u.Query().Get("redirect_uri")
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	get := func(url string) *http.Response {
		resp, err := browser.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp
	}
	if !paste { // anybody may knock
		for _, q := range []string{"", "?state=guessed&code=1", "?error=access_denied"} {
			if resp := get(redirect + q); resp.StatusCode != http.StatusBadRequest {
				t.Errorf("%s: %s", q, resp.Status)
			}
		}
	}
	to := get(page.URL).Header.Get("Location")
	if !strings.HasPrefix(to, redirect+"?") {
		t.Fatalf("sent to %q", to)
	}
	if paste {
		fmt.Fprintln(in, to)
	} else if resp := get(to); resp.StatusCode != http.StatusOK {
		t.Error(resp.Status)
	}
	rest, _ := io.ReadAll(lines)
	if err := cmd.Wait(); err != nil {
		t.Fatal(err, said.String())
	}
	if err := jsondoc.Check(string(rest), "target login"); err != nil {
		t.Error(err)
	}
	if !strings.Contains(string(rest), `"target":"x.com","where":"file"`) {
		t.Errorf("%s", rest)
	}
	secretOfX.none(t, "the output", string(rest)+said.String())
}

func TestSigningInToX(t *testing.T) {
	p, s := newPosting(t)
	signIn(t, p, false)
	if n := len(s.Lines()); n != 2 {
		t.Errorf("asked %q", s.Lines())
	}
	name := filepath.Join(p.config(), "spaces", "credentials.json")
	if info, err := os.Stat(name); runtime.GOOS == "linux" && (err != nil || info.Mode().Perm() != 0o600) {
		t.Errorf("%v, %v", info, err)
	}
	if out, said, code := p.run(t, "target", "list", "--json"); code != 0 || !strings.Contains(out, `"target":"x.com"`) {
		t.Error(out, said, code)
	}
	if out, said, code := p.run(t, "target", "remove", "x", "--yes", "--json"); code != 0 || !strings.Contains(out, `"target":"x.com","where":""`) {
		t.Error(out, said, code)
	}
	if _, said, code := p.run(t, "target", "remove", "x", "--yes", "--json"); code != app.ExitNotFound {
		t.Error(said, code)
	}
	signIn(t, p, true)
	secretOfX.noneBelow(t, p.dir, "credentials.json")
}

// posting is a command line for a clip.
func posting(file, text string) []string {
	return []string{"post", file, "--text", text, "--yes", "--json"}
}

func TestPostingOnX(t *testing.T) {
	p, s := newPosting(t)
	signIn(t, p, false)
	clip := p.file(t, "clip.mp4", string(xtest.Clip(t, 1280, 720, 5<<20)))
	captions := p.file(t, "clip.srt", "1\n00:00:00,000 --> 00:00:01,000\nHello\n")
	s.Do(func() { s.Polls = 2 })

	// Somebody is asked, or nothing is sent.
	before := len(s.Lines())
	if _, said, code := p.run(t, "post", clip, "--text", "hello", "--json"); code != app.ExitUsage || failed(t, said).Kind != "not-agreed" || len(s.Lines()) != before {
		t.Error(said, code)
	}
	out, said, code := p.run(t, append(posting(clip, "What we said"), "--alt", "Two people", "--captions", captions, "--reply-to", "77")...)
	if code != 0 {
		t.Fatal(said)
	}
	if err := jsondoc.Check(out, "post"); err != nil {
		t.Error(err)
	}
	posts := s.Posts()
	if len(posts) != 1 || posts[0].Text != "What we said" || posts[0].ReplyTo != "77" || !strings.Contains(out, `"url":"`+s.URL+"/i/web/status/"+posts[0].ID+`"`) {
		t.Fatalf("%+v\n%s", posts, out)
	}
	m := s.Medium(posts[0].Media[0])
	if m.Alt != "Two people" || s.Medium(m.Captions) == nil || m.Language != "EN" || len(m.Parts) != 2 {
		t.Errorf("%+v", m)
	}
	secretOfX.none(t, "the output", out+said)

	// Once more is not twice; another text is another post, and --json is not
	// needed.
	out, said, code = p.run(t, append(posting(clip, "What we said"), "--reply-to", "77")...)
	if code != 0 || !strings.Contains(out, `"type":"there"`) || len(s.Posts()) != 1 {
		t.Error(out, said, code)
	}
	out, said, code = p.run(t, "post", clip, "--text", "Something else", "--yes")
	if code != 0 || len(s.Posts()) != 2 || out != s.URL+"/i/web/status/"+s.Posts()[1].ID+"\n" {
		t.Error(out, said, code)
	}
	out, _, _ = p.run(t, "upload", "log", "--json")
	if err := jsondoc.Check(out, "upload log"); err != nil {
		t.Error(err)
	}
	if strings.Count(out, `"target":"x"`) != 2 {
		t.Error(out)
	}
	// What X repeats of a token is not shown.
	s.Do(func() {
		s.Fault = func(_ int, r *http.Request) *xtest.Fault {
			return &xtest.Fault{Status: http.StatusForbidden, Body: fmt.Sprintf(`{"detail":"not allowed to post a video longer than 2 minutes; you sent %s"}`, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))}
		}
	})
	_, said, code = p.run(t, posting(clip, "A third")...)
	if e := failed(t, said); code != app.ExitFailed || e.Kind != "video-too-long" || e.Hint == "" {
		t.Error(said, code)
	}
	secretOfX.none(t, "the error", said)
	secretOfX.noneBelow(t, p.dir, "credentials.json")
}

// A run that is killed at any of its requests is followed by one that posts, or
// by one that says that it does not know.
func TestKilledPosts(t *testing.T) {
	if testing.Short() {
		t.Skip("starts the program some fifty times")
	}
	p, s := newPosting(t)
	signIn(t, p, false)
	captions := p.file(t, "clip.srt", "1\n00:00:00,000 --> 00:00:01,000\nHello\n")
	s.Do(func() { s.Polls = 1 })
	long := os.Getenv("SPACES_LONG") == "1"
	doubts, n := 0, 1
	for done := false; !done; n++ {
		for _, late := range []bool{false, true} {
			if !long && late != (n%2 == 0) && n < 10 { // from there on it matters most
				continue
			}
			name := fmt.Sprintf("killed at %d, %v", n, late)
			clip := p.file(t, "clip.mp4", string(xtest.Clip(t, 64, 64, 100*n+map[bool]int{true: 1}[late])))
			args := append(posting(clip, name), "--alt", "alt", "--captions", captions)
			var reached bool
			if reached = killAt(t, p, s, n, late, args); !reached {
				done = true
			}
			made := postsWith(s, name)
			_, said, code := p.run(t, args...)
			if code != 0 {
				if e := failed(t, said); code != app.ExitFailed || e.Kind != "unknown-outcome" || !reached {
					t.Fatalf("%s: %s", name, said)
				}
				doubts++
				settle := []string{"post", clip, "--forget-attempt"}
				if len(made) == 1 {
					settle = []string{"post", clip, "--posted", made[0].ID}
				}
				for _, args := range [][]string{settle, args} {
					if _, said, code := p.run(t, args...); code != 0 {
						t.Fatalf("%s: %s", name, said)
					}
				}
			}
			if list := postsWith(s, name); len(list) != 1 {
				t.Fatalf("%s: posted %d times", name, len(list))
			}
		}
	}
	if doubts != 2 || n < 10 {
		t.Errorf("%d doubts at %d requests", doubts, n-2)
	}
	t.Logf("killed at each of %d requests", n-2)
	secretOfX.noneBelow(t, p.dir, "credentials.json")
}

func postsWith(s *xtest.Server, text string) (list []xtest.Post) {
	for _, p := range s.Posts() {
		if p.Text == text {
			list = append(list, p)
		}
	}
	return list
}

// killAt runs the program and kills it at its nth request, before the server
// has done what that asks for, or after. It reports whether there was such a
// request.
func killAt(t *testing.T, p *realSpaces, s *xtest.Server, n int, late bool, args []string) bool {
	t.Helper()
	held, free := make(chan struct{}, 1), make(chan struct{})
	seen := 0
	s.Do(func() {
		s.Fault = func(int, *http.Request) *xtest.Fault {
			if seen++; seen == n {
				return &xtest.Fault{Late: late, Hold: free, Held: held}
			}
			return nil
		}
	})
	cmd := p.command(args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	reached := false
	select {
	case <-held:
		reached = true
		cmd.Process.Kill()
		<-ended
	case err := <-ended:
		if err != nil {
			t.Fatalf("at request %d: %v", n, err)
		}
	}
	s.Do(func() { s.Fault = nil })
	close(free)
	return reached
}
