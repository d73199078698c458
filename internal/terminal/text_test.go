package terminal

import (
	"fmt"
	"testing"
)

func TestSafe(t *testing.T) {
	for in, want := range map[string]string{
		"Débat : l’été #Spaces": "Débat : l’été #Spaces",
		"مرحبا 👩‍👩‍👧‍👦":         "مرحبا 👩‍👩‍👧‍👦",
		"a\x1b[31mb":            "a�[31mb",
		"a\nb\tc\rd":            "a b c d",
		"a\u202eb\u2066c":       "a�b�c",
		"bell\a\x00\x7f\u0085":  "bell����",
	} {
		t.Run(want, func(t *testing.T) {
			if got := Safe(in); got != want {
				t.Errorf("%q: %q, want %q", in, got, want)
			}
		})
	}
	if got, want := SafeLines("a\x1bb\nc\rd"), "a�b\nc d"; got != want {
		t.Errorf("lines: %q, want %q", got, want)
	}
}

func TestCell(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "a=b": "a=b", "=1+1": "'=1+1", "+49": "'+49", "-5": "'-5", "@guest": "'@guest", "\t=1": "' =1", "\r=1": "' =1",
		" =1": "' =1", "\u00a0=1": "'\u00a0=1", "＝1": "'＝1", "a\x1b[2J\u202eb": "a�[2J�b",
	} {
		t.Run(fmt.Sprintf("%q", in), func(t *testing.T) {
			if got := Cell(in); got != want {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
}

func TestTruncate(t *testing.T) {
	for _, tt := range []struct {
		in    string
		width int
		want  string
	}{
		{"title", 5, "title"},
		{"title", 4, "tit…"},
		{"title", 1, "…"},
		{"title", 0, ""},
		{"title", -3, ""},
		{"東京の夜", 8, "東京の夜"},
		{"東京の夜", 7, "東京の…"},
		{"東京の夜", 6, "東京…"},
		{"ab👩‍👩‍👧‍👦cd", 5, "ab👩‍👩‍👧‍👦…"},
		{"ab👩‍👩‍👧‍👦cd", 4, "ab…"},
		{"e\u0301e\u0301e\u0301", 2, "e\u0301…"},
		{"🇫🇷🇩🇪", 3, "🇫🇷…"},
		{"مرحبا بكم", 6, "مرحبا…"},
	} {
		t.Run(fmt.Sprintf("%s to %d", tt.in, tt.width), func(t *testing.T) {
			got := Truncate(tt.in, tt.width)
			if got != tt.want || Width(got) > max(0, tt.width) {
				t.Errorf("%q of width %d, want %q", got, Width(got), tt.want)
			}
		})
	}
}

func TestAround(t *testing.T) {
	const before, after = "the first words of a sentence ", " and the words behind them"
	for _, tt := range []struct {
		before, text, after string
		width               int
		want                string
	}{
		{"a ", "b", " c", 5, "a b c"},
		{before, "HIT", after, 24, "…tence HIT and the word…"},
		{before, "HIT", "", 16, "…a sentence HIT"},
		{"", "HIT", after, 12, "HIT and the…"},
		{before, "HIT", " x", 12, "…tence HIT x"},
		{before, "HIT", " x", 19, "…a sentence HIT x"},
		{before, "a long hit", after, 8, "a long …"},
		{"東京の夜の東京の夜の", "夜", "東京の夜の東京の夜の", 12, "…の夜東京の…"},
		{before, "HIT", after, 0, ""},
	} {
		t.Run(fmt.Sprintf("%s%s%s in %d", tt.before, tt.text, tt.after, tt.width), func(t *testing.T) {
			got := Around(tt.before, tt.text, tt.after, tt.width)
			if got != tt.want || Width(got) > max(0, tt.width) {
				t.Errorf("%q of width %d, want %q", got, Width(got), tt.want)
			}
		})
	}
}
