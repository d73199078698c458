package lettering

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"image"
	"image/color"
	"math"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

var white = color.NRGBA{0xFF, 0xFF, 0xFF, 0xFF}

// The letters are the same on every processor.
func TestLettersAreTheSameEverywhere(t *testing.T) {
	const want = "66c0f3aad6c55e94"
	dst := image.NewRGBA(image.Rect(0, 0, 900, 700))
	y := 0.0
	for i, size := range []float64{9, 14.5, 33, 90, 300} {
		y += size * 1.3
		Embedded().Line("Ag Łódź Ελλάδα Київ AVATAR 0:38 →", size, Weight(i%2)).Draw(dst, 3.3, y, white)
	}
	sum := sha256.Sum256(dst.Pix)
	if got := hex.EncodeToString(sum[:8]); got != want {
		t.Errorf("the letters have the sum %s, want %s", got, want)
	}
}

func TestDrawStaysInside(t *testing.T) {
	all := image.NewRGBA(image.Rect(0, 0, 120, 60))
	part := all.SubImage(image.Rect(20, 20, 60, 40)).(*image.RGBA)
	l := Embedded().Line("Wide words", 40, Bold)
	l.Draw(part, -10, 45, white)
	if bytes.Count(part.Pix[:80], []byte{0xFF, 0xFF, 0xFF, 0xFF}) == 0 {
		t.Error("nothing was drawn")
	}
	for y := range 60 {
		for x := range 120 {
			if !image.Pt(x, y).In(part.Rect) && all.RGBAAt(x, y).A != 0 {
				t.Fatalf("%d,%d was drawn", x, y)
			}
		}
	}
	for _, x := range []float64{math.NaN(), math.Inf(1), -1e300, 1e9} {
		l.Draw(all, x, x, white)
	}
	for _, size := range []float64{0, -1, math.NaN(), math.Inf(1), 1e9} {
		Embedded().Line("x", size, Regular).Draw(all, 0, 0, white)
	}
}

// A cluster has the colour that it is given by where it begins in the text.
func TestDrawEach(t *testing.T) {
	const text = "ab éc"
	var asked []int
	dst := image.NewRGBA(image.Rect(0, 0, 100, 40))
	Embedded().Line(text, 20, Regular).DrawEach(dst, 0, 30, func(at int) color.NRGBA {
		asked = append(asked, at)
		return white
	})
	if !slices.Equal(asked, []int{0, 1, 3, 5}) {
		t.Errorf("asked for %v", asked)
	}
}

func TestMissing(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"Anna, Łódź — Ελλάδα, Київ, Tiếng Việt, Ἐν ἀρχῇ 1 € → ✓ ★", ""},
		{" \t\n\u200d\ufe0f\u2068", ""},
		{"日本 x 日", "日本"},
		{"שלום 🎙️", "שלום🎙"},
		{"e\u0301\u0323", ""},
	} {
		if got := string(Embedded().Missing(c.in)); got != c.want {
			t.Errorf("%q: %q, want %q", c.in, got, c.want)
		}
	}
}

func TestWeightsHaveTheSameCharacters(t *testing.T) {
	f := embedded()
	for r := rune(' '); r < 0x3000; r++ {
		if f.has(r) != f.bold().has(r) {
			t.Errorf("%U is in one of the fonts", r)
		}
	}
}

func TestExtents(t *testing.T) {
	l := Embedded().Line("one two AV", 20, Bold)
	if got := l.Extents(0, len(l.Text)); len(got) != 1 || got[0][0] != 0 || math.Abs(got[0][1]-l.Width) > 1e-6 {
		t.Errorf("the line stands at %v of %g", got, l.Width)
	}
	one, two := l.Extents(0, 3), l.Extents(4, 7)
	if w := Embedded().Line("one", 20, Bold).Width; len(one) != 1 || math.Abs(one[0][1]-w) > 0.5 {
		t.Errorf("one: %v", one)
	}
	if len(two) != 1 || two[0][0] <= one[0][1] {
		t.Errorf("two: %v after %v", two, one)
	}
	// In a line from right to left the first word is the rightmost.
	l = Embedded().Line("שלום לך 12", 20, Regular)
	if a, b := l.Extents(0, 8), l.Extents(9, 13); !l.RTL || a[0][0] < b[0][1] {
		t.Errorf("%v, %v", a, b)
	}
}

