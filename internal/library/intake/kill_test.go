package intake

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/fixture"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/removed"
	"github.com/spaces-cli/spaces/internal/library/space"
)

// A scenario changes a library. The tests run it undisturbed, and again
// stopped at each step that changes the disk.
type scenario struct {
	name    string
	prepare func(t *testing.T, dir, input string) // before the part that is stopped
	run     func(l *library.Library, input string) error
}

var scenarios = []scenario{
	{
		name: "extract",
		run:  func(l *library.Library, input string) error { return importAll(l, input+"/small.zip") },
	},
	{
		name:    "better copy",
		prepare: func(t *testing.T, dir, input string) { makeThings(t, dir, input+"/damaged.zip") },
		run:     func(l *library.Library, input string) error { return importAll(l, input+"/sound.zip") },
	},
	{
		name:    "a missing chunk comes",
		prepare: func(t *testing.T, dir, input string) { take(t, dir, Options{Joined: []Joined{joinedAt(input, "gap")}}) },
		run: func(l *library.Library, input string) error {
			_, err := Import(context.Background(), l, nil, Options{Jobs: 1, Joined: []Joined{joinedAt(input, "whole")}}, func(Event) {})
			return err
		},
	},
	{
		name: "the archive of a replay comes",
		prepare: func(t *testing.T, dir, input string) {
			take(t, dir, Options{Joined: []Joined{joinedAt(input, "whole")}})
		},
		run: func(l *library.Library, input string) error { return importAll(l, input+"/record.zip") },
	},
	{
		name:    "edit",
		prepare: func(t *testing.T, dir, input string) { makeThings(t, dir, input+"/small.zip") },
		run: func(l *library.Library, input string) error {
			title := "Another title: for the same"
			_, err := l.Edit(context.Background(), "1ypKdEXvkMLGW", library.Edit{Title: &title})
			return err
		},
	},
	{
		name:    "remove",
		prepare: func(t *testing.T, dir, input string) { take(t, dir, Options{}, input+"/small.zip") },
		run: func(l *library.Library, input string) error {
			_, err := l.Remove(context.Background(), "1RDxlaZNRDLJL", false, "remove")
			if errors.Is(err, library.ErrNotFound) {
				return nil // a killed run had come that far
			}
			return err
		},
	},
	{
		name:    "remove permanently",
		prepare: func(t *testing.T, dir, input string) { take(t, dir, Options{}, input+"/small.zip") },
		run: func(l *library.Library, input string) error {
			_, err := l.Remove(context.Background(), "1RDxlaZNRDLJL", true, "remove")
			if errors.Is(err, library.ErrNotFound) {
				return nil
			}
			return err
		},
	},
	{
		name: "restore",
		prepare: func(t *testing.T, dir, input string) {
			makeThings(t, dir, input+"/small.zip")
			opened(t, dir, func(l *library.Library) error {
				_, err := l.Remove(context.Background(), firstID, false, "remove")
				return err
			})
		},
		run: restoreAll,
	},
	{
		name:    "remove a clip",
		prepare: func(t *testing.T, dir, input string) { makeThings(t, dir, input+"/small.zip") },
		run:     func(l *library.Library, input string) error { return putClip(l) },
	},
	{
		name: "restore a clip beside another",
		prepare: func(t *testing.T, dir, input string) {
			makeThings(t, dir, input+"/small.zip")
			opened(t, dir, putClip)
			makeThings(t, dir, input+"/small.zip")
		},
		run: restoreAll,
	},
	{
		name: "empty",
		prepare: func(t *testing.T, dir, input string) {
			makeThings(t, dir, input+"/small.zip")
			opened(t, dir, putClip)
			if err := os.Chtimes(filepath.Join(dir, layout.RemovedRecord("mine.m4a")), killedAt, killedAt); err != nil {
				t.Fatal(err)
			}
		},
		run: func(l *library.Library, input string) error {
			_, err := l.EmptyRemoved(context.Background(), killedAt)
			return err
		},
	},
}

