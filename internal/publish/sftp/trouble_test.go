package sftp

import (
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/pkg/sftp"

	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/conform"
	"github.com/spaces-cli/spaces/internal/publish/wire"
)

func TestURLs(t *testing.T) {
	for _, u := range []string{"", "sftp://", "sftp:host", "http://me@host/", "sftp://host/folder", "sftp://me:secret@host/%zz", "sftp://me@host/?x", "sftp://me@host/#x"} {
		if _, err := New(Config{URL: u}); err == nil {
			t.Errorf("%q is taken", u)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: a secret in %v", u, err)
		}
	}
	for u, want := range map[string][3]string{
		"sftp://me@host":                {"host:22", "/", "sftp://me@host"},
		"sftp://me:secret@host:2222/a/": {"host:2222", "/a", "sftp://me@host:2222/a/"},
		"sftp://me@[::1]/~/web/d%20e":   {"[::1]:22", "web/d e", "sftp://me@[::1]/~/web/d%20e"},
		"sftp://me@host/~/":             {"host:22", ".", "sftp://me@host/~/"},
	} {
		t.Run(u, func(t *testing.T) {
			target, err := New(Config{URL: u})
			if err != nil {
				t.Errorf("%s: %v", u, err)
				return
			}
			if got := [3]string{target.addr, target.root, target.Place()}; got != want {
				t.Errorf("%s: %q, want %q", u, got, want)
			}
		})
	}
}

func TestNoNetwork(t *testing.T) {
	s := conform.StartSSHD(t, conform.InternalSFTP, "ed25519")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	for _, host := range []string{addr, "no-such-host.invalid"} {
		c, _ := config(t, s, s.Addr)
		c.URL = "sftp://" + s.Login + "@" + host + "/"
		err := put(t, c)
		if err == nil || !strings.Contains(err.Error(), host) || errors.Is(err, publish.ErrNotExist) {
			t.Errorf("%s: error %v", host, err)
		}
	}
}

func TestNoFolder(t *testing.T) {
	s := conform.StartSSHD(t, conform.InternalSFTP, "ed25519")
	c, dir := config(t, s, s.Addr)
	c.URL += "/missing"
	if err := put(t, c); !errors.Is(err, publish.ErrNotExist) || !strings.Contains(err.Error(), "the folder does not exist") {
		t.Errorf("error %v", err)
	}
	if list, _ := os.ReadDir(dir); len(list) != 0 {
		t.Errorf("made %v", list)
	}

	// A file where a folder has to be, and the other way round.
	c, dir = config(t, s, s.Addr)
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"file/a.m4a", "folder"} {
		up := conform.NewSending(name, []byte("sound"))
		if _, err := open(t, c).Put(t.Context(), &up.Upload); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// small mounts a file system of 2 MiB, or skips the test.
func small(t *testing.T, dir string) {
	t.Helper()
	if runtime.GOOS != "linux" || os.Getuid() != 0 {
		t.Skip("only root mounts file systems")
	}
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("mount: %s", out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", "-l", dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %s", out)
		}
	})
}

func TestFull(t *testing.T) {
	s := conform.StartSSHD(t, conform.InternalSFTP, "ed25519")
	c, dir := config(t, s, s.Addr)
	small(t, dir)
	up := conform.NewSending("folder/a.m4a", make([]byte, 4<<20))
	_, err := open(t, c).Put(t.Context(), &up.Upload)
	if !errors.Is(err, publish.ErrFull) || wire.Retryable(err) {
		t.Errorf("error %v", err)
	}
	conform.Site{Dir: dir}.HoldsEither(t, up.Name, nil)
	// With room, the next run goes on.
	if err := exec.Command("mount", "-o", "remount,size=8m", dir).Run(); err != nil {
		t.Fatal(err)
	}
	next := up.Next()
	var kept int64
	next.Kept = func(n int64) { kept += n }
	if _, err := open(t, c).Put(t.Context(), &next.Upload); err != nil || kept == 0 {
		t.Errorf("with room: error %v, %d bytes kept", err, kept)
	}
	conform.Site{Dir: dir}.Holds(t, up.Name, up.Bytes)
}

