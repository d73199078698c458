package program

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Whoever is killed leaves no program that goes on for minutes.
func TestProgramEndsWithUs(t *testing.T) {
	const variable = "SPACES_TEST_ENGINE_FILE"
	if file := os.Getenv(variable); file != "" {
		Program{Path: "/bin/sh", Args: []string{"-c", `echo $$ > "$0.new"; mv "$0.new" "$0"; exec sleep 3600`, file}}.Run(t.Context(), time.Hour)
		t.Fatal("the program ended")
	}
	if _, err := os.Stat("/bin/sh"); err != nil {
		t.Skip("/bin/sh is missing")
	}
	file := filepath.Join(t.TempDir(), "number")
	us := exec.Command(os.Args[0], "-test.run=^TestProgramEndsWithUs$")
	us.Env = append(os.Environ(), variable+"="+file)
	if err := us.Start(); err != nil {
		t.Fatal(err)
	}
	defer us.Process.Kill()
	var pid int
	for pid == 0 {
		time.Sleep(10 * time.Millisecond)
		b, _ := os.ReadFile(file)
		fmt.Sscan(string(b), &pid)
	}
	if !isAlive(pid) {
		t.Fatal("the program does not run")
	}
	us.Process.Kill()
	us.Wait()
	for wait := time.Millisecond; isAlive(pid); wait *= 2 {
		if wait > 10*time.Second {
			syscall.Kill(pid, syscall.SIGKILL)
			t.Fatal("the program still runs")
		}
		time.Sleep(wait)
	}
}

// isAlive reports whether a process is one and has not ended.
func isAlive(pid int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, state, _ := bytes.Cut(b, []byte(") "))
	return err == nil && !strings.HasPrefix(string(state), "Z")
}
