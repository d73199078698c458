package said

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/library/transcripts"
	"github.com/spaces-cli/spaces/internal/library/words"
	"github.com/spaces-cli/spaces/internal/transcript"
)

const (
	one = "1ypKdEXvkMLGW"
	two = "1eaJbrlxkEyGX"
)

// newLibrary makes a library with two Spaces and a transcript each.
func newLibrary(t *testing.T) *library.Library {
	t.Helper()
	lib := write(t, t.TempDir())
	for id, day := range map[string]string{one: "2021-06-14", two: "2021-06-15"} {
		s := new(space.Space)
		s.Schema, s.ID, s.Title = space.Schema, id, "Space of "+day
		start, err := time.Parse(time.DateOnly, day)
		if err != nil {
			t.Fatal(err)
		}
		s.StartedAt = space.Time{Time: start}
		s.Folder = layout.Folder(&s.Recording)
		s.Speakers = []space.Speaker{{Handle: "lea", Role: "host"}}
		s.Pieces = []space.Piece{{Name: "a.ts", SHA256: "aa"}}
		b, err := space.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if err := lib.Root().MkdirAll(s.Folder, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := lib.Root().WriteFile(layout.SidecarIn(s.Folder), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := lib.Reindex(t.Context()); err != nil {
		t.Fatal(err)
	}
	keep(t, lib, one, "the quick brown fox")
	keep(t, lib, two, "a lazy dog, a fox")
	return lib
}

func write(t *testing.T, dir string) *library.Library {
	t.Helper()
	lib, err := library.OpenWrite(t.Context(), library.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { lib.Close() })
	return lib
}

func read(t *testing.T, dir string) *library.Library {
	t.Helper()
	lib, err := library.Open(t.Context(), library.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { lib.Close() })
	return lib
}

func load(t *testing.T, lib *library.Library, id string) *space.Space {
	t.Helper()
	s, err := lib.Load(id)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func of(s *space.Space, text string) *transcripts.Transcript {
	return transcripts.New(s, 48000, 60*48000, nil, []transcript.Cue{{Start: 1, End: 3, Speaker: "lea", Text: text}})
}

func keep(t *testing.T, lib *library.Library, id, text string) {
	t.Helper()
	s := load(t, lib, id)
	if err := Keep(t.Context(), lib, s, of(s, text)); err != nil {
		t.Fatal(err)
	}
}

// find returns the Spaces in which a word is said.
func find(t *testing.T, lib *library.Library, word string) string {
	t.Helper()
	var ids []string
	for h, err := range Search(t.Context(), lib, words.Query{Words: word}) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, h.Recording.ID)
	}
	return strings.Join(ids, " ")
}

func expect(t *testing.T, lib *library.Library, word, want string) {
	t.Helper()
	if got := find(t, lib, word); got != want {
		t.Errorf("%s is said in %q, want %q", word, got, want)
	}
}

// upToDate reports whether a search would look into no folder.
func upToDate(t *testing.T, lib *library.Library) bool {
	t.Helper()
	x, err := words.Open(t.Context(), lib.Path(layout.Words), words.ReadOnly)
	if err != nil {
		return false
	}
	defer x.Close()
	ok, err := current(t.Context(), lib, x)
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

func TestKeepAndRemove(t *testing.T) {
	lib := newLibrary(t)
	expect(t, lib, "fox", two+" "+one) // the newest first
	expect(t, lib, `"lazy dog"`, two)
	if !upToDate(t, lib) {
		t.Error("a search has not left the index up to date")
	}
	keep(t, lib, two, "a cat")
	if !upToDate(t, lib) {
		t.Error("Keep has not left the index up to date")
	}
	expect(t, lib, "fox", one)
	if err := Remove(t.Context(), lib, load(t, lib, one)); err != nil {
		t.Fatal(err)
	}
	if !upToDate(t, lib) {
		t.Error("Remove has not left the index up to date")
	}
	expect(t, lib, "fox", "")
	if err := Remove(t.Context(), lib, load(t, lib, one)); !errors.Is(err, transcripts.ErrNone) {
		t.Errorf("removed twice: %v", err)
	}
	expect(t, lib, "cat", two)
}

// Whatever became of the index, the next search finds what the folders hold.
func TestSearchMends(t *testing.T) {
	ctx := context.Background()
	for _, tt := range []struct {
		name string
		do   func(t *testing.T, lib *library.Library)
	}{
		{"nothing", func(t *testing.T, lib *library.Library) {}},
		{"missing", func(t *testing.T, lib *library.Library) { words.Remove(lib.Path(layout.Words)) }},
		{"empty", func(t *testing.T, lib *library.Library) { overwrite(t, lib, nil) }},
		{"no database", func(t *testing.T, lib *library.Library) { overwrite(t, lib, []byte(strings.Repeat("words", 4096))) }},
		{"damaged", func(t *testing.T, lib *library.Library) {
			b, err := lib.Root().ReadFile(layout.Words)
			if err != nil {
				t.Fatal(err)
			}
			for i := 8192; i < len(b); i++ {
				b[i] = 0x55
			}
			overwrite(t, lib, b)
		}},
		{"older", func(t *testing.T, lib *library.Library) { setVersion(t, lib, 0) }},
		{"killed before the file was written", func(t *testing.T, lib *library.Library) {
			x, _, err := begin(ctx, lib)
			if err != nil {
				t.Fatal(err)
			}
			x.Close()
		}},
		{"of another state", func(t *testing.T, lib *library.Library) {
			if err := Remove(ctx, lib, load(t, lib, two)); err != nil {
				t.Fatal(err)
			}
			b, err := lib.Root().ReadFile(layout.Words)
			if err != nil {
				t.Fatal(err)
			}
			keep(t, lib, two, "a lazy dog, a fox")
			title := "Another"
			if _, err := lib.Edit(ctx, one, library.Edit{Note: &title}); err != nil {
				t.Fatal(err)
			}
			overwrite(t, lib, b)
		}},
	} {
		for _, writer := range []bool{false, true} {
			t.Run(tt.name, func(t *testing.T) {
				lib := newLibrary(t)
				expect(t, lib, "fox", two+" "+one)
				tt.do(t, lib)
				if !writer {
					lib.Close()
					lib = read(t, lib.Dir())
				}
				expect(t, lib, "fox", two+" "+one)
				if !upToDate(t, lib) {
					t.Error("the index is not up to date after a search")
				}
			})
		}
	}
}

func overwrite(t *testing.T, lib *library.Library, b []byte) {
	t.Helper()
	if err := words.Remove(lib.Path(layout.Words)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(lib.Path(layout.Words), b, 0o644); err != nil {
		t.Fatal(err)
	}
}

// setVersion makes the index that of another program.
func setVersion(t *testing.T, lib *library.Library, version byte) {
	t.Helper()
	b, err := lib.Root().ReadFile(layout.Words)
	if err != nil {
		t.Fatal(err)
	}
	b[63] = version // user_version
	overwrite(t, lib, b)
}

// A run that was killed between the file and the index is found out by the next.
func TestKilledBetween(t *testing.T) {
	lib := newLibrary(t)
	expect(t, lib, "fox", two+" "+one)
	killed := func(file func() error) {
		t.Helper()
		x, _, err := begin(t.Context(), lib)
		if err != nil {
			t.Fatal(err)
		}
		if err := file(); err != nil {
			t.Fatal(err)
		}
		x.Close()
	}
	s := load(t, lib, one)
	killed(func() error { return transcripts.Write(lib.Root(), s, of(s, "a white rabbit")) })
	expect(t, lib, "rabbit", one)
	expect(t, lib, "fox", two)
	killed(func() error { return transcripts.Remove(lib.Root(), s) })
	keep(t, lib, two, "a badger") // by somebody who keeps another one first
	expect(t, lib, "rabbit", "")
	expect(t, lib, "badger", two)
}

func TestLibraryChanges(t *testing.T) {
	lib := newLibrary(t)
	expect(t, lib, "fox", two+" "+one)
	got, err := lib.Remove(t.Context(), two, false, "test")
	if err != nil {
		t.Fatal(err)
	}
	expect(t, lib, "fox", one)
	if _, err := lib.Restore(t.Context(), got.Place); err != nil {
		t.Fatal(err)
	}
	expect(t, lib, "fox", two+" "+one)

	// Other sound: the transcript stays, and is not found.
	s := load(t, lib, two)
	other := *s
	other.Pieces = []space.Piece{{Name: "a.ts", SHA256: "bb"}}
	if err := lib.Rewrite(t.Context(), s, &other); err != nil {
		t.Fatal(err)
	}
	expect(t, lib, "fox", one)
	r, err := Rebuild(t.Context(), lib)
	if err != nil || r.Transcripts != 1 || len(r.Skipped) != 1 || r.Skipped[0].ID != two || !errors.Is(r.Skipped[0].Err, transcripts.ErrOther) {
		t.Errorf("built: %+v, %v", r, err)
	}
	if err := lib.Rewrite(t.Context(), &other, s); err != nil {
		t.Fatal(err)
	}
	expect(t, lib, "fox", two+" "+one)

	// A date puts a Space in another place.
	s = load(t, lib, two)
	earlier := *s
	earlier.StartedAt = space.Time{Time: s.StartedAt.AddDate(0, -1, 0)}
	if err := lib.Rewrite(t.Context(), s, &earlier); err != nil {
		t.Fatal(err)
	}
	expect(t, lib, "fox", one+" "+two)
}

// Somebody else's changes of the library do not keep anybody from searching.
func TestSearchWhileLocked(t *testing.T) {
	lib := newLibrary(t)
	expect(t, lib, "fox", two+" "+one)
	if _, err := lib.Remove(t.Context(), one, false, "test"); err != nil {
		t.Fatal(err)
	}
	reader := read(t, lib.Dir())
	i, err := Open(t.Context(), reader)
	if err != nil {
		t.Fatal(err)
	}
	defer i.Close()
	if !errors.As(i.Behind, new(*library.LockedError)) {
		t.Errorf("behind: %v", i.Behind)
	}
	expect(t, reader, "fox", two) // what was removed is not found
	i.Close()
	if err := words.Remove(lib.Path(layout.Words)); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), reader); !errors.Is(err, ErrNoIndex) || !errors.As(err, new(*library.LockedError)) {
		t.Errorf("without an index: %v", err)
	}
}

// The index of a newer program is left as it is, and the newer program sees that
// the library has changed.
func TestNewer(t *testing.T) {
	lib := newLibrary(t)
	expect(t, lib, "fox", two+" "+one)
	setVersion(t, lib, 200)
	before, err := os.ReadFile(lib.Path(layout.Words))
	if err != nil {
		t.Fatal(err)
	}
	keep(t, lib, one, "a white rabbit")
	if _, err := Open(t.Context(), lib); !errors.Is(err, ErrNoIndex) || !errors.Is(err, words.ErrNewer) {
		t.Errorf("opened: %v", err)
	}
	if _, err := Rebuild(t.Context(), lib); !errors.Is(err, words.ErrNewer) {
		t.Errorf("rebuilt: %v", err)
	}
	after, err := os.ReadFile(lib.Path(layout.Words))
	if err != nil || !slices.Equal(before, after) {
		t.Errorf("the index of a newer program was changed: %v", err)
	}
	setVersion(t, lib, words.Version)
	if upToDate(t, lib) {
		t.Error("the newer program takes its index for up to date")
	}
	expect(t, lib, "rabbit", one)
}

func TestReadOnlyMedia(t *testing.T) {
	if runtime.GOOS == "windows" || os.Getuid() == 0 {
		t.Skip("folders can be written by this user whatever they say")
	}
	for _, tt := range []struct {
		name string
		do   func(lib *library.Library)
		want string
		err  error
	}{
		{"up to date", func(*library.Library) {}, two + " " + one, nil},
		{"no index", func(lib *library.Library) { words.Remove(lib.Path(layout.Words)) }, "", ErrNoIndex},
		{"neither index nor transcripts", func(lib *library.Library) {
			for _, id := range []string{one, two} {
				Remove(context.Background(), lib, load(t, lib, id))
			}
			words.Remove(lib.Path(layout.Words))
		}, "", nil},
		{"behind", func(lib *library.Library) { begin(context.Background(), lib) }, two + " " + one, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			lib := newLibrary(t)
			expect(t, lib, "fox", two+" "+one)
			tt.do(lib)
			lib.Close()
			readOnly(t, lib.Dir())
			r := read(t, lib.Dir())
			i, err := Open(t.Context(), r)
			if !errors.Is(err, tt.err) {
				t.Fatalf("opened: %v, want %v", err, tt.err)
			}
			if err != nil {
				return
			}
			i.Close()
			expect(t, r, "fox", tt.want)
		})
	}
}

// readOnly takes the leave to write away from a folder and all in it.
func readOnly(t *testing.T, dir string) {
	t.Helper()
	chmod := func(file, folder os.FileMode) {
		filepath.WalkDir(dir, func(name string, e os.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if e.IsDir() {
				return os.Chmod(name, folder)
			}
			return os.Chmod(name, file)
		})
	}
	chmod(0o444, 0o555)
	t.Cleanup(func() { chmod(0o644, 0o755) })
}

// Where a file that is open cannot be replaced, the index is rebuilt in it.
func TestRebuildInPlace(t *testing.T) {
	inPlace = true
	defer func() { inPlace = runtime.GOOS == "windows" }()
	lib := newLibrary(t)
	i, err := Open(t.Context(), lib)
	if err != nil {
		t.Fatal(err)
	}
	defer i.Close()
	r, err := Rebuild(t.Context(), lib)
	if err != nil || r.Transcripts != 2 || r.Utterances != 2 {
		t.Fatalf("rebuilt: %+v, %v", r, err)
	}
	n := 0
	for _, err := range i.Search(t.Context(), words.Query{Words: "fox"}) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != 2 {
		t.Errorf("a reader finds %d", n)
	}
}

func TestLimit(t *testing.T) {
	lib := newLibrary(t)
	n := 0
	for h, err := range Search(t.Context(), lib, words.Query{Words: "fox", Limit: 1}) {
		if err != nil || h.Recording.ID != two || h.Approximate() {
			t.Fatalf("%+v, %v", h, err)
		}
		n++
	}
	if n != 1 {
		t.Errorf("%d hits", n)
	}
}

// What is erased is in no byte of the index, also what was taken out before.
func TestErase(t *testing.T) {
	lib := newLibrary(t)
	keep(t, lib, one, "an aardvark")
	expect(t, lib, "aardvark", one)
	if err := Remove(t.Context(), lib, load(t, lib, one)); err != nil {
		t.Fatal(err)
	}
	keep(t, lib, two, "a badger")
	if err := Erase(t.Context(), lib, two); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"", "-wal"} {
		b, err := os.ReadFile(lib.Path(layout.Words) + suffix)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		for _, word := range []string{"aardvark", "badger"} {
			if strings.Contains(string(b), word) {
				t.Errorf("%s is in %s%s", word, layout.Words, suffix)
			}
		}
	}
	expect(t, lib, "badger", two) // it was not deleted
	words.Remove(lib.Path(layout.Words))
	if err := Erase(t.Context(), lib, two); err != nil {
		t.Errorf("without an index: %v", err)
	}
}
