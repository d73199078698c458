package cli

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/fixture/jsondoc"
	"github.com/spaces-cli/spaces/internal/settings"
)

// testApp is an App with buffers, a fixed clock and zone, and nothing of the
// machine it runs on.
func testApp(t testing.TB) *App {
	home := t.TempDir()
	for _, k := range settings.Keys() {
		t.Setenv(settings.EnvName(k.Name), "") // counts as not set
	}
	return &App{&app.App{
		In: strings.NewReader(""), Out: new(bytes.Buffer), Err: new(bytes.Buffer),
		Now:       func() time.Time { return time.Date(2021, 6, 17, 12, 0, 0, 0, time.UTC) },
		Zone:      time.FixedZone("CEST", 2*3600),
		Env:       func(string) (string, bool) { return "", false },
		Home:      home,
		ConfigDir: filepath.Join(home, "config"),
		Version:   "1.2.3",
		Start:     func(string) error { return nil },
	}}
}

// clone returns an App that can be changed without changing a.
func (a *App) clone() *App {
	c := *a.App
	return &App{&c}
}

// run executes a command line in a copy of a and returns code and output.
func run(a *App, args ...string) (code int, stdout, stderr string) {
	c := a.clone()
	var out, err bytes.Buffer
	c.Out, c.Err = &out, &err
	code = c.Run(context.Background(), args)
	return code, out.String(), err.String()
}

func TestUsageErrors(t *testing.T) {
	a := testApp(t)
	for _, tt := range []struct {
		args       string
		code       int
		kind, says string
	}{
		{"lst", app.ExitUsage, "usage", "did you mean: spaces list"},
		{"list --sinc 2021", app.ExitUsage, "usage", "did you mean: --since"},
		{"list --since soonish", app.ExitUsage, "usage", "soonish"},
		{"list --state good", app.ExitUsage, "usage", "complete, damaged"},
		{"list --limit x", app.ExitUsage, "usage", "see spaces list --help"},
		{"extract", app.ExitUsage, "usage", "PATH"},
		{"extract x --title nonsense", app.ExitUsage, "usage", "ID=TEXT"},
		{"extract x --started-at soon", app.ExitUsage, "usage", "soon"},
		{"version now", app.ExitUsage, "usage", "takes no arguments"},
		{"edit x y", app.ExitUsage, "usage", `"y"`},
		{"edit x", app.ExitUsage, "usage", "--title"},
		{"remove x", app.ExitUsage, "usage", "--yes"},
		{"config frobnicate", app.ExitUsage, "usage", "config --help"},
		{"config set jobs many", app.ExitUsage, "usage", "number"},
		{"config set lock-wait -1s", app.ExitUsage, "usage", "has no flag -1"},
		{"config get colour", app.ExitNotFound, "no-such-setting", "colour"},
		{"completion tcsh", app.ExitUsage, "usage", "tcsh"},
		{"list --jobs -1", app.ExitUsage, "usage", "jobs"},
		{"list", app.ExitNotFound, "no-library", "spaces extract ARCHIVE.zip"},
		{"show latest", app.ExitNotFound, "no-library", "spaces extract"},
		{"verify", app.ExitNotFound, "no-library", "spaces extract"},
		{"reindex", app.ExitNotFound, "no-library", "spaces extract"},
		{"archives", app.ExitNotFound, "no-library", "spaces extract"},
	} {
		t.Run(tt.args, func(t *testing.T) {
			args := strings.Fields(tt.args)
			code, stdout, stderr := run(a, args...)
			if code != tt.code || stdout != "" || !strings.HasPrefix(stderr, "spaces: error: ") || !strings.Contains(stderr, tt.says) {
				t.Errorf("spaces %s: exit %d, want %d\nstdout %q\nstderr %q, want %q", tt.args, code, tt.code, stdout, stderr, tt.says)
			}
			code, stdout, stderr = run(a, append(args, "--json")...)
			if code != tt.code || stdout != "" || !strings.Contains(stderr, `"kind":"`+tt.kind+`"`) {
				t.Errorf("spaces %s --json: exit %d, want %d\nstdout %q\nstderr %q, want %q", tt.args, code, tt.code, stdout, stderr, tt.kind)
			}
			if err := jsondoc.Check(stderr, "errors"); err != nil {
				t.Errorf("spaces %s --json: %v", tt.args, err)
			}
		})
	}
	if entries, err := os.ReadDir(a.Home); err != nil || len(entries) > 0 {
		t.Errorf("a failed command has made %v", entries)
	}
}

