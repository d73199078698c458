package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/fixture"
	player "github.com/spaces-cli/spaces/internal/fixture/recognizer"
	"github.com/spaces-cli/spaces/internal/library/layout"
)

// Variables of the program of the tests: at which step on the disk it is killed,
// and the file to which it writes its steps.
const (
	dieAt = "SPACES_TEST_DIE_AT"
	steps = "SPACES_TEST_STEPS"
)

// dieAtStep has the program killed at the step on the disk that dieAt names, and
// write its steps down if steps names a file.
func dieAtStep() {
	last, err := strconv.ParseInt(os.Getenv(dieAt), 10, 64)
	list := os.Getenv(steps)
	if err != nil && list == "" {
		return
	}
	var n atomic.Int64
	durable.Watch(func(step, name string) error {
		at := n.Add(1)
		if list != "" {
			f, err := os.OpenFile(list, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(f, step, name)
			return errors.Join(err, f.Close())
		}
		if at == last {
			p, _ := os.FindProcess(os.Getpid())
			p.Kill()
			select {} // until the signal arrives
		}
		return nil
	})
}

// as runs this test binary as one of the programs of the scripts.
func as(t *testing.T, dir string, environ []string, args ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	out := new(bytes.Buffer)
	cmd := exec.Command(self, args[1:]...)
	cmd.Args[0], cmd.Dir, cmd.Stdout, cmd.Stderr = args[0], dir, out, out
	cmd.Env = append(os.Environ(), "HOME="+dir, "USERPROFILE="+dir, "AppData="+dir, "XDG_CONFIG_HOME="+filepath.Join(dir, "config"),
		"SPACES_LIBRARY="+filepath.Join(dir, "lib"), "PATH="+filepath.Join(dir, "bin"), "TZ=UTC")
	cmd.Env = append(cmd.Env, environ...)
	return cmd, out
}

// A run that is killed at any step on the disk, of which there are some before
// and some after each piece and each file of the transcript, is finished by the
// next: with the same files, but for the time at which they were made, and no
// others. The engine is not asked again about what was done.
func TestTranscribeKilledAnywhere(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("programs of the tests are links here")
	}
	t.Parallel()
	ready := t.TempDir()
	if code := fixture.Main([]string{"preset", "short", filepath.Join(ready, "short.zip")}); code != 0 {
		t.Fatal(code)
	}
	if code := player.Main([]string{"sound", "310", filepath.Join(ready, "talk.wav")}); code != 0 {
		t.Fatal(code)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.Mkdir(filepath.Join(ready, "bin"), 0o755))
	must(os.Symlink(self, filepath.Join(ready, "bin", "recognizer")))
	must(os.WriteFile(filepath.Join(ready, "plan"), []byte("* speaks\n"), 0o600))
	transcribe := []string{"spaces", "transcribe", "latest", "--jobs", "1", "--command", "recognizer plan {audio} {language} {out}"}
	for _, args := range [][]string{
		{"spaces", "extract", "short.zip"},
		{"spaces", "add", "talk.wav", "--started-at", "2022-06-18T20:00:00Z"},
		{"spaces", "measure", "latest"},
		{"spaces", "waveform", "latest"},
	} {
		if cmd, out := as(t, ready, nil, args...); cmd.Run() != nil {
			t.Fatalf("%q: %s", args, out)
		}
	}

	undisturbed := copyOf(t, ready)
	cmd, out := as(t, undisturbed, []string{steps + "=" + filepath.Join(undisturbed, "steps")}, transcribe...)
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	want := kept(t, undisturbed)
	b, err := os.ReadFile(filepath.Join(undisturbed, "steps"))
	must(err)
	list := strings.Split(strings.TrimSpace(string(b)), "\n")
	for _, name := range []string{"0001.heard.json", "0002.heard.json", "0002.json", "transcript.json", "transcript.vtt", "transcript.txt", "raw.zip", "rename", "remove"} {
		if !strings.Contains(string(b), name) {
			t.Fatalf("no step is about %s:\n%s", name, b)
		}
	}
	t.Logf("%d steps:\n%s", len(list), b)
	stride := 5
	switch {
	case os.Getenv("SPACES_LONG") != "":
		stride = 1
	case testing.Short(): // the race detector sees the same in each
		stride = 23
	}
	for at := 1; at <= len(list); at += stride {
		t.Run(fmt.Sprintf("%d %s", at, list[at-1]), func(t *testing.T) {
			dir := copyOf(t, ready)
			cmd, out := as(t, dir, []string{dieAt + "=" + strconv.Itoa(at)}, transcribe...)
			err := cmd.Run()
			status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
			if err == nil || ok && !status.Signaled() {
				t.Fatalf("it was not killed: %v: %s", err, out)
			}
			done := make(map[int]bool) // pieces
			for n := 1; n <= 2; n++ {
				found, _ := filepath.Glob(filepath.Join(dir, "lib", layout.Transcribing, "*", "*", fmt.Sprintf("%04d.heard.json", n)))
				done[n] = len(found) > 0
			}
			saved := strings.Contains(list[at-1], "remove") && at > len(list)/2 // its words are kept: it only tidies up
			os.Remove(filepath.Join(dir, "plan.calls"))
			cmd, out = as(t, dir, nil, transcribe...)
			if err := cmd.Run(); err != nil {
				t.Fatalf("the next run: %v: %s", err, out)
			}
			if !saved {
				calls, _ := os.ReadFile(filepath.Join(dir, "plan.calls"))
				for n, d := range done {
					if asked := regexp.MustCompile(fmt.Sprintf(`(?m)^%d `, n)).Match(calls); asked == d {
						t.Errorf("piece %d was done: %t, and is asked for: %t", n, d, asked)
					}
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
			cmd, out = as(t, dir, nil, "spaces", "verify")
			if err := cmd.Run(); err != nil {
				t.Errorf("verify: %v: %s", err, out)
			}
			cmd, out = as(t, dir, nil, "spaces", "search", "sentence", "--said", "--json")
			if err := cmd.Run(); err != nil || strings.Count(out.String(), `"kind":"said"`) == 0 {
				t.Errorf("search: %v: %s", err, out)
			}
		})
	}
}

// kept is what a library has, but for its indexes and the time at which a
// transcript was made.
func kept(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := make(map[string]string)
	lib := filepath.Join(dir, "lib")
	err := filepath.WalkDir(lib, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		rel, _ := filepath.Rel(lib, name)
		if rel = filepath.ToSlash(rel); layout.IsIndex(rel) || rel == layout.LockDetails {
			return nil
		}
		b, err := os.ReadFile(name)
		files[rel] = regexp.MustCompile(`"made_at": "[^"]*"`).ReplaceAllString(string(b), "")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// copyOf copies a folder.
func copyOf(t *testing.T, dir string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return to
}
