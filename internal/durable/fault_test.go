package durable_test

import (
	"io"
	"os"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/durable/faults"
)

// folder makes a folder in which the file "name" holds "before".
func folder(t *testing.T) *os.Root {
	t.Helper()
	root, err := os.OpenRoot(t.TempDir())
	if err == nil {
		t.Cleanup(func() { root.Close() })
		err = root.WriteFile("name", []byte("before"), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// holds fails unless the file "name" is whole, new if it was written, and
// alone.
func holds(t *testing.T, root *os.Root, written error, after string) {
	t.Helper()
	got, err := root.ReadFile("name")
	if err != nil {
		t.Fatal(err)
	}
	if text := string(got); text != after && (written == nil || text != "before") {
		t.Errorf("the file holds %q after %v", text, written)
	}
	f, err := root.Open(".")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if list, err := f.Readdirnames(-1); err != nil || len(list) != 1 {
		t.Errorf("the folder holds %q, %v", list, err)
	}
}

func TestWriteFileFailing(t *testing.T) {
	faults.Each(t, func(t *testing.T, trace durable.Trace) error {
		root := folder(t)
		err := durable.Options{Trace: trace}.WriteFile(root, "name", []byte("after"))
		holds(t, root, err, "after")
		return err
	})
}

func TestDraftFailing(t *testing.T) {
	faults.Each(t, func(t *testing.T, trace durable.Trace) error {
		root := folder(t)
		d, err := durable.Options{Trace: trace}.Create(root, "name")
		if err == nil {
			if _, err = io.Copy(d, strings.NewReader("copied")); err == nil {
				err = d.Commit(true)
			}
			d.Discard()
		}
		holds(t, root, err, "copied")
		return err
	})
}

func TestPartFailing(t *testing.T) {
	faults.Each(t, func(t *testing.T, trace durable.Trace) error {
		root := folder(t)
		o := durable.Options{Trace: trace}
		p, err := o.CreatePart(root, "part")
		if err == nil {
			io.WriteString(p, "whole")
			if err = p.Commit(); err == nil {
				err = o.Replace(root, "part", "name")
			}
			if err != nil {
				p.Discard()
			}
		}
		holds(t, root, err, "whole")
		return err
	})
}

func TestPermissions(t *testing.T) {
	root := folder(t)
	if err := (durable.Options{Perm: 0o600}).WriteFile(root, "name", nil); err != nil {
		t.Fatal(err)
	}
	if info, err := root.Stat("name"); err != nil || info.Mode().Perm()&0o077 != 0 && os.PathSeparator == '/' {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}
