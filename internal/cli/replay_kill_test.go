package cli

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/spaces-cli/spaces/internal/fixture"
)

// The download of a playlist, killed at any step on the disk, is resumed by the
// next run: the same files, and nothing is left of the download.
func TestReplayKilledAnywhere(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("programs of the tests are links here")
	}
	t.Parallel()
	served := t.TempDir()
	r := fixture.ReplayOf(fixture.Short())
	r.Marked = []int{1}
	if _, err := r.WriteFolder(served); err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(http.FileServer(http.Dir(served)))
	defer srv.Close()
	add := []string{"spaces", "add", srv.URL + "/" + r.Playlist(), "--connections", "1"}

	undisturbed := t.TempDir()
	if cmd, out := as(t, undisturbed, []string{steps + "=" + filepath.Join(undisturbed, "steps")}, add...); cmd.Run() != nil {
		t.Fatal(out)
	}
	want := kept(t, undisturbed)
	b, err := os.ReadFile(filepath.Join(undisturbed, "steps"))
	if err != nil {
		t.Fatal(err)
	}
	list := strings.Split(strings.TrimSpace(string(b)), "\n")
	for _, step := range []string{".part", ".chunk", "joined", "joined.json", "rename", "remove .downloads/"} {
		if !strings.Contains(string(b), step) {
			t.Fatalf("no step is about %s:\n%s", step, b)
		}
	}
	stride := 3
	switch {
	case os.Getenv("SPACES_LONG") != "":
		stride = 1
	case testing.Short(): // the race detector sees the same in each
		stride = 17
	}
	for at := 1; at <= len(list); at += stride {
		t.Run(fmt.Sprintf("%d %s", at, strings.ReplaceAll(list[at-1], "/", " ")), func(t *testing.T) {
			dir := t.TempDir()
			cmd, out := as(t, dir, []string{dieAt + "=" + strconv.Itoa(at)}, add...)
			err := cmd.Run()
			if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); err == nil || ok && !status.Signaled() {
				t.Fatalf("it was not killed: %v: %s", err, out)
			}
			for _, args := range [][]string{{"spaces", "status"}, add, {"spaces", "verify"}} {
				if args[1] == "status" {
					if _, err := os.Stat(filepath.Join(dir, "lib", "library.json")); err != nil {
						continue
					}
				}
				if cmd, out := as(t, dir, nil, args...); cmd.Run() != nil {
					t.Fatalf("%q: %s", args, out)
				}
			}
			got := kept(t, dir)
			for name := range want {
				if got[name] != want[name] {
					t.Errorf("%s is not what it would have been (%d bytes, not %d)", name, len(got[name]), len(want[name]))
				}
			}
			for name := range got {
				if _, ok := want[name]; !ok {
					t.Errorf("%s is left", name)
				}
			}
		})
	}
}
