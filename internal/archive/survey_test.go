package archive

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestLookThrough looks through folders of recordings and of other things.
func TestLookThrough(t *testing.T) {
	adts := "\xff\xf1\x4c\x80\x01\x1f\xfc\x00"
	for len(adts) < 800 {
		adts += adts[:8]
	}
	for _, c := range []struct {
		name  string
		files map[string]string
		found []string
		plain bool
	}{
		{"recordings", map[string]string{"a.ts": adts, "sub/deeper/b.bin": adts, "c.webm": "\x1a\x45\xdf\xa3....", "d.aiff": "FORM....AIFFCOMM"},
			[]string{"a.ts", "c.webm", "d.aiff", "sub/deeper/b.bin"}, true},
		{"what goes with them", map[string]string{"a.ts": adts, "a.info.json": "{}", "a.jpg": "\xff\xd8\xff\xe0", "notes.txt": "x", "._a.ts": "x", ".DS_Store": "x"},
			[]string{"a.ts"}, true},
		{"other things too", map[string]string{"a.mp3": adts, "report.pdf": "%PDF-1.4"}, []string{"a.mp3"}, false},
		{"other things below", map[string]string{"a.mp3": adts, "work/letter.docx": "PK\x03\x04...."}, []string{"a.mp3"}, false},
		{"a picture named like sound is told by its content", map[string]string{"b.dat": "\x89PNG....", "a.ts": adts}, []string{"a.ts"}, false},
		{"an archive", map[string]string{"data/manifest.js": "x", "data/spaces_media/space-1ypKdEXvkMLGW_0.ts": adts}, []string{"."}, true},
		{"an archive among others", map[string]string{"tw/data/manifest.js": "x", "song.mp3": adts, "report.pdf": "%PDF"}, []string{"song.mp3", "tw"}, false},
		{"chunks and another", map[string]string{"chunk_1623693600391000000_1_a.aac": adts, "talk.m4a": "....ftypM4A "}, []string{".", "talk.m4a"}, true},
		{"a library", map[string]string{"library.json": "{}", "recordings/2021/x/x.m4a": adts}, nil, true},
		{"nothing", map[string]string{"letter.txt": "Dear"}, nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, content := range c.files {
				name = filepath.Join(dir, filepath.FromSlash(name))
				if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			s, err := LookThrough(t.Context(), dir)
			if err != nil {
				t.Fatal(err)
			}
			var found []string
			for _, f := range s.Found {
				rel, _ := filepath.Rel(dir, f.Path)
				found = append(found, filepath.ToSlash(rel))
			}
			slices.Sort(found)
			if !slices.Equal(found, c.found) || s.Recordings() != c.plain {
				t.Errorf("found %q, recordings alone: %v; want %q, %v (other: %q)", found, s.Recordings(), c.found, c.plain, s.Other)
			}
		})
	}
}
