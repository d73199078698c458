package merge

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/fixture"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/intake"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/library/transcripts"
)

const (
	firstID  = "1ypKdEXvkMLGW"
	secondID = "1RDxlaZNRDLJL"
)

var mergedAt = time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)

// zip writes an archive that change has changed.
func zip(t testing.TB, a fixture.Archive, change func(*fixture.Archive)) string {
	t.Helper()
	if change != nil {
		change(&a)
	}
	name := filepath.Join(t.TempDir(), "twitter.zip")
	if _, err := a.WriteZIP(name); err != nil {
		t.Fatal(err)
	}
	return name
}

func open(t testing.TB, dir string) *library.Library {
	t.Helper()
	l, err := library.OpenWrite(t.Context(), library.Options{Dir: dir, Version: "test", LockWait: time.Minute, Now: func() time.Time { return mergedAt }})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// libraryOf extracts an archive into a new library.
func libraryOf(t testing.TB, zip string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "library")
	with(t, dir, func(l *library.Library) {
		if zip == "" {
			return
		}
		if _, err := intake.Import(t.Context(), l, []string{zip}, intake.Options{Jobs: 1}, func(e intake.Event) {
			if e.Failed {
				t.Fatalf("%+v", e.Problem)
			}
		}); err != nil {
			t.Fatal(err)
		}
	})
	return dir
}

// with calls fn with a library that is open for writing.
func with(t testing.TB, dir string, fn func(l *library.Library)) {
	t.Helper()
	l := open(t, dir)
	defer func() {
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}()
	fn(l)
}

// told is what a merge tells.
type told struct {
	Summary
	conflicts []Conflict
	problems  []string
	actions   map[string]intake.Action
}

func (x *told) add(e Event) {
	switch {
	case e.Recording != nil:
		x.actions[e.Recording.ID] = e.Action
	case e.Conflict != nil:
		x.conflicts = append(x.conflicts, *e.Conflict)
	case e.Problem != nil:
		x.problems = append(x.problems, e.Problem.Error())
	}
}

func (x *told) conflict(kind ConflictKind) *Conflict {
	for i := range x.conflicts {
		if x.conflicts[i].Kind == kind {
			return &x.conflicts[i]
		}
	}
	return nil
}

