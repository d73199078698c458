package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/spaces-cli/spaces/internal/publish/conform"
)

// A meter counts what goes through it to a server, and stands still when that
// reaches a mark.
type meter struct {
	addr string

	mu      sync.Mutex
	sent    int64
	mark    int64         // 0: none
	reached chan struct{} // closed at the mark
	free    chan struct{} // closed to let all go on
}

func newMeter(t *testing.T, server string) *meter {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	m := &meter{addr: l.Addr().String()}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s, err := net.Dial("tcp", server)
			if err != nil {
				c.Close()
				continue
			}
			go func() { io.Copy(c, s); c.Close() }()
			go func() { m.pass(s, c); s.Close() }()
		}
	}()
	return m
}

func (m *meter) pass(to, from net.Conn) {
	b := make([]byte, 16<<10)
	for {
		n, err := from.Read(b)
		if n > 0 {
			m.count(int64(n))
			if _, err := to.Write(b[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func (m *meter) count(n int64) {
	m.mu.Lock()
	before := m.sent
	m.sent += n
	stop := m.mark > 0 && m.sent >= m.mark
	if stop && before < m.mark {
		close(m.reached)
	}
	free := m.free
	m.mu.Unlock()
	if stop {
		<-free
	}
}

// stopAfter has the meter stand still after so many more bytes; 0 takes that
// back.
func (m *meter) stopAfter(n int64) (reached <-chan struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.free != nil {
		close(m.free)
	}
	m.mark, m.reached, m.free = 0, make(chan struct{}), make(chan struct{})
	if n > 0 {
		m.mark = m.sent + n
	}
	return m.reached
}

func (m *meter) total() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.sent
}

// peakOf is how much memory a process has had at most, 0 where Linux's /proc
// does not tell.
func peakOf(pid int) int64 {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	var kib int64
	fmt.Sscan(rest, &kib)
	return kib << 10
}

// A run that is killed at any moment is gone on with by the next one: what has
// arrived is not sent again, and nothing is left over.
func TestKilledUploads(t *testing.T) {
	if testing.Short() {
		t.Skip("sends 40 MB")
	}
	const part, jobs = 5 << 20, 4
	bytesOf, kills := int64(40e6), 4
	if os.Getenv("SPACES_LONG") == "1" {
		bytesOf, kills = 300e6, 20
	}
	gateway := conform.Gateway(t)
	bucket := gateway.Sub(t, "bucket")
	m := newMeter(t, gateway.Addr)

	p := newRealSpaces(t, gatewayEnv(m.addr)...)
	file := filepath.Join(p.dir, "recording.m4a")
	content := make([]byte, bytesOf)
	rand.NewChaCha8([32]byte{6}).Read(content)
	if err := os.WriteFile(file, content, 0o644); err != nil {
		t.Fatal(err)
	}
	upload := []string{"upload", file, "s3://bucket/show", "--part-size", "5M", "--jobs", fmt.Sprint(jobs), "--json"}

	var memory int64
	r := rand.New(rand.NewPCG(6, 20))
	for n := range kills {
		reached := m.stopAfter(3<<20 + r.Int64N(bytesOf/int64(kills)))
		cmd := p.command(upload...)
		ended := make(chan error, 1)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		go func() { ended <- cmd.Wait() }()
		select {
		case <-reached:
			memory = max(memory, peakOf(cmd.Process.Pid))
			cmd.Process.Kill()
			<-ended
		case err := <-ended:
			t.Fatalf("run %d ended before it was killed: %v", n+1, err)
		}
		if _, err := os.Stat(filepath.Join(bucket, "show", "recording.m4a")); err == nil {
			t.Fatal("it is shown before it is whole")
		}
	}
	m.stopAfter(0)
	out, err := p.command(upload...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var sum struct{ Kept int64 }
	for line := range bytes.Lines(out) {
		if bytes.Contains(line, []byte(`"type":"sent"`)) {
			json.Unmarshal(line, &sum)
		}
	}
	got, err := os.ReadFile(filepath.Join(bucket, "show", "recording.m4a"))
	if err != nil || !bytes.Equal(got, content) {
		t.Errorf("at the server there are %d bytes that are not those of the file; %v", len(got), err)
	}
	const mostMemory = 120e6
	if memory > mostMemory {
		t.Errorf("%d bytes of memory were used, more than %d", memory, int64(mostMemory))
	}
	const talk = 1 << 20 // requests and their headers
	most := bytesOf + int64(kills)*jobs*part + talk
	t.Logf("%d bytes sent for a file of %d, after %d kills; the last run found %d there; %d bytes of memory", m.total(), bytesOf, kills, sum.Kept, memory)
	if m.total() > most {
		t.Errorf("%d bytes were sent, more than %d", m.total(), most)
	}
	if sum.Kept == 0 {
		t.Error("the last run sent everything again")
	}
	if out, err := p.command("upload", "--clean", "s3://bucket/show", "--yes", "--json").CombinedOutput(); err != nil || len(out) != 0 {
		t.Errorf("left over: %s %v", out, err)
	}
}
