package terminal

import (
	"strings"
	"testing"
)

func TestWrap(t *testing.T) {
	for _, tt := range []struct {
		text  string
		width int
		want  string
	}{
		{"", 10, ""},
		{"one two three", 0, "one two three"},
		{"one two three", 13, "one two three"},
		{"one two three", 8, "one two|three"},
		{"one two three", 7, "one two|three"},
		{"  one   two  three ", 7, "one two|three"},
		{"a verylongword b", 6, "a|verylo|ngword|b"},
		{"東京の夜はとても", 6, "東京の|夜はと|ても"},
		{"é漢 漢", 1, "é|漢|漢"},
	} {
		if got := strings.Join(Wrap(tt.text, tt.width), "|"); got != tt.want {
			t.Errorf("%q in %d: %q, want %q", tt.text, tt.width, got, tt.want)
		}
	}
}
