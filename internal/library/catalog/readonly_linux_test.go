package catalog

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

const readerEnv = "CATALOG_TEST_READER"

// TestReadOnlyReader is the second process of TestReadOnlyMedia.
func TestReadOnlyReader(t *testing.T) {
	path := os.Getenv(readerEnv)
	if path == "" {
		t.Skip("runs as a part of TestReadOnlyMedia")
	}
	c, err := Open(t.Context(), path, ReadOnly)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Println("found", ids(t, c.List(t.Context(), Query{Words: "debat"})))
}

// A catalogue in a folder that the reader cannot write to is read all the
// same. Root may write everywhere, so the reader is then somebody else.
func TestReadOnlyMedia(t *testing.T) {
	dir, err := os.MkdirTemp("", "catalog")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "catalog.sqlite")
	c, err := Open(t.Context(), path, ReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	put(t, c, samples()...)
	c.Close()
	program, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	reader := filepath.Join(dir, "reader")
	if err := os.WriteFile(reader, program, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o444); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(dir, 0o755)

	cmd := exec.Command(reader, "-test.run=^TestReadOnlyReader$", "-test.v")
	cmd.Env = append(os.Environ(), readerEnv+"="+path)
	cmd.Dir = dir
	if os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "found 1ypKdEXvkMLGW\n") {
		t.Errorf("%v\n%s", err, out)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 2 {
		t.Errorf("the folder holds %v (%v)", entries, err)
	}
}
