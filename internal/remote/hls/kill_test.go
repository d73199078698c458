package hls

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/durable/faults"
	"github.com/spaces-cli/spaces/internal/publish/wire"
	"github.com/spaces-cli/spaces/internal/remote/guard"
)

// A download that ends after any chunk is resumed: nothing that is kept is
// asked for again, and the file is the same.
func TestResumeAtEachChunk(t *testing.T) {
	const chunks = 12
	for _, way := range ways {
		rec := record(rand.New(rand.NewPCG(6, 1)), way, chunks)
		for stop := range chunks {
			t.Run(way+" "+strconv.Itoa(stop+1), func(t *testing.T) {
				s, f := serve(t, rec), newFolders(t)
				o := options(t, s)
				list := s.open(t, o)
				ctx, cancel := context.WithCancel(t.Context())
				first := o
				first.Connections = 1
				first.Fetched = func(done, _ int) {
					if done == stop+1 {
						cancel()
					}
				}
				if _, err := Download(ctx, first, list, f.work, f.out, "a.aac"); !errors.Is(err, context.Canceled) {
					t.Fatal(err)
				}
				resumed := 0
				o.Fetched = func(int, int) { resumed++ }
				m, err := Download(t.Context(), o, list, f.work, f.out, "a.aac")
				if err != nil {
					t.Fatal(err)
				}
				check(t, f, rec, m)
				if resumed != chunks-stop-1 {
					t.Errorf("%d chunks were fetched by the second run, want %d", resumed, chunks-stop-1)
				}
			})
		}
	}
}

// Each step on the disk fails, alone and with all that come after it; the next
// run makes it good.
func TestDiskFails(t *testing.T) {
	rec := record(rand.New(rand.NewPCG(6, 2)), "aes", 3)
	s := serve(t, rec)
	o := options(t, s)
	list := s.open(t, o)
	faults.Each(t, func(t *testing.T, trace durable.Trace) error {
		f := newFolders(t)
		failing := o
		failing.Trace, failing.Connections = trace, 1
		_, failed := Download(t.Context(), failing, list, f.work, f.out, "a.aac")
		m, err := Download(t.Context(), o, list, f.work, f.out, "a.aac")
		if err != nil {
			t.Fatal(err)
		}
		check(t, f, rec, m)
		return failed
	})
}

// The program is killed before each step on the disk, by the system.
func TestKilled(t *testing.T) {
	if at := os.Getenv("HLS_KILL_AT"); at != "" {
		killedAt(t, at)
		return
	}
	rec := record(rand.New(rand.NewPCG(6, 3)), "aes-iv", 4)
	s := serve(t, rec)
	for at := 1; ; at++ {
		f := newFolders(t)
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilled$")
		cmd.Env = append(os.Environ(), "HLS_KILL_AT="+strconv.Itoa(at), "HLS_ADDRESS="+s.address(t).String(), "HLS_WORK="+f.work.Name(), "HLS_OUT="+f.out.Name())
		out, err := cmd.CombinedOutput()
		if strings.Contains(string(out), "--- FAIL") {
			t.Fatalf("step %d: %v\n%s", at, err, out)
		}
		// What has its name is whole, and the manifest is never alone.
		if text, merr := os.ReadFile(filepath.Join(f.out.Name(), "a.aac.json")); merr == nil {
			if !bytes.Equal(f.read(t, "a.aac"), rec.want) || !bytes.Contains(text, []byte(`"chunks"`)) {
				t.Errorf("step %d: a manifest without its file", at)
			}
		}
		o := options(t, s)
		m, derr := Download(t.Context(), o, s.open(t, o), f.work, f.out, "a.aac")
		if derr != nil {
			t.Fatalf("step %d: %v", at, derr)
		}
		for _, name := range leftovers(t, f) { // the file's own draft, which whoever owns the folder sweeps
			if durable.IsDraft(name) {
				durable.Sweep(f.out, name)
			}
		}
		check(t, f, rec, m)
		if err == nil { // it was not killed any more
			if at < 15 {
				t.Errorf("there were %d steps", at)
			}
			return
		}
	}
}

// killedAt downloads, and ends this process at a step.
func killedAt(t *testing.T, text string) {
	at, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(os.Getenv("HLS_ADDRESS"))
	if err != nil {
		t.Fatal(err)
	}
	work, err := os.OpenRoot(os.Getenv("HLS_WORK"))
	if err != nil {
		t.Fatal(err)
	}
	out, err := os.OpenRoot(os.Getenv("HLS_OUT"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := guard.Client(u, guard.Options{})
	if err != nil {
		t.Fatal(err)
	}
	step := 0
	o := Options{Client: c, Wire: wire.Options{Backoff: time.Nanosecond}, Connections: 1, Trace: func(string, string) error {
		if step++; step == at {
			if p, err := os.FindProcess(os.Getpid()); err == nil {
				p.Kill()
				select {} // until it is
			}
		}
		return nil
	}}
	m, err := Open(t.Context(), o, u)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Download(t.Context(), o, m, work, out, "a.aac"); err != nil {
		t.Fatal(err)
	}
}
