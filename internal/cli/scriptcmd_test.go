package cli

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/spaces-cli/spaces/internal/durable/flock"
	"github.com/spaces-cli/spaces/internal/fixture/jsondoc"
)

// cmdExits is "exits CODE PROGRAM [ARG...]": it runs a program, as exec does,
// and wants that exit code. A file named "stdin" is its input, if there is
// one; its output goes to the files "out" and "err".
func cmdExits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM [ARG...]")
	}
	run := startCommand(ts, args[1:])
	run.ends(ts, args[0])
}

// cmdStops is "stops CODE SIGNAL early|waiting FILE PROGRAM [ARG...]": while the
// lock on FILE is held it runs a program, as exits does, and sends it the signal
// as soon as it has been started, or once it has opened FILE and waits. A program
// that the signal ends has the exit code that a shell gives it.
func cmdStops(ts *testscript.TestScript, neg bool, args []string) {
	signals := map[string]os.Signal{"INT": os.Interrupt, "TERM": syscall.SIGTERM}
	if neg || len(args) < 5 || signals[args[1]] == nil || args[2] != "early" && args[2] != "waiting" {
		ts.Fatalf("usage: stops CODE INT|TERM early|waiting FILE PROGRAM [ARG...]")
	}
	f, err := os.OpenFile(ts.MkAbs(args[3]), os.O_RDWR|os.O_CREATE, 0o644)
	ts.Check(err)
	defer f.Close()
	// A program that another script starts at this moment has copies of all open
	// files for an instant, those of a lock that was just freed too.
	ts.Check(flock.Wait(context.Background(), f, time.Hour))
	// Where SIGINT is ignored, as in what a shell runs in the background, programs
	// inherit that. They do not inherit that it is handled.
	ignored := make(chan os.Signal, 1)
	signal.Notify(ignored, os.Interrupt)
	defer signal.Stop(ignored)
	run := startCommand(ts, args[4:])
	for args[2] == "waiting" && !run.hasOpen(f.Name()) {
		select {
		case <-run.ended:
			run.ends(ts, args[0])
			ts.Fatalf("it ended without opening %s", args[3])
		case <-time.After(time.Millisecond):
		}
	}
	ts.Check(run.cmd.Process.Signal(signals[args[1]]))
	run.ends(ts, args[0])
}

// A command is a program that a script has started.
type command struct {
	cmd            *exec.Cmd
	stdout, stderr strings.Builder
	ended          chan struct{} // closed when it has
	err            error         // of Wait, when it has ended
}

// startCommand starts a program with the variables of the script that are
// named here. A file named "stdin" is its input, if there is one.
func startCommand(ts *testscript.TestScript, args []string) *command {
	var path string
	for _, dir := range strings.Split(ts.Getenv("PATH"), string(os.PathListSeparator)) {
		for _, suffix := range []string{"", ".exe"} {
			if name := dir + string(os.PathSeparator) + args[0] + suffix; path == "" && exists(name) {
				path = name
			}
		}
	}
	if path == "" {
		ts.Fatalf("there is no program %s", args[0])
	}
	run := &command{cmd: exec.Command(path, args[1:]...), ended: make(chan struct{})}
	cmd := run.cmd
	cmd.Dir = ts.Getenv("WORK")
	for _, name := range []string{"PATH", "HOME", "USERPROFILE", "AppData", "XDG_CONFIG_HOME", "TZ", "LANG", "SPACES_LIBRARY", "SPACES_JOBS",
		"SPACES_QUIET", "SPACES_LOCK_WAIT", "SPACES_KEYRING", "SPACES_X_CLIENT_ID", "SPACES_X_REDIRECT_PORT", "SPACES_CONSENT_POST", "SPACES_TRANSCRIBE_KEY", "SPACES_TRANSCRIBE_REMOTE", "SSL_CERT_FILE", "DISPLAY", "EDITOR", "VISUAL", "NO_COLOR", "SYSTEMROOT", "TMPDIR", "TEMP", "TMP"} {
		if v := ts.Getenv(name); v != "" {
			cmd.Env = append(cmd.Env, name+"="+v)
		}
	}
	if in, err := os.Open(ts.MkAbs("stdin")); err == nil {
		defer in.Close()
		cmd.Stdin = in
	}
	cmd.Stdout, cmd.Stderr = &run.stdout, &run.stderr
	ts.Check(cmd.Start())
	go func() {
		run.err = cmd.Wait()
		close(run.ended)
	}()
	return run
}

// ends waits for the end of the program, writes what it printed to the files
// "out" and "err", and wants the exit code.
func (c *command) ends(ts *testscript.TestScript, code string) {
	<-c.ended
	ts.Check(os.WriteFile(ts.MkAbs("out"), []byte(c.stdout.String()), 0o666))
	ts.Check(os.WriteFile(ts.MkAbs("err"), []byte(c.stderr.String()), 0o666))
	var exit *exec.ExitError
	if c.err != nil && !errors.As(c.err, &exit) {
		ts.Fatalf("%v", c.err)
	}
	got := c.cmd.ProcessState.ExitCode()
	if status, ok := c.cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		got = 128 + int(status.Signal())
	}
	if strconv.Itoa(got) != code {
		ts.Fatalf("exit code %d, want %s\nstdout: %s\nstderr: %s", got, code, &c.stdout, &c.stderr)
	}
}

// hasOpen says whether the program has opened a file, as Linux's /proc tells.
func (c *command) hasOpen(name string) bool {
	links, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", c.cmd.Process.Pid))
	return slices.ContainsFunc(links, func(link string) bool {
		file, err := os.Readlink(link)
		return err == nil && file == name
	})
}

func exists(name string) bool {
	info, err := os.Stat(name)
	return err == nil && !info.IsDir()
}

// cmdKeys is "keys FILE SECTION": it holds every JSON line of the file against
// the keys that docs/json.md documents in the section of that name.
func cmdKeys(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: keys FILE SECTION")
	}
	if err := jsondoc.Check(ts.ReadFile(args[0]), args[1]); err != nil {
		ts.Fatalf("%v", err)
	}
}

// cmdUnpack is "unpack NAME": it unpacks testdata/libraries/NAME.zip of the
// module's root, a library as an earlier program wrote it, into the current folder.
func cmdUnpack(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: unpack NAME")
	}
	// Scripts change the current folder of the script, not of the process.
	zr, err := zip.OpenReader(filepath.Join("..", "..", "testdata", "libraries", args[0]+".zip"))
	ts.Check(err)
	defer zr.Close()
	ts.Check(os.CopyFS(ts.MkAbs("."), zr))
}
