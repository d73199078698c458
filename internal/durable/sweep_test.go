package durable

import (
	"bufio"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// TestMain lets the test binary be another process that writes a draft until
// its standard input ends, or until it is killed.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "write-draft" {
		root, err := os.OpenRoot(os.Args[2])
		if err != nil {
			os.Exit(1)
		}
		d, err := Create(root, "voices.wav")
		if err != nil {
			os.Exit(1)
		}
		d.WriteString("everybody's voice")
		os.Stdout.WriteString(filepath.Base(d.Name()) + "\n")
		bufio.NewReader(os.Stdin).ReadString('\n')
		if d.Commit(false) != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// writer starts another process that writes a draft, and returns its name.
func writer(t *testing.T, dir string) (cmd *exec.Cmd, finish func() error, name string) {
	t.Helper()
	cmd = exec.Command(os.Args[0], "write-draft", dir)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return cmd, func() error { in.Close(); return cmd.Wait() }, line[:len(line)-1]
}

// A draft that another process is writing is left alone; the draft of one that
// was killed is swept away at once.
func TestSweep(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("young drafts are left alone there")
	}
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	_, finish, busy := writer(t, dir)
	killed, wait, left := writer(t, dir)
	killed.Process.Kill()
	wait()
	if Abandoned(root, busy) || !Abandoned(root, left) {
		t.Errorf("abandoned: the one being written %v, that of the killed process %v", Abandoned(root, busy), Abandoned(root, left))
	}
	SweepDir(root, ".")
	if list := names(t, root); len(list) != 1 || list[0] != busy {
		t.Errorf("left are %q, want %q", list, busy)
	}
	if err := finish(); err != nil {
		t.Errorf("the other process: %v", err)
	}
	if b, err := root.ReadFile("voices.wav"); err != nil || string(b) != "everybody's voice" {
		t.Errorf("%q, %v", b, err)
	}
}

func TestIsLeftover(t *testing.T) {
	for name, want := range map[string]bool{
		".ABCDEFGHIJ.partial": true, "peaks.partial": true, "peaks.partial-ABCDEFGHIJ": true, ".123.partial": true,
		".talk.m4a.partial": true, "partial": false, "my.partial.wav": false, "x.partial-old": false,
	} {
		t.Run(name, func(t *testing.T) {
			if IsLeftover(name) != want {
				t.Errorf("%s: %v", name, !want)
			}
		})
	}
}

// Where the system refuses to delete as os.Root does, files and folders go all
// the same, and what is committed is there.
func TestRemoveRefused(t *testing.T) {
	dir := t.TempDir()
	outside := filepath.Join(t.TempDir(), "kept")
	if err := errors.Join(os.MkdirAll(filepath.Join(dir, "a", "b"), 0o755), os.WriteFile(filepath.Join(dir, "a", "b", "f"), nil, 0o644),
		os.WriteFile(filepath.Join(dir, "g"), nil, 0o644), os.WriteFile(outside, nil, 0o644)); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	refuse := func(string) error { return errors.ErrUnsupported }
	if err := remove(refuse, root, "g"); err != nil {
		t.Errorf("a file: %v", err)
	}
	if err := removeAll(refuse, root, "a"); err != nil {
		t.Errorf("a folder: %v", err)
	}
	if err := removeAll(refuse, root, "nothing"); err != nil {
		t.Errorf("nothing: %v", err)
	}
	if list := names(t, root); len(list) > 0 {
		t.Errorf("left are %q", list)
	}
	if os.Symlink(filepath.Dir(outside), filepath.Join(dir, "out")) == nil {
		if err := remove(refuse, root, "out/kept"); err == nil {
			t.Error("a link led outside")
		}
	}
	for _, name := range []string{"../x", outside} {
		if err := remove(refuse, root, name); err == nil {
			t.Errorf("%s was removed", name)
		}
	}
	if _, err := os.Stat(outside); err != nil {
		t.Error(err)
	}

	d := write(t, root, "committed", "all of it")
	d.remove = func(root *os.Root, name string) error { return remove(refuse, root, name) }
	if err := d.Commit(false); err != nil {
		t.Errorf("commit: %v", err)
	}
	for _, name := range names(t, root) {
		if IsLeftover(name) {
			t.Errorf("%s is left", name)
		}
	}
	// Even where nothing helps the file is there.
	d = write(t, root, "second", "all of it")
	d.remove = func(*os.Root, string) error { return fs.ErrPermission }
	if err := d.Commit(false); err != nil {
		t.Errorf("commit where nothing can be removed: %v", err)
	}
	if b, err := root.ReadFile("second"); err != nil || string(b) != "all of it" {
		t.Errorf("%q, %v", b, err)
	}
}

// Drafts of file systems without locks are swept when they are old.
func TestOldDraft(t *testing.T) {
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if err := root.WriteFile(".ABCDEFGHIJ.partial", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := root.Chtimes(".ABCDEFGHIJ.partial", time.Now(), time.Now().Add(-2*old)); err != nil {
		t.Fatal(err)
	}
	if swept, err := Sweep(root, ".ABCDEFGHIJ.partial"); !swept || err != nil {
		t.Errorf("%v, %v", swept, err)
	}
	if swept, err := Sweep(root, "nothing"); swept || err != nil {
		t.Errorf("nothing: %v, %v", swept, err)
	}
}
