package keyring

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// netrcs are files, and whom 127.0.0.1 is told of by who reads them.
var netrcs = []struct {
	name, text     string
	asks           string // the user asked for, or ""
	user, password string // password "": none is found
}{
	{"one line", "machine 127.0.0.1 login ann password hunter2\n", "", "ann", "hunter2"},
	{"many lines, no end", "machine\n127.0.0.1\n\tlogin ann\r\n  password hunter2", "", "ann", "hunter2"},
	{"the second", "machine example.com login eve password no\nmachine 127.0.0.1 login ann password hunter2", "", "ann", "hunter2"},
	{"the first of two", "machine 127.0.0.1 login ann password hunter2 machine 127.0.0.1 login bob password other", "", "ann", "hunter2"},
	{"that of a user", "machine 127.0.0.1 login ann password hunter2 machine 127.0.0.1 login bob password other", "bob", "bob", "other"},
	{"none of a user", "machine 127.0.0.1 login ann password hunter2", "bob", "", ""},
	{"default", "machine example.com login eve password no\ndefault login ann password hunter2", "", "ann", "hunter2"},
	{"before default", "machine 127.0.0.1 login ann password hunter2\ndefault login bob password other", "", "ann", "hunter2"},
	{"remarks", "# machine 127.0.0.1 login eve password no\nmachine 127.0.0.1 # here\n login ann password hunt#er2\n", "", "ann", "hunt#er2"},
	{"quotes", `machine 127.0.0.1 login ann password "hun\"ter\\2 #x"`, "", "ann", `hun"ter\2 #x`},
	{"a macro", "macdef init\nmachine 127.0.0.1 login eve password no\n\nmachine 127.0.0.1 login ann password hunter2", "", "ann", "hunter2"},
	{"account", "machine 127.0.0.1 login ann account machine password hunter2", "", "ann", "hunter2"},
	{"another host", "machine 127.0.0.10 login ann password hunter2", "", "", ""},
	{"nothing", "", "", "", ""},
}

func TestNetrc(t *testing.T) {
	for _, c := range netrcs {
		t.Run(c.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "netrc")
			if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := Netrc(file, "127.0.0.1", c.asks)
			if c.password == "" {
				if !errors.Is(err, ErrNone) {
					t.Errorf("got %v, %v; want none", got, err)
				}
				return
			}
			if err != nil || got["user"] != c.user || got["password"] != c.password {
				t.Errorf("got %v, %v; want %s and %s", got, err, c.user, c.password)
			}
		})
	}
	if _, err := Netrc(filepath.Join(t.TempDir(), "missing"), "127.0.0.1", ""); !errors.Is(err, ErrNone) {
		t.Errorf("no file: %v", err)
	}
}

// curl reads the files as we do, as far as it knows what is in them.
func TestNetrcAsCurl(t *testing.T) {
	curl, err := exec.LookPath("curl")
	if err != nil {
		t.Skip("curl is missing")
	}
	type login struct{ user, password string }
	logins := make(chan login, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		logins <- login{user, password}
	}))
	defer server.Close()
	for _, c := range netrcs {
		switch c.name {
		case "account": // curl takes the name of an account for a word of its own
			continue
		case "none of a user": // curl 7 sends somebody else's password then
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "netrc")
			if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			at := server.URL
			if c.asks != "" {
				at = strings.Replace(at, "://", "://"+c.asks+"@", 1)
			}
			if out, err := exec.Command(curl, "-q", "-sS", "--noproxy", "*", "--netrc-file", file, at).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			if got := <-logins; got.password != c.password || c.password != "" && got.user != c.user {
				t.Errorf("curl sends %q, we %q %q", got, c.user, c.password)
			}
		})
	}
}

func TestNetrcOfAll(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such modes")
	}
	file := filepath.Join(t.TempDir(), "netrc")
	if err := os.WriteFile(file, []byte("machine here login ann password hunter2"), 0o644); err != nil {
		t.Fatal(err)
	}
	var open *PermissionError
	if _, err := Netrc(file, "here", ""); !errors.As(err, &open) || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v, want a PermissionError", err)
	}
	// What is not asked for harms nobody here.
	if _, err := Netrc(file, "there", ""); !errors.Is(err, ErrNone) {
		t.Errorf("got %v", err)
	}
}

func FuzzNetrc(f *testing.F) {
	for _, c := range netrcs {
		f.Add(c.text)
	}
	f.Add(`machine "`)
	f.Add(`machine "a\`)
	f.Fuzz(func(t *testing.T, text string) {
		for _, m := range parseNetrc(text) {
			if strings.Count(text, "machine")+strings.Count(text, "default") == 0 {
				t.Errorf("an entry %v of nothing", m)
			}
		}
	})
}
