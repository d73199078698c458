package main

import (
	"encoding/base64"
	"encoding/pem"
	"encoding/xml"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httputil"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/publish/conform"
)

// repeats answers with all that the request said, as some servers do to whom
// it makes no sense.
func repeats(status int, code string) conform.Hook {
	return func(w http.ResponseWriter, r *http.Request) bool {
		said, _ := httputil.DumpRequest(r, false)
		kind := "text/plain"
		if strings.HasPrefix(r.Header.Get("Authorization"), "AWS4") || strings.HasPrefix(r.Header.Get("Authorization"), "LOW") {
			kind = "application/xml"
		}
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		if r.Method == http.MethodHead {
			return true
		}
		if kind == "text/plain" {
			w.Write(said[len(said)-len(said)/2:])
			return true
		}
		io.WriteString(w, "<Error><Code>"+code+"</Code><Message>you said ")
		xml.EscapeText(w, said)
		io.WriteString(w, "</Message></Error>")
		return true
	}
}

// What can be wrong with a target, each met by the program itself: it says what
// happened and what to do next, nothing is half there, and no secret stands
// anywhere but where it was put.
func TestUploadFaults(t *testing.T) {
	if testing.Short() {
		t.Skip("starts servers")
	}
	const passphrase, token = "pa55-of-the-key", "s3ss10n-t0ken-of-AWS"
	secrets := secretsIn{conform.S3Secret, conform.Secret, passphrase, token, "Signature=", "AWS4-HMAC", "LOW ", "Digest username",
		base64.StdEncoding.EncodeToString([]byte(conform.User + ":" + conform.Secret)), "s3cr3t-Wort"}

	gateway := conform.Gateway(t)
	bucket := gateway.Sub(t, "bucket")
	p := newRealSpaces(t, append(gatewayEnv(gateway.Addr), "AWS_SESSION_TOKEN=", "IA_ACCESS_KEY=iaKey0123456", "IA_SECRET_KEY="+conform.S3Secret)...)
	file := p.file(t, "débat ?#% 1.txt", "sound")
	front := func(hook conform.Hook) string { return conform.Front(t, gateway.Addr, false, hook).URL }
	puts := func(hook conform.Hook) conform.Hook {
		return func(w http.ResponseWriter, r *http.Request) bool { return r.Method == http.MethodPut && hook(w, r) }
	}
	trusted := conform.Front(t, gateway.Addr, true, nil)
	bundle := p.file(t, "ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: trusted.Certificate().Raw})))
	elsewhere := conform.NewElsewhere(t)
	apache := conform.Apache(t)
	sshd := conform.StartSSHD(t, conform.InternalSFTP, "ed25519")
	stranger := conform.StartSSHD(t, conform.InternalSFTP, "ed25519")
	key := conform.NewKey(t, "ed25519", passphrase)

	targets := map[string]string{
		"good":      "url: s3://bucket/good",
		"echo":      "url: s3://bucket/echo\n    endpoint: " + front(puts(repeats(403, "SignatureDoesNotMatch"))),
		"expired":   "url: s3://bucket/expired\n    endpoint: " + front(repeats(400, "ExpiredToken")),
		"skew":      "url: s3://bucket/skew\n    endpoint: " + front(puts(repeats(403, "RequestTimeTooSkewed"))),
		"full":      "url: s3://bucket/full\n    endpoint: " + front(puts(repeats(507, "XMinioStorageFull"))),
		"no-bucket": "url: s3://no-such-bucket/x",
		"lies": "url: s3://bucket/lies\n    endpoint: " + front(puts(func(w http.ResponseWriter, r *http.Request) bool {
			io.Copy(io.Discard, r.Body)
			w.Header().Set("ETag", `"0123456789abcdef0123456789abcdef"`)
			return true
		})),
		"moved": "url: s3://bucket/moved\n    endpoint: " + front(func(w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, elsewhere.URL+r.URL.RequestURI(), http.StatusTemporaryRedirect)
			return true
		}),
		"half": "url: s3://bucket/half\n    endpoint: " + front(once(puts(func(w http.ResponseWriter, r *http.Request) bool {
			panic(http.ErrAbortHandler)
		}))),
		"unlisted": "url: s3://bucket/unlisted\n    endpoint: " + front(func(w http.ResponseWriter, r *http.Request) bool {
			return r.Method == http.MethodGet && repeats(403, "AccessDenied")(w, r)
		}),
		"busy": "url: s3://bucket/busy\n    endpoint: " + front(once(puts(func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Retry-After", "1")
			return repeats(503, "SlowDown")(w, r)
		}))),
		"tls":       "url: s3://bucket/tls\n    endpoint: " + conform.Front(t, gateway.Addr, true, nil).URL,
		"bundle":    "url: s3://bucket/good\n    endpoint: " + trusted.URL,
		"nowhere":   "url: webdavs://no-such-host.invalid/x",
		"dav":       "url: webdav://" + conform.User + "@" + apache.Addr + "/basic",
		"dav-wrong": "url: webdav://" + conform.User + "@" + apache.Addr + "/digest",
		"dav-echo":  "url: webdav://" + conform.User + "@" + strings.TrimPrefix(conform.Front(t, apache.Addr, false, echoesPassword).URL, "http://") + "/basic",
		"ssh":       "url: sftp://" + sshd.Login + "@" + sshd.Addr + sshd.Dir + "\n    keys: [" + sshd.Key + "]\n    known_hosts: " + conform.KnownHosts(t, sshd.Addr, sshd.HostKeys),
		"ssh-new":   "url: sftp://" + sshd.Login + "@" + sshd.Addr + sshd.Dir + "\n    known_hosts: " + filepath.Join(p.dir, "known_hosts"),
		"ssh-other": "url: sftp://" + sshd.Login + "@" + sshd.Addr + sshd.Dir + "\n    known_hosts: " + conform.KnownHosts(t, sshd.Addr, stranger.HostKeys),
		"ssh-key":   "url: sftp://" + sshd.Login + "@" + sshd.Addr + sshd.Dir + "\n    keys: [" + key + "]\n    known_hosts: " + conform.KnownHosts(t, sshd.Addr, sshd.HostKeys),
		"archive": "url: ia://an-item-of-ours\n    endpoint: " + conform.Front(t, "127.0.0.1:1", false, func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodPut {
				return repeats(403, "AccessDenied")(w, r)
			}
			io.WriteString(w, "{}")
			return true
		}).URL,
	}
	var settings strings.Builder
	settings.WriteString("targets:\n")
	for name, text := range targets {
		fmt.Fprintf(&settings, "  %s:\n    %s\n", name, text)
	}
	p.settings(t, settings.String())
	for target, lines := range map[string]string{
		"dav": conform.Secret, "dav-echo": conform.Secret, "dav-wrong": "s3cr3t-Wort", "ssh-key": conform.Secret + "\n" + passphrase,
	} {
		cmd := p.command("target", "login", target)
		cmd.Stdin = strings.NewReader(lines + "\n")
		if _, said, code := p.runWith(t, cmd); code != 0 {
			t.Fatal(said)
		}
	}

	for _, c := range []struct {
		target string
		env    string
		kind   string // of the error; "": it arrives
		text   string // that the error has
	}{
		{"good", "", "", ""},
		{"good", "AWS_SECRET_ACCESS_KEY=s3cr3t-Wort", "denied", "403"},
		{"good", "AWS_ACCESS_KEY_ID=nobody", "denied", "access key"},
		{"echo", "", "denied", "403"},
		{"expired", "AWS_SESSION_TOKEN=" + token, "denied", "400"},
		{"skew", "", "clock", "RequestTimeTooSkewed"},
		{"full", "", "target-full", "507"},
		{"no-bucket", "", "no-such-target", "NoSuchBucket"},
		{"lies", "", "mismatch", "it is not"},
		{"moved", "", "redirect", "redirects to another host"},
		{"half", "", "", ""},
		{"unlisted", "", "", ""},
		{"busy", "", "", ""},
		{"tls", "", "untrusted", "certificate"},
		{"bundle", "AWS_CA_BUNDLE=" + bundle, "", ""},
		{"nowhere", "", "connection", "unknown host no-such-host.invalid"},
		{"dav", "", "", ""},
		{"dav-wrong", "", "denied", "401"},
		{"dav-echo", "", "denied", "403"},
		{"ssh", "", "", ""},
		{"ssh-new", "", "untrusted", "unknown host"},
		{"ssh-other", "", "untrusted", "differs from the one in"},
		{"ssh-key", "", "denied", "rejected all login methods"},
		{"archive", "", "denied", "403"},
	} {
		t.Run(strings.TrimSpace(c.target+" "+c.env[:strings.IndexByte(c.env+"=", '=')]), func(t *testing.T) {
			for _, more := range [][]string{{"--dry-run"}, {"--json"}, nil} {
				cmd := p.command(append([]string{"upload", file, c.target, "--yes"}, more...)...)
				if c.env != "" {
					cmd.Env = append(cmd.Env, c.env)
				}
				out, said, code := p.runWith(t, cmd)
				what := c.target + " " + strings.Join(more, "")
				secrets.none(t, what, out)
				secrets.none(t, what, said)
				switch {
				case (c.kind == "" || len(more) > 0 && more[0] == "--dry-run") != (code == 0):
					t.Errorf("%s: exit code %d: %s", what, code, said)
				case code != 0 && more == nil:
					if !strings.Contains(said, "spaces: error: ") || !strings.Contains(said, "spaces: hint: ") || !strings.Contains(said, c.text) {
						t.Errorf("%s: it says %s", what, said)
					}
				case code != 0:
					if !strings.Contains(out, `"type":"failed"`) || strings.Contains(out, `"bytes":0,"sent"`) {
						t.Errorf("%s: the events are %s", what, out)
					}
					if e := failed(t, said); e.Kind != c.kind || e.Hint == "" || !strings.Contains(e.Message, c.text) {
						t.Errorf("%s: %+v", what, e)
					}
				}
			}
		})
	}
	for _, args := range [][]string{{"upload", "log"}, {"upload", "log", "--json"}, {"target", "list"}, {"target", "list", "--json"}, {"config"}, {"config", "--json"}, {"upload", "--clean", "good", "--yes", "--json"}} {
		out, said, code := p.run(t, args...)
		if code != 0 {
			t.Errorf("%v: %s", args, said)
		}
		secrets.none(t, strings.Join(args, " "), out+said)
	}
	secrets.noneBelow(t, p.dir, "credentials.json")
	filepath.WalkDir(bucket, func(name string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() && !strings.Contains(name, "/good/") && !strings.Contains(name, "/half/") && !strings.Contains(name, "/unlisted/") && !strings.Contains(name, "/busy/") {
			t.Errorf("at the server there is %s", name)
		}
		return nil
	})
}

