package catalog

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/spaces-cli/spaces/internal/library/space"
)

// The test binary is its own second process: with this variable set it is a
// writer of the catalogue that the variable names.
const writerEnv = "CATALOG_TEST_WRITER"

func TestMain(m *testing.M) {
	if path := os.Getenv(writerEnv); path != "" {
		if err := writePairs(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// writePairs puts a pair of recordings in each transaction, and says on
// stdout when it has begun.
func writePairs(path string) error {
	ctx := context.Background()
	c, err := Open(ctx, path, ReadWrite)
	if err != nil {
		return err
	}
	for i := range 100 {
		if err := c.Update(ctx, func(tx *Tx) error {
			for _, half := range []string{"a", "b"} {
				if err := tx.Put(&space.Recording{ID: fmt.Sprintf("%04d%s", i, half), Title: "pair " + half}); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
		fmt.Println(i)
	}
	return c.Close()
}

// While another process writes pairs in transactions, readers always see
// whole pairs, never an error, and at the end all of them.
func TestReadersBesideWriter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "catalog.sqlite")
	c, err := Open(t.Context(), path, ReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	c.Close()

	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), writerEnv+"="+path)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	progress := bufio.NewReader(out)
	for done := false; !done; {
		if _, err := progress.ReadString('\n'); errors.Is(err, io.EOF) {
			done = true
		} else if err != nil {
			t.Fatal(err)
		}
		r, err := Open(t.Context(), path, ReadOnly)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, err := range r.List(t.Context(), Query{Words: "pair"}) {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		if n%2 != 0 || done && n != 200 {
			t.Fatalf("%d recordings are visible", n)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
}

// Two processes that write at once both get through.
func TestTwoWriters(t *testing.T) {
	path := filepath.Join(t.TempDir(), "catalog.sqlite")
	c, err := Open(t.Context(), path, ReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), writerEnv+"="+path)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		put(t, c, &space.Recording{ID: fmt.Sprintf("other%d", i), Title: "other"})
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, err := range c.List(t.Context(), Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != 300 {
		t.Errorf("%d recordings", n)
	}
}

// A writer that is killed leaves what it had committed.
func TestKilledWriter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "catalog.sqlite")
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), writerEnv+"="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	progress := bufio.NewReader(out)
	for range 3 {
		if _, err := progress.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	c, err := Open(t.Context(), path, ReadOnly)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	n := 0
	for _, err := range c.List(t.Context(), Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n < 6 || n%2 != 0 {
		t.Errorf("%d recordings", n)
	}
	if dirty, err := c.Dirty(t.Context()); !dirty || err != nil {
		t.Errorf("dirty: %v, %v", dirty, err)
	}
}
