package cli

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/fixture"
	"github.com/spaces-cli/spaces/internal/publish/conform"
)

// A counter passes on connections to a server and counts what comes from it.
func counter(t *testing.T, to string) (addr string, down *atomic.Int64) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	down = new(atomic.Int64)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				s, err := net.Dial("tcp", to)
				if err != nil {
					return
				}
				defer s.Close()
				go func() { io.Copy(s, c); s.Close() }()
				buf := make([]byte, 64<<10)
				for {
					n, err := s.Read(buf)
					down.Add(int64(n))
					if _, werr := c.Write(buf[:n]); err != nil || werr != nil {
						return
					}
				}
			}()
		}
	}()
	return l.Addr().String(), down
}

// From servers that people have, no more travels than what is needed, all of the
// protocol included.
func TestExtractFarServers(t *testing.T) {
	if testing.Short() {
		t.Skip("starts servers")
	}
	hole, made := int64(300<<20), fixture.Sample()
	if os.Getenv("SPACES_LONG") != "" {
		hole, made = 60<<30, fixture.Generate(18, 8, 1100)
	}
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(t.TempDir(), "none"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(t.TempDir(), "none"))
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	file := filepath.Join(t.TempDir(), "twitter.zip")
	size, needed := farArchive(t, file, hole, made)
	// On this computer the hole would be hashed.
	near, local := filepath.Join(t.TempDir(), "twitter.zip"), filepath.Join(t.TempDir(), "local")
	farArchive(t, near, 1<<20, made)
	if code, out, errs := run(testApp(t), "extract", near, "--library", local); code != 0 {
		t.Fatalf("%d: %s%s", code, out, errs)
	}
	want := sums(t, local)
	put := func(t *testing.T, name string) {
		t.Helper()
		if err := os.Link(file, name); err != nil {
			if err := os.Symlink(file, name); err != nil {
				t.Skip(err)
			}
		}
	}
	for _, c := range []struct {
		name  string
		serve func(t *testing.T, a *App) (addr string, address func(addr string) string)
	}{
		{"nginx", func(t *testing.T, _ *App) (string, func(string) string) {
			s := conform.Nginx(t)
			put(t, filepath.Join(s.Dir, "twitter.zip"))
			return s.Addr, func(addr string) string { return "http://" + addr + "/twitter.zip?sig=" + farSecret }
		}},
		{"lighttpd", func(t *testing.T, _ *App) (string, func(string) string) {
			s := conform.Lighttpd(t)
			put(t, filepath.Join(s.Dir, "twitter.zip"))
			return s.Addr, func(addr string) string { return "webdav://" + addr + "/twitter.zip" }
		}},
		{"Apache", func(t *testing.T, a *App) (string, func(string) string) {
			s := conform.Apache(t)
			put(t, filepath.Join(s.Dir, "digest", "twitter.zip"))
			netrc := filepath.Join(t.TempDir(), "netrc")
			if err := os.WriteFile(netrc, []byte("machine 127.0.0.1 login "+conform.User+" password "+conform.Secret+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			a.Env = func(name string) (string, bool) { return netrc, name == "NETRC" }
			return s.Addr, func(addr string) string { return "webdav://" + addr + "/digest/twitter.zip" }
		}},
		{"versitygw", func(t *testing.T, _ *App) (string, func(string) string) {
			s := conform.Gateway(t)
			put(t, filepath.Join(s.Sub(t, "bucket/years"), "twitter.zip"))
			t.Setenv("AWS_ACCESS_KEY_ID", conform.User)
			t.Setenv("AWS_SECRET_ACCESS_KEY", conform.S3Secret)
			return s.Addr, func(addr string) string {
				t.Setenv("AWS_ENDPOINT_URL_S3", "http://"+addr)
				return "s3://bucket/years/twitter.zip"
			}
		}},
		{"OpenSSH", func(t *testing.T, a *App) (string, func(string) string) {
			s := conform.StartSSHD(t, conform.InternalSFTP, "ed25519")
			put(t, filepath.Join(s.Dir, "twitter.zip"))
			return s.Addr, func(addr string) string {
				ssh := filepath.Join(a.Home, ".ssh")
				if err := os.MkdirAll(ssh, 0o700); err != nil {
					t.Fatal(err)
				}
				for name, from := range map[string]string{"known_hosts": conform.KnownHosts(t, addr, s.HostKeys), "id_ed25519": s.Key} {
					b, err := os.ReadFile(from)
					if err == nil {
						err = os.WriteFile(filepath.Join(ssh, name), b, 0o600)
					}
					if err != nil {
						t.Fatal(err)
					}
				}
				return "sftp://" + s.Login + "@" + addr + filepath.ToSlash(filepath.Join(s.Dir, "twitter.zip"))
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := testApp(t)
			server, address := c.serve(t, a)
			addr, down := counter(t, server)
			lib := filepath.Join(t.TempDir(), "lib")
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			code, out, errs := run(a, "extract", address(addr), "--library", lib)
			runtime.ReadMemStats(&after)
			if code != 0 {
				t.Fatalf("%d: %s%s", code, out, errs)
			}
			same(t, sums(t, lib), want)
			n := down.Load()
			t.Logf("%d bytes came for %d of Spaces in %d: %d more; the heap has %d MB more of the system", n, needed, size, n-needed, (int64(after.HeapSys)-int64(before.HeapSys))>>20)
			if n > needed+farExtra {
				t.Errorf("%d bytes came, %d were needed", n, needed)
			}
			noSecret(t, lib, out, errs)
		})
	}
}

// A server of which nobody knows who it is gets nothing, and one that is not
// whom it claims to be neither.
func TestExtractFarUntrusted(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a server")
	}
	s := conform.StartSSHD(t, conform.InternalSFTP, "ed25519")
	a := testApp(t)
	lib := filepath.Join(t.TempDir(), "lib")
	code, out, errs := run(a, "extract", "sftp://"+s.Login+"@"+s.Addr+"/twitter.zip", "--library", lib)
	_, port, _ := strings.Cut(s.Addr, ":")
	if code != app.ExitFailed || !strings.Contains(errs, "unknown host") || !strings.Contains(errs, "ssh -p "+port+" "+s.Login+"@127.0.0.1\n") {
		t.Errorf("%d: %s%s", code, out, errs)
	}
	tls := httptest.NewTLSServer(http.NotFoundHandler())
	defer tls.Close()
	tls.Config.ErrorLog = nil
	code, out, errs = run(a, "extract", tls.URL+"/twitter.zip?sig="+farSecret, "--library", lib)
	if code != app.ExitFailed || !strings.Contains(errs, "the server's identity is not trusted") {
		t.Errorf("%d: %s%s", code, out, errs)
	}
	code, out, errs2 := run(a, "extract", "https://no-such-host.invalid/twitter.zip?sig="+farSecret, "--library", lib)
	if code != app.ExitFailed || !strings.Contains(errs2, "no-such-host.invalid") {
		t.Errorf("%d: %s%s", code, out, errs2)
	}
	code, out, errs3 := run(a, "extract", "sftp://me:"+farSecret+"@"+s.Addr+"/twitter.zip", "--library", lib)
	if code != app.ExitUsage || !strings.Contains(errs3, "password in its URL") {
		t.Errorf("%d: %s%s", code, out, errs3)
	}
	noSecret(t, lib, errs, errs2, errs3)
}
