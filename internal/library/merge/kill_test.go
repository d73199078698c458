package merge

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/fixture"
	"github.com/spaces-cli/spaces/internal/library"
)

// run merges one library into another and tells trace of each step on the disk.
func run(dir, other string, trace durable.Trace) error {
	durable.Watch(trace)
	defer durable.Watch(nil)
	now := func() time.Time { return mergedAt }
	l, err := library.OpenWrite(context.Background(), library.Options{Dir: dir, Version: "test", LockWait: time.Minute, Now: now, Trace: trace})
	if err != nil {
		return err
	}
	o, err := Open(other, nil)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	var problem error
	_, err = Merge(context.Background(), l, o, Options{Wait: time.Minute, Now: now}, func(e Event) {
		if e.Problem != nil {
			problem = e.Problem
		}
	})
	return errors.Join(err, problem, o.Close(), l.Close())
}

// TestMain lets the test binary be the program that is killed, at the step whose
// number is its last argument.
func TestMain(m *testing.M) {
	if len(os.Args) == 5 && os.Args[1] == "kill-at-step" {
		n, _ := strconv.Atoi(os.Args[4])
		var step atomic.Int64
		err := run(os.Args[2], os.Args[3], func(string, string) error {
			if step.Add(1) > int64(n) {
				p, _ := os.FindProcess(os.Getpid())
				p.Kill()
				select {} // until the signal arrives
			}
			return nil
		})
		fmt.Fprintln(os.Stderr, "not killed:", err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// A merge that is killed at any step is finished by the next, and the library is
// then what it would have been.
func TestKilledAnywhere(t *testing.T) {
	archive := zip(t, fixture.Small(), nil)
	for _, c := range []struct {
		name    string
		prepare func(t *testing.T) (dir, other string)
	}{
		{"into an empty one", func(t *testing.T) (string, string) { return libraryOf(t, ""), hosted(t, archive) }},
		{"into one of the same host", func(t *testing.T) (string, string) {
			dir := libraryOf(t, archive)
			edit(t, dir, firstID, "My own title", "")
			clip(t, dir, firstID, "one.m4a", "another clip")
			transcribe(t, dir, firstID, "Other words.")
			return dir, hosted(t, archive)
		}},
		{"a better copy of another host", func(t *testing.T) (string, string) {
			dir := libraryOf(t, zip(t, fixture.One(), func(a *fixture.Archive) {
				r := &a.Spaces[0].Pieces[0]
				r.Frames, r.Seconds = 0, 6
				a.Owner = fixture.Person{ID: "4444444444", Handle: "other_host"}
			}))
			transcribe(t, dir, firstID, "Words of the shorter copy.")
			answer(t, dir, entry("tomokafor", consent.Declined, 2), entry("somebody", consent.Granted, 2))
			return dir, hosted(t, archive)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			ready, other := c.prepare(t)
			there := tree(t, other)
			dir := copyOf(t, ready)
			var count atomic.Int64
			if err := run(dir, other, func(string, string) error { count.Add(1); return nil }); err != nil {
				t.Fatal(err)
			}
			clean(t, dir)
			want, steps := tree(t, dir), int(count.Load())
			t.Logf("%d steps", steps)
			stride := steps/4 + 1
			if os.Getenv("SPACES_LONG") != "" {
				stride = 2
			} else if testing.Short() {
				stride = steps/2 + 1
			}
			for n := 0; n < steps; n += stride {
				killed := copyOf(t, ready)
				cmd := exec.Command(os.Args[0], "kill-at-step", killed, other, strconv.Itoa(n))
				out, err := cmd.CombinedOutput()
				if err == nil || cmd.ProcessState.ExitCode() == 1 {
					t.Fatalf("step %d of %d was never reached: %s", n, steps, out)
				}
				if err := run(killed, other, nil); err != nil {
					t.Fatalf("after a kill at step %d: %v", n, err)
				}
				sameTree(t, tree(t, killed), want)
				if t.Failed() {
					t.Fatalf("killed at step %d of %d", n, steps)
				}
				os.RemoveAll(killed)
			}
			clean(t, dir)
			sameTree(t, tree(t, other), there)
		})
	}
}

// A step that fails, as on a full disk, is told, and the next merge finishes.
func TestFailedAnywhere(t *testing.T) {
	full := errors.New("no space left on device")
	other, ready := hosted(t, zip(t, fixture.Small(), nil)), libraryOf(t, "")
	dir := copyOf(t, ready)
	var count atomic.Int64
	if err := run(dir, other, func(string, string) error { count.Add(1); return nil }); err != nil {
		t.Fatal(err)
	}
	want, steps := tree(t, dir), int(count.Load())
	stride := steps/4 + 1
	if os.Getenv("SPACES_LONG") != "" {
		stride = 4
	}
	for n := stride / 2; n < steps; n += stride {
		failing := copyOf(t, ready)
		var step atomic.Int64
		err := run(failing, other, func(what, _ string) error {
			if step.Add(1) > int64(n) && what != "remove" { // a full disk can still remove
				return full
			}
			return nil
		})
		if err == nil || !errors.Is(err, full) {
			t.Errorf("step %d: the error does not say why: %v", n, err)
		}
		if err := run(failing, other, nil); err != nil {
			t.Fatalf("after a failure at step %d: %v", n, err)
		}
		sameTree(t, tree(t, failing), want)
		if t.Failed() {
			t.Fatalf("failed at step %d of %d", n, steps)
		}
	}
}

func copyOf(t testing.TB, dir string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "library")
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return to
}
