package library

import (
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/library/catalog"
	"github.com/spaces-cli/spaces/internal/library/space"
)

const sampleZIP = "../../testdata/sample-archive.zip"

// write opens a library for writing and closes it at the end of the test.
func write(t *testing.T, dir string) *Library {
	t.Helper()
	l, err := OpenWrite(context.Background(), Options{Dir: dir, Version: "test", LockWait: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// take imports paths into a library and returns its events.
func take(t *testing.T, dir string, o ImportOptions, paths ...string) ([]Event, Summary) {
	t.Helper()
	l := write(t, dir)
	defer func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}()
	var events []Event
	sum, err := Import(context.Background(), l, paths, o, func(e Event) { events = append(events, e) })
	if err != nil {
		t.Fatal(err)
	}
	return events, sum
}

// tree reads all files of a library but the catalogue, which is an index and
// may lie differently on the disk.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := make(map[string]string)
	err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		rel, _ := filepath.Rel(dir, name)
		if strings.HasPrefix(rel, catalogName) || strings.HasPrefix(rel, ".lock") {
			return nil
		}
		b, err := os.ReadFile(name)
		files[filepath.ToSlash(rel)] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func sameTree(t *testing.T, got, want map[string]string) {
	t.Helper()
	for name := range want {
		if _, ok := got[name]; !ok {
			t.Errorf("%s is not there", name)
		} else if got[name] != want[name] {
			t.Errorf("%s differs", name)
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("%s should not be there", name)
		}
	}
}

// listing returns what list --json would print.
func listing(t *testing.T, dir string) string {
	t.Helper()
	l, err := Open(context.Background(), Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var b strings.Builder
	for row, err := range l.Catalog().List(context.Background(), catalog.Query{JSON: true}) {
		if err != nil {
			t.Fatal(err)
		}
		b.Write(row.JSON)
		b.WriteByte('\n')
	}
	return b.String()
}

func clean(t *testing.T, dir string) {
	t.Helper()
	l, err := Open(context.Background(), Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := l.Verify(context.Background(), nil, nil, func(f Finding) { t.Errorf("verify: %s %s: %s", f.Kind, f.Path, f.Message) }); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, partialDir)); err == nil {
		t.Error("temporary files are left")
	}
}

type truth struct {
	Spaces []struct {
		ID, Title, State string
		StartedAt        space.Time `json:"started_at"`
	}
}

func TestImportSample(t *testing.T) {
	dir := t.TempDir()
	events, sum := take(t, dir, ImportOptions{Jobs: 2}, sampleZIP)
	for _, e := range events {
		if e.Problem != nil {
			t.Errorf("problem: %+v", *e.Problem)
		}
		if e.Recording != nil {
			b, _ := json.MarshalIndent(e.Recording, "", " ")
			t.Logf("%s %s", e.Action, b)
		}
	}
	t.Logf("%+v", sum)
	clean(t, dir)
	first := tree(t, dir)
	list := listing(t, dir)
	for name := range first {
		t.Log(name)
	}

	_, sum = take(t, dir, ImportOptions{Jobs: 2}, sampleZIP)
	if sum.Unchanged != sum.Spaces() {
		t.Errorf("the second import: %+v", sum)
	}
	sameTree(t, tree(t, dir), first)

	l := write(t, dir)
	if _, err := l.Reindex(context.Background()); err != nil {
		t.Fatal(err)
	}
	l.Close()
	if got := listing(t, dir); got != list {
		t.Errorf("reindexed:\n%s\nwas:\n%s", got, list)
	}
}