// into merges one library into another.
func into(t testing.TB, dir, other string) *told {
	t.Helper()
	x := &told{actions: make(map[string]intake.Action)}
	with(t, dir, func(l *library.Library) {
		o, err := Open(other, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer o.Close()
		if x.Summary, err = Merge(t.Context(), l, o, Options{Wait: time.Minute, Now: func() time.Time { return mergedAt }}, x.add); err != nil {
			t.Fatal(err)
		}
	})
	return x
}

// tree reads all files of a library but its indexes.
func tree(t testing.TB, dir string) map[string]string {
	t.Helper()
	files := make(map[string]string)
	err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		rel, _ := filepath.Rel(dir, name)
		rel = filepath.ToSlash(rel)
		if layout.IsIndex(rel) || strings.HasPrefix(path.Base(rel), ".lock") || strings.HasSuffix(rel, ".lock") {
			return nil
		}
		b, err := os.ReadFile(name)
		files[rel] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func sameTree(t testing.TB, got, want map[string]string) {
	t.Helper()
	for name := range want {
		if _, ok := got[name]; !ok {
			t.Errorf("%s is not there", name)
		} else if got[name] != want[name] {
			t.Errorf("%s differs:\n%.300s\nnot\n%.300s", name, got[name], want[name])
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("%s should not be there", name)
		}
	}
}

// clean has a library verified.
func clean(t testing.TB, dir string) {
	t.Helper()
	with(t, dir, func(l *library.Library) {
		if _, err := l.Verify(t.Context(), nil, nil, func(f library.Finding) { t.Errorf("verify: %s %s: %s", f.Kind, f.Path, f.Message) }); err != nil {
			t.Fatal(err)
		}
	})
}

// write puts a file into a library.
func write(t testing.TB, dir, name, content string) {
	t.Helper()
	full := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func load(t testing.TB, dir, id string) *space.Space {
	t.Helper()
	l, err := library.OpenOther(library.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s, err := l.Load(id)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func edit(t testing.TB, dir, id, title, note string) {
	t.Helper()
	with(t, dir, func(l *library.Library) {
		e := library.Edit{}
		if title != "" {
			e.Title = &title
		}
		if note != "" {
			e.Note = &note
		}
		if _, err := l.Edit(t.Context(), id, e); err != nil {
			t.Fatal(err)
		}
	})
}

func answer(t testing.TB, dir string, list ...consent.Entry) {
	t.Helper()
	l, err := consent.Open(dir, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, e := range list {
		e.Kind = consent.Consent
		if err := l.Add(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
}

func entry(handle string, a consent.Answer, day int) consent.Entry {
	return consent.Entry{Handle: handle, Answer: a, For: consent.Covers(a, nil), At: space.Time{Time: time.Date(2026, 1, day, 0, 0, 0, 0, time.UTC)}}
}

// transcribe gives a recording a transcript.
func transcribe(t testing.TB, dir, id, text string) {
	t.Helper()
	with(t, dir, func(l *library.Library) {
		s, err := l.Load(id)
		if err != nil {
			t.Fatal(err)
		}
		tr := &transcripts.Transcript{Schema: transcripts.Schema, ID: id, Rate: 48000, Samples: *s.Samples, Engine: transcripts.Engine{Name: "import"},
			Utterances: []transcripts.Utterance{{Start: 0, End: 48000, Speakers: []string{}, Text: text}}}
		for _, p := range s.Pieces {
			tr.Audio = append(tr.Audio, p.SHA256)
		}
		if err := transcripts.Write(l.Root(), s, tr); err != nil {
			t.Fatal(err)
		}
	})
}

// clip puts a clip with its record into a library, without cutting one.
func clip(t testing.TB, dir, id, name, content string) {
	t.Helper()
	folder := load(t, dir, id).Folder
	write(t, dir, layout.ClipIn(folder, name), content)
	write(t, dir, layout.ClipIn(folder, name+".json"), fmt.Sprintf(`{"schema":1,"file":%q,"bytes":%d,"sha256":%q}`, name, len(content), sum(content)))
}

// hosted makes a library in which the host has done all that a library can hold.
func hosted(t testing.TB, zip string) string {
	t.Helper()
	dir := libraryOf(t, zip)
	edit(t, dir, secondID, "A title of the host", "a note")
	clip(t, dir, firstID, "one.m4a", "a clip")
	transcribe(t, dir, firstID, "Hello everybody.")
	s := load(t, dir, firstID)
	with(t, dir, func(l *library.Library) {
		if err := l.ConfirmTurns(s, []space.Turn{{Handle: "hostess", Start: 0, End: 2}}); err != nil {
			t.Fatal(err)
		}
	})
	write(t, dir, layout.ChaptersIn(s.Folder), chaptersOf(s, "Welcome"))
	write(t, dir, layout.Receipts, `{"schema":1,"at":"2026-01-02T00:00:00Z","kind":"clip","file":"`+layout.ClipIn(s.Folder, "one.m4a")+`","place":"file:///x","object":"one.m4a"}`+"\n")
	write(t, dir, layout.MadeLedger, `{"schema":1,"kind":"clip","sha256":"00","record":{}}`+"\n")
	write(t, dir, layout.Show, `{"schema":1,"title":"A show","cover":"cover-1.jpg"}`)
	write(t, dir, path.Join(layout.Feed, "cover-1.jpg"), "a picture")
	answer(t, dir, entry("tomokafor", consent.Granted, 3))
	return dir
}

// chaptersOf is a file of chapters that the host has edited.
func chaptersOf(s *space.Space, title string) string {
	return `{"version":"1.2.0","chapters":[{"startTime":0,"title":"` + title + `"}],"pieces":["` + s.Pieces[0].SHA256 + `"]}`
}

// All that a library holds comes into an empty one, to the byte, and a second merge
// changes nothing and says so.
func TestAllOfIt(t *testing.T) {
	t.Parallel()
	other := hosted(t, zip(t, fixture.Small(), nil))
	before := tree(t, other)
	dir := libraryOf(t, "")
	x := into(t, dir, other)
	if x.Added != 3 || x.Clips != 1 || x.Transcripts != 1 || x.Turns != 1 || x.Chapters != 1 || x.Answers != 1 || x.Receipts != 1 || x.Made != 1 || x.Archives != 1 || !x.Show {
		t.Errorf("%+v", x.Summary)
	}
	if x.Conflicts+x.Problems != 0 || !x.Changed() {
		t.Errorf("%v %v", x.conflicts, x.problems)
	}
	got := tree(t, dir)
	for name, content := range before {
		if name != layout.Answers && got[name] != content {
			t.Errorf("%s differs", name)
		}
	}
	clean(t, dir)
	sameTree(t, tree(t, other), before) // it was only read
	x = into(t, dir, other)
	if x.Changed() || x.Unchanged != 3 || x.Conflicts+x.Problems != 0 {
		t.Errorf("a second merge: %+v %v %v", x.Summary, x.conflicts, x.problems)
	}
	sameTree(t, tree(t, dir), got)
}

// originals are the bytes that a library has of each recording, by their hashes:
// those that play, and all.
func originals(t testing.TB, dir string) (plays, all map[string][]string) {
	plays, all = make(map[string][]string), make(map[string][]string)
	l, err := library.OpenOther(library.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := l.Spaces(func(_ string, s *space.Space, err error) error {
		if err != nil {
			return err
		}
		all[s.ID] = []string{}
		for _, p := range s.Pieces {
			plays[s.ID], all[s.ID] = append(plays[s.ID], p.SHA256), append(all[s.ID], p.SHA256)
		}
		for _, e := range s.Earlier {
			all[s.ID] = append(all[s.ID], e.SHA256)
		}
		slices.Sort(all[s.ID])
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return plays, all
}

// A merged into B and B merged into A have the same recordings: the better copy
// plays, and the other one is kept.
func TestBothWays(t *testing.T) {
	t.Parallel()
	whole := zip(t, fixture.Small(), nil)
	cut := zip(t, fixture.One(), func(a *fixture.Archive) {
		r := &a.Spaces[0].Pieces[0]
		r.Frames, r.Seconds = 0, 6
	})
	make := func() (string, string) { return libraryOf(t, whole), libraryOf(t, cut) }
	a, b := make()
	c, d := make()
	x, y := into(t, a, b), into(t, d, c)
	if x.conflict(OfAudio) == nil || x.conflict(OfAudio).Kept != Here || y.conflict(OfAudio) == nil || y.conflict(OfAudio).Kept != There {
		t.Errorf("%v\n%v", x.conflicts, y.conflicts)
	}
	plays, all := originals(t, a)
	plays2, all2 := originals(t, d)
	if fmt.Sprint(plays) != fmt.Sprint(plays2) || fmt.Sprint(all) != fmt.Sprint(all2) {
		t.Errorf("A ← B plays %v of %v\nB ← A plays %v of %v", plays, all, plays2, all2)
	}
	if len(all[firstID]) != 2 {
		t.Errorf("the other copy is not kept: %v", all)
	}
	for _, dir := range []string{a, d} {
		clean(t, dir)
	}
	for _, again := range []*told{into(t, a, b), into(t, d, c)} {
		if again.Changed() {
			t.Errorf("a second merge changes something: %+v", again.Summary)
		}
	}
}

// What both hosts have written stays as it is here, and what the other one has is
// told, with where it is.
func TestConflicts(t *testing.T) {
	t.Parallel()
	archive := zip(t, fixture.Small(), nil)
	other, dir := hosted(t, archive), libraryOf(t, archive)
	edit(t, dir, secondID, "My own title", "my own note")
	clip(t, dir, firstID, "one.m4a", "another clip")
	transcribe(t, dir, firstID, "Other words.")
	s := load(t, dir, firstID)
	with(t, dir, func(l *library.Library) {
		if err := l.ConfirmTurns(s, []space.Turn{{Handle: "hostess", Start: 0, End: 3}}); err != nil {
			t.Fatal(err)
		}
	})
	write(t, dir, layout.ChaptersIn(s.Folder), chaptersOf(s, "My welcome"))
	write(t, dir, layout.Show, `{"schema":1,"title":"My show"}`)
	x := into(t, dir, other)
	for _, kind := range []ConflictKind{OfTitle, OfNote, OfClip, OfTranscript, OfTurns, OfChapters, OfShow} {
		c := x.conflict(kind)
		if c == nil || c.Message == "" || c.Other == "" || kind != OfClip && c.Kept != Here {
			t.Errorf("%s: %+v", kind, c)
		}
	}
	got := tree(t, dir)
	if now := load(t, dir, secondID); now.Title != "My own title" || now.Note != "my own note" {
		t.Errorf("%q, %q", now.Title, now.Note)
	}
	if got[layout.ClipIn(s.Folder, "one.m4a")] != "another clip" || got[layout.ClipIn(s.Folder, "one (2).m4a")] != "a clip" ||
		!strings.Contains(got[layout.ClipIn(s.Folder, "one (2).m4a.json")], `"one (2).m4a"`) {
		t.Errorf("the clips are not both there")
	}
	if !strings.Contains(got[layout.Receipts], "one (2).m4a") {
		t.Errorf("the receipt names another file: %s", got[layout.Receipts])
	}
	aside := layout.RemovedIn("transcript-" + firstID)
	if !strings.Contains(got[layout.TranscriptIn(s.Folder)], "Other words") || !strings.Contains(got[aside+"/transcript.json"], "Hello everybody") {
		t.Errorf("the transcripts are not both there")
	}
	if got[layout.ChaptersIn(s.Folder)] != chaptersOf(s, "My welcome") {
		t.Errorf("the chapters were overwritten: %s", got[layout.ChaptersIn(s.Folder)])
	}
	if c := x.conflict(OfEpisode); c != nil {
		t.Errorf("chapters were taken for an episode: %+v", c)
	}
	if got[layout.Show] != `{"schema":1,"title":"My show"}` {
		t.Errorf("the show was overwritten: %s", got[layout.Show])
	}
	clean(t, dir)
	x = into(t, dir, other)
	if x.Changed() || x.conflict(OfTitle) == nil || x.conflict(OfClip) != nil {
		t.Errorf("a second merge: %+v %v", x.Summary, x.conflicts)
	}
	sameTree(t, tree(t, dir), got)
}

// The copy whose bytes are not those of its hash does not come, all else does, and
// the next merge from a sound one brings it.
func TestDamagedThere(t *testing.T) {
	t.Parallel()
	archive := zip(t, fixture.Small(), nil)
	other, dir := libraryOf(t, archive), libraryOf(t, "")
	s := load(t, other, firstID)
	name := layout.OriginalIn(s.Folder, s.Pieces[0].Name)
	b := []byte(tree(t, other)[name])
	b[len(b)/2] ^= 1
	write(t, other, name, string(b))
	x := into(t, dir, other)
	if x.Problems != 1 || x.Added != 2 || x.Failed != 1 || x.actions[firstID] != intake.Failed || !strings.Contains(x.problems[0], "content has changed") {
		t.Errorf("%+v %v", x.Summary, x.problems)
	}
	clean(t, dir)
	if x = into(t, dir, libraryOf(t, archive)); x.Added != 1 || x.Problems != 0 {
		t.Errorf("%+v %v", x.Summary, x.problems)
	}
	// A playable file that is damaged there is made of the originals.
	file := load(t, other, secondID).File
	write(t, other, file, "no sound")
	fresh := libraryOf(t, "")
	if x = into(t, fresh, other); x.actions[secondID] != intake.Added {
		t.Errorf("%+v %v", x.Summary, x.problems)
	}
	clean(t, fresh)
}

// What is damaged here is mended by what is whole there.
func TestDamagedHere(t *testing.T) {
	t.Parallel()
	archive := zip(t, fixture.Small(), nil)
	other, dir := libraryOf(t, archive), libraryOf(t, archive)
	want := tree(t, dir)
	s := load(t, dir, firstID)
	write(t, dir, layout.OriginalIn(s.Folder, s.Pieces[0].Name), "damaged")
	write(t, dir, load(t, dir, secondID).File, "damaged")
	if x := into(t, dir, other); x.Updated != 2 || x.Problems != 0 {
		t.Errorf("%+v %v", x.Summary, x.problems)
	}
	sameTree(t, tree(t, dir), want)
}

// What was removed here stays removed; what was removed there stays what it is
// here.
func TestRemoved(t *testing.T) {
	t.Parallel()
	archive := zip(t, fixture.Small(), nil)
	other, dir := libraryOf(t, archive), libraryOf(t, archive)
	remove := func(dir, id string) {
		with(t, dir, func(l *library.Library) {
			if _, err := l.Remove(t.Context(), id, false, "remove"); err != nil {
				t.Fatal(err)
			}
		})
	}
	remove(dir, firstID)
	remove(other, secondID)
	x := into(t, dir, other)
	if x.actions[firstID] != intake.Removed || x.Removed != 1 || x.LeftRemoved != 1 || x.Changed() {
		t.Errorf("%+v %v", x.Summary, x.actions)
	}
	load(t, dir, secondID)
}

// One library cannot be merged with itself, by whatever name, nor with one inside
// it, nor with one of a newer program.
func TestRefused(t *testing.T) {
	t.Parallel()
	dir := libraryOf(t, zip(t, fixture.Small(), nil))
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Skip(err)
	}
	inside := filepath.Join(dir, "inside")
	if err := os.Mkdir(inside, 0o755); err != nil {
		t.Fatal(err)
	}
	for other, want := range map[string]error{dir: ErrSame, link: ErrSame, inside: ErrInside, filepath.Join(link, "inside"): ErrInside} {
		if err := Apart(dir, other); !errors.Is(err, want) {
			t.Errorf("%s: %v", other, err)
		}
		if err := Apart(other, dir); !errors.Is(err, want) {
			t.Errorf("into %s: %v", other, err)
		}
	}
	newer := libraryOf(t, "")
	write(t, newer, layout.Marks, `{"format":99}`)
	if _, err := Open(newer, nil); !errors.Is(err, library.ErrNewer) {
		t.Errorf("newer: %v", err)
	}
	// A ledger that cannot be read may say no: nothing comes.
	unread := libraryOf(t, zip(t, fixture.Small(), nil))
	write(t, unread, layout.Answers, "no JSON\n")
	empty := libraryOf(t, "")
	with(t, empty, func(l *library.Library) {
		o, err := Open(unread, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer o.Close()
		if _, err := Merge(context.Background(), l, o, Options{}, func(Event) {}); err == nil {
			t.Error("a ledger that cannot be read is passed over")
		}
		if err := l.Spaces(func(folder string, _ *space.Space, _ error) error { return errors.New(folder) }); err != nil {
			t.Errorf("%v came", err)
		}
	})
}

// A library on a read-only medium, which somebody holds the lock of and whose
// catalogue is gone, can be merged: it is only read.
func TestOnlyRead(t *testing.T) {
	t.Parallel()
	other := libraryOf(t, zip(t, fixture.Small(), nil))
	held := open(t, other)
	defer held.Close()
	before := tree(t, other)
	os.Remove(filepath.Join(other, layout.Catalog))
	if err := filepath.WalkDir(other, func(name string, e fs.DirEntry, err error) error {
		if err == nil && e.IsDir() {
			err = os.Chmod(name, 0o555)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		filepath.WalkDir(other, func(name string, e fs.DirEntry, err error) error { os.Chmod(name, 0o755); return nil })
	})
	dir := libraryOf(t, "")
	if x := into(t, dir, other); x.Added != 3 || x.Problems != 0 {
		t.Errorf("%+v %v", x.Summary, x.problems)
	}
	sameTree(t, tree(t, other), before)
	// A copy of the recordings alone, without what marks a library.
	bare := filepath.Join(t.TempDir(), "bare")
	if err := os.CopyFS(filepath.Join(bare, layout.Recordings), os.DirFS(filepath.Join(other, layout.Recordings))); err != nil {
		t.Fatal(err)
	}
	if !Is(bare) {
		t.Error("a copy of the recordings is not known as one of a library")
	}
	if x := into(t, libraryOf(t, ""), bare); x.Added != 3 {
		t.Errorf("%+v %v", x.Summary, x.problems)
	}
}
func sum(s string) string {
	h := sha256.Sum256([]byte(s))
	return hex.EncodeToString(h[:])
}
