package openai

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/transcript/engine/conform"
)

// The real server of whisper.cpp takes the request and gives an answer that is
// read. The models of its tests hear nothing.
func TestRealServer(t *testing.T) {
	program, model := os.Getenv("SPACES_WHISPER_SERVER"), os.Getenv("SPACES_WHISPER_MODEL")
	if program == "" || model == "" {
		t.Skip("whisper-server is missing: set SPACES_WHISPER_SERVER and SPACES_WHISPER_MODEL to run this test")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	cmd := exec.Command(program, "-m", model, "--host", "127.0.0.1", "--port", port, "-t", "2")
	said := new(bytes.Buffer)
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { cmd.Wait(); close(ended) }()
	defer func() {
		cmd.Process.Kill()
		<-ended
		if t.Failed() {
			t.Logf("the server said: %s", said)
		}
	}()
	for {
		if c, err := net.Dial("tcp", addr); err == nil {
			c.Close()
			break
		}
		select {
		case <-ended:
			t.Fatal("the server ended")
		case <-time.After(20 * time.Millisecond):
		}
	}
	for _, c := range []struct{ name, address, language, want string }{
		{"found", "http://" + addr, "de", "de"},
		{"named, to detect", "http://" + addr + "/inference", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := conform.Piece(t, "piece.wav", 2, 0, 2)
			p.Language, p.Prompt, p.Timeout = c.language, "Spaces", 5*time.Minute
			r, err := open(t, Options{Address: c.address, Model: "whisper-1"}).Recognize(t.Context(), p)
			if err != nil {
				t.Fatal(err)
			}
			if r.Language == "" || c.want != "" && r.Language != c.want || !bytes.Contains(r.Raw, []byte(`"segments"`)) {
				t.Errorf("language %q, %s", r.Language, r.Raw)
			}
			conform.Check(t, r, p)
		})
	}
}
