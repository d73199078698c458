package cli

import (
	"archive/zip"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// cmdExits is "exits CODE PROGRAM [ARG...]": it runs a program, as exec does,
// and wants that exit code. A file named "stdin" is its input, if there is
// one; its output goes to the files "out" and "err".
func cmdExits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM [ARG...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	var path string
	for _, dir := range strings.Split(ts.Getenv("PATH"), string(os.PathListSeparator)) {
		for _, suffix := range []string{"", ".exe"} {
			if name := dir + string(os.PathSeparator) + args[1] + suffix; path == "" && exists(name) {
				path = name
			}
		}
	}
	if path == "" {
		ts.Fatalf("there is no program %s", args[1])
	}
	cmd := exec.Command(path, args[2:]...)
	cmd.Dir = ts.Getenv("WORK")
	for _, name := range []string{"PATH", "HOME", "USERPROFILE", "AppData", "XDG_CONFIG_HOME", "TZ", "SPACES_LIBRARY", "SPACES_JOBS",
		"SPACES_QUIET", "SPACES_LOCK_WAIT", "SPACES_KEYRING", "SPACES_X_CLIENT_ID", "SPACES_X_REDIRECT_PORT", "SPACES_CONSENT_POST", "DISPLAY", "NO_COLOR", "SYSTEMROOT", "TMPDIR", "TEMP", "TMP"} {
		if v := ts.Getenv(name); v != "" {
			cmd.Env = append(cmd.Env, name+"="+v)
		}
	}
	if in, err := os.Open(ts.MkAbs("stdin")); err == nil {
		defer in.Close()
		cmd.Stdin = in
	}
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	ts.Check(os.WriteFile(ts.MkAbs("out"), []byte(stdout.String()), 0o666))
	ts.Check(os.WriteFile(ts.MkAbs("err"), []byte(stderr.String()), 0o666))
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		ts.Fatalf("%v", err)
	}
	if got := cmd.ProcessState.ExitCode(); got != want {
		ts.Fatalf("exit code %d, want %d\nstdout: %s\nstderr: %s", got, want, &stdout, &stderr)
	}
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
	if err := checkKeys(ts.ReadFile(args[0]), args[1]); err != nil {
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