// once answers the first request that a hook would.
func once(hook conform.Hook) conform.Hook {
	left := make(chan bool, 1)
	left <- true
	return func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPut {
			return false
		}
		select {
		case <-left:
			return hook(w, r)
		default:
			return false
		}
	}
}

// echoesPassword lets nobody in who has said their password, and repeats it.
func echoesPassword(w http.ResponseWriter, r *http.Request) bool {
	user, password, ok := r.BasicAuth()
	if !ok {
		return false
	}
	w.Header().Set("Content-Type", "text/plain")
	w.WriteHeader(http.StatusForbidden)
	fmt.Fprintf(w, "not with %q and %s, %s\n", user, password, r.Header.Get("Authorization"))
	return true
}

// A file that changes while it is sent is not shown, whatever of it had
// arrived.
func TestUploadOfChangingFile(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a server")
	}
	gateway := conform.Gateway(t)
	bucket := gateway.Sub(t, "bucket")
	var file string
	change := once(func(w http.ResponseWriter, r *http.Request) bool {
		f, err := os.OpenFile(file, os.O_WRONLY, 0)
		if err == nil {
			f.WriteAt([]byte("other"), 11<<20)
			f.Close()
			os.Chtimes(file, time.Time{}, time.Now().Add(time.Hour))
		}
		return false
	})
	p := newRealSpaces(t, gatewayEnv(strings.TrimPrefix(conform.Front(t, gateway.Addr, false, change).URL, "http://"))...)
	file = p.file(t, "recording.m4a", strings.Repeat("sound!", 2<<20))
	upload := []string{"upload", file, "s3://bucket/show", "--part-size", "5M", "--jobs", "1", "--json"}
	_, said, code := p.run(t, upload...)
	if e := failed(t, said); code != 1 || e.Kind != "changed" || e.Hint == "" {
		t.Errorf("exit code %d, %+v", code, e)
	}
	there := filepath.Join(bucket, "show", "recording.m4a")
	if _, err := os.Stat(there); err == nil {
		t.Error("it is shown")
	}
	if out, said, code := p.run(t, "upload", "--clean", "s3://bucket/show", "--dry-run", "--json"); code != 0 || out != "" {
		t.Errorf("left over: %s%s", out, said)
	}
	if _, said, code := p.run(t, upload...); code != 0 {
		t.Errorf("the next run: %s", said)
	}
	want, _ := os.ReadFile(file)
	if got, err := os.ReadFile(there); err != nil || string(got) != string(want) {
		t.Errorf("at the server there are %d bytes that are not those of the file as it is now; %v", len(got), err)
	}
}
