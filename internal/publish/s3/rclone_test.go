package s3

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/conform"
)

// rclone serves S3 since version 1.65, and checks signatures. It keeps no
// unfinished uploads over a restart and no checksums, but what it is sent.
func TestRclone(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("rclone")
	if err != nil {
		t.Skip("rclone is not installed")
	}
	if help, err := exec.Command(program, "serve", "s3", "--help").Output(); err != nil || !bytes.Contains(help, []byte("--auth-key")) {
		t.Skip("this rclone serves no S3")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "bucket"), 0o755); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	cmd := exec.Command(program, "--config", os.DevNull, "serve", "s3", "--addr", addr, "--auth-key", conform.User+","+conform.S3Secret, dir)
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	for range 100 {
		if c, err := net.Dial("tcp", addr); err == nil {
			c.Close()
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if _, err := target(t, addr, "bucket", "another-secret-key", quick()).Stat(t.Context(), "a"); !errors.Is(err, publish.ErrDenied) {
		t.Errorf("with another secret: %v", err)
	}
	for _, size := range []int{0, 1000, 2*MinPart + 7} {
		s3 := target(t, addr, "bucket", conform.S3Secret, quick())
		up := conform.NewSending("folder/Débat 1+2 (a).m4a", bytes.Repeat([]byte{7}, size))
		remote, err := s3.Put(t.Context(), &up.Upload)
		if err != nil {
			t.Fatalf("%d bytes: %v\n%s", size, err, &said)
		}
		r, err := s3.Open(t.Context(), up.Name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		r.Close()
		if err != nil || !bytes.Equal(got, up.Bytes) {
			t.Errorf("%d bytes came back as %d, error %v", size, len(got), err)
		}
		if size > 0 {
			file, err := os.ReadFile(filepath.Join(dir, "bucket", "show", "2026", filepath.FromSlash(up.Name)))
			if err != nil || !bytes.Equal(file, up.Bytes) {
				t.Errorf("%d bytes are kept as %d, error %v", size, len(file), err)
			}
		}
		if err := s3.Remove(t.Context(), up.Name, remote); err != nil {
			t.Errorf("Remove: %v", err)
		}
		if _, err := s3.Stat(t.Context(), up.Name); !errors.Is(err, publish.ErrNotExist) {
			t.Errorf("after Remove: %v", err)
		}
	}
}
