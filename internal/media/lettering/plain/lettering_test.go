package lettering

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestClean(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"Anna", "Anna"},
		{" a\n b\t", "a b"},
		{"Anna 🎙️ K.", "Anna K."},
		{"שלום Berlin", "Berlin"},
		{"محمد", ""},
		{"日本語 🎉!", ""},
		{"...", ""},
		{"Ελλάδα Łódź Київ", "Ελλάδα Łódź Київ"},
		{"e\u0301te\u0301", "été"},               // composed
		{"Tiếng Việt", "Tieng Viet"},             // the font lacks these marks
		{"Ἐν ἀρχῇ", "Εν αρχη"},                   // and these
		{"👩‍👩‍👧 ok", "ok"},                       // one character of several
		{"\u202Etxt\u2066\x00", "txt"},           // turns what follows
		{"a\xffb", "ab"},                         // no UTF-8
		{strings.Repeat("\u0301", 50), ""},       // marks on nothing
		{"x" + strings.Repeat("\u0336", 9), "x"}, // struck through many times
	} {
		t.Run(c.in, func(t *testing.T) {
			if got := Clean(c.in, Regular().Writes); got != c.want {
				t.Errorf("%q became %q, want %q", c.in, got, c.want)
			}
		})
	}
}

func TestFontsHaveTheSameCharacters(t *testing.T) {
	for r := rune(' '); r < 0x3000; r++ {
		if Regular().Has(r) != Bold().Has(r) {
			t.Errorf("%U is in one of the fonts", r)
		}
	}
}

func TestWrap(t *testing.T) {
	f := Bold()
	for _, s := range []string{
		"", "one", "one two three four five six seven", strings.Repeat("i", 200) + " x",
		"a " + strings.Repeat("ВДЖ", 60) + " b", "Ελλάδα und Österreich, Łódź",
	} {
		for _, width := range []float64{3, 50, 200, 1e6} {
			lines := f.Wrap(s, width, 20)
			if got, want := strings.Join(lines, ""), strings.ReplaceAll(s, " ", ""); strings.ReplaceAll(got, " ", "") != want {
				t.Errorf("%q at %g: %q", s, width, lines)
			}
			for _, l := range lines {
				if f.Width(l, 20) > width && utf8.RuneCountInString(l) > 1 {
					t.Errorf("%q at %g is %g wide", l, width, f.Width(l, 20))
				}
			}
		}
	}
	if got := f.Wrap("one two three", f.Width("one two", 20), 20); !slices.Equal(got, []string{"one two", "three"}) {
		t.Errorf("%q", got)
	}
}

func TestShorten(t *testing.T) {
	f := Regular()
	const s = "A conversation on whatever"
	if got := f.Shorten(s, f.Width(s, 16), 16); got != s {
		t.Errorf("%q", got)
	}
	got := f.Shorten(s, 120, 16)
	if !strings.HasSuffix(got, "…") || f.Width(got, 16) > 120 || f.Width(got, 16) < 95 {
		t.Errorf("%q is %g wide", got, f.Width(got, 16))
	}
}

func FuzzClean(f *testing.F) {
	f.Add("Débat 🎙 Ἐν e\u0301", 100.0)
	f.Fuzz(func(t *testing.T, s string, width float64) {
		if len(s) > 1000 {
			return
		}
		clean := Clean(s, Regular().Writes)
		for _, r := range clean {
			if r != ' ' && !Regular().Has(r) {
				t.Fatalf("%q has %U", clean, r)
			}
		}
		if !utf8.ValidString(clean) || Clean(clean, Regular().Writes) != clean {
			t.Fatalf("%q", clean)
		}
		Regular().Wrap(clean, width, 20)
	})
}