// putClip removes the clip that makeThings has made.
func putClip(l *library.Library) error {
	s, err := l.Load(firstID)
	if err != nil {
		return err
	}
	file := layout.ClipIn(s.Folder, "mine.m4a")
	_, err = l.Store().Put(removed.Record{
		Kind: removed.Clip, ID: s.ID, Name: "mine.m4a", Folder: path.Dir(file), RemovedAt: space.Time{Time: killedAt}, By: "clips remove",
		Files: []removed.File{{Name: file}, {Name: file + ".json"}},
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil // a killed run had come that far
	}
	return err
}

// restoreAll brings back all that was removed.
func restoreAll(l *library.Library, input string) error {
	list, err := l.Removed()
	if err != nil {
		return err
	}
	for _, it := range list {
		if _, err := l.Restore(context.Background(), it.Place); err != nil {
			return err
		}
	}
	return nil
}

// opened runs f with a library that is open for writing.
func opened(t *testing.T, dir string, f func(l *library.Library) error) {
	t.Helper()
	if err := runScenario(scenario{run: func(l *library.Library, _ string) error { return f(l) }}, dir, "", nil); err != nil {
		t.Fatal(err)
	}
}

// killedAt is when things are removed in the scenarios: records of what was
// removed say when.
var killedAt = time.Date(2021, 7, 1, 12, 0, 0, 0, time.UTC)

// makeThings imports an archive and puts into the folder of the first Space
// what a host makes there, which has to survive all that happens to it.
func makeThings(t *testing.T, dir, input string) {
	t.Helper()
	events, _ := take(t, dir, Options{}, input)
	folder := filepath.Join(dir, filepath.FromSlash(recordings(events)[firstID].Recording.Folder))
	for _, name := range layout.ByHost {
		if err := os.MkdirAll(filepath.Join(folder, name), 0o755); err != nil {
			t.Fatal(err)
		}
		for file, content := range map[string]string{"mine.m4a": "made by the host", "mine.m4a.json": `{"file":"mine.m4a"}`} {
			if err := os.WriteFile(filepath.Join(folder, name, file), []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	words := filepath.Join(dir, filepath.FromSlash(layout.TranscriptIn(recordings(events)[firstID].Recording.Folder)))
	if err := os.MkdirAll(filepath.Dir(words), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(words, []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
}

func importAll(l *library.Library, paths ...string) error {
	var failed error
	_, err := Import(context.Background(), l, paths, Options{Jobs: 1}, func(e Event) {
		if e.Failed && e.Problem != nil {
			failed = e.Problem
		}
	})
	return errors.Join(err, failed)
}

// runScenario opens the library and runs the scenario, telling trace of each
// step.
func runScenario(s scenario, dir, input string, trace func(step, name string) error) error {
	l, err := library.OpenWrite(context.Background(), library.Options{Dir: dir, Version: "test", LockWait: 10 * time.Second, Trace: trace,
		Now: func() time.Time { return killedAt }})
	if err != nil {
		return err
	}
	err = s.run(l, input)
	return errors.Join(err, l.Close())
}

// TestMain lets the test binary be the program that is killed: with
// SPACES_TEST_KILL set to a scenario, a library, an input folder and a number
// it runs the scenario and kills itself at that step.
func TestMain(m *testing.M) {
	if len(os.Args) == 6 && os.Args[1] == "kill-at-step" {
		n, _ := strconv.Atoi(os.Args[5])
		for _, s := range scenarios {
			if s.name == os.Args[2] {
				var step atomic.Int64
				err := runScenario(s, os.Args[3], os.Args[4], func(string, string) error {
					if step.Add(1) > int64(n) {
						p, _ := os.FindProcess(os.Getpid())
						p.Kill()
						select {} // until the signal arrives
					}
					return nil
				})
				fmt.Fprintln(os.Stderr, "not killed:", err)
				os.Exit(1)
			}
		}
	}
	os.Exit(m.Run())
}

// TestKilledAnywhere stops the program at each write, fsync, rename, link,
// removal and catalogue update. The next run must finish the job, and the
// library must then be what it would have been.
func TestKilledAnywhere(t *testing.T) {
	t.Parallel() // most of the time the disk is waited for
	input := t.TempDir()
	writeCopies(t, input)
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			dir := prepared(t, s, input)
			steps := countSteps(t, s, dir, input)
			clean(t, dir)
			want, wantList := tree(t, dir), listing(t, dir)
			if s.name == "edit" || s.name == "better copy" {
				kept := 0
				for name := range want {
					if strings.HasSuffix(name, "/mine.m4a") || strings.HasSuffix(name, "/transcript.json") {
						kept++
					}
				}
				if kept != len(layout.Carried) {
					t.Fatalf("%d of %d things that the host had made are left", kept, len(layout.Carried))
				}
			}

			ready, stride := prepared(t, s, input), stride()
			t.Logf("%d steps", steps)
			for n := 0; n < steps; n += stride {
				killed := copied(t, ready)
				cmd := exec.Command(os.Args[0], "kill-at-step", s.name, killed, input, strconv.Itoa(n))
				out, err := cmd.CombinedOutput()
				if err == nil || cmd.ProcessState.ExitCode() == 1 {
					t.Fatalf("step %d of %d was never reached: %s", n, steps, out)
				}
				if err := runScenario(s, killed, input, nil); err != nil {
					t.Fatalf("after a kill at step %d: %v", n, err)
				}
				clean(t, killed)
				sameTree(t, tree(t, killed), want)
				if got := listing(t, killed); got != wantList {
					t.Errorf("after a kill at step %d the catalogue says\n%s\nnot\n%s", n, got, wantList)
				}
				if t.Failed() {
					t.Fatalf("killed at step %d", n)
				}
				os.RemoveAll(killed)
			}
		})
	}
}

// stride is how many steps lie between those at which a run is stopped: each
// one in .ci/long, fewer where time matters.
func stride() int {
	switch {
	case os.Getenv("SPACES_LONG") != "":
		return 1
	case testing.Short():
		return 20
	}
	return 7
}

// countSteps runs the scenario undisturbed and returns how many steps it
// takes.
func countSteps(t *testing.T, s scenario, dir, input string) int {
	t.Helper()
	var n atomic.Int64
	if err := runScenario(s, dir, input, func(string, string) error { n.Add(1); return nil }); err != nil {
		t.Fatal(err)
	}
	return int(n.Load())
}

func prepared(t *testing.T, s scenario, input string) string {
	dir, err := os.MkdirTemp(t.TempDir(), "library")
	if err != nil {
		t.Fatal(err)
	}
	if s.prepare != nil {
		s.prepare(t, dir, input)
	}
	return dir
}

// copied returns a copy of a folder with its times, which say when something
// was removed.
func copied(t *testing.T, dir string) string {
	t.Helper()
	to, err := os.MkdirTemp(t.TempDir(), "library")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(dir, name)
		return os.Chtimes(filepath.Join(to, rel), info.ModTime(), info.ModTime())
	})
	if err != nil {
		t.Fatal(err)
	}
	return to
}

// TestFailedAnywhere lets each step fail as a full disk would. The run must
// say so, and the next one finish the job.
func TestFailedAnywhere(t *testing.T) {
	t.Parallel() // most of the time the disk is waited for
	full := errors.New("no space left on device")
	input := t.TempDir()
	writeCopies(t, input)
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			dir := prepared(t, s, input)
			steps := countSteps(t, s, dir, input)
			want, wantList := tree(t, dir), listing(t, dir)
			ready, stride := prepared(t, s, input), stride()
			// Not those at which TestKilledAnywhere stops.
			for n := stride / 2; n < steps; n += stride {
				failing := copied(t, ready)
				var step atomic.Int64
				err := runScenario(s, failing, input, func(what, name string) error {
					if step.Add(1) > int64(n) && what != "remove" { // a full disk can still remove
						return full
					}
					return nil
				})
				if err != nil && !errors.Is(err, full) {
					t.Errorf("step %d: the error does not say why: %v", n, err)
				}
				if err := runScenario(s, failing, input, nil); err != nil {
					t.Fatalf("after a failure at step %d: %v", n, err)
				}
				clean(t, failing)
				sameTree(t, tree(t, failing), want)
				if got := listing(t, failing); got != wantList {
					t.Errorf("after a failure at step %d the catalogue says\n%s\nnot\n%s", n, got, wantList)
				}
				if t.Failed() {
					t.Fatalf("failed at step %d", n)
				}
				os.RemoveAll(failing)
			}
		})
	}
}