// A refusing server serves no writes.
type refusing struct{ err error }

func (r refusing) Filewrite(*sftp.Request) (io.WriterAt, error) { return nil, r.err }
func (r refusing) Fileread(*sftp.Request) (io.ReaderAt, error)  { return nil, os.ErrNotExist }
func (r refusing) Filecmd(*sftp.Request) error                  { return r.err }
func (r refusing) Filelist(q *sftp.Request) (sftp.ListerAt, error) {
	if i, err := os.Stat(q.Filepath); err == nil {
		return one{i}, nil
	}
	return nil, os.ErrNotExist
}

type one struct{ os.FileInfo }

func (o one) ListAt(list []os.FileInfo, off int64) (int, error) {
	if off > 0 || len(list) == 0 {
		return 0, io.EOF
	}
	list[0] = o.FileInfo
	return 1, nil
}

func TestRefused(t *testing.T) {
	c := passwordServer(t, conform.Secret, false, func(c io.ReadWriteCloser) {
		r := refusing{sftp.ErrSSHFxPermissionDenied}
		sftp.NewRequestServer(c, sftp.Handlers{FileGet: r, FilePut: r, FileCmd: r, FileList: r}).Serve()
	})
	if err := put(t, c); !errors.Is(err, publish.ErrDenied) || wire.Retryable(err) {
		t.Errorf("error %v", err)
	}
}

// What is there under the temporary name and is not ours is not gone on with.
func TestOddPart(t *testing.T) {
	t.Parallel()
	s := conform.StartSSHD(t, conform.InternalSFTP, "ed25519")
	content := make([]byte, 6<<20)
	for i := range content {
		content[i] = byte(i >> 12)
	}
	zeros := func(n int) []byte { return make([]byte, n) }
	holed := append([]byte(nil), content[:5<<20]...)
	copy(holed[500_000:], zeros(5<<20-500_000)) // as a server that lost its power leaves it
	c, dir := config(t, s, s.Addr)
	target := open(t, c)
	for name, part := range map[string][]byte{
		"longer":      zeros(len(content) + 1),
		"other bytes": zeros(5 << 20),
		"a hole":      holed,
		"short":       content[:1],
		"whole":       content,
		"cut":         content[:5<<20],
	} {
		t.Run(name, func(t *testing.T) {
			up := conform.NewSending(name+"/a.m4a", content)
			folder := filepath.Join(dir, name)
			if err := os.Mkdir(folder, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, temporary(&up.Upload)), part, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := target.Put(t.Context(), &up.Upload); err != nil {
				t.Error(err)
			}
			conform.Site{Dir: dir}.Holds(t, up.Name, content)
			if list, _ := os.ReadDir(folder); len(list) != 1 {
				t.Errorf("left %v", list)
			}
		})
	}
}

// The part of an older version of a file is removed by a run that knows of it.
func TestForget(t *testing.T) {
	s := conform.StartSSHD(t, conform.InternalSFTP, "ed25519")
	c, dir := config(t, s, s.Addr)
	old := conform.NewSending("folder/a.m4a", []byte("old"))
	part := filepath.Join(dir, temporary(&old.Upload))
	for _, how := range []string{"Put", "Forget"} {
		if err := os.MkdirAll(filepath.Dir(part), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(part, []byte("ol"), 0o600); err != nil {
			t.Fatal(err)
		}
		saved := []byte(`{"part":"` + temporary(&old.Upload) + `","acked":2}`)
		target := open(t, c)
		if how == "Put" {
			up := conform.NewSending("folder/a.m4a", []byte("new"))
			up.State = saved
			if _, err := target.Put(t.Context(), &up.Upload); err != nil {
				t.Fatal(err)
			}
		} else if err := target.Forget(t.Context(), old.Name, saved); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(part); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: the old part is there: %v", how, err)
		}
		// A state never removes anything else.
		for _, odd := range []string{`{"part":"folder/a.m4a"}`, `{"part":"../x"}`, `x`} {
			if err := target.Forget(t.Context(), "x", []byte(odd)); err != nil {
				t.Error(err)
			}
		}
		conform.Site{Dir: dir}.Holds(t, "folder/a.m4a", []byte("new"))
	}
}
