package words

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/library/database"
)

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	valid := func(name string) string {
		path := filepath.Join(dir, name)
		x, err := Open(t.Context(), path, ReadWrite)
		if err != nil {
			t.Fatal(err)
		}
		put(t, x, samples()...)
		if err := x.Close(); err != nil {
			t.Fatal(err)
		}
		return path
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
	for _, c := range []struct {
		name, path string
		want       error
	}{
		{"zero bytes", change("zero", func([]byte) []byte { return nil }), ErrCorrupt},
		{"header only", change("header", func(b []byte) []byte { return b[:100] }), ErrCorrupt},
		{"half", change("half", func(b []byte) []byte { return b[:len(b)/2] }), ErrCorrupt},
		{"garbage", change("garbage", func(b []byte) []byte { return []byte(strings.Repeat("garbage ", 1000)) }), ErrCorrupt},
		{"garbled schema", change("schema", func(b []byte) []byte { clear(b[100:pageSize]); return b }), ErrCorrupt},
		{"a catalogue", pragma("other", fmt.Sprintf("PRAGMA application_id = %d", 0x53706373)), ErrCorrupt},
		{"a table is missing", pragma("table", "DROP TABLE utterance"), ErrCorrupt},
		{"newer", pragma("newer", fmt.Sprintf("PRAGMA user_version = %d", Version+1)), ErrNewer},
		{"older", pragma("older", fmt.Sprintf("PRAGMA user_version = %d", Version-1)), ErrOlder},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, mode := range []Mode{ReadOnly, ReadWrite} {
				x, err := Open(t.Context(), c.path, mode)
				if err == nil {
					x.Close()
				}
				if !errors.Is(err, c.want) || !strings.Contains(fmt.Sprint(err), c.path) {
					t.Errorf("mode %d: %v; want %v", mode, err, c.want)
				}
			}
			// Building again repairs it.
			err := Build(t.Context(), c.path, 1, func(yield func(Transcript, error) bool) { yield(samples()[0], nil) })
			if err != nil {
				t.Fatal(err)
			}
			x, err := Open(t.Context(), c.path, ReadOnly)
			if err != nil {
				t.Fatal(err)
			}
			defer x.Close()
			if got := found(t, x.Search(t.Context(), Query{Words: "radio"})); got != "old/1 old/2" {
				t.Error(got)
			}
		})
	}
	if _, err := Open(t.Context(), filepath.Join(dir, "none"), ReadOnly); !errors.Is(err, ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if err := Remove(filepath.Join(dir, "none")); err != nil {
		t.Error(err)
	}
}

// Damage that only a search meets is called by its name.
func TestDamagedPages(t *testing.T) {
	path := filepath.Join(t.TempDir(), "words.sqlite")
	if err := Build(t.Context(), path, 1, corpus{hours: 4}.spaces()); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := 20 * pageSize; i < len(b); i++ {
		b[i] = 0xa5
	}
	if err := os.WriteFile(path, b, 0o666); err != nil {
		t.Fatal(err)
	}
	x, err := Open(t.Context(), path, ReadOnly)
	if err == nil {
		defer x.Close()
		for _, e := range x.Search(t.Context(), Query{Words: makeVocabulary()[0]}) {
			err = e
		}
	}
	if !errors.Is(err, ErrCorrupt) {
		t.Errorf("got %v", err)
	}
}

// What another program has locked can be read, and writing says who is in the
// way after the time that SQLite waits.
func TestLocked(t *testing.T) {
	x := newIndex(t, samples()...)
	other, err := sql.Open("sqlite", database.DSN(x.file.Path, "_txlock=exclusive"))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	tx, err := other.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if got := found(t, x.Search(t.Context(), Query{Words: "radio"})); got != "old/1 old/2" {
		t.Errorf("found %q", got)
	}
	if err := x.Delete(t.Context(), "old"); !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), x.file.Path) {
		t.Errorf("deleting: %v", err)
	}
}

// On a full disk nothing of a change happens, and it says why.
func TestFull(t *testing.T) {
	x := newIndex(t, samples()...)
	if _, err := x.file.Exec("PRAGMA max_page_count = 20"); err != nil {
		t.Fatal(err)
	}
	for s := range (corpus{hours: 2}).spaces() {
		if err := x.Put(t.Context(), s); !errors.Is(err, ErrFull) {
			t.Errorf("got %v", err)
		}
	}
	if got := found(t, x.Search(t.Context(), Query{Words: "radio"})); got != "old/1 old/2" {
		t.Errorf("found %q", got)
	}
}

// What a killed Build leaves is in nobody's way, and a reader of the index that
// is replaced keeps what it reads, and takes nothing away from the new one.
func TestBuildBesideReader(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows replaces no file that is open")
	}
	x := newIndex(t, samples()...)
	path := x.file.Path
	if err := os.WriteFile(path+".partial", []byte("half"), 0o666); err != nil {
		t.Fatal(err)
	}
	for range x.Search(t.Context(), Query{Words: "radio"}) {
		err := Build(t.Context(), path, 2, func(yield func(Transcript, error) bool) { yield(said("b", "2021-01-01", "a: television"), nil) })
		if err != nil {
			t.Fatal(err)
		}
	}
	y, err := Open(t.Context(), path, ReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	defer y.Close()
	put(t, y, said("c", "2022-01-01", "a: television"))
	if got := found(t, x.Search(t.Context(), Query{Words: "radio"})); got != "old/1 old/2" {
		t.Errorf("the old one finds %q", got)
	}
	x.Close()
	z, err := Open(t.Context(), path, ReadOnly)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	if got := found(t, z.Search(t.Context(), Query{Words: "television"})); got != "c/0 b/0" {
		t.Errorf("the new one finds %q", got)
	}
	if _, err := os.Stat(path + ".partial"); err == nil {
		t.Error("the draft is left")
	}
}
