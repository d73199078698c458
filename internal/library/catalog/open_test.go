package catalog

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/library/database"
	"github.com/spaces-cli/spaces/internal/library/space"
)

func TestDirty(t *testing.T) {
	c := newCatalog(t)
	is := func(want bool) {
		t.Helper()
		r, err := Open(t.Context(), c.path, ReadOnly)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if got, err := r.Dirty(t.Context()); got != want || err != nil {
			t.Errorf("dirty: %v, %v; want %v", got, err, want)
		}
		if err := r.SetDirty(t.Context(), true); err == nil {
			t.Error("a reader has written")
		}
	}
	is(true)
	for _, want := range []bool{false, true, false} {
		if err := c.SetDirty(t.Context(), want); err != nil {
			t.Fatal(err)
		}
		is(want)
	}
	if err := c.Update(t.Context(), (*Tx).Clear); err != nil {
		t.Fatal(err)
	}
	is(false)
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	valid := func(name string) string {
		c, err := Open(t.Context(), filepath.Join(dir, name), ReadWrite)
		if err != nil {
			t.Fatal(err)
		}
		put(t, c, samples()...)
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		return c.path
	}
	change := func(name string, f func([]byte) []byte) string {
		path := valid(name)
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f(b), 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	pragma := func(name, statement string) string {
		path := valid(name)
		db, err := sql.Open("sqlite", database.DSN(path))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, tt := range []struct {
		name, path string
		want       error
	}{
		{"zero bytes", change("zero", func([]byte) []byte { return nil }), ErrCorrupt},
		{"one byte", change("one", func(b []byte) []byte { return b[:1] }), ErrCorrupt},
		{"header only", change("header", func(b []byte) []byte { return b[:100] }), ErrCorrupt},
		{"one page", change("page", func(b []byte) []byte { return b[:4096] }), ErrCorrupt},
		{"half", change("half", func(b []byte) []byte { return b[:len(b)/2] }), ErrCorrupt},
		{"garbage", change("garbage", func(b []byte) []byte { return []byte(strings.Repeat("garbage ", 1000)) }), ErrCorrupt},
		{"zeros", change("zeros", func(b []byte) []byte { return make([]byte, len(b)) }), ErrCorrupt},
		{"garbled schema", change("schema", func(b []byte) []byte { clear(b[100:4096]); return b }), ErrCorrupt},
		{"another program's", pragma("other", "PRAGMA application_id = 1"), ErrCorrupt},
		{"a table is missing", pragma("table", "DROP TABLE archive"), ErrCorrupt},
		{"newer", pragma("newer", fmt.Sprintf("PRAGMA user_version = %d", Version+1)), ErrNewer},
		{"older", pragma("older", fmt.Sprintf("PRAGMA user_version = %d", Version-1)), ErrOlder},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, mode := range []Mode{ReadOnly, ReadWrite} {
				c, err := Open(t.Context(), tt.path, mode)
				if !errors.Is(err, tt.want) {
					t.Errorf("%s, mode %d: %v; want %v", tt.name, mode, err, tt.want)
				}
				if err == nil {
					c.Close()
				} else if !strings.Contains(err.Error(), tt.path) {
					t.Errorf("%s: the error does not name the file: %v", tt.name, err)
				}
			}
			if tt.want == ErrCorrupt || tt.want == ErrOlder { // can be built again
				if err := Remove(tt.path); err != nil {
					t.Error(err)
				}
				c, err := Open(t.Context(), tt.path, ReadWrite)
				if err != nil {
					t.Errorf("%s: after Remove: %v", tt.name, err)
					return
				}
				c.Close()
			}
		})
	}
	if _, err := Open(t.Context(), filepath.Join(dir, "none"), ReadOnly); !errors.Is(err, ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if _, err := Open(t.Context(), filepath.Join(dir, "no", "folder"), ReadWrite); err == nil {
		t.Error("no folder: no error")
	}
	if err := Remove(filepath.Join(dir, "none")); err != nil {
		t.Error(err)
	}
}

// Damage that only a query meets is called by its name.
func TestDamagedPage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c")
	c, err := Open(t.Context(), path, ReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	put(t, c, many(200)...)
	c.Close()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := 20 * 4096; i < len(b); i++ {
		b[i] = 0xa5
	}
	if err := os.WriteFile(path, b, 0o666); err != nil {
		t.Fatal(err)
	}
	c, err = Open(t.Context(), path, ReadOnly)
	if err == nil {
		defer c.Close()
		for _, e := range c.List(t.Context(), Query{JSON: true}) {
			err = e
		}
	}
	if !errors.Is(err, ErrCorrupt) {
		t.Errorf("got %v", err)
	}
}

// Names with a meaning in a URI are taken as they stand, and nothing is left
// beside the file.
func TestOddNames(t *testing.T) {
	names := []string{"a b", "ünï", "100%", "%41", "a#b", "a&b=c", "a;b", "a'b", "a+b", "[x]", "日本", "~"}
	if runtime.GOOS != "windows" {
		names = append(names, "a?b", "a?mode=memory", `a"b`, `a\b`, "a:b")
	}
	for _, name := range names {
		dir := filepath.Join(t.TempDir(), name)
		if err := os.Mkdir(dir, 0o777); err != nil {
			t.Fatal(err)
		}
		for _, mode := range []Mode{ReadWrite, ReadOnly} {
			c, err := Open(t.Context(), filepath.Join(dir, name), mode)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if mode == ReadWrite {
				put(t, c, samples()...)
			}
			if got := ids(t, c.List(t.Context(), Query{Limit: 1})); got != "1ypKdEXvkMLGW" {
				t.Errorf("%s: %s", name, got)
			}
			c.Close()
		}
		entries, err := os.ReadDir(dir)
		if err != nil || len(entries) != 1 || entries[0].Name() != name {
			t.Errorf("%s: the folder holds %v (%v)", name, entries, err)
		}
	}
}

// many returns n recordings of usual size.
func many(n int) []*space.Recording {
	list := make([]*space.Recording, n)
	start := at("2021-01-01T00:00:00Z")
	for i := range list {
		samples := int64(i) * 48000
		list[i] = &space.Recording{
			Schema: 1, ID: fmt.Sprintf("1%012d", i), Title: fmt.Sprintf("Débat %d : l’été des médias sociaux #Spaces avec @guest%d", i, i%97),
			TitleSource: space.TitlePost, StartedAt: space.Time{Time: start.Add(time.Duration(i*7919%n) * time.Hour)},
			Duration: seconds(float64(i)), Samples: &samples, Host: &space.Person{ID: "1234567890", Handle: "hostess"},
			Speakers: []space.Speaker{{Handle: "hostess", Role: "host", TalkSeconds: seconds(1)}, {Handle: fmt.Sprintf("guest%d", i%97), Role: "speaker"}},
			Hashtags: []string{"spaces"}, Audio: &space.Audio{Codec: "aac-lc", SampleRate: 48000, Channels: 2, BitRate: 96000},
			Pieces: []space.Piece{{Name: "space-1ypKdEXvkMLGW_0.ts", Bytes: 49021660, SHA256: strings.Repeat("0123456789abcdef", 4), Format: "adts"}},
			State:  space.Complete, Folder: "recordings/2021/2021-06-14 Débat l’été des médias sociaux [1ypKdEXvkMLGW]",
			File: "recordings/2021/2021-06-14 Débat l’été des médias sociaux [1ypKdEXvkMLGW]/Débat l’été des médias sociaux.m4a",
		}
	}
	return list
}
