package conform

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// orders names the variable of the environment that has the path of a program's
// Behaviour.
const orders = "SPACES_TEST_ENGINE"

// Program returns the path of a program that behaves as told: the test itself,
// which calls Act. The program that is missing has a path too.
func Program(t *testing.T, b Behaviour) string {
	t.Helper()
	if b.Missing {
		return filepath.Join(t.TempDir(), "missing")
	}
	text, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "orders")
	if err := errors.Join(os.WriteFile(name, text, 0o600), os.WriteFile(name+".output", b.Output, 0o600)); err != nil {
		t.Fatal(err)
	}
	t.Setenv(orders, name)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return self
}

// Act behaves as Program was told, and returns the exit code, if this process
// is such a program. File returns what the program is told to write to by its
// arguments, or "" for its output.
func Act(args []string, stdout, stderr io.Writer, file func(args []string) string) (code int, acted bool) {
	name := os.Getenv(orders)
	if name == "" {
		return 0, false
	}
	text, err := os.ReadFile(name)
	var b Behaviour
	if err == nil {
		err = json.Unmarshal(text, &b)
	}
	if err == nil {
		b.Output, err = os.ReadFile(name + ".output")
	}
	if err == nil {
		code, err = b.act(args, stdout, stderr, file(args))
	}
	if err != nil {
		fmt.Fprintln(stderr, "error:", err)
		code = 99
	}
	return code, true
}

// child is the argument of a program that another one started.
const child = "as-a-child"

func (b Behaviour) act(args []string, stdout, stderr io.Writer, file string) (code int, err error) {
	switch {
	case slices.Contains(args, child):
		time.Sleep(time.Hour)
	case b.Hangs:
		return 0, b.hang(stdout, stderr)
	case b.Fails:
		io.WriteString(stderr, b.Said)
		return 3, nil
	case b.Nothing:
		return 0, nil
	}
	if b.Chatter {
		line := strings.Repeat("progress = 50% ", 64) + "\n"
		for n := 0; n < 64<<20; n += len(line) {
			if _, err := io.WriteString(stderr, line); err != nil {
				return 0, err
			}
		}
	}
	if file == "" {
		return 0, b.write(stdout)
	}
	f, err := os.Create(file)
	if err != nil {
		return 0, err
	}
	return 0, errors.Join(b.write(f), f.Close())
}

func (b Behaviour) write(w io.Writer) error {
	_, err := w.Write(b.Output)
	for n := 0; err == nil && b.Endless; n++ {
		if n > 1<<14 {
			time.Sleep(time.Millisecond) // it is for the engine to end this; a disk is not to be filled
		}
		_, err = w.Write(b.Output)
	}
	return err
}

// hang starts another program that holds the output, and waits for ever.
func (b Behaviour) hang(stdout, stderr io.Writer) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(self, child)
	cmd.Stdout, cmd.Stderr = stdout, stderr
	if err := cmd.Start(); err != nil {
		return err
	}
	if err := os.WriteFile(b.Trace, fmt.Appendf(nil, "%d %d\n", os.Getpid(), cmd.Process.Pid), 0o600); err != nil {
		return err
	}
	return cmd.Wait()
}

// Quote writes a text as a JSON string the way that whisper.cpp does: all bytes
// but those of quotes and backslashes as they are.
func Quote(text string) string {
	return `"` + strings.NewReplacer(`"`, `\"`, `\`, `\\`).Replace(text) + `"`
}
