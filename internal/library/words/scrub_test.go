package words

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// secrets are words of sixteen letters, n of them, none of them of the corpus.
func secrets(n int) []string {
	r := rand.New(rand.NewPCG(3, 4))
	list := make([]string, n)
	for i := range list {
		b := make([]byte, 16)
		for i := range b {
			b[i] = byte('a' + r.IntN(26))
		}
		list[i] = string(b)
	}
	return list
}

// holding tells in which files of a folder words are, or their second halves:
// FTS5 leaves out the beginning that a word has in common with the one before
// it.
func holding(t *testing.T, dir string, words []string) map[string]int {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	ends := make(map[[10]byte]bool)
	for _, w := range words {
		ends[[10]byte([]byte(w[6:]))] = true
	}
	n := make(map[string]int)
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		b = bytes.ToLower(b)
		for i := range b[:max(0, len(b)-9)] {
			if ends[[10]byte(b[i:])] {
				n[e.Name()]++
			}
		}
	}
	return n
}

// confession is a transcript whose words are nowhere else.
func confession(id string, words []string, speaker string) Transcript {
	t := Transcript{ID: id, StartedAt: day("2021-03-01"), Rate: 48000}
	for i := 0; i < len(words); i += 10 {
		t.Utterances = append(t.Utterances, Utterance{int64(i) * 48000, int64(i+10) * 48000, []string{speaker}, strings.ToUpper(strings.Join(words[i:i+10], " "))})
	}
	return t
}

// Nothing of what was taken out is in the files after Scrub: a Space, the
// utterances of one person, or all.
func TestScrub(t *testing.T) {
	words := secrets(2000)
	for _, c := range []struct {
		name string
		take func(x *Index) error
	}{
		{"a Space", func(x *Index) error { return x.Delete(t.Context(), "secret") }},
		{"what one person said", func(x *Index) error {
			n, err := x.DeleteSpeaker(t.Context(), "@"+words[1])
			if n != 200 {
				return fmt.Errorf("%d utterances taken out", n)
			}
			return err
		}},
		{"all", func(x *Index) error { return x.Update(t.Context(), (*Tx).Clear) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := newIndex(t)
			i := 0
			for s := range (corpus{hours: 6}).spaces() {
				if i++; i == 2 {
					put(t, x, confession("secret", words, words[1]))
				}
				put(t, x, s)
			}
			dir := filepath.Dir(x.file.Path)
			before := 0
			for _, n := range holding(t, dir, words) {
				before += n
			}
			if before < len(words) {
				t.Fatalf("of %d words %d are in the files", len(words), before)
			}
			if err := errors.Join(c.take(x), x.Scrub(t.Context())); err != nil {
				t.Fatal(err)
			}
			if left := holding(t, dir, words); len(left) > 0 {
				t.Errorf("left: %v", left)
			}
			if _, err := x.file.Exec("CREATE VIRTUAL TABLE temp.terms USING fts5vocab(main, word, row)"); err != nil {
				t.Fatal(err)
			}
			for _, w := range words[:20] {
				var n int
				if err := x.file.QueryRow("SELECT count(*) FROM temp.terms WHERE term = ?", w).Scan(&n); n != 0 || err != nil {
					t.Errorf("%s is still a term (%v)", w, err)
				}
			}
			if c.name != "all" && found(t, x.Search(t.Context(), Query{Words: makeVocabulary()[0], Limit: 1})) == "" {
				t.Error("the rest is gone too")
			}
		})
	}
}

// Without Scrub the words are still there: the test above can fail.
func TestDeletedWordsStay(t *testing.T) {
	words := secrets(200)
	x := newIndex(t, confession("secret", words, "a"))
	if err := x.Delete(t.Context(), "secret"); err != nil {
		t.Fatal(err)
	}
	if left := holding(t, filepath.Dir(x.file.Path), words); len(left) == 0 {
		t.Error("nothing is left; is Scrub still needed?")
	}
}

// A reader in the middle of a search keeps what was taken out in the WAL, and
// Scrub says so.
func TestScrubBesideReader(t *testing.T) {
	words := secrets(200)
	x := newIndex(t, confession("secret", words, "a"), samples()[0])
	r, err := Open(t.Context(), x.file.Path, ReadOnly)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for range r.Search(t.Context(), Query{Words: "radio"}) {
		if err := errors.Join(x.Delete(t.Context(), "secret"), x.Scrub(t.Context())); !errors.Is(err, ErrLocked) {
			t.Errorf("beside a reader: %v", err)
		}
		break
	}
	if err := x.Scrub(t.Context()); err != nil {
		t.Error(err)
	}
	if left := holding(t, filepath.Dir(x.file.Path), words); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}
