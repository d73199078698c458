package intake

import (
	"archive/zip"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/archive"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/stream"
)

// withMembers copies a ZIP and adds members to it, stored.
func withMembers(t *testing.T, from string, members map[string][]byte) string {
	t.Helper()
	r, err := zip.OpenReader(from)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	name := filepath.Join(t.TempDir(), "archive.zip")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	w := zip.NewWriter(f)
	for _, m := range r.File {
		if _, replaced := members[m.Name]; !replaced {
			if err := w.Copy(m); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, content := range members {
		m, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err == nil {
			_, err = m.Write(content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	return name
}

// testdata returns a file of the folder testdata.
func testdata(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestOpusInMP4 takes in Opus in MP4 like any recording.
func TestOpusInMP4(t *testing.T) {
	const id = "1zzzOpusXvkML"
	in := withMembers(t, sampleZIP, map[string][]byte{"data/spaces_media/space-" + id + "_0.mp4": testdata(t, "opus.mp4")})
	dir := t.TempDir()
	events, sum := take(t, dir, Options{Jobs: 2}, in)
	if kinds := failures(events); len(kinds) > 0 || sum.Added != 4 {
		t.Errorf("%+v, failures %v", sum, kinds)
	}
	l := write(t, dir)
	defer l.Close()
	s, err := l.Load(id)
	if err != nil {
		t.Fatal(err)
	}
	if s.Audio == nil || s.Audio.Codec != "opus" || len(s.Files) != 1 || *s.Duration != 1 {
		t.Errorf("%+v", s.Recording)
	}
}

// TestUnplayableOriginalIsKept takes in AC-3 in MP4, of which no playable file
// can be made. The other Spaces are saved, the original is kept and named, and
// a second import finds it there.
func TestUnplayableOriginalIsKept(t *testing.T) {
	const id = "1zzzAC3inXvkM"
	for _, c := range []struct {
		name, in string
		id       string
		others   int
	}{
		{"archive", withMembers(t, sampleZIP, map[string][]byte{"data/spaces_media/space-" + id + "_0.mp4": testdata(t, "ac3.mp4")}), id, 3},
		{"with a record", withMembers(t, sampleZIP, map[string][]byte{"data/spaces_media/space-1yoJMAbcvqyJQ_0.mp4": testdata(t, "ac3.mp4")}), "1yoJMAbcvqyJQ", 2},
		{"loose", "testdata/ac3.mp4", "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			events, sum := take(t, dir, Options{Jobs: 2}, c.in)
			if kinds := failures(events); len(kinds) != 1 || kinds[0] != "unplayable" {
				t.Errorf("failures %v, want one unplayable", kinds)
			}
			if sum.Failed != 0 || sum.Added != c.others+1 {
				t.Errorf("%+v, want %d added and none failed", sum, c.others+1)
			}
			clean(t, dir)
			var kept *space.Space
			l := write(t, dir)
			for rid := range recordings(events) {
				if c.id != "" && rid != c.id {
					continue
				}
				var err error
				if kept, err = l.Load(rid); err != nil {
					t.Fatal(err)
				}
			}
			l.Close()
			if kept == nil || len(kept.Earlier) != 1 || kept.State != space.NoAudio {
				t.Fatalf("the kept original is not in %+v", kept)
			}
			b, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(kept.Folder), layout.Original, filepath.FromSlash(kept.Earlier[0].Name)))
			if err != nil || string(b) != string(testdata(t, "ac3.mp4")) {
				t.Errorf("the original is not kept byte for byte: %v", err)
			}
			was := tree(t, dir)
			events, sum = take(t, dir, Options{Jobs: 2}, c.in)
			if sum.Unchanged != c.others+1 || len(failures(events)) != 1 {
				t.Errorf("the second import: %+v, failures %v", sum, failures(events))
			}
			sameTree(t, tree(t, dir), was)
		})
	}
}

// TestOneItemsFaultIsItsOwn lets one single step of an import fail, or panic,
// whichever it is. At most one Space may suffer, and it must be named; the
// next run finishes the job.
func TestOneItemsFaultIsItsOwn(t *testing.T) {
	t.Parallel()
	input, want := t.TempDir(), t.TempDir()
	writeCopies(t, input)
	small := input + "/small.zip"
	_, whole := take(t, want, Options{}, small)
	wantTree := tree(t, want)
	fault := errors.New("a bad sector")
	for _, mode := range []string{"error", "panic"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			for n, total := int64(0), int64(1<<30); n < total; n += int64(stride()) {
				dir := t.TempDir()
				var step atomic.Int64
				var at string
				started := false
				l, err := library.OpenWrite(context.Background(), library.Options{Dir: dir, Version: "test", Trace: func(what, name string) error {
					if !started || step.Add(1) != n+1 {
						return nil
					}
					at = what + " " + name
					if mode == "panic" {
						panic(fault)
					}
					return fault
				}})
				if err != nil {
					t.Fatal(err)
				}
				started = true
				var named []string
				sum, err := Import(context.Background(), l, []string{small}, Options{Jobs: 1 + int(n%2)}, func(e Event) {
					if e.Failed && e.Problem != nil {
						named = append(named, e.Problem.Subject+": "+e.Problem.Message)
					}
				})
				total = step.Load()
				started = false
				l.Close()
				if err != nil {
					t.Errorf("%s: the run ended: %v", at, err)
				}
				if sum.Failed > 1 || sum.Added < whole.Added-1 {
					t.Errorf("%s: %+v", at, sum)
				}
				if len(named) > 1 || sum.Failed > 0 && (len(named) == 0 || !strings.Contains(named[0], fault.Error())) {
					t.Errorf("%s: named as %q", at, named)
				}
				take(t, dir, Options{}, small)
				clean(t, dir)
				sameTree(t, tree(t, dir), wantTree)
				if t.Failed() {
					t.Fatalf("step %d: %s", n, at)
				}
				os.RemoveAll(dir)
			}
		})
	}
}

// TestPanicsAreCaught has each thing that an item gives panic while it is read.
func TestPanicsAreCaught(t *testing.T) {
	dir := t.TempDir()
	l := write(t, dir)
	defer l.Close()
	im := &importer{lib: l, progress: stream.NoProgress{}, emit: func(Event) {}}
	for name, open := range map[string]func(context.Context) (io.ReadCloser, error){
		"open": func(context.Context) (io.ReadCloser, error) { panic("boom") },
		"read": func(context.Context) (io.ReadCloser, error) { return io.NopCloser(panicking{}), nil },
	} {
		it := &item{id: firstID, originals: []original{{name: "space.ts", member: "talk.ts", open: open}}, work: newWork(stream.NoProgress{}, 0)}
		out, err := im.one(t.Context(), it)
		if err != nil || out.action != Failed || len(out.problems) != 1 || !strings.Contains(out.problems[0].Message, "boom") {
			t.Errorf("%s: %+v, %v", name, out, err)
		}
	}
}

type panicking struct{}

func (panicking) Read([]byte) (int, error) { panic("boom") }

// TestUnwritableLibraryEndsTheRun: what would meet each Space is not told of
// each.
func TestUnwritableLibraryEndsTheRun(t *testing.T) {
	full := errors.New("no space left on device")
	started := false
	l, err := library.OpenWrite(context.Background(), library.Options{Dir: t.TempDir(), LockWait: time.Second, Trace: func(string, string) error {
		if started {
			return full
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	started = true
	var problems []archive.Problem
	_, err = Import(t.Context(), l, []string{sampleZIP}, Options{}, func(e Event) {
		if e.Problem != nil {
			problems = append(problems, *e.Problem)
		}
	})
	if !errors.Is(err, full) || len(problems) > 0 {
		t.Errorf("%v, problems %v", err, problems)
	}
}