// writeCopies writes an archive, and another Space twice: with a cut recording,
// and whole.
func writeCopies(t *testing.T, dir string) {
	t.Helper()
	small := fixture.Small()
	if _, err := small.WriteZIP(dir + "/small.zip"); err != nil {
		t.Fatal(err)
	}
	sound := fixture.One()
	if _, err := sound.WriteZIP(dir + "/sound.zip"); err != nil {
		t.Fatal(err)
	}
	damaged := fixture.One()
	r := &damaged.Spaces[0].Pieces[0]
	r.Frames, r.Seconds = 0, 6
	if _, err := damaged.WriteZIP(dir + "/damaged.zip"); err != nil {
		t.Fatal(err)
	}
	record := fixture.One()
	record.Spaces[0].Pieces = nil
	if _, err := record.WriteZIP(dir + "/record.zip"); err != nil {
		t.Fatal(err)
	}
	replay := fixture.ReplayOf(fixture.One())
	for name, gone := range map[string][]int{"whole": nil, "gap": {1}} {
		replay.Gone = gone
		j := join(t, replay, "k1")
		if err := errors.Join(os.Rename(j.Path, joinedAt(dir, name).Path), os.Rename(layout.ManifestOf(j.Path), joinedAt(dir, name).Manifest)); err != nil {
			t.Fatal(err)
		}
	}
}

// joinedAt is a replay that writeCopies wrote.
func joinedAt(dir, name string) Joined {
	return Joined{Path: dir + "/" + name + ".aac", Manifest: dir + "/" + name + ".list", Name: "playlist_1.m3u8", Host: "prod.example", Key: "k1"}
}
