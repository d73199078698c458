package conform

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"go/build"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// What the servers of this package take. The secrets stand in no message.
const (
	User   = "hostess"
	Secret = "s3cr3t-Wort/+%&=?äö"
)

// A Server is a program that runs as long as a test.
type Server struct {
	Addr string // 127.0.0.1 and its port
	Dir  string // where it keeps what it is sent
}

// find returns the path of a program, or skips the test.
func find(t *testing.T, names ...string) string {
	t.Helper()
	places := []string{"/usr/sbin", "/usr/local/sbin"}
	for _, p := range filepath.SplitList(build.Default.GOPATH) {
		places = append(places, filepath.Join(p, "bin"))
	}
	for _, name := range names {
		if p, err := exec.LookPath(name); err == nil {
			return p
		}
		for _, place := range places {
			if p, err := exec.LookPath(filepath.Join(place, name)); err == nil {
				return p
			}
		}
	}
	t.Skipf("%s is missing", names[0])
	return ""
}

// freePort returns a port of 127.0.0.1 that nobody listens on.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// An output keeps what a server says.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// start runs a server until the test ends, and returns when it answers.
func start(t *testing.T, addr string, cmd *exec.Cmd) {
	t.Helper()
	said := new(output)
	cmd.Stdout, cmd.Stderr = said, said
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { cmd.Wait(); close(ended) }()
	t.Cleanup(func() {
		cmd.Process.Kill()
		<-ended
		if t.Failed() {
			text := said.String()
			t.Logf("%s said: %s", filepath.Base(cmd.Path), text[max(0, len(text)-4<<10):])
		}
	})
	for {
		select {
		case <-ended:
			t.Fatalf("%s ended: %s", cmd.Path, said)
		case <-time.After(5 * time.Millisecond):
		}
		if c, err := net.DialTimeout("tcp", addr, time.Second); err == nil {
			c.Close()
			return
		}
	}
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// Sub makes a folder in the server's.
func (s Server) Sub(t *testing.T, name string) string {
	t.Helper()
	dir := filepath.Join(s.Dir, name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Apache starts Debian's apache2 with mod_dav. Its folders basic and digest ask
// for User and Secret in these ways, readonly lets nobody write.
func Apache(t *testing.T) Server {
	t.Helper()
	program := find(t, "apache2", "httpd")
	dir := t.TempDir()
	s := Server{"127.0.0.1:" + freePort(t), filepath.Join(dir, "root")}
	for _, sub := range []string{"basic", "digest", "readonly", "open"} {
		s.Sub(t, sub)
	}
	const modules = "/usr/lib/apache2/modules"
	if _, err := os.Stat(modules); err != nil {
		t.Skip("apache2's modules are not where Debian has them")
	}
	sum := sha1.Sum([]byte(Secret))
	write(t, filepath.Join(dir, "basic"), User+":{SHA}"+base64.StdEncoding.EncodeToString(sum[:])+"\n")
	const realm = "spaces"
	write(t, filepath.Join(dir, "digest"), fmt.Sprintf("%s:%s:%x\n", User, realm, md5.Sum([]byte(User+":"+realm+":"+Secret))))

	var conf strings.Builder
	fmt.Fprintf(&conf, "ServerRoot %q\nServerName 127.0.0.1\nListen %s\nPidFile pid\nErrorLog error.log\nThreadsPerChild 16\n", dir, s.Addr)
	for _, m := range []string{"mpm_event", "authz_core", "authz_user", "authn_core", "authn_file", "auth_basic", "auth_digest", "dav", "dav_fs"} {
		fmt.Fprintf(&conf, "LoadModule %s_module %s/mod_%s.so\n", m, modules, m)
	}
	fmt.Fprintf(&conf, "DavLockDB %q\nDocumentRoot %q\nAllowEncodedSlashes NoDecode\n", filepath.Join(dir, "locks"), s.Dir)
	fmt.Fprintf(&conf, "<Directory %q>\nDav On\nAllowOverride None\nRequire all granted\n</Directory>\n", s.Dir)
	for way, name := range map[string]string{"basic": "Basic", "digest": "Digest"} {
		fmt.Fprintf(&conf, "<Location /%s>\nAuthType %s\nAuthName %s\nAuth%sProvider file\n", way, name, realm, name)
		fmt.Fprintf(&conf, "AuthUserFile %q\nRequire valid-user\n</Location>\n", filepath.Join(dir, way))
	}
	fmt.Fprintf(&conf, "<Location /readonly>\n<LimitExcept GET HEAD OPTIONS PROPFIND>\nRequire all denied\n</LimitExcept>\n</Location>\n")
	// -X keeps it one process in the foreground, which runs as who we are.
	start(t, s.Addr, exec.Command(program, "-X", "-f", write(t, filepath.Join(dir, "httpd.conf"), conf.String())))
	return s
}

// Rclone starts rclone's WebDAV server, which asks for User and Secret in the
// basic way.
func Rclone(t *testing.T) Server {
	t.Helper()
	program := find(t, "rclone")
	s := Server{"127.0.0.1:" + freePort(t), t.TempDir()}
	cmd := exec.Command(program, "serve", "webdav", s.Dir, "--addr", s.Addr, "--config", "", "--dir-cache-time", "0s")
	cmd.Env = append(os.Environ(), "RCLONE_USER="+User, "RCLONE_PASS="+Secret)
	start(t, s.Addr, cmd)
	return s
}

// Gateway starts versitygw, an S3 server, which takes User as the access key
// and S3Secret. Folders in its Dir are buckets.
func Gateway(t *testing.T) Server {
	t.Helper()
	program := find(t, "versitygw")
	s := Server{"127.0.0.1:" + freePort(t), t.TempDir()}
	cmd := exec.Command(program, "--port", s.Addr, "--quiet", "posix", s.Dir)
	if !hasAttributes(s.Dir) {
		cmd.Args = append(cmd.Args[:len(cmd.Args)-1], "--sidecar", t.TempDir(), s.Dir)
	}
	cmd.Env = append(os.Environ(), "ROOT_ACCESS_KEY="+User, "ROOT_SECRET_KEY="+S3Secret)
	start(t, s.Addr, cmd)
	return s
}

// S3Secret is the secret key of Gateway.
const S3Secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCY"

// Nginx starts nginx, which shows its Dir to everybody; below whole/ it sends
// files only as a whole.
func Nginx(t *testing.T) Server {
	t.Helper()
	program := find(t, "nginx")
	dir := t.TempDir()
	s := Server{"127.0.0.1:" + freePort(t), filepath.Join(dir, "root")}
	s.Sub(t, "whole")
	var conf strings.Builder
	fmt.Fprintf(&conf, "daemon off;\nmaster_process off;\npid %q;\nerror_log %q;\nevents { worker_connections 256; }\nhttp {\naccess_log off;\n", filepath.Join(dir, "pid"), filepath.Join(dir, "error.log"))
	for _, name := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		fmt.Fprintf(&conf, "%s_temp_path %q;\n", name, filepath.Join(dir, name))
	}
	fmt.Fprintf(&conf, "server { listen %s; root %q; location /whole/ { max_ranges 0; } }\n}\n", s.Addr, s.Dir)
	start(t, s.Addr, exec.Command(program, "-e", filepath.Join(dir, "error.log"), "-c", write(t, filepath.Join(dir, "nginx.conf"), conf.String())))
	return s
}

// Lighttpd starts lighttpd with mod_webdav, which shows its Dir to everybody.
func Lighttpd(t *testing.T) Server {
	t.Helper()
	program := find(t, "lighttpd")
	dir := t.TempDir()
	s := Server{"127.0.0.1:" + freePort(t), filepath.Join(dir, "root")}
	s.Sub(t, ".")
	host, port, _ := strings.Cut(s.Addr, ":")
	conf := fmt.Sprintf("server.document-root = %q\nserver.bind = %q\nserver.port = %s\nserver.errorlog = %q\n", s.Dir, host, port, filepath.Join(dir, "error.log"))
	if _, err := os.Stat("/usr/lib/lighttpd/mod_webdav.so"); err == nil {
		conf += "server.modules = (\"mod_webdav\")\nwebdav.activate = \"enable\"\n"
	}
	start(t, s.Addr, exec.Command(program, "-D", "-f", write(t, filepath.Join(dir, "lighttpd.conf"), conf)))
	return s
}
