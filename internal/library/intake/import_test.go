package intake

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/catalog"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
)

const sampleZIP = "../../../testdata/sample-archive.zip"

// write opens a library for writing and closes it at the end of the test.
func write(t *testing.T, dir string) *library.Library {
	t.Helper()
	l, err := library.OpenWrite(context.Background(), library.Options{Dir: dir, Version: "test", LockWait: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// take imports paths into a library and returns its events.
func take(t *testing.T, dir string, o Options, paths ...string) ([]Event, Summary) {
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
		if strings.HasPrefix(rel, layout.Catalog) || strings.HasPrefix(rel, ".lock") {
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
	l, err := library.Open(context.Background(), library.Options{Dir: dir})
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
	l, err := library.Open(context.Background(), library.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := l.Verify(context.Background(), nil, nil, func(f library.Finding) { t.Errorf("verify: %s %s: %s", f.Kind, f.Path, f.Message) }); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, layout.Partial)); err == nil {
		t.Error("temporary files are left")
	}
}

// TestImportSample takes in the archive that the README starts with, twice,
// and has the catalogue made again.
func TestImportSample(t *testing.T) {
	dir := t.TempDir()
	events, sum := take(t, dir, Options{Jobs: 2}, sampleZIP)
	if sum.Added != 3 || sum.NoAudio != 1 || sum.Problems != 0 || len(events) != 4 || events[0].Archive == nil {
		t.Errorf("%d events, %+v", len(events), sum)
	}
	// testdata/sample-archive.truth.json
	for _, want := range []struct {
		id, title, started string
		state              space.State
		samples            int64
		gap                float64
	}{
		{"1ypKdEXvkMLGW", "Débat : l’été des médias sociaux ☀️ #Spaces avec @tomokafor et @mika_prod", "2021-06-14T18:00:00.391Z", space.Complete, 4704256, 0},
		{"1RDxlaZNRDLJL", "Office hours 🎙️ bring your questions", "2021-06-09T19:26:05.000Z", space.Complete, 768000 + 480256, 17.5},
		{"1yoJMAbcvqyJQ", "Space 2021-06-02 18:00 UTC", "2021-06-02T18:00:00.000Z", space.NoAudio, 0, 0},
	} {
		r := recordings(events)[want.id].Recording
		if r == nil || r.Title != want.title || r.StartedAt.String() != want.started || r.State != want.state {
			t.Errorf("%s: %+v", want.id, r)
			continue
		}
		if want.samples > 0 && *r.Samples != want.samples {
			t.Errorf("%s: %d samples, want %d", want.id, *r.Samples, want.samples)
		}
		if want.gap > 0 && (len(r.Pieces) != 2 || r.Pieces[1].GapBefore != want.gap) {
			t.Errorf("%s: pieces %+v, want a gap of %.1f s", want.id, r.Pieces, want.gap)
		}
	}
	clean(t, dir)
	first := tree(t, dir)
	list := listing(t, dir)

	_, sum = take(t, dir, Options{Jobs: 2}, sampleZIP)
	if sum.Unchanged != 3 {
		t.Errorf("the second import: %+v", sum)
	}
	sameTree(t, tree(t, dir), first)

	l := write(t, dir)
	if _, err := l.Reindex(t.Context()); err != nil {
		t.Fatal(err)
	}
	l.Close()
	if got := listing(t, dir); got != list {
		t.Errorf("reindexed:\n%s\nwas:\n%s", got, list)
	}

	// Without its catalogue the library is whole.
	if err := catalog.Remove(filepath.Join(dir, layout.Catalog)); err != nil {
		t.Fatal(err)
	}
	if got := listing(t, dir); got != list {
		t.Errorf("with the catalogue deleted:\n%s\nwas:\n%s", got, list)
	}
}
