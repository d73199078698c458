package webdav

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/conform"
	"github.com/spaces-cli/spaces/internal/publish/wire"
)

func TestURLs(t *testing.T) {
	for _, u := range []string{"", "webdav://", "http://host/", "host/folder", "webdavs://me:secret@host/?x", "webdav://host/#x", "webdav://me:secret@host/%zz"} {
		if _, err := New(Config{URL: u}); err == nil {
			t.Errorf("%q is taken", u)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: a secret in %v", u, err)
		}
	}
	for u, want := range map[string][2]string{
		"webdav://host":                     {"http://host/", "webdav://host"},
		"webdavs://me:secret@host:444/a%20": {"https://host:444/a%20/", "webdavs://host:444/a%20"},
		"webdavs://host/a/":                 {"https://host/a/", "webdavs://host/a/"},
	} {
		target, err := New(Config{URL: u})
		if err != nil {
			t.Errorf("%s: %v", u, err)
			continue
		}
		if got := [2]string{target.root.String(), target.Place()}; got != want {
			t.Errorf("%s: %q, want %q", u, got, want)
		}
	}
}

// put sends something and returns the error.
func put(t *testing.T, c Config, name string, n int) error {
	t.Helper()
	up := conform.NewSending(name, make([]byte, n))
	_, err := open(t, c).Put(t.Context(), &up.Upload)
	return err
}

func TestApacheRefuses(t *testing.T) {
	s := server{conform.Apache(t), "basic"}
	full := s.Sub(t, "open/full")
	if err := os.WriteFile(filepath.Join(s.Sub(t, "open/sub"), "file"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	at := func(folder string) Config {
		return Config{URL: "webdav://" + s.Addr + "/" + folder, User: conform.User, Password: conform.Secret, Wire: quick}
	}
	for _, c := range []struct {
		name   string
		config Config
		object string
		want   error // nil: none of the kinds
		text   string
	}{
		{"no such folder", at("open/missing"), "a.m4a", publish.ErrNotExist, "the folder does not exist"},
		{"nobody may write", at("readonly"), "a.m4a", publish.ErrDenied, "403"},
		{"nobody may make folders", at("readonly"), "folder/a.m4a", publish.ErrDenied, "403"},
		{"no credentials", Config{URL: at("basic").URL, Wire: quick}, "a.m4a", publish.ErrDenied, "401"},
		{"a file in the way", at("open/sub"), "file/a.m4a", nil, ""},
		{"a folder of that name", at("open"), "sub", publish.ErrDiffers, "a folder"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := put(t, c.config, c.object, 1000)
			switch {
			case err == nil:
				t.Fatal("no error")
			case c.want != nil && !errors.Is(err, c.want), !strings.Contains(err.Error(), c.text), wire.Retryable(err):
				t.Errorf("error %v, want %v that says %q", err, c.want, c.text)
			}
		})
	}
	if i, err := os.Stat(filepath.Join(s.Dir, "open", "sub")); err != nil || !i.IsDir() {
		t.Error("a folder was replaced by a file")
	}

	t.Run("full", func(t *testing.T) {
		if runtime.GOOS != "linux" || os.Getuid() != 0 {
			t.Skip("only root mounts file systems")
		}
		if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", full).CombinedOutput(); err != nil {
			t.Skipf("mount: %s", out)
		}
		defer exec.Command("umount", "-l", full).Run()
		if err := put(t, at("open/full"), "a.m4a", 4<<20); !errors.Is(err, publish.ErrFull) {
			t.Errorf("error %v", err)
		}
		if list, _ := os.ReadDir(full); len(list) != 0 {
			t.Errorf("left %v", list)
		}
		if err := put(t, at("open/full"), "a.m4a", 1000); err != nil {
			t.Errorf("a small one: %v", err)
		}
	})
}