func TestSettings(t *testing.T) {
	a := testApp(t)
	get := func(want string, args ...string) {
		t.Helper()
		code, stdout, stderr := run(a, append(args, "config", "get", "library")...)
		if code != 0 || stdout != want+"\n" {
			t.Errorf("exit %d, got %q, want %q; %s", code, stdout, want, stderr)
		}
	}
	get(filepath.Join(a.Home, "Spaces"))
	if err := os.MkdirAll(a.ConfigDir, 0o755); err != nil {
		t.Fatal(err)
	}
	content := "# mine\nlibrary: ~/file # here\ncolour: red\n"
	if err := os.WriteFile(a.ConfigFile(), []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
	get("~/file")
	if _, _, stderr := run(a, "config"); !strings.Contains(stderr, `warning: `+a.ShortenHome(a.ConfigFile())+`: no setting is named "colour"`) {
		t.Errorf("no warning of an unknown key: %q", stderr)
	}
	t.Setenv("SPACES_LIBRARY", "/env")
	get("/env")
	get("/flag", "--library", "/flag")
	t.Setenv("SPACES_LIBRARY", "")
	get("~/file") // an empty variable is none

	if code, _, stderr := run(a, "config", "set", "jobs", "3"); code != 0 {
		t.Fatal(stderr)
	}
	if code, _, stderr := run(a, "config", "set", "library", "~/new"); code != 0 {
		t.Fatal(stderr)
	}
	b, err := os.ReadFile(a.ConfigFile())
	if err != nil {
		t.Fatal(err)
	}
	if want := "# mine\nlibrary: ~/new # here\ncolour: red\njobs: 3\n"; string(b) != want {
		t.Errorf("config.yaml is\n%s\nwant\n%s", b, want)
	}
	_, stdout, _ := run(a, "config", "--json")
	if err := jsondoc.Check(stdout, "config"); err != nil {
		t.Error(err)
	}
	if _, stdout, _ := run(a, "config"); !regexp.MustCompile(`(?m)^jobs +3 `).MatchString(stdout) {
		t.Errorf("config shows\n%s", stdout)
	}
	if err := os.WriteFile(a.ConfigFile(), []byte("library: [\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := run(a, "list"); code != app.ExitFailed || !strings.Contains(stderr, a.ShortenHome(a.ConfigFile())) {
		t.Errorf("broken file: exit %d, %s", code, stderr)
	}
}

// A dropped file is extracted, and the window stays. A double click opens the
// studio, also without a library.
func TestDropped(t *testing.T) {
	a := testApp(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	opened := ""
	a.Start = func(url string) error {
		opened = url
		cancel()
		return nil
	}
	drop := func(args ...string) (int, string) {
		c := a.clone()
		var out bytes.Buffer
		c.Out, c.Err, c.In = &out, &out, strings.NewReader("\n")
		code := c.runDropped(ctx, args)
		return code, out.String()
	}
	name := filepath.Join(a.Home, "list")
	if err := os.WriteFile(name, []byte("no archive"), 0o666); err != nil {
		t.Fatal(err)
	}
	if code, out := drop(name); code != app.ExitFailed || !strings.Contains(out, a.ShortenHome(name)) || !strings.HasSuffix(out, "Press Enter to close this window.\n") {
		t.Errorf("dropped: %d, %s", code, out)
	}
	if code, out := drop(); code != app.ExitDone || !strings.HasPrefix(opened, "http://127.0.0.1:") || !strings.Contains(out, "~/Spaces contains no library yet") {
		t.Errorf("double click: %d, %q, %s", code, opened, out)
	}
}

func TestInterrupted(t *testing.T) {
	a := testApp(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var stderr bytes.Buffer
	a.Err = &stderr
	if code := a.Run(ctx, []string{"extract", a.Home}); code != app.ExitInterrupted || stderr.String() != "spaces: stopped; run the same command again to finish\n" {
		t.Errorf("exit %d, %q", code, stderr.String())
	}
}
