package layout

import (
	"path"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/spaces-cli/spaces/internal/library/space"
)

func TestTitlePart(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"Débat : l’été des médias sociaux #Spaces avec @guest1", "Débat l’été des médias sociaux Spaces avec guest1"},
		{"e\u0301te\u0301", "été"},
		{"see https://t.co/abc for more", "see for more"},
		{`a<b>c:d"e/f\g|h?i*j`, "a b c d e f g h i j"},
		{"...dots...", "dots"},
		{"CON", "CON_"},
		{"nul.txt", "nul.txt_"},
		{"COM¹", "COM¹_"},
		{"  \t\n ", "Space"},
		{"../../etc/passwd", "etc passwd"},
		{"\u202Egnp.exe\u202C", "gnp.exe"},
		{"a\x00b\x1bc", "a b c"},
		{"bad \xff\xfe utf8", "bad utf8"},
		{strings.Repeat("é", 100), strings.Repeat("é", 40)},
		{strings.Repeat("👩‍👩‍👧‍👦", 10), strings.Repeat("👩‍👩‍👧‍👦", 3)},
	} {
		t.Run(c.want, func(t *testing.T) {
			if got := titlePart(c.in, maxPath); got != c.want {
				t.Errorf("titlePart(%q) = %q, want %q", c.in, got, c.want)
			}
		})
	}
}

func FuzzNames(f *testing.F) {
	f.Add("Débat : l’été", "1ypKdEXvkMLGW", int64(1623693600))
	f.Add("CON", "1ypKdEXvkMLGW", int64(0))
	f.Add(strings.Repeat("𝕏", 100), "0123456789abcdef", int64(1e9))
	f.Fuzz(func(t *testing.T, title, id string, sec int64) {
		if !space.ValidID(id) || sec < 0 || sec > 250e9 {
			t.Skip()
		}
		r := &space.Recording{ID: id, Title: title, TitleSource: space.TitleHost, StartedAt: space.Time{Time: time.Unix(sec, 0)}}
		folder := Folder(r)
		file := FileName(r, folder)
		if !utf8.ValidString(folder + file) {
			t.Fatalf("%q is not UTF-8", folder+file)
		}
		if n := units(folder + "/" + file + " (9).m4a"); n > maxPath {
			t.Fatalf("%q/%q has %d units", folder, file, n)
		}
		if n := units(folder) + longestInside; n > maxPath {
			t.Fatalf("%q leaves no room for an index: %d units", folder, n)
		}
		for _, part := range append(strings.Split(folder, "/"), file) {
			if part == "" || part == "." || part == ".." || strings.ContainsAny(part, "<>:\"/\\|?*\x00\n\r\t") || strings.HasSuffix(part, ".") || strings.HasSuffix(part, " ") || reserved(part) {
				t.Fatalf("%q is no name for all systems", part)
			}
		}
		if n := OriginalName(title); n != path.Base(n) || n == ".." || reserved(n) || strings.ContainsAny(n, `<>:"|?*\`) {
			t.Fatalf("OriginalName(%q) = %q", title, n)
		}
	})
}
