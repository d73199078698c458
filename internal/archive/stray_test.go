package archive

import (
	"archive/zip"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestNamesInTheDirectory damages the name of a recording in the directory of a
// ZIP, and puts sound where none of a Space lies: both are told.
func TestNamesInTheDirectory(t *testing.T) {
	const member = "data/spaces_media/space-1ypKdEXvkMLGW_0.ts"
	sound := bytes.Repeat([]byte{0xff, 0xf1, 0x4c, 0x80, 1, 0x1f, 0xfc, 0}, 100)
	for _, c := range []struct {
		name, becomes string
		more          string // a further member with sound
		want          []ProblemKind
		media         int
	}{
		{"sound", member, "", nil, 1},
		{"a NUL", "data/spaces_media/space-1yp\x00dEXvkMLGW_0.ts", "", []ProblemKind{DamagedName}, 1},
		{"no UTF-8", "data/spaces_media/space-1yp\xffdEXvkMLGW_0.ts", "", []ProblemKind{DamagedName}, 1},
		{"another name", "data/spaces_media/spbce-1ypKdEXvkMLGW_0.tq", "", []ProblemKind{DamagedName}, 1},
		{"another folder", "data/spbces_mediaXspbce-1ypKdEXvkMLGW_0.ts", "", []ProblemKind{NotTaken}, 0},
		{"elsewhere", member, "bonus/extra.bin", []ProblemKind{NotTaken}, 1},
		{"of a post", member, "data/tweets_media/1-x.mp4", nil, 1},
		{"named like a script", member, "data/spaces_media/talk.json", []ProblemKind{NotTaken}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b bytes.Buffer
			w := zip.NewWriter(&b)
			for _, name := range []string{"data/manifest.js", c.more, member} {
				if name == "" {
					continue
				}
				m, err := w.Create(name)
				if err != nil {
					t.Fatal(err)
				}
				if name == "data/manifest.js" {
					m.Write([]byte("window.__THAR_CONFIG = {}"))
				} else {
					m.Write(sound)
				}
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			z := b.Bytes()
			copy(z[bytes.LastIndex(z, []byte(member)):], c.becomes)
			path := filepath.Join(t.TempDir(), "a.zip")
			if err := os.WriteFile(path, z, 0o644); err != nil {
				t.Fatal(err)
			}
			a, err := Open(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			defer a.Close()
			var got []ProblemKind
			for _, p := range a.Problems() {
				if p.Kind == DamagedName || p.Kind == NotTaken {
					got = append(got, p.Kind)
				}
			}
			if !slices.Equal(got, c.want) || len(a.Media()) != c.media {
				t.Errorf("%v, %d recordings; want %v, %d: %v", got, len(a.Media()), c.want, c.media, a.Problems())
			}
		})
	}
}

func TestMatch(t *testing.T) {
	const id = "1ypKdEXvkMLGW"
	known := func(s string) bool { return s == id }
	for _, c := range []struct {
		name  []string
		piece int
		ok    bool
	}{
		{[]string{id + "-0.ts"}, 0, true},
		{[]string{id + "-12.ts"}, 12, true},
		{[]string{id + ".ts"}, -1, true},
		{[]string{id + " (1).ts"}, -1, true},
		{[]string{id, "3.ts"}, 3, true},
		{[]string{"space_" + id + "_0.aac"}, 0, true},
		{[]string{"audio-space-" + id + ".ts"}, -1, true},
		{[]string{"x" + id + "y_7.ts"}, 7, true},
		{[]string{"1ypKdEXvkMLGV-0.ts"}, 0, false},
		{[]string{"talk.ts"}, 0, false},
	} {
		t.Run(fmt.Sprint(c.name), func(t *testing.T) {
			m := Member{elems: c.name}
			got, piece, ok := m.Match(known)
			if ok != c.ok || ok && (got != id || piece != c.piece) {
				t.Errorf("%q: %q, %d, %v; want %d, %v", c.name, got, piece, ok, c.piece, c.ok)
			}
		})
	}
}