func TestNoWebDAV(t *testing.T) {
	s := httptest.NewServer(http.FileServer(http.Dir(t.TempDir())))
	defer s.Close()
	for _, status := range []int{http.StatusMethodNotAllowed, http.StatusNotImplemented, http.StatusOK} {
		front := conform.Front(t, s.Listener.Addr().String(), false, func(w http.ResponseWriter, r *http.Request) bool {
			w.WriteHeader(status)
			return true
		})
		err := put(t, Config{URL: strings.Replace(front.URL, "http", "webdav", 1), Wire: quick}, "a.m4a", 10)
		if err == nil || wire.Retryable(err) || status != 200 && !strings.Contains(err.Error(), "does not support WebDAV") {
			t.Errorf("%d: error %v", status, err)
		}
	}
}

// What an interrupted run left is removed by the next one, and nothing else.
func TestTidies(t *testing.T) {
	s := server{conform.Apache(t), "open"}
	dir := s.Sub(t, "open/site")
	c := Config{URL: "webdav://" + s.Addr + "/open/site", Wire: quick}
	left := "folder/.spaces-00112233445566778899aabbccddeeff.part"
	other := "folder/precious.m4a"
	saved, err := json.Marshal(state{Temporary: []string{left, other, "../outside/.spaces-00112233445566778899aabbccddeeff.part"}})
	if err != nil {
		t.Fatal(err)
	}
	outside := filepath.Join(s.Sub(t, "open/outside"), filepath.Base(left))
	for _, how := range []string{"Put", "Forget", "Leftovers"} {
		s.Sub(t, "open/site/folder")
		for _, name := range []string{filepath.Join(dir, left), filepath.Join(dir, other), outside} {
			if err := os.WriteFile(name, []byte("half"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		target := open(t, c)
		switch how {
		case "Put":
			up := conform.NewSending("a.m4a", []byte("sound"))
			up.State = saved
			_, err = target.Put(t.Context(), &up.Upload)
		case "Forget":
			err = target.Forget(t.Context(), "a.m4a", saved)
		case "Leftovers":
			var list []publish.Leftover
			list, err = target.Leftovers(t.Context())
			if len(list) != 1 || list[0].Name != left || list[0].Bytes != 4 || list[0].Since.IsZero() {
				t.Fatalf("leftovers %+v", list)
			}
			err = errors.Join(err, list[0].Remove(t.Context()))
		}
		if err != nil {
			t.Errorf("%s: %v", how, err)
		}
		if _, err := os.Stat(filepath.Join(dir, left)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: what was left is still there", how)
		}
		for _, name := range []string{filepath.Join(dir, other), outside} {
			if _, err := os.Stat(name); err != nil {
				t.Errorf("%s: %v", how, err)
			}
		}
	}
}

func TestChallenges(t *testing.T) {
	for header, want := range map[string]string{
		`Basic realm="x"`: "basic",
		`Negotiate, Basic realm="a, b=\"c\"", Digest realm="r", nonce="n", qop="auth,auth-int"`: "digest",
		`Digest realm="r", nonce="n", algorithm=SHA-512-256`:                                    "",
		`Digest realm="r", nonce="n", qop="auth-int"`:                                           "",
		`Bearer`:          "",
		``:                "",
		`,,=`:             "",
		`Digest nonce="`:  "digest",
		`basic`:           "basic",
		`Digest  realm=x`: "digest",
	} {
		t.Run(header, func(t *testing.T) {
			l := login{user: "me", password: "secret"}
			got := ""
			if l.answer([]string{header}) {
				got = l.way.scheme
				r, _ := http.NewRequest("PUT", "http://host/a", nil)
				l.authorize(r)
				if r.Header.Get("Authorization") == "" {
					t.Errorf("%s: no header", header)
				}
			}
			if got != want {
				t.Errorf("%s: %q, want %q", header, got, want)
			}
		})
	}
	if (&login{}).answer([]string{"Basic"}) {
		t.Error("who has no credentials answers")
	}
}

// The examples of RFC 7616, 3.9.1.
func TestDigest(t *testing.T) {
	const challenge = `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=%s, ` +
		`nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`
	for algorithm, want := range map[string]string{
		"MD5":     "8ca523f5e9506fed4657c9700eebdbec",
		"SHA-256": "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
	} {
		l := login{user: "Mufasa", password: "Circle of Life"}
		if !l.answer([]string{strings.Replace(challenge, "%s", algorithm, 1)}) {
			t.Fatal("not taken")
		}
		l.count = 1
		got := l.digest("GET", "/dir/index.html", "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ")
		if !strings.Contains(got, `response="`+want+`"`) {
			t.Errorf("%s: %s, want the response %s", algorithm, got, want)
		}
	}
}

const someAnswer = `<?xml version="1.0"?><D:multistatus xmlns:D="DAV:"><D:response><D:href>http://host/a%20b/</D:href><D:propstat><D:prop>
<D:resourcetype><D:collection/></D:resourcetype><D:getlastmodified>Mon, 14 Jun 2021 18:00:00 GMT</D:getlastmodified></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>
<D:response><D:href>/a%20b/c%3F</D:href><D:propstat><D:prop><D:getcontentlength>5</D:getcontentlength></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat>
<D:propstat><D:prop><D:getetag/></D:prop><D:status>HTTP/1.1 404 Not Found</D:status></D:propstat></D:response>
<D:response><D:href>/a%20b/gone</D:href><D:status>HTTP/1.1 404 Not Found</D:status></D:response></D:multistatus>`

func TestMultistatus(t *testing.T) {
	list, err := parseMultistatus(strings.NewReader(someAnswer))
	if err != nil || len(list) != 2 || !list[0].folder || list[0].modified.Unix() != 1623693600 || list[1].folder || list[1].size != 5 || list[1].name != "c?" {
		t.Errorf("%+v, %v", list, err)
	}
	for n := range len(someAnswer) {
		if _, err := parseMultistatus(strings.NewReader(someAnswer[:n])); err == nil {
			t.Fatalf("cut after %d bytes it is taken", n)
		} else if !wire.Retryable(err) {
			t.Fatalf("cut after %d bytes it is not asked for again: %v", n, err)
		}
	}
	endless := io.MultiReader(strings.NewReader(`<D:multistatus xmlns:D="DAV:">`), repeat(" "))
	if _, err := parseMultistatus(endless); err == nil || wire.Retryable(err) {
		t.Errorf("an endless answer: %v", err)
	}
}

// repeat reads the same for ever.
type repeat string

func (r repeat) Read(p []byte) (int, error) {
	return copy(p, bytes.Repeat([]byte(r), len(p)/len(r)+1)), nil
}

func FuzzMultistatus(f *testing.F) {
	f.Add([]byte(someAnswer))
	f.Add([]byte(`<multistatus xmlns="DAV:"/>`))
	f.Add([]byte(`<a><response xmlns="DAV:"><href>..</href><propstat><status>HTTP/1.1 200</status></propstat></response></a></multistatus>`))
	f.Fuzz(func(t *testing.T, b []byte) {
		list, err := parseMultistatus(bytes.NewReader(b))
		if err == nil && len(list) == 0 {
			t.Error("an answer that tells of nothing is taken")
		}
		for _, e := range list {
			if e.name == "" || e.name == "." || e.name == ".." || e.size < -1 {
				t.Errorf("%+v", e)
			}
		}
	})
}

func FuzzChallenges(f *testing.F) {
	f.Add(`Negotiate, Basic realm="a, b=\"c\"", Digest realm="r", nonce="n", qop="auth,auth-int"`)
	f.Add(`Digest a="\`)
	f.Fuzz(func(t *testing.T, header string) {
		l := login{user: "me", password: "secret"}
		if l.answer([]string{header}) {
			r, _ := http.NewRequest("PUT", "http://host/a", nil)
			l.authorize(r)
		}
	})
}
