package intake

import (
	"context"
	"errors"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/removed"
)

// only is the part of a library's tree below a folder.
func only(all map[string]string, folder string) map[string]string {
	maps.DeleteFunc(all, func(name, _ string) bool { return !strings.HasPrefix(name, folder+"/") })
	return all
}

// openSample is an open library of the sample, in which the host has made things of
// the first Space.
func openSample(t *testing.T) (l *library.Library, dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "lib")
	makeThings(t, dir, sampleZIP)
	l, err := library.OpenWrite(t.Context(), library.Options{Dir: dir, Version: "test", Now: func() time.Time { return killedAt }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l, dir
}

// A Space that was removed and brought back is what it was, to the last byte,
// with the host's title, and with what the host has made of it.
func TestRestoreSpace(t *testing.T) {
	l, dir := openSample(t)
	title, note := "Mine", "My own words"
	if _, err := l.Edit(t.Context(), firstID, library.Edit{Title: &title, Note: &note}); err != nil {
		t.Fatal(err)
	}
	before := only(tree(t, dir), layout.Recordings)
	r, err := l.Remove(t.Context(), firstID, false, "remove")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Load(firstID); !errors.Is(err, library.ErrNotFound) {
		t.Errorf("after its removal: %v", err)
	}
	list, err := l.Removed()
	if err != nil || len(list) != 1 {
		t.Fatalf("%v, %v", list, err)
	}
	if it := list[0]; it.ID != firstID || it.Title != title || !it.RemovedAt.Equal(killedAt) || it.By != "remove" || it.Place != r.Place || len(it.Files) != len(r.Files) || it.Bytes != r.Bytes {
		t.Errorf("the record says %+v", it)
	}
	for _, name := range r.Kept {
		if _, err := os.Stat(l.Path(name)); err != nil {
			t.Error(err)
		}
	}
	if _, err := l.Restore(t.Context(), r.Place); err != nil {
		t.Fatal(err)
	}
	sameTree(t, only(tree(t, dir), layout.Recordings), before)
	if s, err := l.Load(firstID); err != nil || s.Title != title || s.Note != note {
		t.Errorf("%v, %v", s, err)
	}
	if _, err := l.Catalog().Get(t.Context(), firstID); err != nil {
		t.Error(err)
	}
	if left := only(tree(t, dir), layout.Removed); len(left) > 0 {
		t.Errorf("left are %v", slices.Sorted(maps.Keys(left)))
	}
}

// What is there is never replaced by what is brought back.
func TestRestoreDestroysNothing(t *testing.T) {
	l, dir := openSample(t)
	s, err := l.Load(firstID)
	if err != nil {
		t.Fatal(err)
	}
	if err := putClip(l); err != nil {
		t.Fatal(err)
	}
	clips := l.Path(path.Join(s.Folder, layout.Clips))
	if entries, err := os.ReadDir(clips); err != nil || len(entries) != 0 {
		t.Fatalf("%v, %v", entries, err)
	}
	if err := os.WriteFile(filepath.Join(clips, "mine.m4a.json"), []byte("another"), 0o644); err != nil {
		t.Fatal(err)
	}
	got, err := l.Restore(t.Context(), "mine.m4a")
	if err != nil || got.Name != "mine (2).m4a" {
		t.Fatalf("%+v, %v", got, err)
	}
	for name, want := range map[string]string{"mine.m4a.json": "another", "mine (2).m4a": "made by the host", "mine (2).m4a.json": `{"file":"mine (2).m4a"}`} {
		if b, err := os.ReadFile(filepath.Join(clips, name)); string(b) != want {
			t.Errorf("%s: %s, %v", name, b, err)
		}
	}

	// A Space is not brought back where the library has it, nor to a folder that
	// is there.
	r, err := l.Remove(t.Context(), firstID, false, "remove")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(l.Path(s.Folder), 0o755); err != nil {
		t.Fatal(err)
	}
	back, err := l.Restore(t.Context(), r.Place)
	if err != nil || back.Folder != s.Folder+" (2)" {
		t.Fatalf("%+v, %v", back, err)
	}
	if err := os.CopyFS(l.Path(layout.RemovedIn("old")), os.DirFS(l.Path(back.Folder))); err != nil {
		t.Fatal(err)
	}
	before := tree(t, dir)
	if _, err := l.Restore(t.Context(), "old"); !errors.Is(err, library.ErrPresent) {
		t.Errorf("brought back twice: %v", err)
	}
	sameTree(t, tree(t, dir), before)
}

// A clip cannot be brought back while its Space is not there.
func TestRestoreClipWithoutSpace(t *testing.T) {
	l, _ := openSample(t)
	if err := putClip(l); err != nil {
		t.Fatal(err)
	}
	r, err := l.Remove(t.Context(), firstID, false, "remove")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Restore(t.Context(), "mine.m4a"); !errors.Is(err, library.ErrNoPlace) {
		t.Errorf("without its Space: %v", err)
	}
	for _, place := range []string{r.Place, "mine.m4a"} {
		if _, err := l.Restore(t.Context(), place); err != nil {
			t.Errorf("%s: %v", place, err)
		}
	}
}

// Earlier programs kept the originals and the sidecar alone: the rest is made
// again, and is what it was.
func TestRestoreBare(t *testing.T) {
	l, dir := openSample(t)
	before := only(tree(t, dir), layout.Recordings)
	r, err := l.Remove(t.Context(), firstID, false, "remove")
	if err != nil {
		t.Fatal(err)
	}
	folder := l.Path(layout.RemovedIn(r.Place))
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != layout.Original && e.Name() != layout.Sidecar {
			if err := os.RemoveAll(filepath.Join(folder, e.Name())); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.Remove(l.Path(layout.RemovedRecord(r.Place))); err != nil {
		t.Fatal(err)
	}
	list, err := l.EmptyRemoved(t.Context(), killedAt.Add(time.Hour))
	if err != nil || len(list) != 0 {
		t.Fatalf("deleted %v, %v: nobody knows when it was removed", list, err)
	}
	if list, err = l.Removed(); err != nil || len(list) != 1 || !list[0].Bare || list[0].ID != firstID || list[0].Bytes == 0 {
		t.Fatalf("%+v, %v", list, err)
	}
	back, err := l.Restore(t.Context(), list[0].Place)
	if err != nil || !back.Bare {
		t.Fatalf("%+v, %v", back, err)
	}
	if err := Remake(t.Context(), l, firstID, nil); err != nil {
		t.Fatal(err)
	}
	maps.DeleteFunc(before, func(name, _ string) bool {
		return strings.Contains(name, "/mine.m4a") || strings.Contains(name, "/"+layout.Transcript)
	})
	sameTree(t, only(tree(t, dir), layout.Recordings), before)
}

// A Space that the host has removed is left removed, and told.
func TestExtractLeavesRemoved(t *testing.T) {
	l, dir := openSample(t)
	if _, err := l.Remove(t.Context(), firstID, false, "remove"); err != nil {
		t.Fatal(err)
	}
	before := only(tree(t, dir), layout.Recordings)
	for _, dry := range []bool{true, false} {
		var was *removed.Item
		sum, err := Import(context.Background(), l, []string{sampleZIP}, Options{DryRun: dry}, func(e Event) {
			if e.Action == Removed {
				was = e.Was
			}
		})
		if err != nil || sum.Removed != 1 || was == nil || was.ID != firstID {
			t.Errorf("dry run %t: %+v, %v, %v", dry, sum, was, err)
		}
		sameTree(t, only(tree(t, dir), layout.Recordings), before)
	}
}

// A record whose files are not there stays: they may come back with the disk, or
// the record is all there is. Only what would have been deleted by now goes.
func TestRecordWithoutFiles(t *testing.T) {
	l, dir := openSample(t)
	if err := putClip(l); err != nil {
		t.Fatal(err)
	}
	for place, content := range map[string]string{"bad.m4a": "{", "gone.m4a": `{"schema":1,"kind":"clip","name":"gone.m4a","removed_at":"2021-06-30T12:00:00Z"}`} {
		if err := os.WriteFile(l.Path(layout.RemovedRecord(place)), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(l.Path(layout.RemovedRecord(place)), killedAt, killedAt.AddDate(0, 0, -1)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Rename(l.Path(layout.RemovedIn("mine.m4a")), filepath.Join(dir, "away")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(l.Path(layout.RemovedMoves("moved.m4a")), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	l.Close()
	opened(t, dir, func(l *library.Library) error {
		kinds := make(map[string]library.FindingKind)
		_, err := l.Verify(t.Context(), nil, nil, func(f library.Finding) { kinds[f.Path] = f.Kind })
		for name, want := range map[string]library.FindingKind{
			layout.RemovedRecord("bad.m4a"):  library.Unreadable,
			layout.RemovedMoves("moved.m4a"): library.Unreadable,
			layout.RemovedIn("gone.m4a"):     library.Lost,
			layout.RemovedIn("mine.m4a"):     library.Lost,
		} {
			if kinds[name] != want {
				t.Errorf("verify says of %s: %q, want %q", name, kinds[name], want)
			}
		}
		_, empty := l.EmptyRemoved(t.Context(), killedAt.Add(-time.Hour))
		return errors.Join(err, empty)
	})
	for place, want := range map[string]bool{"bad.m4a": true, "mine.m4a": true, "gone.m4a": false} {
		if _, err := os.Stat(l.Path(layout.RemovedRecord(place))); (err == nil) != want {
			t.Errorf("the record of %s: %v", place, err)
		}
	}
	if err := os.Rename(filepath.Join(dir, "away"), l.Path(layout.RemovedIn("mine.m4a"))); err != nil {
		t.Fatal(err)
	}
	opened(t, dir, func(l *library.Library) error {
		_, err := l.Restore(t.Context(), "mine.m4a")
		return err
	})
}

// A clock that is wrong, or a library that was just restored, deletes nothing at
// once: what is due is kept as long once more.
func TestEmptyAfterLongBreak(t *testing.T) {
	l, dir := openSample(t)
	if err := putClip(l); err != nil {
		t.Fatal(err)
	}
	l.Close()
	at := time.Now().AddDate(70, 0, 0)
	empty := func(at time.Time) int {
		t.Helper()
		l, err := library.OpenWrite(t.Context(), library.Options{Dir: dir, Version: "test", Now: func() time.Time { return at }})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		list, err := l.EmptyRemoved(t.Context(), at.Add(-library.KeepRemoved))
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	if n := empty(at); n != 0 {
		t.Errorf("deleted %d things after %v", n, at)
	}
	touch := func(at time.Time) {
		if err := os.Chtimes(filepath.Join(dir, layout.Lock), at, at); err != nil {
			t.Fatal(err)
		}
	}
	touch(at)
	if n := empty(at.AddDate(0, 0, 29)); n != 0 {
		t.Errorf("deleted %d things, which are to be kept once more", n)
	}
	touch(at.AddDate(0, 0, 29))
	if n := empty(at.AddDate(0, 0, 31)); n != 1 {
		t.Errorf("deleted %d things when it was time, not 1", n)
	}
}
