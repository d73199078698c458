package main

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/publish/conform"
)

// A realSpaces is the program itself, with a home and a library of its own, in
// which there is the sample archive.
type realSpaces struct {
	program string
	dir     string // its home
	env     []string
}

func newRealSpaces(t *testing.T, env ...string) *realSpaces {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &realSpaces{filepath.Join(t.TempDir(), "spaces"), t.TempDir(), env} // see TestMain
	if runtime.GOOS == "windows" {
		p.program += ".exe"
	}
	if err := os.Symlink(self, p.program); err != nil {
		t.Skip(err)
	}
	if _, said, code := p.run(t, "extract", "--quiet", "../../testdata/sample-archive.zip"); code != 0 {
		t.Fatal(said)
	}
	return p
}

// command is a run of the program to come.
func (p *realSpaces) command(args ...string) *exec.Cmd {
	cmd := exec.Command(p.program, args...)
	for _, v := range os.Environ() {
		// What the one who runs the tests has set up is not for them.
		if !strings.HasPrefix(v, "AWS_") && !strings.HasPrefix(v, "IA_") && !strings.HasPrefix(v, "SSH_") && !strings.HasPrefix(v, "NETRC=") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(cmd.Env, "HOME="+p.dir, "USERPROFILE="+p.dir, "AppData="+p.dir, "XDG_CONFIG_HOME="+p.config(), "SPACES_LIBRARY="+p.library(), "SPACES_KEYRING=file")
	cmd.Env = append(cmd.Env, p.env...)
	return cmd
}

func (p *realSpaces) library() string { return filepath.Join(p.dir, "lib") }
func (p *realSpaces) config() string  { return filepath.Join(p.dir, ".config") }

// run runs it to its end.
func (p *realSpaces) run(t *testing.T, args ...string) (out, said string, code int) {
	t.Helper()
	return p.runWith(t, p.command(args...))
}

func (p *realSpaces) runWith(t *testing.T, cmd *exec.Cmd) (out, said string, code int) {
	t.Helper()
	var o, e bytes.Buffer
	cmd.Stdout, cmd.Stderr = &o, &e
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return o.String(), e.String(), cmd.ProcessState.ExitCode()
}

// file writes a file into the home, and returns its path.
func (p *realSpaces) file(t *testing.T, name, text string) string {
	t.Helper()
	name = filepath.Join(p.dir, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// settings writes the settings' file.
func (p *realSpaces) settings(t *testing.T, text string) {
	t.Helper()
	dir := filepath.Join(".config", "spaces")
	p.file(t, filepath.Join(dir, "config.yaml"), text)
	p.file(t, filepath.Join("spaces", "config.yaml"), text) // where Windows has it
}

// failed reads the error of a run with --json.
func failed(t *testing.T, said string) (e app.JSONError) {
	t.Helper()
	var doc struct{ Error app.JSONError }
	lines := strings.Split(strings.TrimSpace(said), "\n")
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &doc); err != nil {
		t.Errorf("stderr is %q: %v", said, err)
	}
	return doc.Error
}

// secretsIn are texts that nobody but the one asked for them may see.
type secretsIn []string

// none complains about secrets in a text.
func (s secretsIn) none(t *testing.T, where, text string) {
	t.Helper()
	for _, secret := range s {
		if i := strings.Index(text, secret); i >= 0 {
			t.Errorf("%s holds a secret: …%s…", where, text[max(0, i-60):min(len(text), i+len(secret)+20)])
		}
	}
}

// noneBelow complains about secrets in the files of a folder and in their names.
func (s secretsIn) noneBelow(t *testing.T, dir string, may ...string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		s.none(t, "a name", name)
		if !e.Type().IsRegular() {
			return nil
		}
		for _, m := range may {
			if filepath.Base(name) == m {
				return nil
			}
		}
		b, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		files++
		s.none(t, name, string(b))
		return nil
	})
	if err != nil || files == 0 {
		t.Errorf("looked into %d files; %v", files, err)
	}
}

// gatewayEnv is what tells of conform.Gateway.
func gatewayEnv(addr string) []string {
	return []string{"AWS_ACCESS_KEY_ID=" + conform.User, "AWS_SECRET_ACCESS_KEY=" + conform.S3Secret, "AWS_REGION=us-east-1", "AWS_ENDPOINT_URL=http://" + addr}
}