func TestWrap(t *testing.T) {
	s := Embedded()
	for _, text := range []string{
		"", "one", "one two three four five six seven", strings.Repeat("i", 200) + " x",
		"a " + strings.Repeat("ВДЖ", 60) + " b", "Ελλάδα und Österreich, Łódź", "日本語の字幕はここで分かれます。本当に", "a\nb  c", "\n\n",
	} {
		for _, width := range []float64{-1, 3, 50, 200, 1e6} {
			var back strings.Builder
			for _, l := range s.Wrap(text, width, 20, Bold) {
				if text[l.Offset:l.Offset+len(l.Text)] != l.Text {
					t.Errorf("%q is not at %d", l.Text, l.Offset)
				}
				back.WriteString(l.Text)
				if l.Width > width+0.01 && utf8.RuneCountInString(l.Text) > 1 {
					t.Errorf("%q at %g is %g wide", l.Text, width, l.Width)
				}
			}
			space := strings.NewReplacer(" ", "", "\n", "")
			if got, want := space.Replace(back.String()), space.Replace(text); got != want {
				t.Errorf("%q at %g became %q", text, width, got)
			}
		}
	}
	words := func(lines []Line) (list []string) {
		for _, l := range lines {
			list = append(list, l.Text)
		}
		return list
	}
	for _, c := range []struct {
		text, fits string
		want       []string
	}{
		{"one two three", "one two", []string{"one two", "three"}},
		{"well-known words", "well-kno", []string{"well-", "known", "words"}},
		{"10 000 €", "10 000", []string{"10", "000 €"}}, // U+00A0 before the sign
		{"日本語。字幕", "日本語", []string{"日本", "語。字", "幕"}},   // no line begins with a full stop
		{"「日本」です", "「日", []string{"「日", "本」", "です"}},    // nor ends with an opening bracket
		{"a\nb", "long enough", []string{"a", "b"}},
		{"กกกกเกกก", "กกกกเก", []string{"กกกก", "เกกก"}}, // a syllable begins
	} {
		text := strings.ReplaceAll(c.text, " €", "\u00a0€")
		want := strings.ReplaceAll(strings.Join(c.want, "|"), " €", "\u00a0€")
		if got := strings.Join(words(s.Wrap(text, s.Line(c.fits, 20, Bold).Width+0.01, 20, Bold)), "|"); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestShorten(t *testing.T) {
	s := Embedded()
	const text = "A conversation on whatever"
	if got := s.Shorten(text, s.Line(text, 16, Regular).Width, 16, Regular); got.Text != text {
		t.Errorf("%q", got.Text)
	}
	got := s.Shorten(text, 120, 16, Regular)
	if !strings.HasSuffix(got.Text, "…") || strings.HasSuffix(got.Text, " …") || got.Width > 120 || got.Width < 100 {
		t.Errorf("%q is %g wide", got.Text, got.Width)
	}
	if got := s.Shorten(text, 0, 16, Regular); got.Text != "…" {
		t.Errorf("%q", got.Text)
	}
}

func TestClean(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"Anna", "Anna"},
		{" a\n b\t", "a b"},
		{"Anna 🎙️ K.", "Anna 🎙️ K."},
		{"👩‍👩‍👧 ok", "👩‍👩‍👧 ok"},
		{"\u202Etxt\u2066\x00", "txt"}, // turns what follows
		{"a\xffb\uFFFF", "ab"},
		{strings.Repeat("\u0301", 50), ""},                               // marks on nothing
		{"x" + strings.Repeat("\u0336", 9), "x\u0336\u0336\u0336\u0336"}, // struck through many times
		{"می\u200cخواهم", "می\u200cخواهم"},
	} {
		if got := Clean(c.in); got != c.want {
			t.Errorf("%q became %q, want %q", c.in, got, c.want)
		}
	}
}

func FuzzLines(f *testing.F) {
	f.Add("Débat 🎙 Ἐν e\u0301 שלום (12) abc", 100.0)
	f.Add("\u2067a\u2069\u202eb\r\n日本、ไทย", 3.0)
	f.Fuzz(func(t *testing.T, text string, width float64) {
		if len(text) > 300 {
			return
		}
		s := Embedded()
		l := s.Line(text, 20, Bold)
		for i := range len(text) + 1 {
			for _, e := range l.Extents(i, len(text)) {
				if !(e[0] <= e[1]) || e[0] < -1e-6 {
					t.Fatalf("%q: %v", text, e)
				}
			}
		}
		l.Draw(image.NewRGBA(image.Rect(0, 0, 20, 20)), -5, 15, white)
		for _, l := range s.Wrap(text, width, 20, Bold) {
			if text[l.Offset:l.Offset+len(l.Text)] != l.Text {
				t.Fatalf("%q is not at %d", l.Text, l.Offset)
			}
		}
		s.Shorten(text, width, 20, Bold)
		s.Missing(Clean(text))
	})
}

// Korean is broken at its spaces, and elsewhere only where a word has no room.
func TestWrapKorean(t *testing.T) {
	s := Embedded()
	text := "안녕하세요, 오늘은 Spaces를 팟캐스트 2021년 이야기를"
	all := strings.Fields(text)
	broken := func(width float64) (list []string) {
		for _, l := range s.Wrap(text, width, 20, Bold) {
			list = append(list, l.Text)
		}
		return list
	}
	widest := 0.0
	for _, word := range all {
		widest = max(widest, s.Line(word, 20, Bold).Width)
	}
	for width := widest + 0.01; width < 5*widest; width += 7 {
		if got := broken(width); !slices.Equal(strings.Fields(strings.Join(got, " ")), all) {
			t.Errorf("at %g: %q", width, got)
		}
	}
	if got := broken(widest / 2); len(got) <= len(all) {
		t.Errorf("words without room: %q", got)
	}
}
