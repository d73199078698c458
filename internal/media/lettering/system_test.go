package lettering

import (
	"image"
	"path/filepath"
	"sync"
	"testing"
)

// debian is the fonts of Debian's packages; it skips where they are not
// installed.
func debian(t *testing.T) *index {
	x := readIndex([]string{"/usr/share/fonts"})
	for _, family := range []string{"Noto Sans Thai", "Noto Sans CJK JP", "Noto Color Emoji"} {
		if len(x.named(family)) == 0 {
			t.Skipf("%s is not installed (fonts-noto-core, fonts-noto-cjk, fonts-noto-color-emoji)", family)
		}
	}
	return x
}

func withRest(lang string, x *index) *Set {
	s := newSet(lang, embedded())
	s.rest = newFallback(func() *index { return x })
	return s
}

// The font of a script is the one that is made for it, and the one of Chinese
// characters that of their language.
func TestFallback(t *testing.T) {
	x := debian(t)
	for _, c := range []struct{ lang, text, family string }{
		{"", "قال", "Noto Sans Arabic"},
		{"", "नमस्ते", "Noto Sans Devanagari"},
		{"", "สวัสดี", "Noto Sans Thai"},
		{"", "שלום", "Noto Sans Hebrew"},
		{"", "東京の夜", "Noto Sans CJK JP"}, // kana tell
		{"", "汉字", "Noto Sans CJK SC"},
		{"ja", "骨", "Noto Sans CJK JP"},
		{"zh-TW", "骨", "Noto Sans CJK TC"},
		{"ko", "漢字", "Noto Sans CJK KR"},
		{"", "한국", "Noto Sans CJK KR"},
		{"ur", "ہے", "Noto Naskh Arabic"},
		{"", "☕", "Noto Color Emoji"},
		{"", "👩‍👩‍👧", "Noto Color Emoji"},
		{"", "1️⃣", "Noto Color Emoji"},
		{"", "❤️", "Noto Color Emoji"},
	} {
		s := withRest(c.lang, x)
		if got := string(s.Missing(c.text)); got != "" {
			t.Errorf("%q lacks %q", c.text, got)
		}
		f := s.pieces(printable(c.text))[0].family
		found := ""
		for _, e := range x.entries {
			if f != nil && e.face == f.regular {
				found = e.family
			}
		}
		if found != c.family {
			t.Errorf("%q in %q is written with %q, want %q", c.text, c.lang, found, c.family)
		}
	}
}

// Bold is that of the family; emoji have their colours, and are as large as
// letters.
func TestFallbackDraws(t *testing.T) {
	s := withRest("", debian(t))
	if a, b := s.Line("สวัสดี", 40, Regular).Width, s.Line("สวัสดี", 40, Bold).Width; !(b > a) {
		t.Errorf("%g wide, bold %g", a, b)
	}
	dst := image.NewRGBA(image.Rect(0, 0, 60, 60))
	s.Line("❤️", 40, Bold).Draw(dst, 2, 45, white)
	red, others := 0, 0
	for y := range 60 {
		for x := range 60 {
			switch c := dst.RGBAAt(x, y); {
			case c.A > 200 && c.R > 180 && c.G < 100:
				red++
			case c.A > 200 && c.R > 180 && c.G > 180:
				others++
			}
		}
	}
	if red < 500 || others > 100 {
		t.Errorf("a red heart has %d red pixels and %d white ones", red, others)
	}
}

// A set may be used by several goroutines.
func TestSetAtOnce(t *testing.T) {
	s, err := Find(Options{Font: filepath.Join("testdata", "devanagari.ttf"), System: true, Folders: []string{"testdata"}})
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for w := range Bold + 1 {
				s.Line("नमस्ते Aéfi ☕ words", 30, w).Draw(image.NewRGBA(image.Rect(0, 0, 300, 60)), 0, 40, white)
				s.Missing("日本 ☕")
			}
		})
	}
	all.Wait()
}
